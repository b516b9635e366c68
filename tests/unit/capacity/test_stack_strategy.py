"""What of the shipped stacks a simulation knows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from capacity.assessment import offers_of
from capacity.instance_types import instance_type
from capacity.simulation import Strategy
from capacity.stack_strategy import StartTimes, strategy_of
from infra.stack_file import parse_settings
from tests.stack_values import as_values, stack_config

pytestmark = pytest.mark.unit

WEST = ZoneInfo("America/Los_Angeles")
BEGIN = datetime(2026, 11, 24, 12, tzinfo=WEST).astimezone(UTC)


def strategy(stack: str, hours: float = 24, begin: datetime = BEGIN) -> Strategy:
    settings = parse_settings("slipway", stack, as_values(stack_config(stack)))
    return strategy_of(stack, settings, begin, begin + timedelta(hours=hours), StartTimes(20, 120, 180))


def test_the_front_end_is_as_the_system_says() -> None:
    model, workload = next(each for each in strategy("dev").services if each[0].name == "frontend")
    assert (model.request_millicores, model.limit_millicores) == (60, 70)
    assert model.autoscaler is not None
    assert (model.autoscaler.min_replicas, model.autoscaler.max_replicas, model.autoscaler.cpu_percent) == (2, 8, 10)
    assert model.autoscaler.scale_down.stabilization_seconds == 300
    assert workload.requests.memory_mib == 64


def test_of_a_demo_back_end_both_containers_are_requested_and_one_works() -> None:
    model, workload = next(each for each in strategy("dev").services if each[0].name == "thoughts")
    assert (model.replicas, model.autoscaler) == (1, None)
    assert model.request_millicores == workload.requests.cpu_millicores == 160
    assert model.limit_millicores == 200


def test_the_pods_of_the_cluster_come_first_and_stay() -> None:
    services = strategy("prod").services
    assert [model.name for model, _ in services][-3:] == ["frontend", "thoughts", "users"]
    assert all(model.autoscaler is None and model.replicas for model, _ in services[:-3])
    assert len(services) > 3


def test_a_night_changes_the_sizes_of_its_group_at_its_hours() -> None:
    burst = next(group for group in strategy("prod").groups if group.name == "burst")
    assert [(at / 3600, size.desired) for at, size in burst.sizes] == [(0, 1), (8, 0), (18, 1)]
    assert len(burst.policies) == 1
    kind = instance_type("m5.large")
    assert (burst.offers, burst.millicores) == (offers_of(kind), 2000)


def test_a_beginning_within_a_minute_has_the_sizes_of_that_hour() -> None:
    begin = BEGIN.replace(hour=5) + timedelta(seconds=42)  # at night there
    burst = next(group for group in strategy("prod", 0.001, begin).groups if group.name == "burst")
    assert [size.desired for _, size in burst.sizes] == [0]
    assert burst.sizes[0][0] <= 0


def test_nodes_and_pods_start_as_long_as_they_are_said_to() -> None:
    made = strategy("prod")
    assert {model.start_seconds for model, _ in made.services[-3:]} == {20}
    assert {(group.start_seconds, group.warmup_seconds) for group in made.groups} == {(120, 180)}
