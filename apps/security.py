"""The restricted pod security standard. https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"""

import pulumi_kubernetes as k8s

NAMESPACE_LABELS = {
    "pod-security.kubernetes.io/enforce": "restricted",
    "pod-security.kubernetes.io/enforce-version": "latest",
    "pod-security.kubernetes.io/audit": "restricted",
    "pod-security.kubernetes.io/warn": "restricted",
}
"""With these a namespace refuses any pod that breaks the standard."""


def pod_security() -> k8s.core.v1.PodSecurityContextArgs:
    """For the whole pod."""
    return k8s.core.v1.PodSecurityContextArgs(
        run_as_non_root=True, seccomp_profile=k8s.core.v1.SeccompProfileArgs(type="RuntimeDefault")
    )


def container_security(run_as_user: int, *, read_only_root: bool) -> k8s.core.v1.SecurityContextArgs:
    """For one container. The user is numeric, because the images name theirs and the kubelet cannot resolve a name."""
    return k8s.core.v1.SecurityContextArgs(
        run_as_non_root=True,
        run_as_user=run_as_user,
        run_as_group=run_as_user,
        allow_privilege_escalation=False,
        read_only_root_filesystem=read_only_root,
        capabilities=k8s.core.v1.CapabilitiesArgs(drop=["ALL"]),
    )
