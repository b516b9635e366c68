"""Changes of an Auto Scaling group's size that somebody or a metric asks for, apart from schedules.

Only the group's record changes here; its instances follow by themselves. A policy acts on the group's desired size as
it is recorded: warm-up and cooldown are not simulated, so that every call counts at once.
"""

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.aws.errors import AwsError
from sandbox.aws.scaling_groups import ScalingError, Sizes, find_group, find_of_group, sizes_of, write_sizes
from sandbox.inventory import Inventory, Record
from sandbox.values import as_list, as_map, objects

POLICY_TYPE: Final = "aws:autoscaling/policy:Policy"

_ALARM_TYPE: Final = "aws:cloudwatch/metricAlarm:MetricAlarm"
_API: Final = "https://docs.aws.amazon.com/autoscaling/ec2/APIReference/"
_TARGET_TRACKING: Final = "TargetTrackingScaling"

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
_COMPARISONS: Final = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


@dataclass(frozen=True)
class ScalingReport:
    """What one call did.

    Attributes:
        group: the Auto Scaling group's name.
        reason: why the sizes are what they are afterwards, in words.
    """

    group: str
    before: Sizes
    after: Sizes
    reason: str


def set_desired_capacity(inventory: Inventory, group: str, n: int) -> ScalingReport:
    """Set how many instances a group wants, by hand.

    https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_SetDesiredCapacity.html

    Args:
        inventory: the account.
        group: the Auto Scaling group's name, or the name in the stack file.
        n: instances.

    Raises:
        ScalingError: there is no such group, or several.
        AwsError: outside the group's minimum and maximum.
    """
    with inventory.transaction():
        record = find_group(inventory, group)
        sizes = sizes_of(record)
        if n != sizes.within(n).desired:
            edge = f"below min value {sizes.smallest}" if n < sizes.smallest else f"above max value {sizes.largest}"
            raise AwsError(
                f"setting the desired capacity of Auto Scaling Group ({record.id})",
                "ValidationError",
                f"New SetDesiredCapacity value {n} is {edge} for the AutoScalingGroup",
                f"{_API}API_SetDesiredCapacity.html",
            )
        return _scaled(inventory, record, n, "set by hand")


def react(inventory: Inventory, policy_name: str, metric_value: float) -> ScalingReport:
    """Let a policy of any kind see a value of its metric: `track_target` or `execute_policy`, by its type."""
    tracks = _policy_type(find_of_group(inventory, POLICY_TYPE, policy_name, "policy")) == _TARGET_TRACKING
    return (track_target if tracks else execute_policy)(inventory, policy_name, metric_value)


def execute_policy(inventory: Inventory, policy_name: str, metric_value: float) -> ScalingReport:
    """Let a step or simple scaling policy act as when its alarm sees a value of the metric.

    A value that does not set the alarm off changes nothing. A simple policy without an alarm always acts.
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html

    Args:
        inventory: the account.
        policy_name: the policy's name.
        metric_value: in the metric's unit, such as per cent of CPU.

    Raises:
        ScalingError: there is no such policy, several groups have one, or it is of another type.
        AwsError: a step policy without an alarm to measure the steps from, or without a step for this value.
        ValueError: the value is no finite number.
    """
    with inventory.transaction():
        policy, group = _policy_and_group(inventory, policy_name, metric_value)
        kind = _policy_type(policy)
        if kind not in {"StepScaling", "SimpleScaling"}:
            raise ScalingError(f"policy {policy_name!r} is of type {kind}, not step or simple scaling")
        desired = sizes_of(group).desired
        alarm = _alarm_of(inventory, policy)
        if alarm is not None:
            comparison, threshold = str(alarm.inputs["comparisonOperator"]), float(alarm.inputs["threshold"])
            if not _is_breached(alarm, metric_value):
                return _scaled(inventory, group, desired, f"{metric_value:g} is not {comparison} {threshold:g}")
        adjustment = _adjustment(policy, alarm, metric_value)
        type_ = str(policy.inputs["adjustmentType"])
        magnitude = int(policy.inputs.get("minAdjustmentMagnitude", 0))
        wanted = adjusted(desired, type_, adjustment, magnitude)
        return _scaled(inventory, group, wanted, f"{type_} {adjustment} at {metric_value:g}")


def track_target(inventory: Inventory, policy_name: str, metric_value: float) -> ScalingReport:
    """Let a target tracking policy act on a value of its metric: as many instances as bring it to the target.

    That is the current number times value by target, rounded up, within minimum and maximum. Simplified: AWS scales in
    more gradually, and only when the value is well below the target (usually by more than 10 %) for a while; here it
    happens at once and whole. A policy with `disableScaleIn` only ever adds.
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-target-tracking.html

    Args:
        inventory: the account.
        policy_name: the policy's name.
        metric_value: the average over the group, in the metric's unit, such as per cent of CPU.

    Raises:
        ScalingError: there is no such policy, several groups have one, or it is of another type.
        ValueError: the value is no finite number.
    """
    with inventory.transaction():
        policy, group = _policy_and_group(inventory, policy_name, metric_value)
        if _policy_type(policy) != _TARGET_TRACKING:
            raise ScalingError(f"policy {policy_name!r} is of type {_policy_type(policy)}, not {_TARGET_TRACKING}")
        settings = as_map(policy.inputs["targetTrackingConfiguration"])
        target, desired = float(settings["targetValue"]), sizes_of(group).desired
        # Rounded first: 3 x 1.1 / 1.1 is a hair above 3 in binary.
        wanted = math.ceil(round(desired * metric_value / target, 9))
        if wanted < desired and settings.get("disableScaleIn"):
            return _scaled(inventory, group, desired, "the policy does not scale in")
        return _scaled(inventory, group, wanted, f"{metric_value:g} against a target of {target:g}")


def adjusted(desired: int, adjustment_type: str, adjustment: int, least: int = 0) -> int:
    """The size that an adjustment leads to, before minimum and maximum are looked at.

    A percentage's change is cut to whole instances, but to no less than one.
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html#as-scaling-adjustment

    Args:
        desired: instances now.
        adjustment_type: `ChangeInCapacity`, `ExactCapacity` or `PercentChangeInCapacity`.
        adjustment: instances, or per cent.
        least: instances by which a percentage changes the size at least.

    Raises:
        ScalingError: AWS has no such type.
    """
    match adjustment_type:
        case "ChangeInCapacity":
            return desired + adjustment
        case "ExactCapacity":
            return adjustment
        case "PercentChangeInCapacity":
            change = desired * adjustment / 100
            if change == 0:
                return desired
            return desired + int(math.copysign(max(1, math.floor(abs(change)), least), change))
        case _:
            raise ScalingError(f"{adjustment_type} is no adjustment type")


def step_adjustment(steps: list[dict[str, Any]], breach: float, *, upwards: bool) -> int | None:
    """The adjustment of the step that a value lies in, or nothing.

    Above the threshold a step's lower bound belongs to it, below the threshold its upper bound.
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html#as-scaling-steps

    Args:
        steps: as a policy has them, with bounds counted from the threshold.
        breach: the value less the threshold.
        upwards: whether the alarm looks for values above the threshold.
    """
    for step in steps:
        low, high = _bound(step, "Lower", -math.inf), _bound(step, "Upper", math.inf)
        if low <= breach < high if upwards else low < breach <= high:
            return int(step["scalingAdjustment"])
    return None


def _bound(step: Mapping[str, Any], side: str, otherwise: float) -> float:
    value = step.get(f"metricInterval{side}Bound")
    # The provider's bounds are texts; an empty one is none.
    return otherwise if value in {None, ""} else float(str(value))


def _policy_type(policy: Record) -> str:
    return str(policy.outputs["policyType"])


def _policy_and_group(inventory: Inventory, policy_name: str, metric_value: float) -> tuple[Record, Record]:
    if not math.isfinite(metric_value):
        raise ValueError(f"a metric's value is a finite number, not {metric_value}")
    policy = find_of_group(inventory, POLICY_TYPE, policy_name, "policy")
    return policy, find_group(inventory, str(policy.inputs["autoscalingGroupName"]))


def _alarm_of(inventory: Inventory, policy: Record) -> Record | None:
    alarms = inventory.list(type=_ALARM_TYPE)
    found = [alarm for alarm in alarms if policy.arn in as_list(alarm.inputs.get("alarmActions"))]
    if len(found) > 1:
        raise ScalingError(f"several alarms set off policy {policy.id!r}: {', '.join(alarm.id for alarm in found)}")
    return found[0] if found else None


def _is_breached(alarm: Record, value: float) -> bool:
    comparison = _COMPARISONS.get(str(alarm.inputs["comparisonOperator"]))
    if comparison is None:
        raise ScalingError(f"alarm {alarm.id!r} compares in a way that is not simulated")
    return comparison(value, float(alarm.inputs["threshold"]))


def _adjustment(policy: Record, alarm: Record | None, value: float) -> int:
    if _policy_type(policy) == "SimpleScaling":
        return int(policy.inputs["scalingAdjustment"])
    operation, page = f"executing Auto Scaling Policy ({policy.id})", f"{_API}API_ExecutePolicy.html"
    if alarm is None:
        raise AwsError(operation, "ValidationError", "no alarm sets it off, so its steps have no threshold", page)
    upwards = str(alarm.inputs["comparisonOperator"]).startswith("Greater")
    breach = value - float(alarm.inputs["threshold"])
    found = step_adjustment(objects(policy.inputs["stepAdjustments"]), breach, upwards=upwards)
    if found is None:
        raise AwsError(operation, "ValidationError", f"the metric value {value:g} lies in none of its steps", page)
    return found


def _scaled(inventory: Inventory, group: Record, wanted: int, reason: str) -> ScalingReport:
    before = sizes_of(group)
    after = before.within(wanted)
    write_sizes(inventory, group, after)
    limited = "" if after.desired == wanted else f"; {wanted} is outside the group's limits"
    return ScalingReport(group.id, before, after, f"{reason}{limited}")
