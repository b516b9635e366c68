"""Schedules, boosts and policies change a group's size when AWS would."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from capacity.node_scaling import GroupReading, PolicyState, changes_between, size_at, wanted_by
from infra.node_settings import NodeGroupSettings

pytestmark = pytest.mark.unit

WEST = ZoneInfo("America/Los_Angeles")
ONE = {"min": 1, "desired": 1, "max": 6}
TWO = {"min": 2, "desired": 2, "max": 6}


def group(**more: Any) -> NodeGroupSettings:
    values = {"instanceType": "m5.large", "capacityType": "ON_DEMAND", "diskSizeGiB": 40, "size": TWO, **more}
    return NodeGroupSettings.model_validate_json(json.dumps(values))


NIGHT = {
    "night": {
        "timeZone": "America/Los_Angeles",
        "down": {"recurrence": "0 20 * * *", "size": ONE},
        "up": {"recurrence": "0 6 * * *", "size": TWO},
    }
}
LUNCH = {
    "lunch": {
        "timeZone": "America/Los_Angeles",
        "start": "2026-11-23T11:00:00",
        "end": "2026-11-23T14:00:00",
        "size": {"min": 4, "desired": 4, "max": 6},
        "after": TWO,
    }
}


def west(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=WEST)


def tracking(percent: int = 60) -> PolicyState:
    (policy,) = group(policies={"cpu": {"kind": "targetTracking", "cpuPercent": percent}}).policies.values()
    return PolicyState(policy)


def minutes(policy: PolicyState, count: int, cpu: float | None, warm: int, **more: Any) -> list[int]:
    reading = GroupReading(cpu, warm, more.get("desired", warm), more.get("warming", False))
    return [policy.minute(60.0 * number, reading) for number in range(1, count + 1)]


def test_a_day_of_schedules_in_their_own_zone() -> None:
    changes = changes_between(group(schedules=NIGHT), west(23, 0), west(24, 6, 1))
    assert [(change.at, change.name, change.size.desired) for change in changes] == [
        (west(23, 6), "night-up", 2), (west(23, 20), "night-down", 1), (west(24, 6), "night-up", 2),
    ]  # fmt: skip


def test_an_action_is_part_of_what_comes_after_its_moment_only() -> None:
    changes = changes_between(group(schedules=NIGHT), west(23, 6), west(23, 20))
    assert changes == []


def test_where_the_clock_changes_the_wall_clock_counts() -> None:
    before, after = changes_between(group(schedules=NIGHT), west(1, 0, month=11), west(1, 23, month=11))
    assert (before.at, after.at) == (west(1, 6, month=11), west(1, 20, month=11))
    assert (after.at.astimezone(UTC) - west(1, 0).astimezone(UTC)).total_seconds() == 21 * 3600


@pytest.mark.parametrize(
    ("hour", "desired"), [(5, 1), (6, 2), (7, 2), (10, 2), (11, 4), (13, 4), (14, 2), (20, 1), (23, 1)]
)
def test_the_size_of_an_hour_is_the_last_actions(hour: int, desired: int) -> None:
    assert size_at(group(schedules=NIGHT, boosts=LUNCH), west(23, hour)).desired == desired


def test_without_any_action_the_size_is_the_groups_own() -> None:
    assert size_at(group(), west(23, 5)).desired == 2
    assert size_at(group(boosts=LUNCH), west(23, 10, 59)).desired == 2
    assert changes_between(group(), west(1, 0), west(30, 0)) == []


def test_a_target_is_followed_outwards_after_three_minutes_in_proportion() -> None:
    assert minutes(tracking(), 4, 90, 2) == [2, 2, 3, 3]
    assert minutes(tracking(), 3, 61, 2) == [2, 2, 3]
    assert minutes(tracking(), 3, 60, 2) == [2, 2, 2]


def test_what_is_warming_up_counts_for_what_was_asked_for() -> None:
    assert minutes(tracking(), 3, 90, 2, desired=3, warming=True)[-1] == 3
    assert minutes(tracking(), 3, 100, 3, desired=4, warming=True)[-1] == 5


def test_a_target_is_followed_inwards_after_fifteen_minutes_and_not_while_nodes_warm_up() -> None:
    assert minutes(tracking(), 16, 20, 4)[13:] == [4, 2, 2]
    assert minutes(tracking(), 20, 43, 4)[-1] == 4
    assert minutes(tracking(), 20, 20, 4, warming=True)[-1] == 4


def test_a_missing_metric_changes_nothing_and_begins_anew() -> None:
    policy = tracking()
    assert minutes(policy, 2, 90, 2) == [2, 2]
    assert minutes(policy, 1, None, 0, desired=2) == [2]
    assert minutes(policy, 3, 90, 2) == [2, 2, 3]


def test_steps_add_the_more_the_further_the_cpu_is_beyond() -> None:
    alarm = {"comparison": "above", "cpuPercent": 60, "periodSeconds": 120, "periods": 2}
    steps = [{"beyond": 0, "nodes": 1}, {"beyond": 20, "nodes": 3}]
    (settings,) = group(policies={"up": {"kind": "step", "alarm": alarm, "steps": steps}}).policies.values()
    assert minutes(PolicyState(settings), 4, 65, 2) == [2, 2, 2, 3]
    assert minutes(PolicyState(settings), 4, 80, 2) == [2, 2, 2, 5]
    assert minutes(PolicyState(settings), 4, 59, 2) == [2, 2, 2, 2]


def test_a_simple_policy_rests_after_each_change() -> None:
    alarm = {"comparison": "below", "cpuPercent": 30, "periodSeconds": 60, "periods": 2}
    values = {"kind": "simple", "alarm": alarm, "nodes": -1, "cooldownSeconds": 180}
    (settings,) = group(policies={"down": values}).policies.values()
    assert minutes(PolicyState(settings), 6, 20, 4) == [4, 3, 4, 4, 3, 4]


def test_of_several_policies_the_one_that_wants_most_counts() -> None:
    up, down = tracking(50), tracking(90)
    readings = [wanted_by([up, down], 60.0 * minute, GroupReading(60, 4, 4, warming=False)) for minute in range(20)]
    assert readings[2] == 5
    assert readings[-1] == 5
    assert wanted_by([], 0, GroupReading(60, 4, 4, warming=False)) == 4
