"""What is placed, and where it may stand: workloads and nodes, as far as the scheduler's decisions go."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from capacity.allocatable import Resources

# https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
_KEEPING_OFF: Final = ("NoSchedule", "NoExecute")


@dataclass(frozen=True)
class Taint:
    """A taint of a node, with the effect as Kubernetes writes it."""

    key: str
    value: str
    effect: Literal["NoSchedule", "NoExecute", "PreferNoSchedule"]


@dataclass(frozen=True)
class Node:
    """A node, as the pods of services meet it.

    Attributes:
        name: unique among the nodes
        group: its node group
        zone: its availability zone
        offers: what it has for pods when none of a service runs on it: allocatable, less what DaemonSets request
        taints: those of its group
    """

    name: str
    group: str
    zone: str
    offers: Resources
    taints: tuple[Taint, ...] = ()


@dataclass(frozen=True)
class Spread:
    """A topology spread constraint on a workload's own pods.

    https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/

    Attributes:
        over: what the pods are spread over
        max_skew: by how many pods two domains may differ
        required: whether a pod waits rather than break it (`DoNotSchedule`); else it is a wish (`ScheduleAnyway`)
    """

    over: Literal["zone", "node"]
    max_skew: int
    required: bool


SERVICE_SPREAD: Final = (Spread("zone", 1, required=False), Spread("node", 1, required=False))
"""As `apps/pod.py` declares it for every service."""


@dataclass(frozen=True)
class Workload:
    """Pods that are all alike: one revision of a service.

    Attributes:
        name: unique; another revision is another workload, since `matchLabelKeys` spreads each by itself
        requests: of one pod, all its containers together; `pods` is 1
        node_group: the only group it may run in; without one, any
        tolerates: the taints that do not keep it off
        spread: how it is spread
    """

    name: str
    requests: Resources
    node_group: str | None
    tolerates: tuple[Taint, ...] = ()
    spread: tuple[Spread, ...] = SERVICE_SPREAD

    def selects(self, node: Node) -> bool:
        """Whether its node selector matches."""
        return self.node_group is None or self.node_group == node.group

    def may_run_on(self, node: Node) -> bool:
        """Whether the node's labels and taints let it in; whether there is room is another question."""
        return self.selects(node) and all(
            taint.effect not in _KEEPING_OFF or taint in self.tolerates for taint in node.taints
        )

    def dislikes(self, node: Node) -> int:
        """How many of the node's taints would rather keep it off."""
        return sum(taint.effect not in _KEEPING_OFF and taint not in self.tolerates for taint in node.taints)


Demand = Sequence[tuple[Workload, int]]
"""How many pods of each workload there are to be; a workload comes up once."""
