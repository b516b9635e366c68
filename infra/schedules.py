"""Recurring changes of a node group's size: checked, told in words, named.

A recurrence is a Unix cron expression read in an IANA time zone, so that 07:00 stays 07:00 when daylight saving
begins. https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError
from pydantic import Field, model_validator

from infra.strict_model import StrictModel

# Auto Scaling takes five fields and no seconds; CronSim would read a sixth.
_CRON_FIELDS = 5


class GroupSize(StrictModel):
    """How many nodes a group has: at least `min`, at most `max`, `desired` to begin with.

    The node group API refuses a maximum of 0; a minimum and a desired size of 0 are valid.
    https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupScalingConfig.html
    """

    min: int = Field(ge=0, le=450)
    desired: int = Field(ge=0, le=450)
    max: int = Field(ge=1, le=450)

    @model_validator(mode="after")
    def _ordered(self) -> "GroupSize":
        if not self.min <= self.desired <= self.max:
            raise ValueError(
                f"expected min <= desired <= max, got min {self.min}, desired {self.desired}, max {self.max}"
            )
        return self

    def __str__(self) -> str:
        nodes = "1 node" if self.desired == 1 else f"{self.desired} nodes"
        return f"{nodes} (min {self.min}, max {self.max})"


@dataclass(frozen=True)
class ScheduledAction:
    """One change of all three sizes of a group: recurring, or once at `start`.

    All three are always stated, because pulumi-aws sends 0 for a size left out
    (https://www.pulumi.com/registry/packages/aws/api-docs/autoscaling/schedule/).
    """

    name: str
    size: GroupSize
    time_zone: str
    recurrence: str | None = None
    start: datetime | None = None
    """In the time zone, where there is no recurrence."""

    @property
    def fingerprint(self) -> str:
        """Eight hex digits that change with any input.

        They are part of the action's names: AWS refuses to change an action whose stored start has passed
        (https://github.com/pulumi/pulumi-aws/issues/2473), so a change must make a new action beside the old one.
        """
        inputs = "|".join([str(self.recurrence or self.start), self.time_zone, self.size.model_dump_json()])
        return hashlib.sha256(inputs.encode()).hexdigest()[:8]

    @property
    def unique_name(self) -> str:
        """The name with its fingerprint, such as `night-down-1f0c33a7`."""
        return f"{self.name}-{self.fingerprint}"

    @property
    def start_time(self) -> str | None:
        """The start of a one-off action in UTC, as AWS takes it; a recurring one never has any."""
        return None if self.start is None else self.start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def in_words(self) -> str:
        """The action as a person would say it."""
        if self.recurrence is None:
            return f"Once, on {self.start:%Y-%m-%d} at {self.start:%H:%M} ({self.time_zone}): {self.size}"
        when = CronSim(self.recurrence, datetime(2000, 1, 1, tzinfo=UTC)).explain()
        return f"{when} ({self.time_zone}): {self.size}"


def recurrence_problem(recurrence: str) -> str | None:
    """Why AWS would refuse this cron expression, or nothing."""
    fields = recurrence.split()
    if len(fields) != _CRON_FIELDS:
        return "expected five fields: minute hour day-of-month month day-of-week, such as '0 20 * * MON-FRI'"
    try:
        next(CronSim(recurrence, datetime(2000, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        return f"not a cron expression ({error}); expected such as '0 20 * * MON-FRI'"
    except StopIteration:
        return "names a date that never comes"
    if not fields[0].isdecimal():
        # A node takes minutes to come and minutes to go, so a size that is set again meanwhile is never reached.
        return "comes more than once an hour; expected one minute first, such as '0 20 * * MON-FRI'"
    return None


@cache
def _time_zone_names() -> set[str]:
    # Each call reads the whole database from disk, and there is one for every schedule.
    return available_timezones()


def time_zone_problem(name: str) -> str | None:
    """Why this is no IANA time zone name, or nothing. `EST` and the like are refused: they know no daylight saving."""
    if "/" not in name and name != "UTC":
        return "expected an IANA time zone such as 'America/Los_Angeles' or 'UTC'"
    if name not in _time_zone_names():
        return "not in the IANA time zone database; expected such as 'America/Los_Angeles'"
    ZoneInfo(name)
    return None
