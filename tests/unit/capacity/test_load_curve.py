"""Load curves are read as they are written, and every problem is told with its line."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from capacity.load_curve import LoadCurve, LoadCurveError, read_load_curve

pytestmark = pytest.mark.unit

SERVICES = ("frontend", "thoughts", "users")
WEST = ZoneInfo("America/Los_Angeles")


def read(text: str, zone: ZoneInfo = WEST) -> LoadCurve:
    return read_load_curve(text.splitlines(keepends=True), SERVICES, zone)


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(LoadCurveError) as raised:
        read(text)
    return raised.value.problems


def test_a_row_holds_until_the_next_and_the_last_as_long_as_the_one_before() -> None:
    curve = read("time,frontend\n2026-11-23 00:00,100\n2026-11-23 01:00,300\n2026-11-23 01:30,200\n")
    assert curve.begin == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert curve.duration == 2 * 3600
    assert [curve.demand("frontend", second) for second in (0, 3599, 3600, 5399, 5400, 7199)] == [
        100, 100, 300, 300, 200, 200,
    ]  # fmt: skip
    assert curve.demand("users", 10) == 0


def test_requests_are_turned_into_millicores_by_what_each_costs() -> None:
    curve = read("time,frontend@12ms, thoughts@1.5ms\n2026-11-23 00:00,10,4\n2026-11-23 00:01,0,0\n")
    assert curve.demand("frontend", 0) == 120
    assert curve.demand("thoughts", 0) == 6


def test_an_hour_that_the_clock_leaves_out_is_none() -> None:
    curve = read("time,frontend\n2026-03-08 01:00,1\n2026-03-08 03:00,2\n")
    assert curve.duration == 2 * 3600
    assert curve.demand("frontend", 3599) == 1
    assert curve.demand("frontend", 3600) == 2


def test_all_problems_are_told_with_their_lines() -> None:
    found = problems(
        "when,frontend,billing,frontend\n2026-11-23 00:00,1,1,1\nnoon,1,1,1\n2026-11-22,1,-1,x\n\n1,2\n"
        "2026-11-23T01:00Z,1,nan,1\n"
    )
    assert found == (
        "line 1: the first column is 'when'; expected time",
        "line 1: there is no service billing; expected one of frontend, thoughts, users",
        "line 1: frontend has two columns; expected one",
        "line 3: 'noon' is no time; expected such as 2026-11-23 08:30",
        "line 4: billing is '-1'; expected a number, 0 or more",
        "line 4: frontend is 'x'; expected a number, 0 or more",
        "line 4: 2026-11-22 00:00 does not come after the 2026-11-23 00:00 of line 2",
        "line 6: has 2 columns; expected 4, as the header has",
        "line 7: '2026-11-23T01:00Z' has a time zone; expected the time in America/Los_Angeles without one",
        "line 7: billing is 'nan'; expected a number, 0 or more",
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: is empty; expected a header such as time,frontend"),
        ("time\n2026-11-23\n", "line 1: names no service; expected one of frontend, thoughts, users"),
        (
            "time,frontend@2\n",
            "line 1: 'frontend@2' is no column; expected a service such as frontend or frontend@12ms",
        ),
        ("time,frontend\n2026-11-23,1\n", "line 2: the file ends after 1 rows of values; expected two at least"),
        ("time,frontend\n2026-10-01,1\n2026-11-23,1\n", "line 3: is more than 31 days after the first one"),
    ],
)
def test_what_is_no_curve_is_refused(text: str, problem: str) -> None:
    assert problem in problems(text)
