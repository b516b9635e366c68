"""Rules about topics, budgets, and EventBridge, both ways."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import Any

import pytest
from emulated_account import ACCOUNT, Account, Made

from sandbox.aws.errors import AwsError
from tests.says import Says

pytestmark = pytest.mark.unit

_TOPIC = "aws:sns/topic:Topic"
_TOPIC_POLICY = "aws:sns/topicPolicy:TopicPolicy"
_SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
_KEY = "aws:kms/key:Key"
_BUDGET = "aws:budgets/budget:Budget"
_SCHEDULE = "aws:scheduler/schedule:Schedule"
_DESTINATION = "aws:cloudwatch/eventApiDestination:EventApiDestination"
_CONNECTION = "aws:cloudwatch/eventConnection:EventConnection"
_RULE = "aws:cloudwatch/eventRule:EventRule"
_TARGET = "aws:cloudwatch/eventTarget:EventTarget"
_SDK = "arn:aws:scheduler:::aws-sdk:autoscaling"


def allows(service: str, *actions: str, resource: str = "*") -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": list(actions), "Resource": resource}
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    care = {"Effect": "Allow", "Principal": root, "Action": ["kms:PutKeyPolicy"], "Resource": "*"}
    of_a_key = any(action.startswith("kms:") for action in actions)
    return json.dumps({"Version": "2012-10-17", "Statement": [statement, *([care] if of_a_key else [])]})


@pytest.fixture
def topic(account: Account) -> Made:
    return account.create(_TOPIC, "alarms", {"name": "alarms"})


@pytest.mark.parametrize(
    ("protocol", "endpoint", "fact"),
    [
        ("post", "1 High Street", "protocol 'post'"),
        ("email", "platform", "Endpoint .*protocol, email"),
        ("https", "http://chat.example.com", "Endpoint .*protocol, https"),
    ],
)
def test_an_endpoint_that_does_not_fit(account: Account, topic: Made, protocol: str, endpoint: str, fact: str) -> None:
    with pytest.raises(AwsError, match=fact):
        account.create(_SUBSCRIPTION, "me", {"topic": topic.arn, "protocol": protocol, "endpoint": endpoint})


def test_a_subscription_belongs_to_a_topic_that_is_there(account: Account, topic: Made) -> None:
    made = account.create(_SUBSCRIPTION, "me", {"topic": topic.arn, "protocol": "email", "endpoint": "me@example.com"})
    assert made.id.startswith(f"{topic.arn}:")
    gone = f"arn:aws:sns:us-west-2:{ACCOUNT}:gone"
    with pytest.raises(AwsError, match=f"NotFound: topic: {gone}"):
        account.create(_SUBSCRIPTION, "him", {"topic": gone, "protocol": "email", "endpoint": "him@example.com"})


@pytest.mark.parametrize(
    ("policy", "fact"),
    [
        ("no JSON", "Policy Error"),
        (allows("budgets.amazonaws.com", "sns:Publish"), r"single resource, not \*"),
        (allows("budgets.amazonaws.com", "s3:GetObject", resource="TOPIC"), "action s3:GetObject"),
    ],
)
def test_a_policy_that_is_not_about_this_topic(account: Account, topic: Made, policy: str, fact: str) -> None:
    with pytest.raises(AwsError, match=fact):
        account.create(_TOPIC_POLICY, "alarms", {"arn": topic.arn, "policy": policy.replace("TOPIC", topic.arn)})


def budget(topic_arn: str, **changes: Any) -> dict[str, Any]:
    notification = {
        "comparisonOperator": "GREATER_THAN", "notificationType": "ACTUAL", "threshold": 80,
        "thresholdType": "PERCENTAGE", "subscriberSnsTopicArns": [topic_arn],
    }  # fmt: skip
    whole = {"budgetType": "COST", "timeUnit": "MONTHLY", "limitAmount": "100", "limitUnit": "USD"}
    return {"name": "money", **whole, "notifications": [notification], **changes}


def test_a_budget_sends_to_a_topic_that_lets_it(account: Account, topic: Made) -> None:
    with pytest.raises(AwsError, match=r"SNS topic: budgets\.amazonaws\.com"):
        account.create(_BUDGET, "money", budget(topic.arn))
    policy = allows("budgets.amazonaws.com", "sns:Publish", resource=topic.arn)
    account.create(_TOPIC_POLICY, "alarms", {"arn": topic.arn, "policy": policy})
    made = account.create(_BUDGET, "money", budget(topic.arn))
    assert (made.id, made.arn) == (f"{ACCOUNT}:money", f"arn:aws:budgets::{ACCOUNT}:budget/money")


@pytest.mark.parametrize(
    ("key_policy", "refused"),
    [
        (None, True),
        (allows("cloudwatch.amazonaws.com", "kms:Decrypt", "kms:GenerateDataKey"), True),
        (allows("budgets.amazonaws.com", "kms:Decrypt", "kms:GenerateDataKey*"), False),
    ],
)
def test_a_budget_needs_the_key_of_an_encrypted_topic(account: Account, key_policy: str | None, refused: bool) -> None:
    key = account.create(_KEY, "key", {"policy": key_policy} if key_policy else {})
    topic = account.create(_TOPIC, "secret", {"name": "secret", "kmsMasterKeyId": key.arn})
    policy = allows("budgets.amazonaws.com", "sns:Publish", resource=topic.arn)
    account.create(_TOPIC_POLICY, "secret", {"arn": topic.arn, "policy": policy})
    with pytest.raises(AwsError, match=r"encrypted.* key ") if refused else nullcontext():
        account.create(_BUDGET, "money", budget(topic.arn))


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({"limitAmount": "0"}, ["limitAmount '0'", "above 0"]),
        ({"limitAmount": "much"}, ["limitAmount 'much'", "above 0"]),
        ({"notifications": [{"subscriberEmailAddresses": []}]}, ["one topic", "ten addresses"]),
        ({"notifications": [{"subscriberEmailAddresses": ["me@example.com"]}] * 6}, ["5 notifications"]),
    ],
)
def test_a_budget_that_aws_would_refuse(account: Account, changes: dict[str, Any], facts: list[str]) -> None:
    each = {"comparisonOperator": "GREATER_THAN", "notificationType": "ACTUAL", "threshold": 80}
    whole = {**each, "thresholdType": "PERCENTAGE"}
    given = [{**whole, **notification} for notification in changes.get("notifications", [])]
    with pytest.raises(AwsError) as refused:
        account.create(_BUDGET, "money", budget("", **{**changes, "notifications": given}))
    assert Says(*facts) == str(refused.value)


def schedule(account: Account, **changes: Any) -> dict[str, Any]:
    target = {
        "arn": f"{_SDK}:enableMetricsCollection",
        "roleArn": account.role("caller", "scheduler.amazonaws.com").arn,
        "input": "{}",
        **changes.pop("target", {}),
    }
    return {
        "name": "metrics", "scheduleExpression": "rate(1 hour)", "flexibleTimeWindow": {"mode": "OFF"},
        "target": target, **changes,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({"scheduleExpression": "every hour"}, ["Schedule Expression", "every hour"]),
        ({"name": "m" * 65}, [f"'{'m' * 65}'", "64"]),
        ({"target": {"input": "{"}}, ["RequestJson"]),
        ({"target": {"arn": f"{_SDK}:describeAutoScalingGroups"}}, ["describeAutoScalingGroups"]),
    ],
)
def test_a_schedule_that_aws_would_refuse(account: Account, changes: dict[str, Any], facts: list[str]) -> None:
    with pytest.raises(AwsError) as refused:
        account.create(_SCHEDULE, "metrics", schedule(account, **changes))
    assert Says("ValidationException", *facts) == str(refused.value)


def test_a_sound_schedule_is_made(account: Account) -> None:
    made = account.create(_SCHEDULE, "metrics", schedule(account))
    assert made.arn == f"arn:aws:scheduler:us-west-2:{ACCOUNT}:schedule/default/metrics"


def test_what_leads_to_a_chat(account: Account) -> None:
    key = {"apiKey": {"key": "X-Stack", "value": "dev"}}
    connection = account.create(
        _CONNECTION, "chat", {"name": "chat", "authorizationType": "API_KEY", "authParameters": key}
    )
    destination = {"name": "chat", "connectionArn": connection.arn, "httpMethod": "POST"}
    with pytest.raises(AwsError, match=r"InvocationEndpoint .*https://"):
        account.create(_DESTINATION, "chat", {**destination, "invocationEndpoint": "http://chat.example.com"})
    made = account.create(_DESTINATION, "chat", {**destination, "invocationEndpoint": "https://chat.example.com/hook"})
    assert made.arn.startswith(f"arn:aws:events:us-west-2:{ACCOUNT}:api-destination/chat/")
    for pattern in ("{", '{"source": "aws.cloudwatch"}', '{"detail": {"state": {"value": "ALARM"}}}'):
        with pytest.raises(AwsError, match="InvalidEventPatternException"):
            account.create(_RULE, "chat", {"name": "chat", "eventPattern": pattern})
    rule = account.create(_RULE, "chat", {"name": "chat", "eventPattern": '{"source": ["aws.cloudwatch"]}'})
    account.create(_TARGET, "chat", {"rule": rule["name"], "arn": made.arn})
