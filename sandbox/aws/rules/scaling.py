"""Rules about Auto Scaling: scheduled actions, policies and groups."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from sandbox.aws.effects import GROUP_TYPE
from sandbox.aws.rules import Call, rule
from sandbox.values import as_map

SCHEDULE_TYPE: Final = "aws:autoscaling/schedule:Schedule"
_POLICY_TYPE: Final = "aws:autoscaling/policy:Policy"
_GUIDE: Final = "https://docs.aws.amazon.com/autoscaling/ec2/userguide/"
_API: Final = "https://docs.aws.amazon.com/autoscaling/ec2/APIReference/"
_CRON_FIELDS: Final = 5


def _sizes(inputs: Mapping[str, Any]) -> tuple[int, int, int]:
    """The sizes the provider sends: 0 for one left out, and -1 stands for "keep"."""
    return tuple(int(inputs.get(name) or 0) for name in ("minSize", "desiredCapacity", "maxSize"))  # type: ignore[return-value]  # three names, three numbers


@rule("create", "update", on=(SCHEDULE_TYPE,), page=f"{_API}API_PutScheduledUpdateGroupAction.html")
def _some_size(call: Call) -> None:
    """A scheduled action changes at least one size."""
    if all(size == -1 for size in _sizes(call.inputs)):
        call.refuse(
            "ValidationError", "At least one of minSize, maxSize and desiredCapacity is needed (-1 keeps a size)"
        )


@rule("create", "update", on=(SCHEDULE_TYPE,), page=f"{_GUIDE}ec2-auto-scaling-scheduled-scaling.html")
def _sizes_are_ordered(call: Call) -> None:
    """The sizes of a scheduled action that are given are ordered: minimum, desired, maximum."""
    given = [size for size in _sizes(call.inputs) if size != -1]
    if given != sorted(given) or any(size < 0 for size in given):
        smallest, desired, largest = _sizes(call.inputs)
        call.refuse(
            "ValidationError",
            f"Desired capacity: {desired} must be between the specified min size: {smallest} and max size: {largest}"
            " (the provider sends 0 for a size left out, -1 keeps one)",
        )


@rule("create", "update", on=(SCHEDULE_TYPE,), page=f"{_GUIDE}scheduled-scaling-time-zone.html")
def _time_zone_exists(call: Call) -> None:
    """A time zone is a name from the IANA data base."""
    zone = call.inputs.get("timeZone")
    if zone is None:
        return
    try:
        ZoneInfo(str(zone))
    except (KeyError, ValueError):
        call.refuse("ValidationError", f"The time zone {zone!r} is no IANA time zone")


@rule("create", "update", on=(SCHEDULE_TYPE,), page=f"{_GUIDE}scheduled-scaling-cron.html")
def _recurrence_is_cron(call: Call) -> None:
    """A recurrence has the five fields of a cron expression; without one a start is needed."""
    recurrence = call.inputs.get("recurrence")
    if recurrence is None and call.inputs.get("startTime") is None:
        call.refuse("ValidationError", "Either recurrence or startTime is needed")
    if recurrence is None:
        return
    try:
        CronSim(str(recurrence), datetime.now(UTC))
    except CronSimError as error:
        call.refuse("ValidationError", f"Given recurrence string: {recurrence} is invalid: {error}")
    if len(str(recurrence).split()) != _CRON_FIELDS:
        call.refuse("ValidationError", f"Given recurrence string: {recurrence} is invalid: not five fields")


def _time(call: Call, name: str) -> datetime | None:
    text = call.inputs.get(name)
    if text is None:
        return None
    try:
        return datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        call.refuse("ValidationError", f"{name} {text!r} is not of the form 2026-12-31T22:00:00Z")


@rule("create", on=(SCHEDULE_TYPE,), page=f"{_API}API_PutScheduledUpdateGroupAction.html")
def _starts_in_future(call: Call) -> None:
    """A scheduled action starts in the future and ends after it starts."""
    start, end = _time(call, "startTime"), _time(call, "endTime")
    if start is not None and start <= datetime.now(UTC):
        call.refuse("ValidationError", f"Given start time {call.inputs['startTime']} is in the past")
    if end is not None and end <= (start or datetime.now(UTC)):
        call.refuse("ValidationError", f"Given end time {call.inputs['endTime']} is before the start")


@rule("update", on=(SCHEDULE_TYPE,), page="https://github.com/pulumi/pulumi-aws/issues/2473")
def _stored_start_is_ahead(call: Call) -> None:
    """An action whose stored start has passed cannot be changed: the provider sends the old start along.

    AWS fills a recurring action's start with its next occurrence; once it has passed, every change fails.
    """
    stored = call.existing.outputs.get("startTime")
    if not isinstance(stored, str) or not stored:
        return
    start = datetime.strptime(stored, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    if start <= datetime.now(UTC) and call.inputs.get("startTime") in {None, stored}:
        call.refuse("ValidationError", f"Given start time {stored} is in the past")


@rule("create", "update", on=(GROUP_TYPE,), page=f"{_API}API_CreateAutoScalingGroup.html")
def _group_sizes(call: Call) -> None:
    """A group's sizes are ordered."""
    smallest, largest = int(call.inputs["minSize"]), int(call.inputs["maxSize"])
    desired = int(call.inputs.get("desiredCapacity", smallest))
    if not 0 <= smallest <= desired <= largest:
        call.refuse("ValidationError", f"min {smallest} <= desired {desired} <= max {largest} does not hold")


@rule("create", "update", on=(_POLICY_TYPE,), page=f"{_API}API_PutScalingPolicy.html")
def _policy_fits_its_type(call: Call) -> None:
    """A policy's settings fit its type."""
    kind = str(call.inputs.get("policyType") or "SimpleScaling")
    needed = {
        "TargetTrackingScaling": ("targetTrackingConfiguration",),
        "StepScaling": ("adjustmentType", "stepAdjustments"),
        "SimpleScaling": ("adjustmentType", "scalingAdjustment"),
        "PredictiveScaling": ("predictiveScalingConfiguration",),
    }.get(kind)
    if needed is None:
        call.refuse("ValidationError", f"{kind} is no policy type")
    for name in needed:
        if call.inputs.get(name) is None:
            call.refuse("ValidationError", f"{name} is required for policy type {kind}")
    if kind == "TargetTrackingScaling":
        target = as_map(call.inputs["targetTrackingConfiguration"])
        kinds = {"predefinedMetricSpecification", "customizedMetricSpecification"} & target.keys()
        if len(kinds) != 1:
            call.refuse("ValidationError", "exactly one of a predefined and a customized metric is needed")
    if kind != "SimpleScaling" and call.inputs.get("cooldown") is not None:
        call.refuse("ValidationError", f"cooldown is not supported for policy type {kind}")
