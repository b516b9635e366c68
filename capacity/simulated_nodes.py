"""One node group of a simulation: its sizes, and its nodes from their launch to their end.

A node is paid from its launch, joins after a given time, and leaves as a managed node group lets it: it takes no more
pods, its pods are asked to leave one after the other, and after 15 minutes it goes regardless.
https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from capacity.allocatable import Resources
from capacity.node_scaling import GroupReading, PolicyState, wanted_by
from capacity.workloads import Taint
from infra.node_settings import ScalingPolicySettings
from infra.schedules import GroupSize

DRAIN_LIMIT: Final = 900.0
_FULL_PERCENT: Final = 100


@dataclass(frozen=True)
class NodeGroupModel:
    """What a simulation has to know of a node group.

    Attributes:
        name: its key in the stack file
        sizes: what its schedules make of it: when, in seconds since the beginning, and which; the first holds from then
        policies: what moves its desired size between minimum and maximum
        zones: which its nodes are spread over
        taints: of its nodes
        offers: what each node has for the services' pods
        millicores: of each node's CPUs, the reserved part included: what EC2 measures by
        start_seconds: from a node's launch until it takes pods
        warmup_seconds: from then on until a scaling policy counts it
    """

    name: str
    sizes: tuple[tuple[float, GroupSize], ...]
    policies: tuple[ScalingPolicySettings, ...]
    zones: tuple[str, ...]
    taints: tuple[Taint, ...]
    offers: Resources
    millicores: int
    start_seconds: float
    warmup_seconds: float


@dataclass(slots=True, eq=False)
class SimulatedNode:
    """One node. Times are seconds since the beginning.

    Attributes:
        name: unique
        zone: where it is
        launched: since when it is paid for
        joins: when it takes pods
        leaves: since when it is being drained, if it is
    """

    name: str
    zone: str
    launched: float
    joins: float
    leaves: float | None = None


@dataclass
class SimulatedGroup:
    """The group as it is at one time.

    Attributes:
        model: what it is
        desired: how many nodes are asked for
        nodes: those that are paid for
    """

    model: NodeGroupModel
    desired: int = field(init=False)
    nodes: list[SimulatedNode] = field(default_factory=list[SimulatedNode])
    _size: GroupSize = field(init=False)
    _due: list[tuple[float, GroupSize]] = field(init=False)
    _policies: Sequence[PolicyState] = field(init=False)
    _launches: int = 0
    _cpu: list[float] = field(default_factory=list[float])

    def __post_init__(self) -> None:
        self._due = list(self.model.sizes)
        self._size = self._due.pop(0)[1]
        self.desired = self._size.desired
        self._policies = [PolicyState(settings) for settings in self.model.policies]
        for _ in range(self.desired):
            self._launch(-self.model.start_seconds - self.model.warmup_seconds)

    def resize(self, now: float) -> None:
        """Do what schedules ask for, launch what is missing and begin to drain what is too much."""
        while self._due and self._due[0][0] <= now:
            self._size = self._due.pop(0)[1]
            self.desired = self._size.desired
        while len(self._staying) < self.desired:
            self._launch(now)
        while len(self._staying) > self.desired:
            # Zones are kept even, and the oldest goes first.
            # https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html
            in_zone = Counter(node.zone for node in self._staying)
            node = max(self._staying, key=lambda each: (in_zone[each.zone], -each.launched))
            node.leaves = now

    @property
    def _staying(self) -> list[SimulatedNode]:
        return [node for node in self.nodes if node.leaves is None]

    def _launch(self, now: float) -> None:
        in_zone = Counter(node.zone for node in self._staying)
        zone = min(self.model.zones, key=lambda each: in_zone[each])
        self._launches += 1
        name = f"{self.model.name}-{self._launches}"
        self.nodes.append(SimulatedNode(name, zone, now, now + self.model.start_seconds))

    def taking(self, now: float) -> list[SimulatedNode]:
        """Those that take pods."""
        return [node for node in self._staying if node.joins <= now]

    def draining(self) -> list[SimulatedNode]:
        """Those that are being drained."""
        return [node for node in self.nodes if node.leaves is not None]

    def remove(self, node: SimulatedNode) -> None:
        """End a node that was drained."""
        self.nodes.remove(node)

    def measure(self, now: float, used_millicores: dict[str, float]) -> None:
        """Take down what the nodes that are warm used in one interval."""
        warm = self._warm(now)
        if warm:
            used = sum(used_millicores.get(node.name, 0.0) for node in warm)
            self._cpu.append(used * _FULL_PERCENT / (self.model.millicores * len(warm)))

    def _warm(self, now: float) -> list[SimulatedNode]:
        return [node for node in self._staying if node.joins + self.model.warmup_seconds <= now]

    def follow_policies(self, now: float) -> None:
        """End a minute: ask the policies how many nodes they want."""
        warm = len(self._warm(now))
        cpu = sum(self._cpu) / len(self._cpu) if self._cpu and warm else None
        self._cpu = []
        reading = GroupReading(cpu, warm, self.desired, warming=warm < self.desired)
        self.desired = min(max(wanted_by(self._policies, now, reading), self._size.min), self._size.max)
