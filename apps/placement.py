"""On which nodes a service's pods may run."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_kubernetes as k8s

from infra.node_settings import NodeGroupSettings, TaintSettings
from infra.nodes import NODE_GROUP_LABEL

# A pod of a lost node is replaced after this time instead of Kubernetes' 300 s.
# https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
_LOST_NODE_SECONDS = 30


@dataclass(frozen=True)
class Placement:
    """The node group that a service is bound to, or any group without taints."""

    node_group: str | None
    taints: tuple[TaintSettings, ...]

    @property
    def node_selector(self) -> dict[str, str] | None:
        """What a node must be labelled with."""
        return {NODE_GROUP_LABEL: self.node_group} if self.node_group else None

    def tolerations(self) -> list[k8s.core.v1.TolerationArgs]:
        """The taints of its own group, for good; a node that is lost, for a short while."""
        own = [
            k8s.core.v1.TolerationArgs(
                key=taint.key, operator="Equal", value=taint.value, effect=taint.kubernetes_effect
            )
            for taint in self.taints
        ]
        lost = [
            k8s.core.v1.TolerationArgs(
                key=f"node.kubernetes.io/{condition}",
                operator="Exists",
                effect="NoExecute",
                toleration_seconds=_LOST_NODE_SECONDS,
            )
            for condition in ("not-ready", "unreachable")
        ]
        return [*own, *lost]


def placement_of(node_group: str | None, groups: Mapping[str, NodeGroupSettings]) -> Placement:
    """Where a service with this setting runs."""
    return Placement(node_group, groups[node_group].taints if node_group else ())
