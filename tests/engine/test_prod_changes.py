"""Changes of production that go wrong elsewhere: the exact steps, or the refusal, by the real engine."""

from collections.abc import Callable

import pytest

from tests.engine.sandbox_stack import Outcome, SandboxStack, refused
from tests.says import Says
from tests.stack_values import stack_config

pytestmark = pytest.mark.engine

System = Callable[[str], SandboxStack]

NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"


def steps(outcome: Outcome) -> list[str]:
    """What changed, in the order in which it began."""
    assert outcome.exit_code == 0, outcome.output
    return [f"{step.op} {step.type} {step.name}" for step in outcome.changes]


def watches(step: str) -> bool:
    """Whether a step is about what watches a group or a certificate, and so is told of another one."""
    return "aws:scheduler/" in step or "aws:cloudwatch/dashboard" in step or "-alarm-" in step


def test_a_group_that_nobody_else_sizes_is_replaced_in_one_step(system: System) -> None:
    prod = system("prod")
    outcome = prod.up(set={"slipway:nodeGroups.baseline.instanceType": "m6i.large"})
    assert [step for step in steps(outcome) if not watches(step)] == [
        f"create-replacement {NODE_GROUP} slipway-prod-baseline",
        f"replace {NODE_GROUP} slipway-prod-baseline",
        f"delete-replaced {NODE_GROUP} slipway-prod-baseline",
    ]
    assert sorted(step for step in steps(outcome) if watches(step)) == [
        "update aws:cloudwatch/dashboard:Dashboard slipway-prod",
        "update aws:cloudwatch/metricAlarm:MetricAlarm slipway-prod-alarm-baseline-nodes-at-maximum",
        "update aws:cloudwatch/metricAlarm:MetricAlarm slipway-prod-alarm-baseline-nodes-size",
        "update aws:scheduler/schedule:Schedule slipway-prod-baseline",
    ]
    (group,) = [each for each in prod.resources() if each["urn"].endswith("NodeGroup::slipway-prod-baseline")][1:]
    assert group["outputs"]["instanceTypes"] == ["m6i.large"]


def test_a_group_with_a_schedule_is_not_replaced_in_one_step(system: System) -> None:
    lines = refused(system("prod"), {"slipway:nodeGroups.burst.instanceType": "m6i.large"})
    assert Says("'m5.large SPOT us-west-2a us-west-2b us-west-2c'", at="slipway:nodeGroups.burst") in lines
    assert "pulumi up --stack prod" in lines
    assert "pulumi config rm --path 'slipway:nodeGroups.burst' --stack prod && pulumi up --stack prod" in lines


def test_a_group_with_a_schedule_is_replaced_in_two_steps(system: System) -> None:
    prod = system("prod")
    groups = stack_config("prod")["slipway:nodeGroups"]
    burst, policy = "slipway-prod-burst", "cpu-targetTracking"
    beside = {**groups, "night-burst": {**groups["burst"], "instanceType": "m6i.large"}}

    added = prod.up(set={"slipway:nodeGroups": beside})
    fresh = "slipway-prod-night-burst"
    taken = [step for step in steps(added) if not watches(step)]
    kinds = sorted(step.replace(fresh, "NEW").rsplit("-", 1)[0] for step in taken if "Schedule" in step)
    assert kinds == [f"create aws:autoscaling/schedule:Schedule NEW-night-{way}" for way in ("down", "up")]
    assert sorted(step for step in taken if "Schedule" not in step) == [
        f"create aws:autoscaling/policy:Policy {fresh}-{policy}",
        f"create aws:ec2/launchTemplate:LaunchTemplate {fresh}",
        f"create {NODE_GROUP} {fresh}",
        f"create slipway:infra:NodeGroup {fresh}",
        f"create slipway:infra:ScalingPolicies {fresh}",
    ]

    removed = prod.up(set={"slipway:nodeGroups": {name: one for name, one in beside.items() if name != "burst"}})
    gone = [step for step in steps(removed) if not watches(step)]
    assert {step.split()[0] for step in gone} == {"delete"}
    assert all(step.split()[2].startswith(burst) for step in gone)
    assert f"delete {NODE_GROUP} {burst}" in gone
    assert sorted(step for step in steps(removed) if watches(step)) == [
        "delete aws:cloudwatch/metricAlarm:MetricAlarm slipway-prod-alarm-burst-nodes-at-maximum",
        "delete aws:cloudwatch/metricAlarm:MetricAlarm slipway-prod-alarm-burst-nodes-size",
        f"delete aws:scheduler/schedule:Schedule {burst}",
        "update aws:cloudwatch/dashboard:Dashboard slipway-prod",
    ]


def test_a_policy_of_another_kind_takes_the_place_of_the_old_one(system: System) -> None:
    alarm = {"comparison": "above", "cpuPercent": 60, "periodSeconds": 60, "periods": 3}
    step = {"kind": "step", "alarm": alarm, "steps": [{"beyond": 0, "nodes": 1}, {"beyond": 20, "nodes": 2}]}
    outcome = system("prod").up(set={"slipway:nodeGroups.burst.policies.cpu": step})
    name = "slipway-prod-burst-cpu"
    assert steps(outcome) == [
        f"create aws:autoscaling/policy:Policy {name}-step",
        f"create aws:cloudwatch/metricAlarm:MetricAlarm {name}-step",
        f"delete aws:autoscaling/policy:Policy {name}-targetTracking",
    ]


def test_a_service_moves_to_another_group_by_a_rolling_update(system: System) -> None:
    outcome = system("prod").up(set={"slipway:services.users.nodeGroup": "baseline"})
    assert steps(outcome) == ["update kubernetes:apps/v1:Deployment slipway-prod-users-deployment"]


def test_a_certificate_with_one_more_name_is_there_before_the_old_one_goes(system: System) -> None:
    prod = system("prod")
    hosts = ["frontend.prod.example.com", "www.shop.prod.example.com"]
    outcome = prod.up(set={"slipway:services.frontend.hosts": hosts})
    taken = steps(outcome)
    order = [
        "create-replacement aws:acm/certificate:Certificate slipway-prod-certificate",
        "create aws:route53/record:Record slipway-prod-validation-www.shop.prod.example.com",
        "create-replacement aws:acm/certificateValidation:CertificateValidation slipway-prod-certificate-validation",
        "update aws:lb/listener:Listener slipway-prod-https",
        "delete-replaced aws:acm/certificate:Certificate slipway-prod-certificate",
    ]
    assert [step for step in taken if step in order] == order
    rest = {step for step in taken if step not in order and not step.startswith(("replace ", "delete-replaced "))}
    assert rest == {
        "update aws:cloudwatch/metricAlarm:MetricAlarm slipway-prod-alarm-certificate",
        "update aws:lb/listenerRule:ListenerRule slipway-prod-frontend-rule",
        "create aws:route53/record:Record slipway-prod-frontend-www.shop.prod.example.com",
    }


def test_the_range_of_the_vpc_is_refused_to_change(system: System) -> None:
    lines = refused(system("prod"), {"slipway:network.cidr": "10.40.0.0/16"})
    assert Says("10.40.0.0/16", "10.30.0.0/16", "anew", at="slipway:network.cidr") in lines


def test_scheduled_and_scaled_sizes_are_both_left_alone(system: System) -> None:
    prod = system("prod")
    account = prod.account()
    for group in [each for each in prod.inventory() if each["type"] == "aws:autoscaling/group:Group"]:
        account.set_property("aws:autoscaling/group:Group", group["id"], "desiredCapacity", 5)
    account.close()
    assert prod.refresh().exit_code == 0
    outcome = prod.up()
    assert steps(outcome) == [f"update {NODE_GROUP} slipway-prod-baseline"], "only the group that is the file's own"
