"""What is said of sizes that do not add up, and that shipped stacks are left in peace."""

from datetime import UTC, datetime
from typing import Any

import pytest

from capacity import arrivals, placement
from capacity.arrivals import Order, Story, play
from capacity.assessment import Plan
from capacity.check import Findings, check_capacity
from capacity.instance_types import UnknownInstanceTypeError
from capacity.week import time_zone_of, week_of
from capacity.week_report import rows
from tests.capacity_settings import Edit, frontend, general, only_frontend, settings_of
from tests.says import Says
from tests.stack_values import STACKS

pytestmark = pytest.mark.unit

MONDAY = datetime(2026, 6, 1, 12, tzinfo=UTC)  # 05:00 in Los Angeles
NIGHT, WEEKEND = (f"slipway:nodeGroups.general.schedules.{name}" for name in ("night", "weekend"))
FROM_FRIDAY = ("Fri 2026-05-29 20:00", "Mon 07:00", "America/Los_Angeles", "4 more times")
ASLEEP = (*FROM_FRIDAY, "general", "1 node")
BOTH_NIGHTS = ("desired 2", f"{WEEKEND}.down.size", f"{NIGHT}.down.size")
SIZE = "slipway:nodeGroups.general.size"
BURST_NIGHT = "slipway:nodeGroups.burst.schedules.night.down.size"
TRACKING = {"cpu": {"kind": "targetTracking", "cpuPercent": 40}}


def found(stack: str, edit: Edit | None = None, now: datetime = MONDAY, **capacity: Any) -> Findings:
    return check_capacity(settings_of(stack, edit, **capacity), now)


def said(findings: Findings) -> tuple[list[str], list[str]]:
    return [str(each) for each in findings.errors], [str(each) for each in findings.warnings]


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("month", range(1, 13))
def test_shipped_stacks_are_quiet_all_the_year(stack: str, month: int) -> None:
    assert said(found(stack, now=datetime(2026, month, 20, 9, 30, 11, tzinfo=UTC))) == ([], [])


def test_too_little_for_the_least() -> None:
    errors, _ = said(found("dev", lambda c: frontend(c)["autoscaling"].update(minReplicas=10, maxReplicas=10)))
    assert errors == [Says(*ASLEEP, "least", "1 pod of users", "40m", *BOTH_NIGHTS, at=f"{WEEKEND}.down.size")]


def test_the_smallest_change_that_is_told_is_enough_and_one_less_is_not() -> None:
    def grown(nodes: int) -> Edit:
        def edit(config: dict[str, Any]) -> None:
            frontend(config)["autoscaling"].update(minReplicas=60, maxReplicas=60)
            general(config).update(schedules={}, size={"min": nodes, "desired": nodes, "max": 9})

        return edit

    (error,) = said(found("dev", grown(1)))[0]
    assert error == Says("desired 4", SIZE, at=SIZE)
    assert found("dev", grown(3)).errors
    assert not found("dev", grown(4)).errors


def test_too_little_for_the_most() -> None:
    errors, warnings = said(found("dev", lambda c: frontend(c)["autoscaling"].update(maxReplicas=20)))
    assert errors == []
    short = ("6 pods of frontend", "1 pod of thoughts", "1 pod of users", "640m", "5 pods")
    limit = "slipway:services.frontend.autoscaling.maxReplicas 9"
    assert warnings == [Says(*ASLEEP, "most", *short, *BOTH_NIGHTS, limit, at=f"{WEEKEND}.down.size")]


def test_the_limit_that_is_told_is_the_highest_that_fits() -> None:
    fits = found("dev", lambda c: frontend(c)["autoscaling"].update(maxReplicas=9), headroomPercent=0)
    assert said(fits) == ([], [])
    assert found("dev", lambda c: frontend(c)["autoscaling"].update(maxReplicas=10), headroomPercent=0).warnings


def test_less_headroom_than_wanted() -> None:
    assert said(found("dev", headroomPercent=10))[1] == [
        Says("10", *FROM_FRIDAY, "most", "5.4 %", "general", *BOTH_NIGHTS, at="slipway:capacity.headroomPercent")
    ]
    assert found("dev", headroomPercent=5).warnings == ()


@pytest.mark.parametrize(("what", "lost"), [("node", "a node of general in us-west-2a"), ("zone", "zone us-west-2a")])
def test_a_loss_that_is_to_be_survived(what: str, lost: str) -> None:
    unplaced = "add-ons, frontend, thoughts and users"
    assert said(found("dev", survives=what))[1] == [
        Says(what, *FROM_FRIDAY, lost, unplaced, *BOTH_NIGHTS, at="slipway:capacity.survives")
    ]


def test_a_zone_holds_more_than_a_node() -> None:
    """Four nodes over three zones: two in the first. Losing one node is survived, losing the zone is not."""

    def edit(config: dict[str, Any]) -> None:
        frontend(config)["autoscaling"].update(minReplicas=50, maxReplicas=50)
        general(config).update(schedules={}, size={"min": 4, "desired": 4, "max": 9})

    assert not [each for each in said(found("dev", edit, survives="node"))[1] if "survives" in each]
    assert [each for each in said(found("dev", edit, survives="zone"))[1] if "survives" in each] == [
        Says("zone us-west-2a", "least", "desired 5", SIZE, at="slipway:capacity.survives")
    ]


def test_an_update_that_cannot_go_on() -> None:
    def edit(config: dict[str, Any]) -> None:
        # Add-ons of 600m, two back ends of 160m and two front ends of 240m leave 80m of a node's 1480m.
        frontend(config)["resources"] = {
            "requests": {"cpuMillicores": 240, "memoryMiB": 64},
            "limits": {"cpuMillicores": 240, "memoryMiB": 128},
        }
        frontend(config)["autoscaling"]["maxReplicas"] = 2

    assert said(found("dev", edit))[1] == [
        Says("update", "2 pods", "1 pod of frontend", "160m", *BOTH_NIGHTS, at=f"{WEEKEND}.down.size")
    ]


def test_an_update_that_waits() -> None:
    def edit(config: dict[str, Any]) -> None:
        frontend(config)["autoscaling"].update(minReplicas=8, maxReplicas=8)

    assert said(found("dev", edit))[1] == [
        Says("update of all services", "slipway:drainSeconds 30", at=f"{WEEKEND}.down.size")
    ]


def test_a_bound_service_whose_group_is_empty_at_night() -> None:
    assert said(found("prod", lambda c: frontend(c).update(nodeGroup="burst")))[0] == [
        Says("burst", "none", "least", "frontend", "min 1 and desired 1", BURST_NIGHT, at=BURST_NIGHT)
    ]


def test_room_on_nodes_of_another_group_does_not_help_a_bound_service() -> None:
    def edit(config: dict[str, Any]) -> None:
        frontend(config).update(nodeGroup="burst")
        frontend(config)["autoscaling"].update(minReplicas=30, maxReplicas=60)
        config["slipway:nodeGroups"]["burst"].update(schedules={}, size={"min": 1, "desired": 1, "max": 2})

    errors, warnings = said(found("prod", edit, survives="nothing"))
    size = "slipway:nodeGroups.burst.size"
    assert errors == [Says("burst", "1 node", "least", "min 2 and desired 2", size, at=size)]
    assert warnings == []  # an error is enough to act upon


def test_a_group_that_nothing_may_run_on() -> None:
    taint = {"key": "capacity", "value": "spot", "effect": "NO_SCHEDULE"}
    assert said(found("prod", lambda c: c["slipway:nodeGroups"]["burst"].update(taints=[taint])))[1] == [
        Says("1 node", "slipway:services.<service>.nodeGroup burst", "no taints", at="slipway:nodeGroups.burst")
    ]


def test_eight_pods_limited_to_70m_are_14_percent_of_two_m5_large() -> None:
    def edit(config: dict[str, Any]) -> None:
        only_frontend(config)
        general(config).update(schedules={}, policies=TRACKING)

    assert said(found("dev", edit))[1] == [
        Says("40", "2 nodes", "m5.large", "14 %", "13", at="slipway:nodeGroups.general.policies.cpu.cpuPercent")
    ]


def test_a_target_that_is_reached_is_left_in_peace() -> None:
    def edit(config: dict[str, Any]) -> None:
        only_frontend(config)
        general(config).update(schedules={}, policies={"cpu": {"kind": "targetTracking", "cpuPercent": 13}})

    assert said(found("dev", edit)) == ([], [])


def test_a_policy_that_takes_the_last_node() -> None:
    def edit(config: dict[str, Any]) -> None:
        config["slipway:nodeGroups"]["burst"].update(schedules={}, size={"min": 0, "desired": 1, "max": 6})

    assert [each for each in said(found("prod", edit))[1] if "size.min" in each] == [
        Says("0", "policy", "1", at="slipway:nodeGroups.burst.size.min")
    ]


def test_a_boost_far_ahead_is_looked_at_too() -> None:
    def edit(config: dict[str, Any]) -> None:
        frontend(config)["autoscaling"].update(minReplicas=8)
        general(config)["boosts"] = {
            "low": {
                "timeZone": "Europe/Berlin",
                "start": "2027-02-03T08:00:00",
                "end": "2027-02-03T20:00:00",
                "size": {"min": 0, "desired": 0, "max": 1},
                "after": {"min": 2, "desired": 2, "max": 4},
            }
        }

    window = ("Tue 2027-02-02 23:00", "Wed 07:00", "America/Los_Angeles")
    assert said(found("dev", edit, headroomPercent=0))[0] == [
        Says(*window, "general", "none", "least", at="slipway:nodeGroups.general.boosts.low.size")
    ]


def test_an_unknown_type_is_told_by_the_rules_of_the_stack_file() -> None:
    with pytest.raises(UnknownInstanceTypeError):
        settings = settings_of("dev")
        group = settings.node_groups["general"].model_copy(update={"instance_type": "m5.huge"})
        check_capacity(settings.model_copy(update={"node_groups": {"general": group}}), MONDAY)


def test_the_first_node_of_an_empty_group_comes_by_no_policy() -> None:
    """At night prod's burst is empty; with a soft taint on the baseline it is what headroom is counted on."""

    def edit(config: dict[str, Any]) -> None:
        taint = {"key": "k", "value": "", "effect": "PREFER_NO_SCHEDULE"}
        config["slipway:nodeGroups"]["baseline"]["taints"] = [taint]

    assert said(found("prod", edit))[1] == [
        Says("min 1 and desired 1", BURST_NIGHT, at="slipway:capacity.headroomPercent")
    ]


def test_however_much_is_wrong_little_is_played(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question of this size plays some hundred orders, and there would be a dozen of them."""
    placed = 0

    def counting(nodes: Any, order: Order, *more: Any) -> Story:
        nonlocal placed
        placed += sum(count for _, count in order.arrivals)
        return play(nodes, order, *more)

    monkeypatch.setattr(placement, "play", counting)
    monkeypatch.setattr(arrivals, "play", counting)

    def edit(config: dict[str, Any]) -> None:
        config["slipway:services"]["thoughts"]["autoscaling"].update(minReplicas=100, maxReplicas=100)

    (_, error) = said(found("prod", edit))[0]
    assert error == Says("desired 6", "slipway:nodeGroups.baseline.size", at="slipway:nodeGroups.baseline.size")
    assert 0 < placed < 20_000


def verdicts(survives: str, edit: Edit | None = None) -> list[str]:
    """Of the times of a week of dev: awake, asleep, the weekend."""
    settings = settings_of("dev", edit)
    week = week_of(MONDAY, time_zone_of(settings.node_groups), settings.node_groups)
    return [row.verdict for row in rows(week, Plan(settings), survives)]


def test_each_time_of_a_week_has_its_verdict() -> None:
    assert verdicts("nothing") == ["fits"] * 3
    assert verdicts("zone") == ["fits", *[Says("zone us-west-2a")] * 2]
    assert verdicts("zone", lambda c: frontend(c)["autoscaling"].update(minReplicas=10, maxReplicas=60)) == [
        Says("24 pods", "most", "zone us-west-2a"),
        *[Says("1 pod", "least")] * 2,
    ]


def test_where_no_node_has_room_for_its_own_pods_nothing_else_is_said() -> None:
    errors, warnings = said(found("dev", lambda c: general(c).update(instanceType="t3.micro")))
    where = "slipway:nodeGroups.general.instanceType"
    assert errors == [Says("t3.micro", "450m CPU", "153 MiB", "5 pods", f"{where} t3.small", at=where)]
    assert warnings == []
