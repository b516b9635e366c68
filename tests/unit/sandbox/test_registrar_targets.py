"""The life of a target."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.inventory import Record
from sandbox.registrar.targets import (
    Address,
    Pace,
    State,
    Target,
    advanced,
    deregistered,
    pace_of,
    record_of,
    registered,
    target_of,
    with_target,
)

pytestmark = pytest.mark.unit

_START = datetime(2026, 11, 23, 8, tzinfo=UTC)
_ADDRESS = Address("10.10.32.5", 8000, "us-west-2a", "example/web-1", "node-a")
_CHECKS = {"interval": 10, "healthyThreshold": 3, "unhealthyThreshold": 2}
_PACE = pace_of({"healthCheck": _CHECKS, "deregistrationDelay": 30}, 1.0)


def _at(seconds: float) -> datetime:
    return _START + timedelta(seconds=seconds)


def _after(target: Target, seconds: float, *, in_use: bool = True, answers: bool | None = True) -> Target:
    after = advanced(target, _PACE, _at(seconds), in_use=in_use, answers=answers)
    assert after is not None
    return after


@pytest.fixture
def healthy() -> Target:
    return _after(_after(registered(_ADDRESS, _START), 0), 10)


def test_the_pace_is_that_of_the_group_scaled() -> None:
    pace = pace_of({"healthCheck": _CHECKS, "deregistrationDelay": 0}, 0.1)
    assert pace == Pace(timedelta(seconds=1), timedelta(seconds=3), timedelta(seconds=2), timedelta(0))


def test_a_new_target_is_healthy_after_its_first_check() -> None:
    checked = _after(registered(_ADDRESS, _START), 0)
    assert (checked.state, checked.reason) == (State.INITIAL, "Elb.InitialHealthChecking")
    assert _after(checked, 9.9).state is State.INITIAL
    assert (_after(checked, 10).state, _after(checked, 10).reason) == (State.HEALTHY, "")


def test_a_target_is_unused_until_its_group_is_in_use() -> None:
    unused = _after(registered(_ADDRESS, _START), 0, in_use=False)
    assert (unused.state, unused.reason) == (State.UNUSED, "Target.NotInUse")
    assert _after(unused, 100, in_use=False) == unused
    checked = _after(unused, 100)
    assert checked.state is State.INITIAL
    assert _after(checked, 109).state is State.INITIAL
    assert _after(checked, 110).state is State.HEALTHY


def test_a_healthy_target_of_a_group_that_nothing_sends_to_any_more_is_unused(healthy: Target) -> None:
    assert _after(healthy, 20, in_use=False).state is State.UNUSED


def test_a_target_that_stops_answering_turns_unhealthy_and_back(healthy: Target) -> None:
    failing = _after(healthy, 20, answers=False)
    assert failing.state is State.HEALTHY
    assert _after(failing, 39, answers=False).state is State.HEALTHY
    unhealthy = _after(failing, 40, answers=False)
    assert (unhealthy.state, unhealthy.reason) == (State.UNHEALTHY, "Target.FailedHealthChecks")
    recovering = _after(unhealthy, 50)
    assert _after(recovering, 79).state is State.UNHEALTHY
    assert _after(recovering, 80).state is State.HEALTHY


def test_one_failed_check_between_good_ones_does_not_count(healthy: Target) -> None:
    again = _after(_after(healthy, 20, answers=False), 30)
    assert again == healthy
    assert _after(again, 45, answers=False).state is State.HEALTHY


def test_a_new_target_that_never_answers_turns_unhealthy() -> None:
    checked = _after(registered(_ADDRESS, _START), 0, answers=False)
    assert _after(checked, 19, answers=False).state is State.INITIAL
    assert _after(checked, 20, answers=False).state is State.UNHEALTHY


def test_what_is_not_known_changes_nothing(healthy: Target) -> None:
    assert _after(healthy, 500, answers=None) == healthy


def test_a_deregistered_target_drains_for_the_delay(healthy: Target) -> None:
    draining = deregistered(healthy, _at(20))
    assert draining is not None
    assert (draining.state, draining.deregistered) == (State.DRAINING, _at(20))
    assert deregistered(draining, _at(30)) == draining
    assert _after(draining, 49.9, answers=False) == draining
    assert advanced(draining, _PACE, _at(50), in_use=True, answers=True) is None


def test_an_unused_target_is_gone_at_once() -> None:
    assert deregistered(_after(registered(_ADDRESS, _START), 0, in_use=False), _at(1)) is None


def test_a_record_keeps_everything(healthy: Target) -> None:
    arn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/web/1"
    group = Record("aws", "aws:lb/targetGroup:TargetGroup", arn, "web", arn, "us-west-2")
    record = record_of(healthy, group, "main")
    assert (record.type, record.owner, record.scope) == ("aws:lb/target", group.key, "us-west-2")
    assert target_of(record) == healthy
    draining = deregistered(healthy, _at(20))
    assert draining is not None
    changed = with_target(record, draining)
    assert target_of(changed) == draining
    assert {key: changed.outputs[key] for key in ("ip", "port", "availabilityZone", "pod", "node", "state")} == {
        "ip": "10.10.32.5",
        "port": 8000,
        "availabilityZone": "us-west-2a",
        "pod": "example/web-1",
        "node": "node-a",
        "state": "draining",
    }
    assert changed.outputs["deregistered"] == "2026-11-23T08:00:20.000+00:00"
