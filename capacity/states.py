"""The different sets of sizes that a system goes through, and when."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from capacity.week import Sizing, Window, boost_moments, declared, time_zone_of, windows_between
from infra.node_settings import NodeGroupSettings

_WEEK = timedelta(weeks=1)
# In five weeks every day of a month comes once, whatever the month.
_AHEAD = timedelta(weeks=5)


@dataclass(frozen=True)
class State:
    """One set of sizes.

    Attributes:
        sizings: of every group, as the first window has them
        windows: when they hold; without any, from the making of the groups until their first schedule acts
        zone: in which times are told
        always: whether nothing else comes
    """

    sizings: Mapping[str, Sizing]
    windows: tuple[Window, ...]
    zone: ZoneInfo
    always: bool

    def when(self) -> str:
        """The first of its windows, and how many more there are within a week of it."""
        if self.always:
            return "at any time"
        if not self.windows:
            return "until the first schedule acts"
        first = self.windows[0]
        begin, end = first.start.astimezone(self.zone), first.end.astimezone(self.zone)
        more = sum(first.start < window.start < first.start + _WEEK for window in self.windows)
        again = f" and {more} more times within a week" if more > 1 else " and once more within a week" if more else ""
        return f"from {begin:%a %Y-%m-%d %H:%M} to {end:%a %H:%M} ({self.zone.key}){again}"

    def paths(self, group: str) -> tuple[str, ...]:
        """Where in the stack file the group's size stands, for each of the windows."""
        if not self.windows:
            return (self.sizings[group].path,)
        return tuple(dict.fromkeys(window.sizings[group].path for window in self.windows))


def states_ahead(groups: Mapping[str, NodeGroupSettings], now: datetime, idle: Collection[str]) -> list[State]:
    """The states of the coming five weeks, of the week after each boost's beginning and end, and before all that.

    Args:
        groups: by name
        now: with a time zone
        idle: groups that no pod may run in, whose sizes make no difference
    """
    start = now.astimezone(UTC).replace(second=0, microsecond=0)
    # From a week ago, so that the window of this moment has its own beginning.
    windows = [window for window in windows_between(start - _WEEK, start + _AHEAD, groups) if window.end > start]
    for moment in boost_moments(groups):
        if moment > start + _AHEAD:
            windows += windows_between(moment, moment + _WEEK, groups)
    return distinct_states(windows, groups, idle)


def distinct_states(
    windows: Sequence[Window], groups: Mapping[str, NodeGroupSettings], idle: Collection[str]
) -> list[State]:
    """These windows, those with the same sizes together, and the sizes with which groups are made."""

    def sizes(sizings: Mapping[str, Sizing]) -> object:
        relevant = [(name, sizing) for name, sizing in sizings.items() if name not in idle]
        return tuple((name, sizing.size.min, sizing.size.desired, sizing.size.max) for name, sizing in relevant)

    zone = time_zone_of(groups)
    made = {name: declared(name, group) for name, group in groups.items()}
    found: dict[object, list[Window]] = {}
    for window in windows:
        found.setdefault(sizes(window.sizings), []).append(window)
    states = [State(each[0].sizings, tuple(each), zone, len(found) == 1) for each in found.values()]
    if sizes(made) not in found:
        states.append(State(made, (), zone, always=False))
    return states
