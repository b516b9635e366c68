"""The processes of a control plane: which there are, in which order they start, and their command lines.

Flags: https://kubernetes.io/docs/reference/command-line-tools-reference/
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sandbox.control_plane.certificates import Authority, service_account_key
from sandbox.control_plane.kubeconfig import write_kubeconfig
from sandbox.control_plane.layout import Directory, Pace, Ports
from sandbox.kwok.configuration import ADDRESS_TYPE
from sandbox.loopback_ports import LOOPBACK

SERVICE_RANGE: Final = "172.20.0.0/16"
"""As EKS has it where a VPC does not use 172.20: https://docs.aws.amazon.com/eks/latest/APIReference/API_KubernetesNetworkConfigRequest.html"""

_MASTERS: Final = "system:masters"
_METRICS_SERVICE: Final = "metrics-server"
_FRONT_PROXY: Final = "front-proxy-client"
_CIPHERS: Final = "VersionTLS12"

# Who changed what, without what is only read. https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/
_AUDIT_POLICY: Final[dict[str, Any]] = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "verbs": ["get", "list", "watch"]},
        {"level": "None", "resources": [{"group": "coordination.k8s.io", "resources": ["leases"]}]},
        {"level": "Metadata"},
    ],
}


@dataclass(frozen=True)
class Binaries:
    """Where the programs are."""

    etcd: Path
    api_server: Path
    controller_manager: Path
    scheduler: Path
    metrics_server: Path
    kwok: Path


@dataclass(frozen=True)
class ControlPlaneFiles:
    """The certificates and kubeconfigs of one control plane."""

    directory: Directory
    ports: Ports
    authority: Path
    endpoint: str
    flags: dict[str, Path]
    kubeconfigs: dict[str, Path]


def write_files(directory: Directory, ports: Ports, token: str) -> ControlPlaneFiles:
    """Make the certificates, kubeconfigs and settings of a control plane in its directory.

    Args:
        directory: prepared already
        ports: where everything will listen
        token: what `aws eks get-token` gives; its bearer may do what the cluster's creator may on EKS: everything
    """
    certificates, endpoint = directory.certificates, f"https://{LOOPBACK}:{ports.api_server}"
    authority = Authority(certificates, "kubernetes-ca")
    front = Authority(certificates, "front-proxy-ca")
    names = (LOOPBACK, "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "172.20.0.1")
    pairs = {
        "etcd": authority.server("etcd", (LOOPBACK, "localhost")),
        "etcd-client": authority.client("etcd-client", "kube-apiserver"),
        "api-server": authority.server("api-server", names),
        "metrics-server": authority.server("metrics-server", ("localhost", f"{_METRICS_SERVICE}.kube-system.svc")),
        "kubelets": authority.server("kubelets", (LOOPBACK, "localhost")),
        "kubelet-client": authority.client("kubelet-client", "kube-apiserver-kubelet-client", _MASTERS),
        "front-proxy": front.client("front-proxy", _FRONT_PROXY),
    }
    flags = {f"{name}.crt": pair.certificate for name, pair in pairs.items()}
    flags |= {f"{name}.key": pair.key for name, pair in pairs.items()}
    flags["front-proxy-ca"] = front.certificate
    flags["service-accounts"] = service_account_key(certificates / "service-accounts.key")
    flags["tokens"] = certificates / "tokens.csv"
    flags["tokens"].touch(mode=0o600)
    flags["tokens"].write_text(f'{token},sandbox:deploy-role,sandbox-deploy-role,"{_MASTERS}"\n')
    flags["audit-policy"] = certificates / "audit-policy.json"
    flags["audit-policy"].write_text(json.dumps(_AUDIT_POLICY))
    clients = {
        "admin": authority.client("admin", "sandbox:admin", _MASTERS),
        "controller-manager": authority.client("controller-manager", "system:kube-controller-manager"),
        "scheduler": authority.client("scheduler", "system:kube-scheduler"),
        "metrics-server": authority.client("metrics-server-client", "sandbox:metrics-server", _MASTERS),
        "kwok": authority.client("kwok", "sandbox:kwok", _MASTERS),
    }
    kubeconfigs = {
        name: write_kubeconfig(directory.path / f"{name}.kubeconfig", endpoint, authority.certificate, client)
        for name, client in clients.items()
    }
    return ControlPlaneFiles(directory, ports, authority.certificate, endpoint, flags, kubeconfigs)


def etcd(binaries: Binaries, files: ControlPlaneFiles) -> list[str]:
    """The store; what it holds does not outlive the directory, so it never waits for the disk."""
    client = f"https://{LOOPBACK}:{files.ports.etcd}"
    peer = f"https://{LOOPBACK}:{files.ports.etcd_peer}"
    return [
        str(binaries.etcd), "--name=sandbox", f"--data-dir={files.directory.path / 'etcd'}", "--unsafe-no-fsync",
        f"--listen-client-urls={client}", f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=sandbox={peer}",
        f"--cert-file={files.flags['etcd.crt']}", f"--key-file={files.flags['etcd.key']}",
        "--client-cert-auth", f"--trusted-ca-file={files.authority}", "--peer-auto-tls",
        "--log-level=warn",
    ]  # fmt: skip


def api_server(binaries: Binaries, files: ControlPlaneFiles) -> list[str]:
    """The API server. Pod security admission is on by default; a namespace's labels say what it enforces."""
    flags = files.flags
    return [
        str(binaries.api_server), f"--bind-address={LOOPBACK}", f"--secure-port={files.ports.api_server}",
        f"--advertise-address={LOOPBACK}", f"--etcd-servers=https://{LOOPBACK}:{files.ports.etcd}",
        f"--etcd-cafile={files.authority}", f"--etcd-certfile={flags['etcd-client.crt']}",
        f"--etcd-keyfile={flags['etcd-client.key']}",
        f"--tls-cert-file={flags['api-server.crt']}", f"--tls-private-key-file={flags['api-server.key']}",
        f"--tls-min-version={_CIPHERS}",
        f"--client-ca-file={files.authority}", f"--token-auth-file={flags['tokens']}", "--anonymous-auth=false",
        "--authorization-mode=Node,RBAC", "--allow-privileged",
        f"--service-cluster-ip-range={SERVICE_RANGE}", "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={flags['service-accounts']}",
        f"--service-account-signing-key-file={flags['service-accounts']}",
        f"--kubelet-preferred-address-types={ADDRESS_TYPE}",
        f"--kubelet-client-certificate={flags['kubelet-client.crt']}",
        f"--kubelet-client-key={flags['kubelet-client.key']}",
        f"--requestheader-client-ca-file={flags['front-proxy-ca']}", f"--requestheader-allowed-names={_FRONT_PROXY}",
        "--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={flags['front-proxy.crt']}", f"--proxy-client-key-file={flags['front-proxy.key']}",
        f"--audit-policy-file={flags['audit-policy']}",
        f"--audit-log-path={files.directory.logs / 'audit.log'}", "--audit-log-maxsize=100", "--profiling=false",
    ]  # fmt: skip


def controller_manager(binaries: Binaries, files: ControlPlaneFiles, pace: Pace) -> list[str]:
    """Deployments, autoscalers, node life cycle, endpoints, garbage collection."""
    config = files.kubeconfigs["controller-manager"]
    return [
        str(binaries.controller_manager), f"--bind-address={LOOPBACK}",
        f"--secure-port={files.ports.controller_manager}", f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}", f"--authorization-kubeconfig={config}",
        f"--cert-dir={files.directory.certificates / 'controller-manager'}",
        f"--root-ca-file={files.authority}", "--use-service-account-credentials",
        f"--service-account-private-key-file={files.flags['service-accounts']}",
        f"--service-cluster-ip-range={SERVICE_RANGE}", "--leader-elect=false",
        f"--horizontal-pod-autoscaler-sync-period={pace.autoscaler_period}s",
        f"--horizontal-pod-autoscaler-initial-readiness-delay={pace.autoscaler_readiness_delay}s",
        f"--horizontal-pod-autoscaler-cpu-initialization-period={pace.autoscaler_initialization}s",
        f"--node-monitor-grace-period={pace.node_grace}s", f"--node-monitor-period={pace.node_period}s",
        "--kube-api-qps=200", "--kube-api-burst=400", "--profiling=false",
    ]  # fmt: skip


def scheduler(binaries: Binaries, files: ControlPlaneFiles) -> list[str]:
    """The scheduler, with its default profile, which is EKS's."""
    config = files.kubeconfigs["scheduler"]
    return [
        str(binaries.scheduler), f"--bind-address={LOOPBACK}", f"--secure-port={files.ports.scheduler}",
        f"--kubeconfig={config}", f"--authentication-kubeconfig={config}", f"--authorization-kubeconfig={config}",
        f"--cert-dir={files.directory.certificates / 'scheduler'}", "--leader-elect=false",
        "--kube-api-qps=200", "--kube-api-burst=400", "--profiling=false",
    ]  # fmt: skip


def metrics_server(binaries: Binaries, files: ControlPlaneFiles, pace: Pace) -> list[str]:
    """metrics-server, which finds each kubelet by its node's address and port.

    https://github.com/kubernetes-sigs/metrics-server#configuration
    """
    config = files.kubeconfigs["metrics-server"]
    return [
        str(binaries.metrics_server), f"--bind-address={LOOPBACK}", f"--secure-port={files.ports.metrics_server}",
        f"--kubeconfig={config}", f"--authentication-kubeconfig={config}", f"--authorization-kubeconfig={config}",
        f"--tls-cert-file={files.flags['metrics-server.crt']}",
        f"--tls-private-key-file={files.flags['metrics-server.key']}",
        f"--metric-resolution={pace.metrics_period}s",
        # Shorter than the resolution, or one kubelet that is gone would hold up all the others.
        f"--kubelet-request-timeout={pace.metrics_period - 2}s",
        f"--kubelet-preferred-address-types={ADDRESS_TYPE}", "--kubelet-use-node-status-port",
        "--kubelet-insecure-tls",
    ]  # fmt: skip


def metrics_objects(port: int, authority: str) -> list[dict[str, Any]]:
    """What leads requests for `metrics.k8s.io` to metrics-server; no kube-proxy runs, so a name stands for it.

    https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/

    Args:
        port: where metrics-server listens
        authority: the certificate authority, base64
    """
    service = {"name": _METRICS_SERVICE, "namespace": "kube-system", "port": port}
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": _METRICS_SERVICE, "namespace": "kube-system"},
            "spec": {"type": "ExternalName", "externalName": "localhost"},
        },
        {
            "apiVersion": "apiregistration.k8s.io/v1",
            "kind": "APIService",
            "metadata": {"name": "v1beta1.metrics.k8s.io"},
            "spec": {
                "group": "metrics.k8s.io",
                "version": "v1beta1",
                "groupPriorityMinimum": 100,
                "versionPriority": 100,
                "caBundle": authority,
                "service": service,
            },
        },
    ]
