"""Who is told of an alarm: people and a chat, by ways that let nobody else in."""

import json
from functools import cache
from typing import Any

import pytest
from pulumi.runtime import rpc

from tests.program.recorded_graph import Graph, record
from tests.says import Says
from tests.stack_values import stack_config

pytestmark = pytest.mark.program

WEBHOOK = "https://chat.example.com/hooks/T0001/B0002/of-nobody"
TOPIC, TOPIC_POLICY = "aws:sns/topic:Topic", "aws:sns/topicPolicy:TopicPolicy"
BUDGET = "aws:budgets/budget:Budget"
DESTINATION = "aws:cloudwatch/eventApiDestination:EventApiDestination"
WATCHING = ("aws:sns/", "aws:budgets/", "aws:scheduler/", "aws:cloudwatch/dashboard", "aws:cloudwatch/event")


def observed(**parts: Any) -> dict[str, Any]:
    config = stack_config("staging")
    return {**config, "slipway:observability": {**config["slipway:observability"], **parts}}


@cache
def with_chat() -> Graph:
    return record("staging", observed(chat={"webhook": WEBHOOK}))


def test_a_stack_without_observability_has_none_of_it(dev: Graph) -> None:
    assert [each.type for each in dev.resources if each.type.startswith(WATCHING)] == []
    assert dev.of("aws:cloudwatch/metricAlarm:MetricAlarm") == []


def test_the_topic_is_encrypted_with_a_key_that_lets_its_senders_in(prod: Graph) -> None:
    (topic,) = prod.of(TOPIC)
    key = prod.one("aws:kms/key:Key", "slipway-prod-alarms")
    assert topic.inputs["kmsMasterKeyId"].endswith(key.name)
    statements = {each["Sid"]: each for each in json.loads(key.inputs["policy"])["Statement"]}
    assert statements["Send"]["Principal"] == {"Service": ["budgets.amazonaws.com", "cloudwatch.amazonaws.com"]}
    assert statements["Send"]["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert statements["Send"]["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    assert "kms:Decrypt" not in statements["Care"]["Action"], "who cares for the key does not read with it"
    assert key.inputs["enableKeyRotation"] is True


def test_only_this_stacks_alarms_and_this_accounts_budgets_send(prod: Graph) -> None:
    (policy,) = prod.of(TOPIC_POLICY)
    alarms, budgets, tls = json.loads(policy.inputs["policy"])["Statement"]
    assert alarms["Condition"]["ArnLike"]["aws:SourceArn"] == (
        "arn:aws:cloudwatch:us-west-2:123456789012:alarm:slipway-prod-*"
    )
    assert budgets["Condition"]["ArnLike"]["aws:SourceArn"] == "arn:aws:budgets::123456789012:*"
    assert {each["Action"] for each in (alarms, budgets, tls)} == {"sns:Publish"}
    assert (tls["Effect"], tls["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_each_address_is_told(prod: Graph) -> None:
    addresses = ["a@example.com", "b@example.com"]
    graph = record("staging", observed(emails=addresses))
    subscriptions = graph.of("aws:sns/topicSubscription:TopicSubscription")
    assert sorted(each.inputs["endpoint"] for each in subscriptions) == addresses
    assert {each.inputs["protocol"] for each in subscriptions} == {"email"}
    (one,) = prod.of("aws:sns/topicSubscription:TopicSubscription")
    assert one.inputs["endpoint"] == "platform@example.com"


def test_the_budget_warns_before_at_and_ahead(prod: Graph) -> None:
    (budget,) = prod.of(BUDGET)
    inputs = budget.inputs
    assert (inputs["limitAmount"], inputs["limitUnit"], inputs["timeUnit"]) == ("1500", "USD", "MONTHLY")
    warnings = [(each["notificationType"], each["threshold"]) for each in inputs["notifications"]]
    assert warnings == [("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100)]
    (policy,) = prod.of(TOPIC_POLICY)
    assert policy.urn in prod.upstream(budget), "AWS tries, when it is made, whether it may send"
    assert "costFilters" not in inputs
    (of_stack,) = record("staging", observed(budget={"monthlyUsd": 5, "counts": "stack"})).of(BUDGET)
    assert of_stack.inputs["costFilters"] == [{"name": "TagKeyValue", "values": ["user:stack$staging"]}]


def test_a_chat_is_told_by_its_webhook_which_stays_a_secret(prod: Graph) -> None:
    assert prod.of(DESTINATION) == [], "without a webhook there is no way to one"
    graph = with_chat()
    (destination,) = graph.of(DESTINATION)
    endpoint = destination.inputs["invocationEndpoint"]
    assert rpc.is_rpc_secret(endpoint), "the engine keeps it encrypted"
    assert rpc.unwrap_rpc_secret(endpoint) == WEBHOOK
    others = json.dumps([each.inputs for each in graph.resources if each is not destination], default=str)
    assert "of-nobody" not in others
    assert "of-nobody" not in json.dumps(graph.exports, default=str)


def test_what_a_chat_is_told() -> None:
    graph = with_chat()
    (rule,), (target,) = (
        graph.of("aws:cloudwatch/eventRule:EventRule"),
        graph.of("aws:cloudwatch/eventTarget:EventTarget"),
    )
    pattern = json.loads(rule.inputs["eventPattern"])
    (prefix,) = (each["prefix"] for each in pattern["resources"])
    alarms = [each.inputs["name"] for each in graph.of("aws:cloudwatch/metricAlarm:MetricAlarm")]
    assert all(f"arn:aws:cloudwatch:us-west-2:123456789012:alarm:{name}".startswith(prefix) for name in alarms)
    assert pattern["detail"] == {"state": {"value": ["ALARM", "OK"]}}
    transformer = target.inputs["inputTransformer"]
    message = transformer["inputTemplate"]
    for part in transformer["inputPaths"]:
        message = message.replace(f"<{part}>", part)
    assert json.loads(message) == {"text": Says("alarm", "(since since)", "docs/runbooks.md", at="state")}
    role = graph.one("aws:iam/rolePolicy:RolePolicy", "slipway-staging-chat")
    (statement,) = json.loads(role.inputs["policy"])["Statement"]
    assert statement["Action"] == "events:InvokeApiDestination"
    assert statement["Resource"].endswith("slipway-staging-chat")


def test_every_node_group_is_made_to_report_its_sizes(prod: Graph) -> None:
    schedules = prod.of("aws:scheduler/schedule:Schedule")
    asked = {json.loads(each.inputs["target"]["input"])["AutoScalingGroupName"] for each in schedules}
    assert asked == set(prod.exports["nodeGroups"].values())
    for each in schedules:
        request = json.loads(each.inputs["target"]["input"])
        assert each.inputs["target"]["arn"] == "arn:aws:scheduler:::aws-sdk:autoscaling:enableMetricsCollection"
        assert request["Granularity"] == "1Minute"
        assert {"GroupDesiredCapacity", "GroupInServiceInstances", "GroupMaxSize"} <= set(request["Metrics"])
    role = prod.one("aws:iam/rolePolicy:RolePolicy", "slipway-prod-group-metrics")
    (statement,) = json.loads(role.inputs["policy"])["Statement"]
    assert statement["Action"] == "autoscaling:EnableMetricsCollection"
    assert statement["Resource"].endswith(":autoScalingGroupName/eks-slipway-prod-*")
