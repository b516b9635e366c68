"""How kwok runs as the kubelet of every node of a local control plane. https://kwok.sigs.k8s.io/docs/user/configuration/

A node is kwok's while it carries the annotation `kwok.x-k8s.io/node: fake` and does not carry the label
`slipway.sandbox/dead`. To kill one, set that label. kwok then lets go of the node's lease (the node lifecycle
controller finds the node unreachable after its grace period, taints it, and evicts its pods) and of its pods: their
status stays as it was, and one that is deleted stays `Terminating`, as on a machine that is gone, until the pod garbage
collector removes it, about 40 seconds after its Node. Only what kwok had already begun to wait for on such a pod (its
start-up, the end of its preStop hook) still happens. Taking the label away revives the node and its pods.

It has to be a label: kwok lets the API server select by label and so hears of a node that leaves the selection, while
it filters by annotation itself and passes over a node whose annotation went; such a node's lease would be renewed on.
"""

import json
from pathlib import Path
from typing import Any, Final

NODE_ANNOTATION: Final = ("kwok.x-k8s.io/node", "fake")
"""The annotation, and its value, of the nodes that kwok stands in for."""

DEAD_LABEL: Final = "slipway.sandbox/dead"
"""The label, of any value, of a node whose kubelet is to answer no more."""

METRICS_ANNOTATION: Final = "metrics.k8s.io/resource-metrics-path"
"""The annotation that tells metrics-server where a node's figures are, on the node's kubelet port.

https://kwok.sigs.k8s.io/docs/user/resource-usage-configuration/
"""

ADDRESS_TYPE: Final = "ExternalDNS"
"""The type of the address `localhost` that each node gets beside those of its network, and where kwok answers.

A private EKS node has no address of this type, so the others can be as on EKS. What reaches kubelets has to prefer it:
`--kubelet-preferred-address-types` of metrics-server and of the API server.
"""

ENABLED_KINDS: Final = ("Stage", "Metric", "ClusterResourceUsage")
"""What kwok reads from the API server rather than from its file, so that it can change while kwok runs."""

# Every pod gets a further address, and none gets one that another had: kwok hands a free address of its range out
# again at once, but counts on past the end of a range when none is free, and so of this one, which holds no second.
# (On EKS an address rests for 30 seconds first: https://docs.aws.amazon.com/eks/latest/best-practices/vpc-cni.html)
# A node's `spec.podCIDR` goes before it, in the same way; nodes of one subnet may share one.
_POD_RANGE: Final = "100.64.0.0/32"

# The kubelet's default; kwok renews a lease four times as often, as a kubelet does.
# https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
_LEASE_SECONDS: Final = 40

# How many status changes are on their way at once: enough that 500 pods do not wait for one another's round trips, and
# few enough to leave the API server time for others on two cores.
_POD_CHANGES: Final = 8
_NODE_CHANGES: Final = 4
_LEASES: Final = 4


def metrics_path(node: str) -> str:
    """Where a node's figures are: the value of `METRICS_ANNOTATION`."""
    return f"/metrics/nodes/{node}/metrics/resource"


def lease_seconds(node_grace: int) -> int:
    """How long a node's lease lasts, in seconds, where a node without heartbeats is given up after `node_grace`.

    A quarter of it passes between two heartbeats, so four of them have to fail; a shorter grace than Kubernetes' own
    (50 s) shortens it too.
    """
    return min(_LEASE_SECONDS, node_grace)


def kwok_configuration(port: int, certificate: Path, key: Path, node_grace: int = 50) -> dict[str, Any]:
    """The content of kwok's configuration file.

    Args:
        port: of the loopback address where it serves what metrics-server reads, over TLS; every node names it as its
            kubelet's
        certificate: of that address, as PEM
        key: the certificate's, as PEM
        node_grace: `--node-monitor-grace-period` of the controller manager, in seconds
    """
    annotation, value = NODE_ANNOTATION
    return {
        "apiVersion": "config.kwok.x-k8s.io/v1alpha1",
        "kind": "KwokConfiguration",
        "options": {
            "enableCRDs": list(ENABLED_KINDS),
            "manageAllNodes": False,
            "manageNodesWithAnnotationSelector": f"{annotation}={value}",
            "manageNodesWithLabelSelector": f"!{DEAD_LABEL}",
            "cidr": _POD_RANGE,
            "nodeIP": "127.0.0.1",
            "nodePort": port,
            "serverAddress": f"127.0.0.1:{port}",
            "tlsCertFile": str(certificate),
            "tlsPrivateKeyFile": str(key),
            "enableDebuggingHandlers": False,
            "nodeLeaseDurationSeconds": lease_seconds(node_grace),
            "nodeLeaseParallelism": _LEASES,
            "nodePlayStageParallelism": _NODE_CHANGES,
            "podPlayStageParallelism": _POD_CHANGES,
            # Who looks at the pods of a node that has just become kwok's; nobody, unless this is said.
            "podsOnNodeSyncParallelism": _NODE_CHANGES,
            "enablePodsOnNodeSyncListPager": True,
            "enablePodsOnNodeSyncStreamWatch": False,
        },
    }


def kwok_command(
    binary: Path, kubeconfig: Path, directory: Path, port: int, certificate: Path, key: Path, node_grace: int = 50
) -> list[str]:
    """The command that runs kwok; writes its configuration into `directory`.

    The definitions of `sandbox.kwok.definitions` should be there before it starts: it looks again for kinds that are
    not served only after a growing pause, of half a minute in the end. It does nothing for nodes and pods until the
    stages are applied.

    A second kwok waits until the leases of the first have run out (40 s) before it takes over.

    Args:
        binary: of kwok 0.8
        kubeconfig: of the API server, with the rights of a cluster administrator
        directory: for its configuration file
        port: see `kwok_configuration`
        certificate: see `kwok_configuration`
        key: see `kwok_configuration`
        node_grace: see `kwok_configuration`
    """
    path = directory / "kwok.json"
    path.write_text(json.dumps(kwok_configuration(port, certificate, key, node_grace), indent=2) + "\n")
    return [str(binary), "--kubeconfig", str(kubeconfig), "--config", str(path), "--v=WARN"]
