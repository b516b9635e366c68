"""Alarms of a node group: it stands at its maximum, or has not the size that it is declared to have.

An Auto Scaling group reports what it wants and has, once its metrics are switched on (`infra/group_metrics.py`).
https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-metrics.html
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby

import pulumi

from infra.alarms import FIVE_MINUTES, MINUTE, Alarm, Metric
from infra.declared_sizes import HOURS_OF_WEEK, declared_sizes, uncertain_times
from infra.node_settings import NodeGroupSettings
from infra.schedules import GroupSize

GROUPS = "AWS/AutoScaling"

# Until a node that is missing is there again, or one too many is drained and gone: EKS ends a node after 15 minutes at
# the latest. https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html#managed-node-group-concepts
_SIZE_PERIODS = 6


def nodes_at_maximum(
    group: str, settings: NodeGroupSettings, autoscaling_group: pulumi.Input[str], minutes: int
) -> Alarm | None:
    """The group has wanted all the nodes that it may for long.

    None where it is meant to: a group whose desired size is its maximum, at all times or at night.
    """
    sizes = [settings.size, *(part.size for each in settings.schedules.values() for part in (each.down, each.up))]
    if any(size.desired == size.max for size in sizes):
        return None
    periods = minutes * MINUTE // FIVE_MINUTES
    return Alarm(
        name=f"{group}-nodes-at-maximum",
        runbook="nodes-at-maximum",
        what=f"Node group {group} has been at its maximum for {minutes} minutes.",
        metrics={
            "desired": _metric("GroupDesiredCapacity", "Minimum", autoscaling_group),
            # Asked for and not written here: a schedule may change it.
            "most": _metric("GroupMaxSize", "Maximum", autoscaling_group),
        },
        expression="IF(desired >= most, 1, 0)",
        comparison="GreaterThanOrEqualToThreshold",
        threshold=1,
        periods=periods,
        breaching=periods,
        missing="missing",  # reported each minute, so silence is nobody looking
    )


def nodes_off_size(
    group: str, settings: NodeGroupSettings, autoscaling_group: pulumi.Input[str], now: datetime
) -> Alarm:
    """The nodes in service are not those that the stack file declares for this hour.

    Where a policy chooses the size, the declared are the minimum and the maximum of the hour, and what the policy asks
    for has to be there.
    """
    sizes = declared_sizes(settings, now)
    metrics = {"nodes": _metric("GroupInServiceInstances", "Average", autoscaling_group)}
    if settings.desired_size_is_scaled:
        metrics["desired"] = _metric("GroupDesiredCapacity", "Average", autoscaling_group)
        off = by_hour(sizes, lambda size: f"(nodes < {size.min} OR nodes > {size.max})")
        off = f"({off} + (nodes < desired))"
    else:
        off = by_hour(sizes, lambda size: f"ABS(nodes - {size.desired})")
    if times := uncertain_times(settings, now):
        off = f"IF({during(times)}, 0, {off})"
    return Alarm(
        name=f"{group}-nodes-size",
        runbook="nodes-size",
        what=f"Node group {group} has not had the size that its stack file declares for half an hour.",
        metrics=metrics,
        helpers=_clock(off),
        # Without nodes reported there is nothing to compare; the arithmetic would take them for 0.
        expression=f"IF(nodes >= 0, {off})",
        comparison="GreaterThanThreshold",
        threshold=0,
        periods=_SIZE_PERIODS,
        breaching=_SIZE_PERIODS,
        missing="missing",  # as above
    )


def by_hour(sizes: Mapping[int, GroupSize], term: Callable[[GroupSize], str]) -> str:
    """An expression that is each size's term in its hours of the week, and 0 in hours that have none.

    `day` counts from 1, a Monday, and `hour` from 0, both in UTC.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html#metric-math-syntax-functions-list
    """
    terms: dict[str, set[int]] = {}
    for hour, size in sizes.items():
        terms.setdefault(term(size), set()).add(hour)
    expression = "0"
    for each, hours in sorted(terms.items(), key=lambda entry: (len(entry[1]), entry[0])):
        expression = each if len(hours) == HOURS_OF_WEEK else f"IF({in_hours(hours)}, {each}, {expression})"
    return expression


def in_hours(hours: Iterable[int]) -> str:
    """A condition that holds in these hours of the week."""
    by_day: dict[tuple[int, ...], list[int]] = {}
    for day, group in groupby(sorted(hours), lambda hour: hour // 24):
        by_day.setdefault(tuple(hour % 24 for hour in group), []).append(day + 1)
    alternatives = [
        _both(_within("day", days, range(1, 8)), _within("hour", wanted, range(24))) for wanted, days in by_day.items()
    ]
    return " OR ".join(alternatives)


def during(times: Sequence[tuple[datetime, datetime | None]]) -> str:
    """A condition that holds in these times; one without an end lasts for ever."""
    return " OR ".join(
        f"epoch >= {start.timestamp():.0f}"
        if end is None
        else f"(epoch >= {start.timestamp():.0f} AND epoch < {end.timestamp():.0f})"
        for start, end in times
    )


def _within(name: str, wanted: Sequence[int], everything: range) -> str | None:
    """A condition for the values that are wanted; None where these are all."""
    if len(wanted) == len(everything):
        return None
    spans = [[pair[1] for pair in span] for _, span in groupby(enumerate(wanted), lambda pair: pair[1] - pair[0])]
    terms = [_span(name, span[0], span[-1], everything) for span in spans]
    return terms[0] if len(terms) == 1 else f"({' OR '.join(terms)})"


def _span(name: str, first: int, last: int, everything: range) -> str:
    if first == last:
        return f"{name} == {first}"
    bounds = [f"{name} >= {first}"] if first > everything[0] else []
    bounds += [f"{name} <= {last}"] if last < everything[-1] else []
    return bounds[0] if len(bounds) == 1 else f"({' AND '.join(bounds)})"


def _both(day: str | None, hour: str | None) -> str:
    conditions = [each for each in (day, hour) if each is not None]
    return conditions[0] if len(conditions) == 1 else f"({' AND '.join(conditions)})"


def _clock(expression: str) -> dict[str, str]:
    """What tells the time in an expression, as far as it asks."""
    return {name: f"{name.upper()}(nodes)" for name in ("day", "hour", "epoch") if f"{name} " in expression}


def _metric(name: str, statistic: str, autoscaling_group: pulumi.Input[str]) -> Metric:
    return Metric(GROUPS, name, {"AutoScalingGroupName": autoscaling_group}, statistic, FIVE_MINUTES)
