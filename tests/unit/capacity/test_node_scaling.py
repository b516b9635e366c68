"""Scaling policies change a group's size when AWS would."""

from __future__ import annotations

import json
from typing import Any

import pytest

from capacity.node_scaling import GroupReading, PolicyState, wanted_by
from infra.node_settings import NodeGroupSettings

pytestmark = pytest.mark.unit

TWO = {"min": 2, "desired": 2, "max": 6}


def group(**more: Any) -> NodeGroupSettings:
    values = {"instanceType": "m5.large", "capacityType": "ON_DEMAND", "diskSizeGiB": 40, "size": TWO, **more}
    return NodeGroupSettings.model_validate_json(json.dumps(values))


def tracking(percent: int = 60) -> PolicyState:
    (policy,) = group(policies={"cpu": {"kind": "targetTracking", "cpuPercent": percent}}).policies.values()
    return PolicyState(policy)


def minutes(policy: PolicyState, count: int, cpu: float | None, warm: int, **more: Any) -> list[int]:
    reading = GroupReading(cpu, warm, more.get("desired", warm), more.get("warming", False))
    return [policy.minute(60.0 * number, reading) for number in range(1, count + 1)]


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
