"""Do the pods fit the nodes, for one set of sizes: at their least, at their most, in an update, after a loss."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from capacity.allocatable import Resources, allocatable
from capacity.disruptions import node_losses, zone_losses
from capacity.instance_types import InstanceType, instance_type
from capacity.needs import at_least, at_most, during_update, needs_of, taints_of
from capacity.patience import Patience
from capacity.placement import Pending, Placement, check
from capacity.proof import proven_to_fit
from capacity.system_pods import requested_on_each_node
from capacity.week import Sizing
from capacity.workloads import Demand, Node, Workload
from infra.settings import Settings

Counts = Mapping[str, int]
"""How many nodes each group has."""

# Pods times nodes, up to which a search lets the scheduler's model play.
_MOST_STEPS: Final = 50_000
# What may be spent on what fits, and on the search for what would: together less than a second.
_PATIENCE: Final = 300_000
_PATIENCE_OF_SEARCHES: Final = 150_000

NOTHING: Final = Resources(0, 0, 0)

_AMOUNTS: Final[tuple[tuple[str, Callable[[Resources], int]], ...]] = (
    ("CPU", lambda each: each.cpu_millicores),
    ("memory", lambda each: each.memory_mib),
    ("pods", lambda each: each.pods),
)


@dataclass(frozen=True)
class Headroom:
    """What is free of what nodes offer, where it is scarcest; below zero where pods ask for more than that.

    Attributes:
        percent: free of what is offered
        of: `CPU`, `memory` or `pods`
        groups: the node groups that share it
    """

    percent: float
    of: str
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Fill:
    """How a demand finds room.

    Attributes:
        fits: whether every pod finds room in any order of their coming
        pending: who finds none
        tight: who finds room in some orders only
        shortage: what those without room request beyond all that is free where they may run; nothing, where there is
            room enough, but in pieces
        headroom: what is left
    """

    fits: bool
    pending: tuple[Pending, ...]
    tight: tuple[Workload, ...]
    shortage: Resources
    headroom: Headroom

    @property
    def pods_pending(self) -> int:
        """How many pods find no room."""
        return sum(each.pods for each in self.pending)


class Plan:
    """A system's needs and its node groups, of which questions can be asked.

    Attributes:
        needs: of its services and of the cluster itself
        group_names: in the order of the stack file
        zones: that each group's nodes are spread over
        drain_seconds: how long a request may take to end when its pod leaves
        types: the instance type of each group
        offers: what a node of each group has for pods of services
    """

    def __init__(self, settings: Settings) -> None:
        """Read the needs from settings.

        Raises:
            UnknownInstanceTypeError: a group's type is not in the kept file.
        """
        groups = settings.node_groups
        self.needs = needs_of(settings.services, groups)
        self.group_names = tuple(groups)
        self.zones = settings.network.availability_zones
        self.drain_seconds = settings.drain_seconds
        self.types = {name: instance_type(group.instance_type) for name, group in groups.items()}
        self._taints = {name: taints_of(group.taints) for name, group in groups.items()}
        self.offers = {name: offers_of(type_) for name, type_ in self.types.items()}
        self._fills: dict[object, Fill] = {}
        self._answers, self._searches = Patience(_PATIENCE), Patience(_PATIENCE_OF_SEARCHES)

    def example(self, group: str) -> Node:
        """A node of a group as pods of services meet it: what it offers is less what add-ons take of each node."""
        return Node(f"{group}-0", group, self.zones[0], self.offers[group], self._taints[group])

    def too_small(self, group: str) -> bool:
        """Whether not even the add-ons' pods find room on the group's nodes."""
        return min(amount(self.offers[group]) for _, amount in _AMOUNTS) <= 0

    def nodes(self, counts: Counts) -> tuple[Node, ...]:
        """So many nodes of each group, over the zones one after the other.

        An Auto Scaling group keeps them even; which zone has the odd one is its choice. Here it is the first zone for
        every group, so that losing that zone is the worst that can happen.
        https://docs.aws.amazon.com/autoscaling/ec2/userguide/auto-scaling-benefits.html#arch-AutoScalingMultiAZ
        """
        return tuple(
            replace(self.example(group), name=f"{group}-{index}", zone=self.zones[index % len(self.zones)])
            for group, count in counts.items()
            if not self.too_small(group)
            for index in range(count)
        )

    @cached_property
    def idle_groups(self) -> tuple[str, ...]:
        """The groups in which no pod of the system may run."""
        workloads = [workload for workload, _ in at_least(self.needs)]
        nodes = {group: self.example(group) for group in self.group_names}
        return tuple(group for group, node in nodes.items() if not any(each.may_run_on(node) for each in workloads))

    def surely_fits(self, counts: Counts, demand: Demand, lost: Collection[str] = ()) -> bool:
        """Whether a demand finds room, for a search that asks again and again.

        The same as `fill(...).fits`, but where pods and nodes are so many that each answer takes seconds, or after many
        questions, only what is proven counts.
        """
        left = [node for node in self.nodes(counts) if node.name not in lost]
        if self._headroom(left, demand).percent < 0:
            return False
        if self._searches.is_gone or len(left) * sum(pods for _, pods in demand) > _MOST_STEPS:
            return proven_to_fit(left, demand, self._searches)
        return self._kept_fill(counts, demand, lost, self._searches).fits

    def fill(self, counts: Counts, demand: Demand, lost: Collection[str] = ()) -> Fill:
        """How a demand finds room on so many nodes, some of which may be lost."""
        return self._kept_fill(counts, demand, lost, self._answers)

    def _kept_fill(self, counts: Counts, demand: Demand, lost: Collection[str], patience: Patience) -> Fill:
        key = (tuple(sorted(counts.items())), tuple(demand), tuple(sorted(lost)))
        if key in self._fills:
            return self._fills[key]
        fill = self._fill(counts, demand, lost, patience)
        if not patience.is_gone:
            self._fills[key] = fill  # what a search did not look into, an answer may
        return fill

    def _fill(self, counts: Counts, demand: Demand, lost: Collection[str], patience: Patience) -> Fill:
        nodes = self.nodes(counts)
        left = [node for node in nodes if node.name not in lost]
        headroom = self._headroom(left, demand)
        if proven_to_fit(left, demand, patience):
            return Fill(fits=True, pending=(), tight=(), shortage=NOTHING, headroom=headroom)
        verdict = check(nodes, demand, lost, patience)
        pending = verdict.placement.pending
        return Fill(verdict.fits, pending, verdict.tight, _shortage(verdict.placement), headroom)

    def _headroom(self, nodes: Sequence[Node], demand: Demand) -> Headroom:
        """The least free share: of each group that services are bound to, and of all that any service may use."""
        return min(self._shares(nodes, demand), key=lambda each: each.percent, default=Headroom(0.0, "pods", ()))

    def _shares(self, nodes: Sequence[Node], demand: Demand) -> Iterator[Headroom]:
        shared = tuple(group for group in self.group_names if not self._taints[group])
        pools = [shared, *((group,) for group in self.group_names)]
        for pool in pools:
            inside = [
                (workload, pods)
                for workload, pods in demand
                if workload.node_group in pool or (workload.node_group is None and pool == shared)
            ]
            there = [node for node in nodes if node.group in pool]
            for of, amount in _AMOUNTS if inside else ():
                offered = sum(amount(node.offers) for node in there)
                asked = sum(amount(workload.requests) * pods for workload, pods in inside)
                if offered:
                    yield Headroom(100 * (offered - asked) / offered, of, pool)
                elif asked:
                    yield Headroom(-100.0, of, pool)


@dataclass(frozen=True)
class Assessment:
    """One set of sizes, and what fits it.

    Attributes:
        plan: the system
        sizings: of every group
    """

    plan: Plan
    sizings: Mapping[str, Sizing]

    @property
    def fewest(self) -> dict[str, int]:
        """How many nodes of each group pods can count on."""
        return {group: sizing.for_pods for group, sizing in self.sizings.items()}

    @property
    def greatest(self) -> dict[str, int]:
        """How many nodes each group can have."""
        return {group: sizing.at_most for group, sizing in self.sizings.items()}

    @cached_property
    def minimum(self) -> Fill:
        """Every service at its least, on the fewest nodes."""
        return self.plan.fill(self.fewest, at_least(self.plan.needs))

    @cached_property
    def maximum(self) -> Fill:
        """Every service at its most, on the most nodes."""
        return self.plan.fill(self.greatest, at_most(self.plan.needs))

    @cached_property
    def update(self) -> Fill:
        """An update of every service at its least, on the fewest nodes."""
        return self.plan.fill(self.fewest, during_update(self.plan.needs, self.plan.drain_seconds))

    def losses(self, what: str) -> Iterator[tuple[str, Fill]]:
        """Every service at its least on what a loss leaves, for each different loss."""
        for name, lost in losses_of(self.plan.nodes(self.fewest), what).items():
            yield name, self.plan.fill(self.fewest, at_least(self.plan.needs), lost)


def losses_of(nodes: Sequence[Node], what: str) -> Mapping[str, frozenset[str]]:
    """Each different loss in words, with the names of the nodes that are gone.

    Args:
        nodes: those there are
        what: is lost: `nothing`, `node` or `zone`
    """
    match what:
        case "node":
            return node_losses(nodes)
        case "zone":
            return zone_losses(nodes)
        case _:
            return {}


def _shortage(placement: Placement) -> Resources:
    free = [
        left
        for node, left in zip(placement.nodes, placement.free, strict=True)
        if any(each.workload.may_run_on(node) for each in placement.pending)
    ]
    cpu, memory, pods = (
        max(sum(amount(each.requested) for each in placement.pending) - sum(map(amount, free)), 0)
        for _, amount in _AMOUNTS
    )
    return Resources(cpu, memory, pods)


def offers_of(type_: InstanceType) -> Resources:
    """What a node of that type offers to pods of services: less what add-ons request of each node."""
    all_of_it, taken = allocatable(type_), requested_on_each_node()
    return Resources(
        cpu_millicores=all_of_it.cpu_millicores - taken.cpu_millicores,
        memory_mib=all_of_it.memory_mib - taken.memory_mib,
        pods=all_of_it.pods - taken.pods,
    )
