"""When RDS backs a database up and when it may change it: two windows that must not meet.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.Maintenance.html#AdjustingTheMaintenanceWindow
"""

from dataclasses import dataclass

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_MINUTES = 24 * 60
_WEEK_MINUTES = 7 * _DAY_MINUTES


@dataclass(frozen=True)
class Window:
    """A time that comes again.

    Attributes:
        start: in minutes since the beginning of the day or week
        length: in minutes
        every: after how many minutes it comes again
    """

    start: int
    length: int
    every: int


def daily_minutes(text: str) -> Window:
    """`09:00-09:30` in UTC, of every day; it may go over midnight."""
    start, end = (_minutes(each) for each in text.split("-"))
    return Window(start, (end - start) % _DAY_MINUTES, _DAY_MINUTES)


def weekly_minutes(text: str) -> Window:
    """`sun:10:00-sun:11:00` in UTC, of every week; it may go over the week's end."""
    start, end = (_DAYS.index(each[:3]) * _DAY_MINUTES + _minutes(each[4:]) for each in text.split("-"))
    return Window(start, (end - start) % _WEEK_MINUTES, _WEEK_MINUTES)


def overlap(one: Window, other: Window) -> bool:
    """Whether there is a minute of the week in both."""
    return bool(_of_the_week(one) & _of_the_week(other))


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _of_the_week(window: Window) -> set[int]:
    starts = range(window.start, _WEEK_MINUTES, window.every)
    return {(start + minute) % _WEEK_MINUTES for start in starts for minute in range(window.length)}
