"""What a stack file may say of a node group: its instances, its size, and what changes that size."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from infra.schedules import GroupSize, ScheduledAction, recurrence_problem, time_zone_problem
from infra.setting_types import DnsLabel
from infra.strict_model import StrictModel


def _recurrence(value: str) -> str:
    if problem := recurrence_problem(value):
        raise ValueError(problem)
    return value


def _time_zone(value: str) -> str:
    if problem := time_zone_problem(value):
        raise ValueError(problem)
    return value


class ScheduledSize(StrictModel):
    """A size and when it begins."""

    recurrence: Annotated[str, AfterValidator(_recurrence)]
    size: GroupSize


class ScheduleSettings(StrictModel):
    """A pair of recurring changes: what goes down comes up again, in one time zone."""

    time_zone: Annotated[str, AfterValidator(_time_zone)]
    down: ScheduledSize
    up: ScheduledSize

    def actions(self, name: str) -> tuple[ScheduledAction, ScheduledAction]:
        """The two scheduled actions, named after the schedule."""
        down = ScheduledAction(f"{name}-down", self.down.recurrence, self.time_zone, self.down.size)
        up = ScheduledAction(f"{name}-up", self.up.recurrence, self.time_zone, self.up.size)
        return down, up


class TaintSettings(StrictModel):
    """A taint of every node of a group. https://docs.aws.amazon.com/eks/latest/APIReference/API_Taint.html"""

    key: str
    value: str
    effect: Literal["NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"]


class NodeGroupSettings(StrictModel):
    """A managed node group."""

    instance_type: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$")]
    capacity_type: Literal["ON_DEMAND", "SPOT"]
    disk_size_gib: Annotated[int, Field(alias="diskSizeGiB", ge=20, le=16384)]
    size: GroupSize
    labels: Mapping[str, str] = {}
    taints: tuple[TaintSettings, ...] = ()
    schedules: Mapping[DnsLabel, ScheduleSettings] = {}
