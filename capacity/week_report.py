"""A week as rows: when there are which nodes, and what fits them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from capacity.assessment import Assessment, Fill, Plan
from capacity.week import Week, Window
from capacity.words import counted

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_RUN: Final = 3
"""So many days in a row are told as from the first to the last."""


@dataclass(frozen=True)
class Pods:
    """Pods of services, at their least or at their most.

    Attributes:
        wanted: how many there are to be
        placed: how many find room
        headroom: what is free then, in percent of what is scarcest
    """

    wanted: int
    placed: int
    headroom: float


@dataclass(frozen=True)
class Row:
    """Windows with the same sizes at the same times of day.

    Attributes:
        when: in words, such as `Mon-Fri 07:00 to 20:00`
        hours: of all of them together
        nodes: of each group, by name, such as `0-6`
        least: every service at its least, on the fewest nodes
        most: every service at its most, on the most nodes
        verdict: `fits`, or what does not
    """

    when: str
    hours: float
    nodes: dict[str, str]
    least: Pods
    most: Pods
    verdict: str


@dataclass(frozen=True)
class Stretch:
    """One window and what fits it."""

    window: Window
    least: Pods
    most: Pods


def stretches(week: Week, plan: Plan) -> list[Stretch]:
    """Every window of the week, in its order."""
    assessments = [Assessment(plan, window.sizings) for window in week.windows]
    return [
        Stretch(
            window,
            _pods(plan, sum(need.least for need in plan.needs.services), each.minimum),
            _pods(plan, sum(need.most for need in plan.needs.services), each.maximum),
        )
        for window, each in zip(week.windows, assessments, strict=True)
    ]


def rows(week: Week, plan: Plan, survives: str) -> list[Row]:
    """The week, with what is alike told once; what goes on over midnight of its Sunday is told as one time."""
    alike: dict[object, list[_Time]] = {}
    for time in _times(week, stretches(week, plan)):
        alike.setdefault((tuple(_sizes(time)), time.begin.time(), time.end.time(), time.nights), []).append(time)
    return [_row(each, plan, survives) for each in alike.values()]


@dataclass(frozen=True)
class _Time:
    """A window by the clock of the week's zone."""

    stretch: Stretch
    begin: datetime
    end: datetime
    hours: float

    @property
    def nights(self) -> int:
        """How many midnights lie in it."""
        return (self.end.date() - self.begin.date()).days


def _times(week: Week, all_of_it: Sequence[Stretch]) -> list[_Time]:
    times = [
        _Time(each, each.window.start.astimezone(week.zone), each.window.end.astimezone(week.zone), each.window.hours)
        for each in all_of_it
    ]
    first, last = times[0], times[-1]
    if len(times) > 1 and _sizes(first) == _sizes(last):
        joined = _Time(last.stretch, last.begin, first.end + timedelta(weeks=1), first.hours + last.hours)
        return [*times[1:-1], joined]
    return times


def _sizes(time: _Time) -> list[str]:
    return [str(sizing.size) for sizing in time.stretch.window.sizings.values()]


def _row(alike: Sequence[_Time], plan: Plan, survives: str) -> Row:
    first = alike[0].stretch
    return Row(
        when=_when(alike),
        hours=sum(each.hours for each in alike),
        nodes={group: str(sizing) for group, sizing in first.window.sizings.items()},
        least=first.least,
        most=first.most,
        verdict=_verdict(Assessment(plan, first.window.sizings), survives),
    )


def _pods(plan: Plan, wanted: int, fill: Fill) -> Pods:
    names = {need.name for need in plan.needs.services}
    pending = sum(each.pods for each in fill.pending if each.workload.name in names)
    return Pods(wanted, wanted - pending, fill.headroom.percent)


def _verdict(assessment: Assessment, survives: str) -> str:
    if not assessment.minimum.fits:
        return f"too small: no room for {_waiting(assessment.minimum)} at the least"
    trouble = [f"no room for {_waiting(assessment.maximum)} at the most"] if not assessment.maximum.fits else []
    if not assessment.update.fits:
        trouble.append("an update waits")
    lost = [name for name, fill in assessment.losses(survives) if not fill.fits]
    if lost:
        trouble.append(f"does not survive the loss of {lost[0]}")
    return "; ".join(trouble) if trouble else "fits"


def _waiting(fill: Fill) -> str:
    return counted(fill.pods_pending, "pod") if fill.pending else "some pods"


def _when(times: Sequence[_Time]) -> str:
    """Such as `Mon-Fri 07:00 to 20:00`, `every day 20:00 to 06:00` and `Fri 20:00 to Mon 07:00`."""
    first = times[0]
    if first.nights == len(_DAYS):
        return "always"
    until = f"{first.end:%H:%M}" if first.nights <= 1 else f"{first.end:%a %H:%M}"
    return f"{_days([each.begin.weekday() for each in times])} {first.begin:%H:%M} to {until}"


def _days(weekdays: Sequence[int]) -> str:
    if len(weekdays) == len(_DAYS):
        return "every day"
    in_a_row = list(weekdays) == list(range(weekdays[0], weekdays[0] + len(weekdays)))
    if in_a_row and len(weekdays) >= _RUN:
        return f"{_DAYS[weekdays[0]]}-{_DAYS[weekdays[-1]]}"
    return ", ".join(_DAYS[each] for each in weekdays)
