"""The windows of a week: which size each node group has from when to when.

A week is a real one, from a Monday 00:00 to the next by the clock of a time zone, so the weeks in which daylight saving
begins and ends have 167 and 169 hours. Inside, every moment is UTC: groups may have schedules in several zones.

A scheduled action sets all three sizes of a group at its moment. Between two actions the desired size stays where it
is, unless a scaling policy moves it between minimum and maximum.
https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from cronsim import CronSim

from infra.node_settings import NodeGroupSettings
from infra.schedules import GroupSize

_DAYS = 7
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Sizing:
    """The size of a group for a while.

    Attributes:
        size: its three sizes
        path: where in the stack file this size stands
        scaled: whether a policy or the cluster autoscaler moves the desired size, from the minimum to the maximum
        grows_for_pods: whether it is the cluster autoscaler, which adds nodes for pods that find no room
    """

    size: GroupSize
    path: str
    scaled: bool
    grows_for_pods: bool

    @property
    def at_least(self) -> int:
        """How many nodes there are in any case."""
        return self.size.min if self.scaled else self.size.desired

    @property
    def at_most(self) -> int:
        """How many nodes there can be; an empty group has no CPU that a policy could see."""
        grows = self.grows_for_pods or (self.scaled and self.size.desired > 0)
        return self.size.max if grows else self.size.desired

    @property
    def for_pods(self) -> int:
        """How many nodes pods can count on: those that there are, or that are added because pods wait.

        https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md#how-does-scale-up-work
        """
        return self.at_most if self.grows_for_pods else self.at_least

    def __str__(self) -> str:
        return str(self.at_least) if self.at_least == self.at_most else f"{self.at_least}-{self.at_most}"


@dataclass(frozen=True)
class Window:
    """A time in which no group's size is set anew.

    Attributes:
        start: UTC, part of the window
        end: UTC, not part of it
        sizings: of every group, by name
    """

    start: datetime
    end: datetime
    sizings: Mapping[str, Sizing]

    @property
    def hours(self) -> float:
        """How long it is; not what the clocks on the wall say, which are put forward and back."""
        return (self.end - self.start) / _HOUR


@dataclass(frozen=True)
class Week:
    """A week of a time zone, with its windows in their order and without a gap."""

    zone: ZoneInfo
    windows: tuple[Window, ...]

    @property
    def start(self) -> datetime:
        """Its Monday 00:00, in its zone."""
        return self.windows[0].start.astimezone(self.zone)

    @property
    def end(self) -> datetime:
        """The next Monday 00:00, in its zone."""
        return self.windows[-1].end.astimezone(self.zone)

    @property
    def hours(self) -> float:
        """168 but for daylight saving."""
        return sum(window.hours for window in self.windows)


def week_of(day: date, zone: ZoneInfo, groups: Mapping[str, NodeGroupSettings]) -> Week:
    """The week that a day lies in.

    Args:
        day: any of its days
        zone: whose midnight its Monday begins at
        groups: the node groups, by name
    """
    monday = day - timedelta(days=day.weekday())
    start, end = (_midnight(each, zone) for each in (monday, monday + timedelta(days=_DAYS)))
    return Week(zone, windows_between(start, end, groups))


def windows_between(start: datetime, end: datetime, groups: Mapping[str, NodeGroupSettings]) -> tuple[Window, ...]:
    """The windows from one moment to another.

    Args:
        start: with a time zone, a whole minute
        end: likewise, and later
        groups: the node groups, by name
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    actions = {name: sorted(_actions(name, group, start, end), key=_moment) for name, group in groups.items()}
    sizings = {name: _sizing_before(start, declared(name, groups[name]), actions[name]) for name in groups}
    changes = {moment for each in actions.values() for moment, _ in each if start < moment < end}
    windows: list[Window] = []
    for begin, finish in pairwise([start, *sorted(changes), end]):
        now = {name: _sizing_before(begin, sizing, actions[name]) for name, sizing in sizings.items()}
        if windows and {name: each.size for name, each in now.items()} == {
            name: each.size for name, each in windows[-1].sizings.items()
        }:
            windows[-1] = Window(windows[-1].start, finish, windows[-1].sizings)
        else:
            windows.append(Window(begin, finish, now))
    return tuple(windows)


def declared(name: str, group: NodeGroupSettings) -> Sizing:
    """The size with which a group is made; with schedules, until the first of them acts."""
    path = f"slipway:nodeGroups.{name}.size"
    return Sizing(group.size, path, group.desired_size_is_scaled, group.cluster_autoscaler)


def boost_moments(groups: Mapping[str, NodeGroupSettings]) -> Iterator[datetime]:
    """When boosts begin and end, in their zones."""
    for group in groups.values():
        for boost in group.boosts.values():
            zone = ZoneInfo(boost.time_zone)
            yield boost.start.replace(tzinfo=zone)
            yield boost.end.replace(tzinfo=zone)


def time_zone_of(groups: Mapping[str, NodeGroupSettings]) -> ZoneInfo:
    """The zone that a system's week is told in: of its first schedule or boost, UTC without any."""
    for group in groups.values():
        for each in (*group.schedules.values(), *group.boosts.values()):
            return ZoneInfo(each.time_zone)
    return ZoneInfo("UTC")


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day; where clocks are put forward at midnight, that is 01:00."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


_Action = tuple[datetime, Sizing]


def _moment(action: _Action) -> datetime:
    return action[0]


def _sizing_before(moment: datetime, sizing: Sizing, actions: Sequence[_Action]) -> Sizing:
    """What the last action up to a moment set; of several at once, the last in the stack file.

    Args:
        moment: UTC
        sizing: before any of them
        actions: in the order of their moments
    """
    past = bisect_right(actions, moment, key=_moment)
    return actions[past - 1][1] if past else sizing


def _actions(name: str, group: NodeGroupSettings, start: datetime, end: datetime) -> Iterator[_Action]:
    """Of each schedule the last action up to the start and all before the end; both of each boost."""
    path, scaled = f"slipway:nodeGroups.{name}", group.desired_size_is_scaled
    for label, schedule in group.schedules.items():
        zone = ZoneInfo(schedule.time_zone)
        for half, scheduled in (("down", schedule.down), ("up", schedule.up)):
            sizing = Sizing(scheduled.size, f"{path}.schedules.{label}.{half}.size", scaled, grows_for_pods=False)
            for moment in _occurrences(scheduled.recurrence, zone, start, end):
                yield moment, sizing
    for label, boost in group.boosts.items():
        zone = ZoneInfo(boost.time_zone)
        for at, size, key in ((boost.start, boost.size, "size"), (boost.end, boost.after, "after")):
            yield (
                at.replace(tzinfo=zone).astimezone(UTC),
                Sizing(size, f"{path}.boosts.{label}.{key}", scaled, grows_for_pods=False),
            )


def _occurrences(recurrence: str, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """The last occurrence up to the start, and those up to the end, as `cron` has them.

    What the clocks leave out in spring comes as soon as they go on, and what they show twice in autumn comes once.
    https://github.com/cuu508/cronsim#debian-cron-compatibility
    """
    yield next(CronSim(recurrence, (start + _MINUTE).astimezone(zone), reverse=True)).astimezone(UTC)
    for moment in CronSim(recurrence, start.astimezone(zone)):
        if moment >= end:
            return
        yield moment.astimezone(UTC)
