"""Which size a node group has in each hour, as its stack file declares it: what alarms compare the nodes with.

CloudWatch tells the hour in UTC, schedules in time zones of their own. An hour of the week counts only where the
declared size is one and the same in every week of a year, summer and winter, and all through the hour; in the others
nothing is compared. For schedules of whole hours these are one or two hours beside each change.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from cronsim import CronSim

from infra.node_settings import NodeGroupSettings, ScheduleSettings
from infra.schedules import GroupSize

HOURS_OF_WEEK = 168
"""From Monday 00:00 UTC on."""
_HOUR = timedelta(hours=1)

Change = tuple[datetime, GroupSize]


def declared_sizes(settings: NodeGroupSettings, now: datetime) -> Mapping[int, GroupSize]:
    """The size in each hour of the week in which it is certain; all hours, where no schedule changes it."""
    if not settings.schedules:
        return dict.fromkeys(range(HOURS_OF_WEEK), _unscheduled(settings, now))
    year, end = datetime(now.year, 1, 1, tzinfo=UTC), datetime(now.year + 1, 1, 1, tzinfo=UTC)
    changes = sorted(
        (change for schedule in settings.schedules.values() for change in _changes(schedule, year, end)),
        key=lambda change: change[0],
    )
    seen: dict[int, set[GroupSize]] = {}
    for (since, size), (until, _) in pairwise([*changes, (end, settings.size)]):
        for hour in _hours(max(since, year), until):
            seen.setdefault(hour, set()).add(size)
    return {hour: next(iter(sizes)) for hour, sizes in sorted(seen.items()) if len(sizes) == 1}


def uncertain_times(settings: NodeGroupSettings, now: datetime) -> Sequence[tuple[datetime, datetime | None]]:
    """When boosts may have changed the size: from the start of each to the next scheduled change after its end.

    Where there is no schedule, it is without an end: the size is declared anew by the next `up` after the boost.
    """
    times: list[tuple[datetime, datetime | None]] = []
    for boost in settings.boosts.values():
        zone = ZoneInfo(boost.time_zone)
        start, end = boost.start.replace(tzinfo=zone), boost.end.replace(tzinfo=zone)
        following = [change for schedule in settings.schedules.values() if (change := _next_change(schedule, end))]
        over = min(following) if following else None
        if end > now or (over is not None and over > now):
            times.append((start, over))
    return times


def _unscheduled(settings: NodeGroupSettings, now: datetime) -> GroupSize:
    """As the file says, or as the last boost that is over has left it."""
    over = [
        (boost.end.replace(tzinfo=ZoneInfo(boost.time_zone)), boost.after)
        for boost in settings.boosts.values()
        if boost.end.replace(tzinfo=ZoneInfo(boost.time_zone)) <= now
    ]
    return max(over, key=lambda each: each[0])[1] if over else settings.size


def _changes(schedule: ScheduleSettings, begin: datetime, end: datetime) -> Iterable[Change]:
    """All from `begin` to `end`, and the last of each part before them: one of these is in force at `begin`."""
    zone = ZoneInfo(schedule.time_zone)
    for part in (schedule.down, schedule.up):
        before = next(CronSim(part.recurrence, begin.astimezone(zone), reverse=True))
        yield before.astimezone(UTC), part.size
        for moment in CronSim(part.recurrence, before):
            if moment >= end:
                break
            yield moment.astimezone(UTC), part.size


def _next_change(schedule: ScheduleSettings, after: datetime) -> datetime | None:
    zone = ZoneInfo(schedule.time_zone)
    return min(next(CronSim(part.recurrence, after.astimezone(zone))) for part in (schedule.down, schedule.up))


def _hours(since: datetime, until: datetime) -> Iterable[int]:
    """The hours of the week that this span touches."""
    hour = since.replace(minute=0, second=0, microsecond=0)
    while hour < until:
        yield hour.weekday() * 24 + hour.hour
        hour += _HOUR
