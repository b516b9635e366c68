"""What is wrong with the sizes in a stack file: pods that nodes have no room for, and nodes that pods do not need.

An error is what cannot work: services that do not find room at their least. Everything else is a warning.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from capacity.allocatable import Resources
from capacity.assessment import Assessment, Counts, Fill, Plan, losses_of
from capacity.needs import Need, at_least, at_most, during_update, stalling_update
from capacity.node_load import unreachable_targets
from capacity.smallest_change import MoreNodes, fewer_pods, fits_an_empty_node, groups_for, larger_type, more_nodes
from capacity.states import State, states_ahead
from capacity.system_pods import requested_on_each_node
from capacity.words import amounts, counted, group_sizes, listed, without_room
from capacity.workloads import Demand
from infra.problems import Problem
from infra.settings import Settings

_GROUPS = "slipway:nodeGroups"
_MOST_LIMITS = 3


@dataclass(frozen=True)
class Findings:
    """What was found.

    Attributes:
        errors: what cannot work
        warnings: what will not always work, or is paid for in vain
    """

    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def check_capacity(settings: Settings, now: datetime) -> Findings:
    """Everything that is wrong in the coming weeks.

    Args:
        settings: sound by themselves
        now: with a time zone
    """
    plan = Plan(settings)
    return check_states(settings, plan, states_ahead(settings.node_groups, now, plan.idle_groups))


def check_states(settings: Settings, plan: Plan, states: Sequence[State]) -> Findings:
    """Everything that is wrong in these states of a system."""
    impossible = [*_types_too_small(plan), *_pods_too_large(plan)]
    if impossible:
        return Findings(tuple(impossible), ())
    checks = [_StateCheck(settings, Assessment(plan, state.sizings), state) for state in states]
    errors = [problem for check in checks for problem in check.errors()]
    warnings = [
        *_idle_groups(plan.idle_groups, states),
        *unreachable_targets(settings.node_groups, plan, states),
        *(problem for check in checks for problem in check.warnings()),
    ]
    return Findings(tuple(errors), tuple(warnings))


def _types_too_small(plan: Plan) -> Iterator[Problem]:
    for group in plan.group_names:
        if plan.too_small(group):
            yield Problem(
                f"{_GROUPS}.{group}.instanceType",
                f"is {plan.types[group].name}, on which the add-ons' pods leave no room: they request "
                f"{amounts(requested_on_each_node())} of each node{_suggested_type(plan, group, Resources(0, 0, 0))}",
            )


def _pods_too_large(plan: Plan) -> Iterator[Problem]:
    for need in plan.needs.services:
        requests = need.workload.requests
        groups = [
            group
            for group in plan.group_names
            if need.workload.may_run_on(plan.example(group)) and not plan.too_small(group)
        ]
        if groups and not any(fits_an_empty_node(requests, plan.offers[group]) for group in groups):
            offers = [f"{plan.types[each].name} of {each} has {amounts(plan.offers[each])}" for each in groups]
            yield Problem(
                f"slipway:services.{need.name}",
                f"a pod requests {amounts(Resources(requests.cpu_millicores, requests.memory_mib, 0))}, for which no "
                f"node has room: {listed(offers)} for services{_suggested_type(plan, groups[0], requests)}",
            )


def _suggested_type(plan: Plan, group: str, requests: Resources) -> str:
    larger = larger_type(plan.types[group], requests)
    return "" if larger is None else f". Smallest change: {_GROUPS}.{group}.instanceType {larger}"


def _idle_groups(idle: Sequence[str], states: Sequence[State]) -> Iterator[Problem]:
    for group in idle:
        nodes = max(window.sizings[group].at_least for state in states for window in state.windows)
        if nodes:
            yield Problem(
                f"{_GROUPS}.{group}",
                f"has up to {counted(nodes, 'node')} that nothing may run on: its taints keep every pod off, and no "
                f"service is bound to it. Smallest change: slipway:services.<service>.nodeGroup {group}, or no taints",
            )


class _StateCheck:
    """The questions that are asked of one set of sizes."""

    def __init__(self, settings: Settings, assessment: Assessment, state: State) -> None:
        self._settings, self._assessment, self._state = settings, assessment, state
        self._plan = assessment.plan

    def errors(self) -> Iterator[Problem]:
        """Services that find no room at their least."""
        fill = self._assessment.minimum
        if fill.pending:
            yield self._nodes_short(fill, "with every service at its least", at_least(self._plan.needs))

    def warnings(self) -> Iterator[Problem]:
        """What is not certain; nothing, where there is an error."""
        least = self._assessment.minimum
        if least.pending:
            return
        if least.tight:
            yield self._nodes_short(least, "with every service at its least", at_least(self._plan.needs))
            return
        yield from self._maximum()
        yield from self._update()
        yield from self._losses()

    def _maximum(self) -> Iterator[Problem]:
        fill, demand = self._assessment.maximum, at_most(self._plan.needs)
        margin = self._settings.capacity.headroom_percent
        if not fill.fits:
            problem = self._nodes_short(fill, "with every service at its most", demand, at_most_nodes=True)
            yield Problem(problem.path, problem.message + self._fewer_pods(fill))
        elif fill.headroom.percent < margin:
            room = fill.headroom
            enough = more_nodes(
                self._assessment,
                room.groups,
                lambda counts: self._plan.fill(counts, demand).headroom.percent >= margin,
                at_most=True,
            )
            yield Problem(
                "slipway:capacity.headroomPercent",
                f"is {margin}, but {self._state.when()}, with every service at its most, {room.percent:.1f} % of "
                f"the {room.of} that {listed(room.groups)} offers is free{self._suggested(enough)}",
            )

    def _update(self) -> Iterator[Problem]:
        fill, drain = self._assessment.update, self._settings.drain_seconds
        if fill.fits:
            return
        for need in _unlike(self._plan.needs.services):
            demand = stalling_update(self._plan.needs, need)
            if demand is not None and not (stalled := self._plan.fill(self._assessment.fewest, demand)).fits:
                few = f"of {counted(need.least, 'pod')} none is taken down before a new one is ready"
                who = f"an update of {need.name} cannot go on: {few}, and"
                yield self._nodes_short(stalled, who, demand)
                return
        who = f"an update of all services at once waits for pods that are leaving (slipway:drainSeconds {drain}):"
        yield self._nodes_short(fill, who, during_update(self._plan.needs, drain))

    def _losses(self) -> Iterator[Problem]:
        what = self._settings.capacity.survives
        plan, demand = self._plan, at_least(self._plan.needs)

        def survives(counts: Counts) -> bool:
            nodes = plan.nodes(counts)
            return all(plan.surely_fits(counts, demand, lost) for lost in losses_of(nodes, what).values())

        for name, fill in self._assessment.losses(what):
            if not fill.fits:
                enough = more_nodes(self._assessment, groups_for(plan, fill), survives, at_most=False)
                yield Problem(
                    "slipway:capacity.survives",
                    f"is {what}, but {self._state.when()}, with every service at its least, the loss of {name} leaves "
                    f"too little: {without_room(fill)}{self._suggested(enough)}",
                )
                return  # one is enough to act upon

    def _fewer_pods(self, fill: Fill) -> str:
        """One service whose limit, lowered, makes room for all, if there is one among the first that find none."""
        names = {each.workload.name for each in fill.pending} | {each.name for each in fill.tight}
        wanting = [need for need in self._plan.needs.services if need.name in names]
        for need in wanting[:_MOST_LIMITS]:
            pods = fewer_pods(self._plan, need, self._assessment.greatest)
            if pods is not None:
                return f", or slipway:services.{need.name}.autoscaling.maxReplicas {pods}"
        return ""

    def _nodes_short(self, fill: Fill, who: str, demand: Demand, *, at_most_nodes: bool = False) -> Problem:
        """Where pods find no room, which nodes there are, and how many would do."""
        plan, assessment = self._plan, self._assessment
        counts = assessment.greatest if at_most_nodes else assessment.fewest
        groups = groups_for(plan, fill)
        enough = more_nodes(assessment, groups, _fitting(plan, demand), at_most=at_most_nodes)
        group = enough.group if enough else (groups or list(plan.group_names))[0]
        usable = [(each, counts[each]) for each in plan.group_names if each in groups or each == group]
        return Problem(
            self._state.paths(group)[0],
            f"{self._state.when()} {group_sizes(usable)}, and {who} {without_room(fill)}{self._suggested(enough)}",
        )

    def _suggested(self, change: MoreNodes | None) -> str:
        return "" if change is None else f". Smallest change: {change.in_words(self._state.paths(change.group))}"


def _unlike(needs: Sequence[Need]) -> Iterable[Need]:
    """One of each kind of pod: where there is room for one of them, there is for its like."""
    return {(need.workload.requests, need.workload.node_group, need.least, need.rolls): need for need in needs}.values()


def _fitting(plan: Plan, demand: Demand) -> Callable[[Counts], bool]:
    return lambda counts: plan.surely_fits(counts, demand)
