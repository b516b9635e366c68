"""Sizes changed by hand and by policies."""

from __future__ import annotations

import math
from typing import Any

import pytest
from emulated_account import Account, Made, group_of

from infra.standing import NODE_GROUP_TAG
from sandbox.aws.errors import AwsError
from sandbox.aws.scaling_activity import (
    adjusted,
    execute_policy,
    react,
    set_desired_capacity,
    step_adjustment,
    track_target,
)
from sandbox.aws.scaling_groups import GROUP_TAG, ScalingError, Sizes, find_group, name_in_stack_file, sizes_of
from tests.says import Says

pytestmark = pytest.mark.unit

_GROUP = "aws:autoscaling/group:Group"
_POLICY = "aws:autoscaling/policy:Policy"
_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
_CPU = {"predefinedMetricSpecification": {"predefinedMetricType": "ASGAverageCPUUtilization"}}


@pytest.fixture
def nodes(account: Account) -> Made:
    """The node group `web` of a stack file, of 2 to 10 instances, 4 now."""
    cluster = account.network_addons(account.cluster())
    sizes = {"minSize": 2, "desiredSize": 4, "maxSize": 10}
    return account.node_group(cluster, scalingConfig=sizes, tags={NODE_GROUP_TAG: "web"})


def desired(account: Account, nodes: Made) -> int:
    return sizes_of(find_group(account.inventory, group_of(nodes))).desired


def policy(account: Account, nodes: Made, **inputs: Any) -> Made:
    return account.create(_POLICY, "policy", {"autoscalingGroupName": group_of(nodes), "name": "cpu", **inputs})


def alarm(account: Account, made: Made, threshold: float, comparison: str = "Greater", name: str = "alarm") -> Made:
    inputs = {
        "metricName": "CPUUtilization", "namespace": "AWS/EC2", "period": 60, "evaluationPeriods": 2,
        "comparisonOperator": f"{comparison}ThanOrEqualToThreshold", "threshold": threshold, "statistic": "Average",
        "alarmActions": [made.arn],
    }  # fmt: skip
    return account.create(_ALARM, name, inputs)


def steps(*bounds: tuple[str | None, str | None, int]) -> list[dict[str, Any]]:
    named = [
        {"metricIntervalLowerBound": low, "metricIntervalUpperBound": high, "scalingAdjustment": nodes}
        for low, high, nodes in bounds
    ]
    return [{key: value for key, value in each.items() if value is not None} for each in named]


_OUT = {
    "policyType": "StepScaling", "adjustmentType": "ChangeInCapacity",
    "stepAdjustments": steps(("0", "20", 1), ("20", None, 3)),
}  # fmt: skip
_IN = {
    "policyType": "StepScaling", "adjustmentType": "ChangeInCapacity",
    "stepAdjustments": steps(("-20", "0", -1), (None, "-20", -2)),
}  # fmt: skip


def test_a_group_goes_by_both_of_its_names(account: Account, nodes: Made) -> None:
    group = find_group(account.inventory, "web")
    assert group.id == group_of(nodes)
    assert find_group(account.inventory, group.id) == group
    assert name_in_stack_file(account.inventory, group) == "web"
    with pytest.raises(ScalingError) as refused:
        find_group(account.inventory, "wbe")
    assert Says("'wbe'", f"web ({group_of(nodes)})") == str(refused.value)


def test_the_tag_is_the_one_that_the_program_gives() -> None:
    assert GROUP_TAG == NODE_GROUP_TAG


def test_a_group_without_a_node_group_goes_by_its_own_name(account: Account) -> None:
    with pytest.raises(ScalingError, match=r"'web'.*\bnone\b"):
        find_group(account.inventory, "web")
    other = account.create(_GROUP, "other", {"minSize": 0, "maxSize": 1})
    assert name_in_stack_file(account.inventory, find_group(account.inventory, other.id)) == other.id


def test_a_name_of_two_stacks_is_not_guessed_at(account: Account, nodes: Made) -> None:
    inputs = {**nodes.inputs, "nodeGroupName": "second"}
    second = account.create(nodes.type, "second", inputs)
    with pytest.raises(ScalingError) as refused:
        set_desired_capacity(account.inventory, "web", 3)
    assert Says("'web'", group_of(nodes), group_of(second)) == str(refused.value)


@pytest.mark.parametrize("wanted", [2, 7, 10])
def test_the_desired_size_is_set_within_its_limits(account: Account, nodes: Made, wanted: int) -> None:
    report = set_desired_capacity(account.inventory, "web", wanted)
    assert (report.group, report.before, report.after) == (group_of(nodes), Sizes(2, 4, 10), Sizes(2, wanted, 10))
    seen = account.found(nodes)
    assert seen["scalingConfig"] == {"minSize": 2, "desiredSize": wanted, "maxSize": 10}


@pytest.mark.parametrize(("wanted", "limit"), [(1, "min value 2"), (11, "max value 10")])
def test_the_desired_size_outside_its_limits_is_refused(account: Account, nodes: Made, wanted: int, limit: str) -> None:
    with pytest.raises(AwsError) as refused:
        set_desired_capacity(account.inventory, "web", wanted)
    assert Says(group_of(nodes), str(wanted), limit) == str(refused.value)
    assert desired(account, nodes) == 4


@pytest.mark.parametrize(("value", "after"), [(59.9, 4), (60, 5), (79.9, 5), (80, 7), (100, 7)])
def test_a_step_policy_adds_by_how_far_the_value_is_above(
    account: Account, nodes: Made, value: float, after: int
) -> None:
    alarm(account, policy(account, nodes, **_OUT), 60)
    assert execute_policy(account.inventory, "cpu", value).after.desired == after
    assert desired(account, nodes) == after


@pytest.mark.parametrize(("value", "after"), [(30.1, 4), (30, 3), (10.1, 3), (10, 2), (0, 2)])
def test_a_step_policy_takes_by_how_far_the_value_is_below(
    account: Account, nodes: Made, value: float, after: int
) -> None:
    alarm(account, policy(account, nodes, **_IN), 30, "Less")
    assert execute_policy(account.inventory, "cpu", value).after.desired == after


def test_a_policy_stays_within_the_limits_and_says_so(account: Account, nodes: Made) -> None:
    alarm(account, policy(account, nodes, **_OUT), 60)
    for after in (7, 10, 10):
        report = react(account.inventory, "cpu", 90)
        assert report.after.desired == after
    assert report.before == report.after
    assert Says("ChangeInCapacity 3", "90", "13", "limits") == report.reason


def test_a_step_policy_needs_an_alarm_and_a_step(account: Account, nodes: Made) -> None:
    gap = {**_OUT, "stepAdjustments": steps(("0", "10", 1))}
    made = policy(account, nodes, **gap)
    with pytest.raises(AwsError, match=r"Policy \(cpu\): .*alarm"):
        execute_policy(account.inventory, "cpu", 65)
    first = alarm(account, made, 60)
    assert execute_policy(account.inventory, "cpu", 65).after.desired == 5
    with pytest.raises(AwsError, match=r"Policy \(cpu\): .* 75 .*steps"):
        execute_policy(account.inventory, "cpu", 75)
    second = alarm(account, made, 70, name="second")
    with pytest.raises(ScalingError) as refused:
        execute_policy(account.inventory, "cpu", 65)
    assert Says("'cpu'", first.id, second.id) == str(refused.value)


def test_a_simple_policy_acts_when_its_alarm_does(account: Account, nodes: Made) -> None:
    made = policy(account, nodes, adjustmentType="ChangeInCapacity", scalingAdjustment=-1, cooldown=60)
    assert execute_policy(account.inventory, "cpu", 50).after.desired == 3
    alarm(account, made, 30, "Less")
    report = execute_policy(account.inventory, "cpu", 50)
    assert report.after.desired == 3
    assert Says("50", "LessThanOrEqualToThreshold 30") == report.reason
    assert react(account.inventory, "cpu", 20).after.desired == 2


@pytest.mark.parametrize(
    ("value", "after"), [(50, 4), (51, 5), (75, 6), (100, 8), (200, 10), (45, 4), (25, 2), (0, 2), (37.5, 3)]
)
def test_target_tracking_brings_the_value_to_its_target(
    account: Account, nodes: Made, value: float, after: int
) -> None:
    policy(account, nodes, policyType="TargetTrackingScaling", targetTrackingConfiguration={"targetValue": 50, **_CPU})
    assert track_target(account.inventory, "cpu", value).after.desired == after
    assert desired(account, nodes) == after


def test_a_value_at_a_target_that_binary_does_not_hit_changes_nothing(account: Account, nodes: Made) -> None:
    policy(account, nodes, policyType="TargetTrackingScaling", targetTrackingConfiguration={"targetValue": 1.1, **_CPU})
    set_desired_capacity(account.inventory, "web", 3)
    assert track_target(account.inventory, "cpu", 1.1).after.desired == 3


def test_target_tracking_may_only_add(account: Account, nodes: Made) -> None:
    settings = {"targetValue": 50, "disableScaleIn": True, **_CPU}
    policy(account, nodes, policyType="TargetTrackingScaling", targetTrackingConfiguration=settings)
    report = react(account.inventory, "cpu", 10)
    assert (report.after.desired, report.reason) == (4, Says("scale in"))
    assert react(account.inventory, "cpu", 60).after.desired == 5


def test_a_policy_is_asked_what_fits_its_type(account: Account, nodes: Made) -> None:
    with pytest.raises(ScalingError, match=r"'cpu'.*\bnone\b"):
        react(account.inventory, "cpu", 10)
    made = policy(account, nodes, **_OUT)
    with pytest.raises(ScalingError, match=r"'cpu' .*StepScaling.* TargetTrackingScaling"):
        track_target(account.inventory, "cpu", 10)
    with pytest.raises(ValueError, match=r"\bnan\b"):
        execute_policy(account.inventory, "cpu", math.nan)
    account.delete(made)
    policy(account, nodes, policyType="TargetTrackingScaling", targetTrackingConfiguration={"targetValue": 50, **_CPU})
    with pytest.raises(ScalingError, match=r"'cpu' .*TargetTrackingScaling.*\bstep\b.*\bsimple\b"):
        execute_policy(account.inventory, "cpu", 10)


@pytest.mark.parametrize(
    ("now", "kind", "adjustment", "least", "after"),
    [
        (3, "ChangeInCapacity", 5, 0, 8),
        (3, "ExactCapacity", 5, 0, 5),
        (11, "PercentChangeInCapacity", 30, 0, 14),
        (14, "PercentChangeInCapacity", -10, 0, 13),
        (13, "PercentChangeInCapacity", -30, 0, 10),
        (2, "PercentChangeInCapacity", 10, 0, 3),
        (2, "PercentChangeInCapacity", -10, 0, 1),
        (4, "PercentChangeInCapacity", 25, 2, 6),
        (4, "PercentChangeInCapacity", -25, 2, 2),
        (4, "PercentChangeInCapacity", 0, 2, 4),
        (0, "PercentChangeInCapacity", 50, 0, 0),
    ],
)
def test_adjustments(now: int, kind: str, adjustment: int, least: int, after: int) -> None:
    assert adjusted(now, kind, adjustment, least) == after


def test_an_unknown_adjustment_is_named() -> None:
    with pytest.raises(ScalingError, match="Wishful"):
        adjusted(1, "Wishful", 1)


def test_an_empty_bound_is_none() -> None:
    assert step_adjustment([{"metricIntervalLowerBound": "", "scalingAdjustment": 2}], -5.0, upwards=True) == 2
    assert step_adjustment([], 5.0, upwards=True) is None
