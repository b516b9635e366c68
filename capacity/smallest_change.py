"""The smallest change that would make things fit: more nodes, fewer pods at most, or a larger instance type."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from capacity.allocatable import Resources
from capacity.assessment import Assessment, Counts, Fill, Plan, offers_of
from capacity.instance_types import InstanceType, instance_types
from capacity.needs import Need, at_most
from capacity.week import Sizing
from capacity.words import listed

# The most nodes that EKS takes in a group. https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html
_MOST_NODES = 450


@dataclass(frozen=True)
class MoreNodes:
    """So many nodes of a group.

    Attributes:
        group: which
        sizing: what the group has
        at_most: whether it is the most nodes that are too few, not the fewest
        nodes: how many would do
    """

    group: str
    sizing: Sizing
    at_most: bool
    nodes: int

    def in_words(self, paths: Sequence[str]) -> str:
        """The keys to set, such as `slipway:nodeGroups.general.size.min 3`.

        Args:
            paths: of the sizes that are too small
        """
        size, keys = self.sizing.size, ("min", "desired", "max")
        if self.at_most and self.sizing.scaled and not self.sizing.grows_for_pods and size.desired == 0:
            # There is no CPU on no node, so no policy adds the first one, whatever the maximum.
            first_node = ["min 1", "desired 1", *([f"max {self.nodes}"] if size.max < self.nodes else [])]
            return f"{listed(first_node)} at {' and at '.join(paths)}"
        bound = "max" if self.at_most or self.sizing.grows_for_pods else "min"
        first = keys.index(bound) if self.sizing.scaled else keys.index("desired")
        bounds = dict(zip(keys, (size.min, size.desired, size.max), strict=True))
        changed = [f"{key} {self.nodes}" for key in keys[first:] if bounds[key] < self.nodes]
        return f"{listed(changed)} at {' and at '.join(paths)}"


def least_number(enough: Callable[[int], bool], most: int) -> int | None:
    """The least number from 1 to `most` that is enough, where each greater one is too."""
    high = 1
    while not enough(high):
        if high == most:
            return None
        high = min(high * 2, most)
    low = high // 2  # known not to be enough, or 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def more_nodes(
    assessment: Assessment, groups: Iterable[str], enough: Callable[[Counts], bool], *, at_most: bool
) -> MoreNodes | None:
    """The fewest more nodes of one of these groups that are enough, or nothing where no number is."""
    counts = assessment.greatest if at_most else assessment.fewest
    best: tuple[int, str] | None = None
    for group in groups:
        limit = _MOST_NODES - counts[group] if best is None else best[0] - 1
        if limit < 1:
            continue
        more = least_number(lambda extra, group=group: enough({**counts, group: counts[group] + extra}), limit)
        if more is not None:
            best = (more, group)
    if best is None:
        return None
    more, group = best
    return MoreNodes(group, assessment.sizings[group], at_most, counts[group] + more)


def groups_for(plan: Plan, fill: Fill) -> list[str]:
    """The groups in which one of those without room may run and a pod of it fits an empty node."""
    wanting = [*(each.workload for each in fill.pending), *fill.tight]
    return [
        group
        for group in plan.group_names
        if any(
            each.may_run_on(plan.example(group)) and fits_an_empty_node(each.requests, plan.offers[group])
            for each in wanting
        )
    ]


def fewer_pods(plan: Plan, need: Need, counts: Counts) -> int | None:
    """To how many pods a service has to be limited so that all fit, or nothing where that is below its least."""
    others = [each for each in plan.needs.services if each is not need]

    def fits(most: int) -> bool:
        limited = replace(plan.needs, services=(*others, replace(need, most=most)))
        return plan.surely_fits(counts, at_most(limited))

    if need.most <= need.least or not fits(need.least):
        return None
    less = least_number(lambda fewer: fits(need.most - fewer), need.most - need.least)
    return None if less is None else need.most - less


def larger_type(type_: InstanceType, requests: Resources) -> str | None:
    """The smallest type of the same family whose nodes have room for such a pod, or for add-ons alone."""
    family = type_.name.partition(".")[0]
    candidates = [each for each in instance_types().values() if each.name.partition(".")[0] == family]
    fitting = [each for each in candidates if fits_an_empty_node(requests, offers_of(each)) and _offers_anything(each)]
    return min(fitting, key=lambda each: (each.vcpus, each.memory_mib), default=type_).name if fitting else None


def _offers_anything(type_: InstanceType) -> bool:
    offers = offers_of(type_)
    return min(offers.cpu_millicores, offers.memory_mib, offers.pods) > 0


def fits_an_empty_node(requests: Resources, offers: Resources) -> bool:
    """Whether a node that offers so much has room for a pod, with nothing else on it."""
    return (
        requests.cpu_millicores <= offers.cpu_millicores
        and requests.memory_mib <= offers.memory_mib
        and requests.pods <= offers.pods
    )
