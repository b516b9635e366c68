"""The pretended account's clock: it stands still until somebody moves it forward, and then schedules come due.

Until it is first moved it shows the real time. A recurrence is a cron expression read in the action's time zone, so
that 07:00 stays 07:00 across daylight saving, as AWS documents it:
https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html
AWS does not say what becomes of a time of day that the change leaves out or repeats. This clock does as Debian's cron:
what would come due in the gap comes due right after it, and what comes due in the repeated hour does so the first time
only; with a `*` for the minute or the hour the gap is left out, and the hour counts twice.
https://blog.healthchecks.io/2021/10/how-debian-cron-handles-dst-transitions/

Simplified: actions come due to the second (AWS may take two minutes), and an action that is over stays recorded.
"""

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim

from sandbox.aws.effects import GROUP_TYPE
from sandbox.aws.scaling_groups import ScalingError, Sizes, find_of_group, sizes_of, write_sizes
from sandbox.inventory import Inventory, Record

SCHEDULE_TYPE: Final = "aws:autoscaling/schedule:Schedule"
LONGEST_STEP: Final = timedelta(days=2 * 366)
"""How far the clock goes at once. It never goes back, so a mistyped year must not take it along."""
REPORTED: Final = 5_000
"""How many actions a report holds at most: the last ones."""

_FACT: Final = "clock"


class ClockError(ValueError):
    """The clock cannot be set to that moment."""


@dataclass(frozen=True)
class Fired:
    """A scheduled action that happened.

    Attributes:
        moment: when, in UTC, by the pretended account's clock.
        action: the scheduled action's name.
        group: the Auto Scaling group's name.
        before: its sizes until then.
        after: its sizes from then on.
    """

    moment: datetime
    action: str
    group: str
    before: Sizes
    after: Sizes


@dataclass(frozen=True)
class Upcoming:
    """The next time that a scheduled action comes due.

    Attributes:
        moment: when, in the action's own time zone.
        action: the scheduled action's name.
        group: the Auto Scaling group's name.
        after: the sizes that the group would have, were it to happen now.
    """

    moment: datetime
    action: str
    group: str
    after: Sizes


def clock(inventory: Inventory) -> datetime:
    """What the pretended account's clock shows, in UTC."""
    text = inventory.fact(_FACT)
    return datetime.now(UTC) if text is None else datetime.fromisoformat(text)


def was_moved(inventory: Inventory) -> bool:
    """Whether the clock shows a time of its own, no longer the real one."""
    return inventory.fact(_FACT) is not None


def set_clock(inventory: Inventory, moment: datetime) -> tuple[Fired, ...]:
    """Move the clock forward and let every scheduled action happen that comes due after the old time, up to the new.

    They happen in the order of time; for equal moments, which AWS leaves undefined, in the order of their names. An
    action made since the old time counts from its creation on, one whose group is gone not at all. Each group is
    written once, with the sizes that it has at the end, and all of it is one transaction.

    Args:
        inventory: the account.
        moment: the new time, with its offset from UTC.

    Returns:
        What happened, in order; of more than `REPORTED` actions the last ones.

    Raises:
        ClockError: without an offset, earlier than the clock, or further on than `LONGEST_STEP`; nothing changed.
    """
    if moment.utcoffset() is None:
        raise ClockError(f"{moment.isoformat()} has no offset from UTC")
    with inventory.transaction():
        old = clock(inventory)
        if moment < old:
            raise ClockError(f"the clock is at {old.isoformat()} and only goes forward, not to {moment.isoformat()}")
        if moment - old > LONGEST_STEP:
            raise ClockError(f"{moment.isoformat()} is more than {LONGEST_STEP.days} days after {old.isoformat()}")
        new = moment.astimezone(UTC)
        groups = {group.id: group for group in inventory.list(type=GROUP_TYPE)}
        sizes = {name: sizes_of(group) for name, group in groups.items()}
        due = (_due(schedule, old, new) for schedule in _schedules(inventory) if _group_of(schedule) in groups)
        fired: deque[Fired] = deque(maxlen=REPORTED)
        for when, _, group, schedule in heapq.merge(*due, key=lambda each: each[:3]):
            before = sizes[group]
            sizes[group] = _after(schedule, before)
            fired.append(Fired(when, schedule.id, group, before, sizes[group]))
        for name, group in groups.items():
            write_sizes(inventory, group, sizes[name])
        inventory.set_fact(_FACT, new.isoformat())
    return tuple(fired)


def fire(inventory: Inventory, action: str) -> Fired:
    """Let one scheduled action happen now, whatever the time; the clock stays.

    Args:
        inventory: the account.
        action: the scheduled action's name.

    Raises:
        ScalingError: there is no such action, several groups have one, or its group is gone.
    """
    with inventory.transaction():
        schedule = find_of_group(inventory, SCHEDULE_TYPE, action, "scheduled action")
        group = inventory.get(GROUP_TYPE, _group_of(schedule))
        if group is None:
            raise ScalingError(f"the group of the scheduled action {action!r} does not exist: {_group_of(schedule)}")
        before = sizes_of(group)
        after = _after(schedule, before)
        write_sizes(inventory, group, after)
        return Fired(clock(inventory), schedule.id, group.id, before, after)


def upcoming(inventory: Inventory) -> tuple[Upcoming, ...]:
    """What comes due next: for every scheduled action that will, its next time, the nearest first."""
    now = clock(inventory)
    sizes = {group.id: sizes_of(group) for group in inventory.list(type=GROUP_TYPE)}
    found = [
        Upcoming(when.astimezone(_zone(schedule)), schedule.id, group, _after(schedule, sizes[group]))
        for schedule in _schedules(inventory)
        if (group := _group_of(schedule)) in sizes
        for when in islice(occurrences(schedule, _since(schedule, now)), 1)
    ]
    return tuple(sorted(found, key=lambda each: (each.moment.astimezone(UTC), each.action, each.group)))


def occurrences(schedule: Record, after: datetime) -> Iterator[datetime]:
    """The moments, in UTC and in order, at which a scheduled action comes due later than a given one.

    With a start as well as a recurrence it comes due at the start and from then on as it recurs; it ends before its
    end. https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html
    """
    # As it was asked for: what AWS fills in as the start of a recurring action is just its next time.
    start, end = _time(schedule, "startTime"), _time(schedule, "endTime")
    if start is not None and start > after:
        yield start
    recurrence = schedule.inputs.get("recurrence")
    if recurrence is None:
        return
    begin = after if start is None else max(after, start)
    for local in CronSim(str(recurrence), begin.astimezone(_zone(schedule))):
        moment = local.astimezone(UTC)
        if end is not None and moment >= end:
            return
        # The first of an hour that is repeated may lie before where this begins.
        if moment > begin:
            yield moment


def _due(schedule: Record, old: datetime, new: datetime) -> Iterator[tuple[datetime, str, str, Record]]:
    for moment in occurrences(schedule, _since(schedule, old)):
        if moment > new:
            return
        yield moment, schedule.id, _group_of(schedule), schedule


def _since(schedule: Record, old: datetime) -> datetime:
    return max(old, datetime.fromisoformat(schedule.created))


def _schedules(inventory: Inventory) -> list[Record]:
    return inventory.list(type=SCHEDULE_TYPE)


def _group_of(schedule: Record) -> str:
    return str(schedule.inputs["autoscalingGroupName"])


def _zone(schedule: Record) -> tzinfo:
    name = schedule.inputs.get("timeZone")
    return ZoneInfo(str(name)) if name else UTC


def _time(schedule: Record, name: str) -> datetime | None:
    text = schedule.inputs.get(name)
    return datetime.fromisoformat(str(text)) if text else None


def _after(schedule: Record, before: Sizes) -> Sizes:
    """The sizes that an action leaves behind; -1 keeps a size."""

    def size(name: str, kept: int) -> int:
        wanted = int(schedule.outputs[name])
        return kept if wanted == -1 else wanted

    return Sizes(
        size("minSize", before.smallest), size("desiredCapacity", before.desired), size("maxSize", before.largest)
    )
