"""How Kubernetes objects are named, identified and replaced, and what a cluster adds to them."""

import hashlib
import re
from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any, Final

from sandbox.values import UNKNOWN, as_map, is_list, is_map, revealed

RELEASE_TYPE: Final = "kubernetes:helm.sh/v3:Release"
NAMESPACE_TYPE: Final = "kubernetes:core/v1:Namespace"
BINDING_TYPE: Final = "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding"
CONTROLLER_CHART: Final = "aws-load-balancer-controller"

ALWAYS_THERE: Final = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})
"""The namespaces every cluster has: https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/"""

_CLUSTER_SCOPED: Final = frozenset({
    "APIService", "CSIDriver", "CSINode", "CertificateSigningRequest", "ClusterRole", "ClusterRoleBinding",
    "CustomResourceDefinition", "FlowSchema", "IngressClass", "IngressClassParams", "MutatingWebhookConfiguration",
    "Namespace", "Node", "PersistentVolume", "PriorityClass", "PriorityLevelConfiguration", "RuntimeClass",
    "StorageClass", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration", "VolumeAttachment",
})  # fmt: skip
"""https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/#not-all-objects-are-in-a-namespace"""

_SELECTOR: Final = ("spec.selector",)
_REPLACED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "kubernetes:apps/v1:DaemonSet": _SELECTOR,
    "kubernetes:apps/v1:Deployment": _SELECTOR,
    "kubernetes:apps/v1:StatefulSet": (
        *("spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.selector", "spec.serviceName"),
        *("spec.volumeClaimTemplates",),
    ),
    "kubernetes:batch/v1:Job": ("spec.completions", "spec.parallelism", "spec.selector", "spec.template"),
    "kubernetes:core/v1:ConfigMap": ("binaryData", "data", "immutable"),
    "kubernetes:core/v1:PersistentVolumeClaim": ("spec",),
    "kubernetes:core/v1:Pod": ("spec",),
    "kubernetes:core/v1:ResourceQuota": ("spec.scopes",),
    "kubernetes:core/v1:Secret": ("type", "stringData", "data", "immutable"),
    "kubernetes:core/v1:Service": ("spec.clusterIP",),
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding": ("roleRef",),
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding": ("roleRef",),
    "kubernetes:storage.k8s.io/v1:StorageClass": ("parameters", "provisioner"),
    RELEASE_TYPE: ("name", "namespace"),
}
"""https://github.com/pulumi/pulumi-kubernetes/blob/master/provider/pkg/provider/diff.go"""

_SUFFIX: Final = re.compile(r"-[0-9a-f]{8}$")


def kind_of(type_token: str) -> str:
    """Return the kind of a type: `Deployment` for `kubernetes:apps/v1:Deployment`."""
    return type_token.rsplit(":", 1)[-1]


def api_version_of(type_token: str) -> str:
    """Return the API version of a type; the core group has no name in it."""
    return type_token.split(":")[1].removeprefix("core/")


def is_cluster_scoped(type_token: str) -> bool:
    """Whether objects of a type live outside namespaces."""
    return kind_of(type_token) in _CLUSTER_SCOPED


def replacing_properties(type_token: str) -> tuple[str, ...]:
    """Return the properties whose change replaces an object."""
    return ("apiVersion", "kind", "metadata.name", "metadata.namespace", *_REPLACED_BY.get(type_token, ()))


def with_name(
    type_token: str, logical_name: str, inputs: dict[str, Any], old_inputs: Mapping[str, Any], seed: bytes
) -> dict[str, Any]:
    """Return the inputs with a name: the one given, the old made-up one, or the logical name and 8 hex digits.

    https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/ ("Auto-naming")
    """
    release = type_token == RELEASE_TYPE
    holder = inputs if release else inputs.get("metadata")
    if holder is UNKNOWN:
        return inputs
    given: dict[str, Any] = holder if is_map(holder) else {}
    if given.get("name") is not None or given.get("generateName") is not None:
        return inputs
    old = (old_inputs if release else as_map(old_inputs.get("metadata"))).get("name")
    name = f"{logical_name}-{hashlib.sha256(seed).hexdigest()[:8]}"
    if isinstance(old, str) and old.startswith(f"{logical_name}-") and _SUFFIX.search(old):
        name = old
    return {**inputs, "name": name} if release else {**inputs, "metadata": {**given, "name": name}}


def is_auto_named(logical_name: str, name: str) -> bool:
    """Whether a name looks made up from the logical name."""
    return name.startswith(f"{logical_name}-") and _SUFFIX.search(name) is not None


def name_and_namespace(type_token: str, inputs: Mapping[str, Any]) -> tuple[str, str]:
    """Return an object's name and namespace; the latter is empty for what lives outside namespaces."""
    values = inputs if type_token == RELEASE_TYPE else as_map(inputs.get("metadata"))
    namespace = "" if is_cluster_scoped(type_token) else str(values.get("namespace") or "default")
    return str(values.get("name")), namespace


def id_of(type_token: str, inputs: Mapping[str, Any]) -> str:
    """Return the id the engine knows an object by: `namespace/name`, or the name alone."""
    name, namespace = name_and_namespace(type_token, inputs)
    return f"{namespace}/{name}" if namespace else name


def live_object(type_token: str, inputs: Mapping[str, Any], number: int, generation: int) -> dict[str, Any]:
    """Return an object as the cluster shows it: the inputs, what the API server adds, and a plausible status.

    Args:
        type_token: its type.
        inputs: its inputs; secret values stay where they are.
        number: what generated values derive from.
        generation: 1 for a new object, one more with every update.
    """
    if type_token == RELEASE_TYPE:
        return _release(inputs, generation)
    name, namespace = name_and_namespace(type_token, inputs)
    digest = hashlib.sha256(f"{type_token}|{number}".encode()).hexdigest()
    given: dict[str, Any] = dict(inputs.get("metadata") or {})
    metadata: dict[str, Any] = {
        **given,
        "name": name,
        "uid": f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}",
        "generation": generation,
        "resourceVersion": str(1000 + number + generation - 1),
    }
    if namespace:
        metadata["namespace"] = namespace
    live = {
        "apiVersion": api_version_of(type_token), "kind": kind_of(type_token), **inputs, "metadata": metadata,
    }  # fmt: skip
    kind = kind_of(type_token)
    if kind == "Service":
        live["spec"] = _service_spec(live.get("spec"), number)
        live["status"] = {"loadBalancer": {}}
    elif kind in {"Deployment", "StatefulSet"}:
        live["status"] = _workload_status(live.get("spec"), generation)
    elif kind == "Namespace":
        live["status"] = {"phase": "Active"}
    return live


def _service_spec(spec: Any, number: int) -> dict[str, Any]:
    given: dict[str, Any] = dict(spec) if is_map(spec) else {}
    ports: list[Any] = given.get("ports") or []
    if given.get("type") in {"NodePort", "LoadBalancer"} and is_list(ports):
        # https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport: 30000 to 32767
        ports = [
            {"nodePort": 30000 + (number * 7 + index) % 2768, **port} if is_map(port) else port
            for index, port in enumerate(ports)
        ]
    address = str(IPv4Address("172.20.0.10") + number)
    return {"type": "ClusterIP", "clusterIP": address, "sessionAffinity": "None", **given, "ports": ports}


def _workload_status(spec: Any, generation: int) -> dict[str, Any]:
    wanted = spec.get("replicas") if is_map(spec) else None
    replicas = 1 if wanted is None else revealed(wanted)
    return {
        "observedGeneration": generation, "replicas": replicas, "readyReplicas": replicas,
        "availableReplicas": replicas, "updatedReplicas": replicas,
        "conditions": [{"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"}],
    }  # fmt: skip


def _release(inputs: Mapping[str, Any], revision: int) -> dict[str, Any]:
    return {
        **inputs,
        "namespace": inputs.get("namespace") or "default",
        "resourceNames": {},
        "status": {
            "name": inputs.get("name"), "namespace": inputs.get("namespace") or "default", "status": "deployed",
            "chart": inputs.get("chart"), "version": inputs.get("version") or "", "revision": revision,
            "appVersion": "",
        },
    }  # fmt: skip


def preview_object(type_token: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object as a preview knows it: what was given, and `UNKNOWN` for what the cluster adds."""
    if type_token == RELEASE_TYPE:
        return {**inputs, "status": UNKNOWN, "resourceNames": UNKNOWN}
    preview = dict(inputs)
    if is_map(inputs.get("metadata")):
        _, namespace = name_and_namespace(type_token, inputs)
        preview["metadata"] = {
            **({"namespace": namespace} if namespace else {}), **inputs["metadata"],
            "uid": UNKNOWN, "resourceVersion": UNKNOWN, "generation": UNKNOWN,
        }  # fmt: skip
    preview["status"] = UNKNOWN
    if kind_of(type_token) == "Service" and is_map(inputs.get("spec")):
        preview["spec"] = {"clusterIP": UNKNOWN, **inputs["spec"]}
    return preview
