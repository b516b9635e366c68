"""The windows of real weeks: what schedules and boosts leave, in the weeks of daylight saving too."""

import json
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from capacity.week import Week, declared, time_zone_of, week_of, windows_between
from infra.node_settings import NodeGroupSettings

pytestmark = pytest.mark.unit

DAY, NIGHT = {"min": 2, "desired": 2, "max": 4}, {"min": 1, "desired": 1, "max": 4}
TRACKING = {"cpu": {"kind": "targetTracking", "cpuPercent": 60}}


def group(zone: str = "UTC", **parts: Any) -> NodeGroupSettings:
    """A group that sleeps every night from 20:00 to 06:00."""
    night = {
        "timeZone": zone,
        "down": {"recurrence": "0 20 * * *", "size": NIGHT},
        "up": {"recurrence": "0 6 * * *", "size": DAY},
    }
    return made(**{"schedules": {"night": night}, **parts})


def made(**parts: Any) -> NodeGroupSettings:
    base = {"instanceType": "m5.large", "capacityType": "ON_DEMAND", "diskSizeGiB": 40, "size": DAY}
    return NodeGroupSettings.model_validate_json(json.dumps({**base, **parts}))


def sizes(week: Week, name: str = "general") -> list[tuple[str, int]]:
    return [
        (f"{window.start.astimezone(week.zone):%a %H:%M}", window.sizings[name].at_least) for window in week.windows
    ]


# When clocks change: https://www.iana.org/time-zones. South of the equator spring is in September and October.
@pytest.mark.parametrize(
    ("zone", "forward", "back"),
    [
        ("America/Los_Angeles", date(2026, 3, 8), date(2026, 11, 1)),
        ("Europe/Berlin", date(2026, 3, 29), date(2026, 10, 25)),
        ("Australia/Sydney", date(2026, 10, 4), date(2026, 4, 5)),
        ("America/Santiago", date(2026, 9, 6), date(2026, 4, 4)),
        ("Pacific/Auckland", date(2026, 9, 27), date(2026, 4, 5)),
    ],
)
def test_weeks_of_daylight_saving_have_167_and_169_hours(zone: str, forward: date, back: date) -> None:
    groups = {"general": group(zone)}
    for day, hours in ((forward, 167), (back, 169), (date(2026, 6, 10), 168)):
        week = week_of(day, ZoneInfo(zone), groups)
        assert week.hours == hours
        assert sum(window.hours for window in week.windows) == hours
        assert f"{week.start:%a %H:%M}" == f"{week.end:%a %H:%M}" == "Mon 00:00"
        assert all(one.end == other.start for one, other in zip(week.windows, week.windows[1:], strict=False))
        # By the clock the nights stay where they are.
        assert {f"{window.start.astimezone(week.zone):%H:%M}" for window in week.windows} == {"00:00", "06:00", "20:00"}


def test_half_an_hour_of_daylight_saving() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    assert week_of(date(2026, 10, 4), zone, {"general": group("Australia/Lord_Howe")}).hours == 167.5


def test_the_night_of_the_change_is_an_hour_shorter() -> None:
    week = week_of(date(2026, 3, 8), ZoneInfo("Europe/Berlin"), {"general": group("America/Los_Angeles")})
    nights = [window.hours for window in week.windows[1:-1] if window.sizings["general"].at_least == 1]
    assert week.hours == 168  # Berlin's clocks change three weeks later
    assert sorted(nights) == [9, 10, 10, 10, 10, 10, 10]


def test_dev_as_shipped_sleeps_at_night_and_at_weekends() -> None:
    night = {
        "timeZone": "America/Los_Angeles",
        "down": {"recurrence": "0 20 * * MON-THU", "size": NIGHT},
        "up": {"recurrence": "0 7 * * TUE-FRI", "size": DAY},
    }
    weekend = {
        "timeZone": "America/Los_Angeles",
        "down": {"recurrence": "0 20 * * FRI", "size": NIGHT},
        "up": {"recurrence": "0 7 * * MON", "size": DAY},
    }
    groups = {"general": made(schedules={"night": night, "weekend": weekend})}
    week = week_of(date(2026, 6, 3), time_zone_of(groups), groups)
    assert sizes(week)[:3] == [("Mon 00:00", 1), ("Mon 07:00", 2), ("Mon 20:00", 1)]
    assert sizes(week)[-1] == ("Fri 20:00", 1)
    first, last = week.windows[0].sizings["general"], week.windows[-1].sizings["general"]
    assert first.path == last.path == "slipway:nodeGroups.general.schedules.weekend.down.size"
    assert week.windows[2].sizings["general"].path == "slipway:nodeGroups.general.schedules.night.down.size"


def test_a_week_begins_with_what_the_last_action_before_it_left() -> None:
    monthly = {
        "timeZone": "UTC",
        "down": {"recurrence": "0 0 1 * *", "size": NIGHT},
        "up": {"recurrence": "0 0 20 * *", "size": DAY},
    }
    groups = {"general": made(schedules={"month": monthly})}
    assert sizes(week_of(date(2026, 6, 10), ZoneInfo("UTC"), groups)) == [("Mon 00:00", 1)]
    assert sizes(week_of(date(2026, 6, 25), ZoneInfo("UTC"), groups)) == [("Mon 00:00", 2)]


def test_a_boost_is_over_in_the_end() -> None:
    boost = {
        "timeZone": "Europe/Berlin",
        "start": "2026-11-27T08:00:00",
        "end": "2026-11-27T20:00:00",
        "size": {"min": 4, "desired": 4, "max": 8},
        "after": {"min": 3, "desired": 3, "max": 4},
    }
    groups = {"general": made(boosts={"sale": boost})}
    zone = ZoneInfo("Europe/Berlin")
    week = week_of(date(2026, 11, 27), zone, groups)
    assert sizes(week) == [("Mon 00:00", 2), ("Fri 08:00", 4), ("Fri 20:00", 3)]
    assert [window.sizings["general"].path.rpartition(".general.")[2] for window in week.windows] == [
        "size",
        "boosts.sale.size",
        "boosts.sale.after",
    ]
    assert sizes(week_of(date(2026, 12, 5), zone, groups)) == [("Mon 00:00", 3)]
    assert sizes(week_of(date(2026, 11, 20), zone, groups)) == [("Mon 00:00", 2)]


def test_groups_of_two_zones_change_each_in_its_own() -> None:
    groups = {"here": group("Europe/Berlin"), "there": group("Asia/Tokyo")}
    week = week_of(date(2026, 6, 3), ZoneInfo("UTC"), groups)
    # In UTC: Berlin 04:00 to 18:00, Tokyo 21:00 to 11:00.
    by_day = [
        (f"{window.start:%H:%M}", window.sizings["here"].at_least, window.sizings["there"].at_least)
        for window in week.windows[1:5]
    ]
    assert by_day == [("04:00", 2, 2), ("11:00", 2, 1), ("18:00", 1, 1), ("21:00", 1, 2)]


def test_a_policy_moves_the_desired_size_between_the_bounds() -> None:
    sizing = declared("general", group(policies=TRACKING))
    assert (sizing.at_least, sizing.at_most, str(sizing)) == (2, 4, "2-4")
    plain = declared("general", group())
    assert (plain.at_least, plain.at_most, str(plain)) == (2, 2, "2")


def test_an_empty_group_stays_empty_under_a_policy() -> None:
    asleep = {"min": 0, "desired": 0, "max": 6}
    assert declared("general", made(size=asleep, policies=TRACKING)).at_most == 0


def test_what_changes_no_size_begins_no_window() -> None:
    same = {
        "timeZone": "UTC",
        "down": {"recurrence": "0 20 * * *", "size": DAY},
        "up": {"recurrence": "0 6 * * *", "size": DAY},
    }
    week = week_of(date(2026, 6, 3), ZoneInfo("UTC"), {"general": made(schedules={"same": same})})
    assert len(week.windows) == 1


def test_an_action_at_the_very_beginning_counts() -> None:
    start = datetime(2026, 6, 3, 20, tzinfo=UTC)
    (window, *_) = windows_between(start, start.replace(day=4), {"general": group()})
    assert window.sizings["general"].at_least == 1


def test_a_time_the_clocks_leave_out_comes_late() -> None:
    at_night = {
        "timeZone": "America/Los_Angeles",
        "down": {"recurrence": "30 2 * * SUN", "size": NIGHT},
        "up": {"recurrence": "0 6 * * SUN", "size": DAY},
    }
    groups = {"general": made(schedules={"night": at_night})}
    week = week_of(date(2026, 3, 8), ZoneInfo("America/Los_Angeles"), groups)
    assert sizes(week) == [("Mon 00:00", 2), ("Sun 03:00", 1), ("Sun 06:00", 2)]


def test_a_static_group_has_one_window_in_utc() -> None:
    groups = {"general": made()}
    assert time_zone_of(groups) == ZoneInfo("UTC")
    assert len(week_of(date(2026, 6, 3), time_zone_of(groups), groups).windows) == 1
