"""Whether the CPU that a node group's policies look at can ever get where they act.

`docs/capacity.md` has the arithmetic. Pods use no more CPU than their limits, so the services at their most, each
pod at its limit and all spread evenly, are the most that nodes can be busy with; add-ons are left out, since they use
little.
"""

from collections.abc import Iterator, Mapping, Sequence

from capacity.assessment import Plan
from capacity.states import State
from capacity.words import counted
from infra.node_settings import NodeGroupSettings, ScalingPolicySettings, TargetTrackingSettings
from infra.problems import Problem

_MILLICORES = 1000


def greatest_load(plan: Plan, state: State, group: str) -> float | None:
    """The highest average CPU of a group's nodes, in percent, on the fewest nodes; nothing where it has none."""
    if not state.sizings[group].at_least:
        return None
    millicores = 0.0
    for need in plan.needs.services:
        usable = [each for each in plan.group_names if need.workload.may_run_on(plan.example(each))]
        if group in usable:
            millicores += need.most * need.cpu_limit / sum(state.sizings[each].at_least for each in usable)
    return 100 * millicores / (plan.types[group].vcpus * _MILLICORES)


def unreachable_targets(
    groups: Mapping[str, NodeGroupSettings], plan: Plan, states: Sequence[State]
) -> Iterator[Problem]:
    """Policies that would add nodes and never do, and groups that shrink to nothing and stay there."""
    for name, group in groups.items():
        yield from _stays_empty(name, states)
        loads = [(load, state) for state in states if (load := greatest_load(plan, state, name)) is not None]
        if not loads:
            continue
        load, state = max(loads, key=lambda each: each[0])
        for label, policy in group.policies.items():
            target = _adds_from(policy)
            if target is not None and load < target and name not in plan.idle_groups:
                nodes = counted(state.sizings[name].at_least, "node")
                key = "cpuPercent" if isinstance(policy, TargetTrackingSettings) else "alarm.cpuPercent"
                yield Problem(
                    f"slipway:nodeGroups.{name}.policies.{label}.{key}",
                    f"is {target}, which is never reached: with every service at its most and every pod at its CPU "
                    f"limit, {nodes} of {group.instance_type} would be at {load:.0f} %. {_reachable(load)}",
                )


def _stays_empty(group: str, states: Sequence[State]) -> Iterator[Problem]:
    """Without a node there is no CPU to look at, and a policy without data does nothing.

    https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-target-tracking.html#target-tracking-considerations
    """
    sizings = {sizing.path: sizing for state in states for sizing in [state.sizings[group]]}
    for path, sizing in sizings.items():
        if sizing.scaled and sizing.size.min == 0 < sizing.size.desired:
            yield Problem(
                f"{path}.min",
                "is 0, but where a policy takes the last node there is no CPU left that would bring one back. "
                "Smallest change: 1",
            )


def _adds_from(policy: ScalingPolicySettings) -> int | None:
    """The CPU at which a policy adds nodes; nothing, where it only removes them."""
    if isinstance(policy, TargetTrackingSettings):
        return policy.cpu_percent
    return policy.alarm.cpu_percent if policy.alarm.comparison == "above" else None


def _reachable(load: float) -> str:
    highest = int(load) - (load == int(load))
    return f"Smallest change: {highest}" if highest >= 1 else "Expected services that use its CPU"
