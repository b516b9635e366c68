"""Auto Scaling rules, both ways."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from emulated_account import SCHEDULE, Account, Made, group_of

from sandbox.aws.effects import run_schedule
from sandbox.aws.errors import AwsError
from tests.says import Says

pytestmark = pytest.mark.unit

_GROUP = "aws:autoscaling/group:Group"
_POLICY = "aws:autoscaling/policy:Policy"
_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"


def _stamp(**ahead: int) -> str:
    return (datetime.now(UTC) + timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M:%SZ")


_HOUR_AGO, _IN_AN_HOUR = _stamp(hours=-1), _stamp(hours=1)


@pytest.fixture
def nodes(account: Account) -> Made:
    cluster = account.network_addons(account.cluster())
    return account.node_group(cluster)


def _night(nodes: Made, **changes: Any) -> dict[str, Any]:
    inputs = {
        "autoscalingGroupName": group_of(nodes), "scheduledActionName": "night",
        "minSize": 0, "desiredCapacity": 0, "maxSize": 1, "recurrence": "0 20 * * *", "timeZone": "Europe/Berlin",
    }  # fmt: skip
    return {key: value for key, value in {**inputs, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    ("change", "facts"),
    [
        ({"minSize": -1, "desiredCapacity": -1, "maxSize": -1}, ["minSize", "maxSize", "desiredCapacity", "-1"]),
        ({"minSize": 2, "desiredCapacity": 1, "maxSize": 3}, ["capacity: 1", "min size: 2", "max size: 3"]),
        ({"maxSize": None, "minSize": 1, "desiredCapacity": 1}, ["capacity: 1", "min size: 1", "max size: 0"]),
        ({"timeZone": "Berlin"}, ["'Berlin'", "IANA"]),
        ({"recurrence": "0 25 * * *"}, ["recurrence", "0 25 * * *", "hour"]),
        ({"recurrence": "every night"}, ["recurrence", "every night", "fields"]),
        ({"recurrence": None}, ["recurrence", "startTime"]),
        ({"startTime": _HOUR_AGO}, ["start time", _HOUR_AGO, "past"]),
        ({"startTime": "tomorrow"}, ["startTime 'tomorrow'", "2026-12-31T22:00:00Z"]),
        ({"startTime": _stamp(hours=2), "endTime": _IN_AN_HOUR}, ["end time", _IN_AN_HOUR]),
        ({"autoscalingGroupName": "nowhere"}, ["AutoScalingGroup", "nowhere"]),
    ],
)
def test_a_wrong_schedule_is_refused(account: Account, nodes: Made, change: dict[str, Any], facts: list[str]) -> None:
    with pytest.raises(AwsError) as refused:
        account.create(SCHEDULE, "night", _night(nodes, **change))
    assert Says("ValidationError", *facts) == str(refused.value)


@pytest.mark.parametrize(
    "change",
    [{}, {"minSize": -1}, {"desiredCapacity": -1, "maxSize": -1}, {"timeZone": None},
     {"recurrence": None, "startTime": _stamp(hours=1)}],
)  # fmt: skip
def test_a_right_schedule_is_made(account: Account, nodes: Made, change: dict[str, Any]) -> None:
    assert account.create(SCHEDULE, "night", _night(nodes, **change)).id == "night"


def test_a_schedule_changes_the_groups_sizes(account: Account, nodes: Made) -> None:
    account.create(SCHEDULE, "night", _night(nodes, minSize=-1, desiredCapacity=3, maxSize=5))
    run_schedule(account.inventory, "night")
    seen = account.found(nodes)
    assert seen["scalingConfig"] == {"minSize": 1, "desiredSize": 3, "maxSize": 5}
    assert seen.inputs["scalingConfig"] == {"minSize": 1, "desiredSize": 3, "maxSize": 5}
    relabelled = account.update(nodes, labels={"a": "b"})
    assert relabelled["scalingConfig"]["desiredSize"] == 3, "an update of something else leaves the sizes alone"
    account.update(relabelled, scalingConfig={"minSize": 1, "desiredSize": 1, "maxSize": 1})
    group = account.inventory.get(_GROUP, group_of(nodes))
    assert group is not None
    assert group.outputs["desiredCapacity"] == 1


def test_a_schedule_whose_stored_start_has_passed_cannot_be_changed(account: Account, nodes: Made) -> None:
    night = account.create(SCHEDULE, "night", _night(nodes))
    assert night["startTime"] > _stamp()
    night = account.update(night, maxSize=2)
    account.inventory.set_property(SCHEDULE, "night", "startTime", _stamp(hours=-1))
    with pytest.raises(AwsError, match=r"start time .*past"):
        account.update(night, maxSize=3)
    account.delete(night)
    assert account.create(SCHEDULE, "night", _night(nodes, maxSize=3))


def test_two_groups_may_both_have_a_night(account: Account, nodes: Made) -> None:
    other = account.create(_GROUP, "other", {"minSize": 0, "maxSize": 1})
    first = account.create(SCHEDULE, "night", _night(nodes))
    second = account.create(SCHEDULE, "other-night", _night(nodes, autoscalingGroupName=other.id, desiredCapacity=1))
    account.delete(first)
    seen = account.found(second)
    assert seen["desiredCapacity"] == 1


def test_schedules_go_with_their_group(account: Account, nodes: Made) -> None:
    night = account.create(SCHEDULE, "night", _night(nodes))
    account.delete(nodes)
    assert account.read(night) is None
    assert account.inventory.list(type=_GROUP) == []
    account.delete(night)


def test_group_sizes_are_ordered(account: Account) -> None:
    with pytest.raises(AwsError) as refused:
        account.create(_GROUP, "group", {"minSize": 2, "maxSize": 1})
    assert Says("ValidationError", "min 2", "desired 2", "max 1") == str(refused.value)


_TRACKING = {"policyType": "TargetTrackingScaling"}
_TARGET = {"targetValue": 50, "predefinedMetricSpecification": {"predefinedMetricType": "ASGAverageCPUUtilization"}}


@pytest.mark.parametrize(
    ("policy", "facts"),
    [
        ({**_TRACKING, "targetTrackingConfiguration": _TARGET}, []),
        ({"adjustmentType": "ChangeInCapacity", "scalingAdjustment": 1, "cooldown": 60}, []),
        (_TRACKING, ["targetTrackingConfiguration", "TargetTrackingScaling"]),
        ({**_TRACKING, "targetTrackingConfiguration": {"targetValue": 50}}, ["predefined", "customized"]),
        ({**_TRACKING, "targetTrackingConfiguration": _TARGET, "cooldown": 60}, ["cooldown", "TargetTrackingScaling"]),
        ({"policyType": "StepScaling", "adjustmentType": "ChangeInCapacity"}, ["stepAdjustments", "StepScaling"]),
        ({"policyType": "Wishful"}, ["Wishful"]),
    ],
)
def test_policies(account: Account, nodes: Made, policy: dict[str, Any], facts: list[str]) -> None:
    inputs = {"autoscalingGroupName": group_of(nodes), **policy}
    if not facts:
        assert account.create(_POLICY, "policy", inputs).arn.startswith("arn:aws:autoscaling:us-west-2:")
        return
    with pytest.raises(AwsError) as refused:
        account.create(_POLICY, "policy", inputs)
    assert Says("ValidationError", *facts) == str(refused.value)


def test_an_alarm_acts_on_what_exists(account: Account, nodes: Made) -> None:
    policy = account.create(_POLICY, "policy", {
        "autoscalingGroupName": group_of(nodes), "adjustmentType": "ChangeInCapacity", "scalingAdjustment": 1,
    })  # fmt: skip
    alarm = {
        "metricName": "CPUUtilization", "namespace": "AWS/EC2", "period": 60, "evaluationPeriods": 2,
        "comparisonOperator": "GreaterThanThreshold", "threshold": 70, "alarmActions": [policy.arn],
    }  # fmt: skip
    with pytest.raises(AwsError, match=f"NotFound: .*alarmActions.*{policy.arn}x"):
        account.create(_ALARM, "alarm", {**alarm, "statistic": "Average", "alarmActions": [f"{policy.arn}x"]})
    assert account.create(_ALARM, "alarm", {**alarm, "statistic": "Average"})
