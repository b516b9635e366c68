"""Load curves are read as they are written, and every problem is told with its line."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from capacity.load_curve import LoadCurve, LoadCurveError, read_load_curve
from tests.says import Says

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
        Says("'when'", "time", at="line 1"),
        Says("billing", "frontend, thoughts, users", at="line 1"),
        Says("frontend", "two", "one", at="line 1"),
        Says("'noon'", "2026-11-23 08:30", at="line 3"),
        Says("billing", "'-1'", "0", at="line 4"),
        Says("frontend", "'x'", "0", at="line 4"),
        Says("2026-11-22 00:00", "2026-11-23 00:00", "line 2", at="line 4"),
        Says("2", "4", "columns", at="line 6"),
        Says("'2026-11-23T01:00Z'", "America/Los_Angeles", at="line 7"),
        Says("billing", "'nan'", "0", at="line 7"),
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", Says("empty", "time,frontend", at="line 1")),
        ("time\n2026-11-23\n", Says("no service", "frontend, thoughts, users", at="line 1")),
        ("time,frontend@2\n", Says("'frontend@2'", "frontend", "frontend@12ms", at="line 1")),
        ("time,frontend\n2026-11-23,1\n", Says("1", "two", at="line 2")),
        ("time,frontend\n2026-10-01,1\n2026-11-23,1\n", Says("31 days", at="line 3")),
    ],
)
def test_what_is_no_curve_is_refused(text: str, says: Says) -> None:
    assert problems(text) == (says,)
