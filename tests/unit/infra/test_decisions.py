"""Decisions that need no Pulumi: subnets, names of a certificate, times of a shutdown, schedules, role names."""

import json
from datetime import UTC, datetime
from ipaddress import IPv4Network
from itertools import combinations, islice
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim

from infra.account import role_name
from infra.addons import ADD_ONS, Tier
from infra.certificate import certificate_names, validation_names
from infra.host_route import target_group_name
from infra.node_settings import BoostSettings, NodeGroupSettings, StepScalingSettings
from infra.nodes import sizes_owned_elsewhere
from infra.registry import lifecycle_policy
from infra.scaling_policies import step_bounds
from infra.schedules import GroupSize, ScheduledAction, recurrence_problem, time_zone_problem
from infra.settings_rules import LONGEST_STACK_NAME
from infra.shutdown import ShutdownTimes
from infra.subnets import zone_subnets
from tests.says import Says

pytestmark = pytest.mark.unit

ZONES = ("us-west-2a", "us-west-2b", "us-west-2c")


@pytest.mark.parametrize("prefix", [16, 18, 20])
def test_subnets_lie_in_the_vpc_and_apart(prefix: int) -> None:
    vpc = IPv4Network(f"10.0.0.0/{prefix}")
    subnets = [part for zone in zone_subnets(vpc, ZONES) for part in (zone.public, zone.private, zone.isolated)]
    assert all(subnet.subnet_of(vpc) for subnet in subnets)
    assert not any(one.overlaps(other) for one, other in combinations(subnets, 2))
    assert all(subnet.prefixlen <= 28 for subnet in subnets), "AWS takes no smaller subnet than /28"


def test_a_third_zone_moves_no_subnet() -> None:
    vpc = IPv4Network("10.0.0.0/16")
    assert zone_subnets(vpc, ZONES)[:2] == zone_subnets(vpc, ZONES[:2])


def test_a_service_beside_the_others_needs_no_new_certificate() -> None:
    before = certificate_names("dev.example.com", ["frontend.dev.example.com"])
    after = certificate_names("dev.example.com", ["frontend.dev.example.com", "search.dev.example.com"])
    assert before == after == ("dev.example.com", "*.dev.example.com")


def test_a_deeper_host_is_named_in_the_certificate() -> None:
    names = certificate_names("dev.example.com", ["a.b.dev.example.com", "dev.example.com"])
    assert names == ("dev.example.com", "*.dev.example.com", "a.b.dev.example.com")
    assert validation_names(names) == ("dev.example.com", "a.b.dev.example.com")


@pytest.mark.parametrize("drain", [5, 30, 600])
def test_shutdown_times_cannot_cut_a_request(drain: int) -> None:
    times = ShutdownTimes(drain)
    assert times.pre_stop > times.deregistration_delay, "the pod serves until the balancer has let go of it"
    assert times.termination_grace_period > times.pre_stop, "and then has time to stop"
    assert times.keep_alive > times.idle_timeout, "the balancer, not the pod, closes an idle connection"
    assert times.deregistration_delay <= 3600, "AWS takes no more"
    assert times.idle_timeout <= 4000, "AWS takes no more"


def action(
    recurrence: str = "0 20 * * MON-FRI", zone: str = "America/Los_Angeles", desired: int = 1
) -> ScheduledAction:
    return ScheduledAction("night-down", GroupSize(min=0, desired=desired, max=4), zone, recurrence)


def test_any_change_of_a_schedule_makes_another_action() -> None:
    changed = [action(), action(recurrence="0 21 * * MON-FRI"), action(zone="Europe/Berlin"), action(desired=2)]
    assert len({one.unique_name for one in changed}) == 4
    assert action().unique_name == action().unique_name


def test_a_schedule_says_when_which_size_comes() -> None:
    assert action().in_words() == Says("20:00", "Monday", "Friday", "America/Los_Angeles", "1 node", "min 0, max 4")


def test_a_schedule_keeps_its_hour_when_daylight_saving_begins() -> None:
    zone = ZoneInfo("America/Los_Angeles")
    days = list(islice(CronSim("0 7 * * *", datetime(2026, 3, 7, tzinfo=zone)), 3))
    assert [day.hour for day in days] == [7, 7, 7]
    assert len({day.astimezone(UTC).hour for day in days}) == 2


FIELDS = "minute hour day-of-month month day-of-week"


@pytest.mark.parametrize(
    ("recurrence", "fact"),
    [
        *((text, FIELDS) for text in ("* * * *", "* * * * * *", "@daily", "")),
        ("61 * * * *", "minute"),
        ("0 0 31 2 *", "day-of-month"),
        *((f"{minute} 9 * * *", "once an hour") for minute in ("*", "*/5", "0,30", "0-59")),
    ],
)
def test_what_is_no_recurrence_that_nodes_could_follow(recurrence: str, fact: str) -> None:
    assert recurrence_problem(recurrence) == Says(fact, "0 20 * * MON-FRI")


def test_every_hour_is_a_recurrence() -> None:
    assert recurrence_problem("30 * * * *") is None


@pytest.mark.parametrize("zone", ["EST", "PST8PDT", "Mars/Olympus", "", "../etc/passwd"])
def test_what_is_no_time_zone(zone: str) -> None:
    assert time_zone_problem(zone) == Says("IANA", "America/Los_Angeles")


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:iam::111122223333:role/slipway-dev-deploy", "slipway-dev-deploy"),
        ("arn:aws:iam::111122223333:role/teams/slipway-dev-deploy", "slipway-dev-deploy"),
        ("arn:aws:sts::111122223333:assumed-role/slipway-dev-deploy/me@example.com", "slipway-dev-deploy"),
        ("arn:aws:iam::111122223333:user/slipway-dev-deploy", "user/slipway-dev-deploy"),
        ("arn:aws:iam::111122223333:root", "root"),
    ],
)
def test_role_names(arn: str, name: str) -> None:
    assert role_name(arn) == name


def test_target_group_names_fit_and_differ() -> None:
    names = [
        target_group_name(name, port)
        for name in ("slipway-staging-thoughts", "slipway-staging-thoughts-archive", "a")
        for port in (8000, 8080)
    ]
    assert len(set(names)) == 6
    assert all(len(name) <= 32 and not name.startswith("-") and not name.endswith("-") for name in names)


@pytest.mark.parametrize("tier", list(Tier))
def test_role_names_fit_the_longest_stack_name(tier: Tier) -> None:
    stack = "x" * LONGEST_STACK_NAME
    accounts = [one.identity.service_account for one in ADD_ONS if one.identity and one.tier is tier]
    for account in accounts:
        assert len(f"{stack}-{tier.value}-{account}-1234567") <= 64


def boost() -> BoostSettings:
    return BoostSettings.model_validate_json(
        """{"timeZone": "America/Los_Angeles", "start": "2026-12-24T08:00:00", "end": "2026-12-24T20:00:00",
        "size": {"min": 4, "desired": 6, "max": 8}, "after": {"min": 2, "desired": 2, "max": 4}}"""
    )


def test_a_boost_begins_and_ends_by_the_clock_of_its_zone() -> None:
    start, end = boost().actions("sale", datetime(2026, 12, 1, tzinfo=UTC))
    assert (start.start_time, end.start_time) == ("2026-12-24T16:00:00Z", "2026-12-25T04:00:00Z")
    assert start.in_words() == Says("2026-12-24", "08:00", "America/Los_Angeles", "6 nodes", "min 4, max 8")
    assert end.size.desired == 2


@pytest.mark.parametrize(("now", "left"), [("2026-12-24T17:00", ["sale-end"]), ("2026-12-26T00:00", [])])
def test_what_is_over_of_a_boost_is_left_out(now: str, left: list[str]) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert [action.name for action in boost().actions("sale", moment)] == left


def step_policy(comparison: str, *steps: tuple[int, int]) -> StepScalingSettings:
    return StepScalingSettings.model_validate_json(
        json.dumps(
            {
                "kind": "step",
                "alarm": {"comparison": comparison, "cpuPercent": 70, "periodSeconds": 60, "periods": 2},
                "steps": [{"beyond": beyond, "nodes": nodes} for beyond, nodes in steps],
            }
        )
    )


def test_steps_leave_no_gap_and_end_open() -> None:
    assert step_bounds(step_policy("above", (0, 1), (10, 2), (20, 4))) == [(0, 10, 1), (10, 20, 2), (20, None, 4)]
    assert step_bounds(step_policy("below", (0, -1), (20, -2))) == [(-20, 0, -1), (None, -20, -2)]


def group(**more: object) -> NodeGroupSettings:
    plain = {"instanceType": "m5.large", "capacityType": "ON_DEMAND", "diskSizeGiB": 40}
    size = {"min": 1, "desired": 2, "max": 4}
    return NodeGroupSettings.model_validate_json(json.dumps({**plain, "size": size, **more}))


def test_each_size_has_one_owner() -> None:
    action = {"recurrence": "0 20 * * *", "size": {"min": 1, "desired": 1, "max": 4}}
    schedules = {"night": {"timeZone": "UTC", "down": action, "up": action}}
    policies = {"cpu": {"kind": "targetTracking", "cpuPercent": 50}}
    assert sizes_owned_elsewhere(group()) == []
    assert sizes_owned_elsewhere(group(policies=policies)) == ["scalingConfig.desiredSize"]
    assert sizes_owned_elsewhere(group(clusterAutoscaler=True)) == ["scalingConfig.desiredSize"]
    assert sizes_owned_elsewhere(group(schedules=schedules)) == ["scalingConfig"]
    assert sizes_owned_elsewhere(group(schedules=schedules, policies=policies)) == ["scalingConfig"]


def test_no_lifecycle_rule_can_expire_a_promoted_image() -> None:
    first, *others = json.loads(lifecycle_policy())["rules"]
    assert first["rulePriority"] == 1
    assert first["selection"]["tagPrefixList"] == ["promoted-"]
    assert first["selection"]["countNumber"] > 20_000, "more than a repository can hold"
    for rule in others:
        assert rule["rulePriority"] > 1
        selection = rule["selection"]
        assert selection["tagStatus"] != "any"
        assert selection.get("tagPrefixList", ["git-"]) == ["git-"]
