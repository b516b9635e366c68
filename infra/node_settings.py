"""What a stack file may say of a node group: its instances, its size, and what changes that size."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, NaiveDatetime, model_validator

from infra.schedules import GroupSize, ScheduledAction, recurrence_problem, time_zone_problem
from infra.setting_types import DnsLabel, InstanceType, in_words
from infra.strict_model import StrictModel


def _recurrence(value: str) -> str:
    if problem := recurrence_problem(value):
        raise ValueError(problem)
    return value


def _time_zone(value: str) -> str:
    if problem := time_zone_problem(value):
        raise ValueError(problem)
    return value


_RECURRENCE_WORDS = "a cron expression such as 0 20 * * MON-FRI that comes at most once an hour"
TimeZone = Annotated[str, AfterValidator(_time_zone), in_words("an IANA time zone such as America/Los_Angeles")]


class ScheduledSize(StrictModel):
    """A size and when it begins."""

    recurrence: Annotated[str, AfterValidator(_recurrence), in_words(_RECURRENCE_WORDS)]
    size: GroupSize


class ScheduleSettings(StrictModel):
    """A pair of recurring changes: what goes down comes up again, in one time zone."""

    time_zone: TimeZone
    down: ScheduledSize
    up: ScheduledSize

    def actions(self, name: str) -> tuple[ScheduledAction, ScheduledAction]:
        """The two scheduled actions, named after the schedule."""
        return (
            ScheduledAction(f"{name}-down", self.down.size, self.time_zone, recurrence=self.down.recurrence),
            ScheduledAction(f"{name}-up", self.up.size, self.time_zone, recurrence=self.up.recurrence),
        )


class BoostSettings(StrictModel):
    """Another size for a few hours, once: from `start` to `end` by the clock of the time zone, then `after`."""

    time_zone: TimeZone
    start: NaiveDatetime
    end: NaiveDatetime
    size: GroupSize
    after: GroupSize

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.start >= self.end:
            raise ValueError(f"start {self.start:%Y-%m-%d %H:%M} is not before end {self.end:%Y-%m-%d %H:%M}")
        return self

    def actions(self, name: str, now: datetime) -> tuple[ScheduledAction, ...]:
        """Its two actions, without those that are over: AWS forgets them and takes none that lies in the past."""
        zone = ZoneInfo(self.time_zone)
        actions = (
            ScheduledAction(f"{name}-start", self.size, self.time_zone, start=self.start.replace(tzinfo=zone)),
            ScheduledAction(f"{name}-end", self.after, self.time_zone, start=self.end.replace(tzinfo=zone)),
        )
        return tuple(action for action in actions if action.start is not None and action.start > now)


class TargetTrackingSettings(StrictModel):
    """Keeps the average CPU of the group's nodes at a percentage.

    https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-target-tracking.html
    """

    kind: Literal["targetTracking"]
    cpu_percent: Annotated[int, Field(ge=1, le=100)]


class CpuAlarmSettings(StrictModel):
    """When the average CPU of the group's nodes is above or below a percentage for so many periods.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    """

    comparison: Literal["above", "below"]
    cpu_percent: Annotated[int, Field(ge=1, le=100)]
    period_seconds: Annotated[int, Field(ge=60, le=3600, multiple_of=60)]
    periods: Annotated[int, Field(ge=1, le=10)]


# A group has at most 450 nodes. https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html
NodesMoreOrFewer = Annotated[int, Field(ge=-450, le=450)]


class ScalingStep(StrictModel):
    """From so many percentage points beyond the alarm's threshold, so many nodes more or fewer."""

    beyond: Annotated[int, Field(ge=0, le=99)]
    nodes: NodesMoreOrFewer


class StepScalingSettings(StrictModel):
    """Adds or removes the more nodes the further the CPU is beyond the alarm's threshold.

    https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html
    """

    kind: Literal["step"]
    alarm: CpuAlarmSettings
    steps: Annotated[tuple[ScalingStep, ...], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _steps_fit(self) -> Self:
        beyond = [step.beyond for step in self.steps]
        if beyond[0] != 0 or beyond != sorted(set(beyond)):
            raise ValueError(f"steps are beyond {beyond}; expected to begin at 0 and to grow")
        for step in self.steps:
            _require_direction(self.alarm, step.nodes)
        return self


class SimpleScalingSettings(StrictModel):
    """Adds or removes a number of nodes, then waits.

    https://docs.aws.amazon.com/autoscaling/ec2/userguide/simple-scaling-policies.html
    """

    kind: Literal["simple"]
    alarm: CpuAlarmSettings
    nodes: NodesMoreOrFewer
    cooldown_seconds: Annotated[int, Field(ge=0, le=3600)]

    @model_validator(mode="after")
    def _direction_fits(self) -> Self:
        _require_direction(self.alarm, self.nodes)
        return self


def _require_direction(alarm: CpuAlarmSettings, nodes: int) -> None:
    if (nodes > 0) != (alarm.comparison == "above") or nodes == 0:
        sign = "more than 0" if alarm.comparison == "above" else "less than 0"
        raise ValueError(f"nodes is {nodes}; expected {sign} for an alarm when the CPU is {alarm.comparison}")


ScalingPolicySettings = Annotated[
    TargetTrackingSettings | StepScalingSettings | SimpleScalingSettings, Field(discriminator="kind")
]


# EKS and Kubernetes write effects differently. https://docs.aws.amazon.com/eks/latest/APIReference/API_Taint.html
_KUBERNETES_EFFECTS: Mapping[str, Literal["NoSchedule", "NoExecute", "PreferNoSchedule"]] = {
    "NO_SCHEDULE": "NoSchedule",
    "NO_EXECUTE": "NoExecute",
    "PREFER_NO_SCHEDULE": "PreferNoSchedule",
}


class TaintSettings(StrictModel):
    """A taint of every node of a group. https://docs.aws.amazon.com/eks/latest/APIReference/API_Taint.html"""

    key: str
    value: str
    effect: Literal["NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"]

    @property
    def kubernetes_effect(self) -> Literal["NoSchedule", "NoExecute", "PreferNoSchedule"]:
        """The effect as Kubernetes writes it."""
        return _KUBERNETES_EFFECTS[self.effect]


class NodeGroupSettings(StrictModel):
    """A managed node group."""

    instance_type: InstanceType
    capacity_type: Literal["ON_DEMAND", "SPOT"]
    disk_size_gib: Annotated[int, Field(alias="diskSizeGiB", ge=20, le=16384)]
    size: GroupSize
    labels: Mapping[str, str] = {}
    taints: tuple[TaintSettings, ...] = ()
    schedules: Mapping[DnsLabel, ScheduleSettings] = {}
    boosts: Mapping[DnsLabel, BoostSettings] = {}
    policies: Mapping[DnsLabel, ScalingPolicySettings] = {}
    cluster_autoscaler: bool = False
    """Whether the Kubernetes cluster autoscaler owns the desired size."""

    @property
    def sizes_are_scheduled(self) -> bool:
        """Whether scheduled actions own all three sizes of the group."""
        return bool(self.schedules or self.boosts)

    @property
    def desired_size_is_scaled(self) -> bool:
        """Whether policies or the cluster autoscaler own the desired size, and that alone."""
        return bool(self.policies) or self.cluster_autoscaler

    @property
    def sizes_itself(self) -> bool:
        """Whether anything but the stack file owns a size of the group."""
        return self.sizes_are_scheduled or self.desired_size_is_scaled
