"""The figures in docs/capacity.md are those of the shipped stacks."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from capacity.allocatable import allocatable
from capacity.assessment import Plan, offers_of
from capacity.check import check_capacity
from capacity.cost import node_hours
from capacity.instance_types import instance_type
from capacity.system_pods import system_demand
from capacity.week import time_zone_of, week_of
from capacity.week_report import rows
from infra.settings import Settings
from tests.capacity_settings import frontend, general, settings_of
from tests.stack_values import ROOT

pytestmark = pytest.mark.unit

TEXT = (ROOT / "docs" / "capacity.md").read_text()
WEDNESDAY = date(2026, 6, 3)


def hours(settings: Settings) -> float:
    week = week_of(WEDNESDAY, time_zone_of(settings.node_groups), settings.node_groups)
    return sum(each.fewest for each in node_hours(week, settings.node_groups))


def test_the_week_of_the_case_study() -> None:
    settings = settings_of("dev")
    week = week_of(WEDNESDAY, time_zone_of(settings.node_groups), settings.node_groups)
    for row in rows(week, Plan(settings), "nothing"):
        least, most = row.least, row.most
        nodes = (
            f"{row.nodes['general']} | {least.placed} | {least.headroom:.0f} % | {most.placed} | {most.headroom:.0f} %"
        )
        assert f"| {row.when} | {row.hours:g} | {nodes} |" in TEXT


def test_the_node_hours_of_the_case_study() -> None:
    every_night = {
        "timeZone": "America/Los_Angeles",
        "down": {"recurrence": "0 20 * * *", "size": {"min": 1, "desired": 1, "max": 4}},
        "up": {"recurrence": "0 7 * * *", "size": {"min": 2, "desired": 2, "max": 4}},
    }
    always = hours(settings_of("dev", lambda c: general(c).update(schedules={})))
    shipped = hours(settings_of("dev"))
    nights = hours(settings_of("dev", lambda c: general(c).update(schedules={"night": every_night})))
    assert f"| without schedules | {always:g} | |" in TEXT
    for name, less in (("nights and weekends", shipped), ("nights only (every day 20:00 to 07:00)", nights)):
        saved = f"{always - less:g} less, {100 * (always - less) / always:.0f} %"
        assert f"| with {name} | {less:g} | {saved} |" in TEXT


def test_what_a_node_offers() -> None:
    type_ = instance_type("m5.large")
    for name, amount in (("allocatable", allocatable(type_)), ("for everything else", offers_of(type_))):
        assert f"| {name} | {amount.cpu_millicores}m | {amount.memory_mib} MiB | {amount.pods} |" in TEXT
    requests = [(workload.requests, pods) for workload, pods in system_demand(cluster_autoscaler=False)]
    cpu = sum(each.cpu_millicores * pods for each, pods in requests)
    memory = sum(each.memory_mib * pods for each, pods in requests)
    assert f"{cpu}m CPU, {memory} MiB and {sum(pods for _, pods in requests)} pods" in TEXT


def test_the_message_that_is_shown() -> None:
    def edit(config: dict[str, Any]) -> None:
        frontend(config)["autoscaling"]["maxReplicas"] = 20

    (warning,) = check_capacity(settings_of("dev", edit), datetime(2026, 6, 1, 12, tzinfo=UTC)).warnings
    assert str(warning) in " ".join(TEXT.split())
