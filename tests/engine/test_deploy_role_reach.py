"""A stack with all that it may have has names that its deploy role may give, and no other environment's."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.sandbox_stack import BOOTSTRAP, CHECKOUT, SandboxStack
from tests.engine.test_cluster_autoscaler import ELASTIC
from tests.engine.test_migration_kinds import fleet
from tests.engine.test_observability import WATCHED
from tests.stack_values import stack_config
from tests.unit.bootstrap.bootstrapped import ENVIRONMENTS, may

pytestmark = pytest.mark.engine

MAKES = {
    "aws:autoscaling/group:Group": "autoscaling:CreateAutoScalingGroup",
    "aws:budgets/budget:Budget": "budgets:ModifyBudget",
    "aws:cloudwatch/dashboard:Dashboard": "cloudwatch:PutDashboard",
    "aws:cloudwatch/eventApiDestination:EventApiDestination": "events:CreateApiDestination",
    "aws:cloudwatch/eventConnection:EventConnection": "events:CreateConnection",
    "aws:cloudwatch/eventRule:EventRule": "events:PutRule",
    "aws:cloudwatch/logGroup:LogGroup": "logs:CreateLogGroup",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "cloudwatch:PutMetricAlarm",
    "aws:ecr/repository:Repository": "ecr:CreateRepository",
    "aws:eks/addon:Addon": "eks:UpdateAddon",
    "aws:eks/cluster:Cluster": "eks:CreateNodegroup",
    "aws:eks/nodeGroup:NodeGroup": "eks:UpdateNodegroupConfig",
    "aws:iam/instanceProfile:InstanceProfile": "iam:CreateInstanceProfile",
    "aws:iam/role:Role": "iam:CreateRole",
    "aws:rds/instance:Instance": "rds:CreateDBInstance",
    "aws:rds/parameterGroup:ParameterGroup": "rds:CreateDBParameterGroup",
    "aws:rds/subnetGroup:SubnetGroup": "rds:CreateDBSubnetGroup",
    "aws:s3/bucket:Bucket": "s3:CreateBucket",
    "aws:scheduler/schedule:Schedule": "scheduler:CreateSchedule",
    "aws:sns/topic:Topic": "sns:CreateTopic",
    "aws:ssm/document:Document": "ssm:CreateDocument",
}
"""What is told by its name, and an action on it."""


def made(stack: SandboxStack) -> list[dict[str, Any]]:
    """What the stack itself made, and has an ARN by which a policy tells it."""
    bootstrap = SandboxStack(stack.state, BOOTSTRAP, stack.stack)
    theirs = {each["id"] for each in bootstrap.resources() if "id" in each}
    return [
        each
        for each in stack.inventory()
        if each["type"] in MAKES and not each["owner"] and each["id"] not in theirs and each["arn"]
    ]


def test_every_name_is_one_that_this_deploy_role_may_give_and_no_other(
    upped_stack: Callable[..., SandboxStack],
) -> None:
    server = {"slipway:database": {**stack_config("prod")["slipway:database"]}}
    thresholds = {"database": stack_config("prod")["slipway:observability"]["database"]}
    watched = {"slipway:observability": {**WATCHED["slipway:observability"], **thresholds}}
    records = made(upped_stack(CHECKOUT, "dev", set={**fleet(), **ELASTIC, **server, **watched}))
    assert {each["type"] for each in records} == MAKES.keys()
    requests = [(MAKES[each["type"]], each["arn"].removesuffix(":*"), dict[str, str]()) for each in records]
    told = dict(zip([f"{action} {arn}" for action, arn, _ in requests], may("dev", "deploy", *requests), strict=True))
    assert [request for request, allowed in told.items() if not allowed] == []
    for other in (each for each in ENVIRONMENTS if each != "dev"):
        assert may(other, "deploy", *requests) == [False] * len(requests)
