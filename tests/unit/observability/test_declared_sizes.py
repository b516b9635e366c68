"""What a stack file declares for an hour is what its schedules do in every season; where that is not one, nothing."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from infra.declared_sizes import HOURS_OF_WEEK, declared_sizes, uncertain_times
from infra.node_alarms import by_hour, during, in_hours, nodes_off_size
from infra.node_settings import NodeGroupSettings
from infra.schedules import GroupSize
from tests.metric_math import Series, evaluate

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
WEEK = [int(datetime(2026, 11, 23, tzinfo=UTC).timestamp()) + 3600 * hour for hour in range(HOURS_OF_WEEK)]
"""The beginning of each hour of a week, from Monday 00:00 UTC on."""


def size(desired: int, low: int | None = None, high: int = 9) -> dict[str, int]:
    return {"min": desired if low is None else low, "desired": desired, "max": high}


def night(down: str = "0 20 * * *", up: str = "0 6 * * *", zone: str = "America/Los_Angeles") -> dict[str, Any]:
    parts = {"down": {"recurrence": down, "size": size(1)}, "up": {"recurrence": up, "size": size(4)}}
    return {"timeZone": zone, **parts}


def group(**more: Any) -> NodeGroupSettings:
    whole = {"instanceType": "m5.large", "capacityType": "ON_DEMAND", "diskSizeGiB": 20, "size": size(4), **more}
    return NodeGroupSettings.model_validate_json(json.dumps(whole))


def desired(settings: NodeGroupSettings) -> dict[int, int]:
    return {hour: found.desired for hour, found in declared_sizes(settings, NOW).items()}


def test_without_a_schedule_every_hour_is_the_same() -> None:
    assert desired(group()) == dict.fromkeys(range(HOURS_OF_WEEK), 4)


def test_a_night_in_utc_is_certain_to_the_hour() -> None:
    found = desired(group(schedules={"night": night(zone="UTC")}))
    assert len(found) == HOURS_OF_WEEK
    assert [found[hour] for hour in range(24)] == [*[1] * 6, *[4] * 14, *[1] * 4]


def test_a_night_elsewhere_is_certain_but_for_the_hours_that_summer_moves() -> None:
    """20:00 in Los Angeles is 03:00 UTC in summer and 04:00 in winter, 06:00 is 13:00 and 14:00."""
    found = desired(group(schedules={"night": night()}))
    on_tuesday = [found.get(24 + hour) for hour in range(24)]
    assert on_tuesday == [*[4] * 3, None, *[1] * 9, None, *[4] * 10]


def test_a_change_within_an_hour_leaves_that_hour_out() -> None:
    found = desired(group(schedules={"night": night("30 20 * * *", "0 6 * * *", "UTC")}))
    assert (found[19], found.get(20), found[21]) == (4, None, 1)


def test_weekends_are_weekends_where_the_time_zone_has_them() -> None:
    found = desired(group(schedules={"weekend": night("0 0 * * SAT", "0 0 * * MON", "Asia/Tokyo")}))
    saturday_in_tokyo = 4 * 24 + 15  # Friday 15:00 UTC; Tokyo has no summer time
    assert len(found) == HOURS_OF_WEEK
    assert [found[saturday_in_tokyo - 1], found[saturday_in_tokyo], found[6 * 24 + 14], found[6 * 24 + 15]] == [
        4,
        1,
        1,
        4,
    ]


def test_what_does_not_repeat_each_week_is_left_out() -> None:
    found = desired(group(schedules={"month": night("0 0 1 * *", "0 0 2 * *", "UTC")}))
    assert found == {}


def boost(start: str, end: str, after: int = 4) -> dict[str, Any]:
    return {"timeZone": "UTC", "start": start, "end": end, "size": size(8), "after": size(after)}


def test_from_a_boost_on_nothing_is_certain_until_the_next_scheduled_change() -> None:
    sale = {"sale": boost("2026-12-24T08:00:00", "2026-12-24T18:30:00")}
    ((start, over),) = uncertain_times(group(boosts=sale, schedules={"night": night(zone="UTC")}), NOW)
    assert (start.isoformat(), str(over)) == ("2026-12-24T08:00:00+00:00", "2026-12-24 20:00:00+00:00")
    ((start, over),) = uncertain_times(group(boosts=sale), NOW)
    assert over is None


def test_a_boost_that_is_over_leaves_the_size_that_it_says() -> None:
    over = group(boosts={"past": boost("2026-11-01T08:00:00", "2026-11-01T18:00:00", after=3)})
    assert uncertain_times(over, NOW) == []
    assert set(desired(over).values()) == {3}


CLOCK = {name: f"{name.upper()}(nodes)" for name in ("day", "hour", "epoch")}


def series(expression: str, nodes: Series, helpers: Mapping[str, str], times: Sequence[int]) -> Series:
    known = {"nodes": nodes}
    for name, text in [*helpers.items(), ("result", expression)]:
        value = evaluate(text, known, times)
        assert isinstance(value, Mapping)
        known[name] = value
    return known["result"]


def truth(expression: str) -> list[bool]:
    nodes: Series = dict.fromkeys(WEEK, 1.0)
    found = series(expression, nodes, CLOCK, WEEK)
    return [bool(found[time]) for time in WEEK]


@pytest.mark.parametrize(
    "hours",
    [
        {0},
        {167},
        set(range(24)),
        {3, 4, 5, 27, 28, 29},
        {hour for hour in range(HOURS_OF_WEEK) if hour % 24 in {0, 1, 5, 22, 23}},
        {hour for hour in range(HOURS_OF_WEEK) if hour // 24 in {0, 2, 3, 6}},
        {hour for hour in range(HOURS_OF_WEEK) if hour % 7 == 0},
        set(range(1, HOURS_OF_WEEK)),
    ],
)
def test_a_condition_holds_in_just_these_hours(hours: set[int]) -> None:
    assert truth(in_hours(hours)) == [hour in hours for hour in range(HOURS_OF_WEEK)]


def test_each_size_has_its_term_in_its_hours_and_others_have_none() -> None:
    small, large = GroupSize(min=1, desired=1, max=2), GroupSize(min=2, desired=2, max=2)
    sizes = {**dict.fromkeys(range(24, 48), small), **dict.fromkeys(range(100, 160), large)}
    expression = by_hour(sizes, lambda each: f"(nodes + {each.desired})")
    nodes: Series = dict.fromkeys(WEEK, 10.0)
    found = series(expression, nodes, CLOCK, WEEK)
    expected = [10 + sizes[hour].desired if hour in sizes else 0 for hour in range(HOURS_OF_WEEK)]
    assert [found[time] for time in WEEK] == expected


def test_times_with_and_without_an_end() -> None:
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    times = [(monday + timedelta(hours=5), monday + timedelta(hours=7)), (monday + timedelta(hours=100), None)]
    assert truth(during(times)) == [hour in {5, 6} or hour >= 100 for hour in range(HOURS_OF_WEEK)]


def test_an_alarm_leaves_a_boost_alone() -> None:
    zone = ZoneInfo("UTC")
    settings = group(boosts={"sale": boost("2026-12-24T08:00:00", "2026-12-24T18:30:00")})
    alarm = nodes_off_size("general", settings, "asg", NOW)
    assert alarm.expression is not None
    before = int(datetime(2026, 12, 24, 7, tzinfo=zone).timestamp())
    during_it = int(datetime(2026, 12, 24, 9, tzinfo=zone).timestamp())
    nodes: Series = {before: 8.0, during_it: 8.0}
    times = [before, during_it]
    assert series(alarm.expression, nodes, alarm.helpers, times) == {before: 4.0, during_it: 0.0}


def test_the_longest_expression_fits() -> None:
    """Two groups of days with other nights, and a policy."""
    schedules = {
        "week": night("0 19 * * MON-THU", "30 6 * * MON-FRI"),
        "weekend": {**night("0 17 * * FRI", "0 8 * * SUN"), "timeZone": "Europe/Berlin"},
        "lunch": night("15 12 * * TUE", "45 13 * * TUE"),
    }
    alarm = nodes_off_size(
        "general",
        group(schedules=schedules, policies={"cpu": {"kind": "targetTracking", "cpuPercent": 60}}),
        "asg",
        NOW,
    )
    assert len(str(alarm.expression)) <= 2048
