"""What watches a stack comes up with it, again without a change, and goes with it; a chat's address is never shown."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.sandbox_stack import BOOTSTRAP, CHECKOUT, SandboxStack, succeeded
from tests.stack_values import stack_config

pytestmark = pytest.mark.engine

Upped = Callable[..., SandboxStack]

WEBHOOK = "https://chat.example.com/hooks/T0001/B0002/of-nobody"
PATH = "slipway:observability"
WATCHED: dict[str, Any] = {PATH: {**stack_config("staging")[PATH], "chat": {"webhook": WEBHOOK}}}
ALARM, TOPIC = "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:sns/topic:Topic"


def records(stack: SandboxStack, type_: str) -> list[dict[str, Any]]:
    return [each for each in stack.inventory() if each["type"] == type_]


@pytest.fixture
def watched(upped_stack: Upped) -> SandboxStack:
    """dev with all of it, a chat too."""
    return upped_stack(CHECKOUT, "dev", set=WATCHED)


def test_up_again_changes_nothing(watched: SandboxStack) -> None:
    again = succeeded(watched.up(set=WATCHED))
    assert again.changes == ()
    (topic,) = records(watched, TOPIC)
    alarms = records(watched, ALARM)
    assert len(alarms) == 15
    assert all(each["inputs"]["alarmActions"] == [topic["arn"]] for each in alarms)
    (dashboard,) = records(watched, "aws:cloudwatch/dashboard:Dashboard")
    shown = json.loads(dashboard["inputs"]["dashboardBody"])["widgets"][0]["properties"]["alarms"]
    assert set(shown) == {each["arn"] for each in alarms}


def test_dimensions_are_what_aws_calls_these_things(watched: SandboxStack) -> None:
    by_name = {each["name"]: each["inputs"] for each in records(watched, ALARM)}
    dimensions = by_name["slipway-dev-alarm-frontend-targets"]["dimensions"]
    (balancer,) = records(watched, "aws:lb/loadBalancer:LoadBalancer")
    groups = {each["outputs"]["arnSuffix"] for each in records(watched, "aws:lb/targetGroup:TargetGroup")}
    assert dimensions["LoadBalancer"] == balancer["outputs"]["arnSuffix"]
    assert dimensions["TargetGroup"] in groups
    (certificate,) = records(watched, "aws:acm/certificate:Certificate")
    assert by_name["slipway-dev-alarm-certificate"]["dimensions"] == {"CertificateArn": certificate["arn"]}


def test_another_threshold_changes_one_alarm(watched: SandboxStack) -> None:
    slower = {PATH: {**WATCHED[PATH], "latencyMilliseconds": 2000}}
    outcome = succeeded(watched.up(set=slower))
    assert [(step.op, step.name) for step in outcome.changes] == [("update", "slipway-dev-alarm-latency")]


def test_switched_off_it_goes_and_nothing_else_changes(watched: SandboxStack) -> None:
    outcome = succeeded(watched.up())
    assert {step.op for step in outcome.changes} == {"delete"}
    assert records(watched, ALARM) == []
    bootstrap = SandboxStack(watched.state, BOOTSTRAP, "dev")
    kept = {each["id"] for each in bootstrap.resources() if "id" in each}
    keys = [each for each in records(watched, "aws:kms/key:Key") if each["id"] not in kept]
    assert [each["inputs"]["tags"]["Name"] for each in keys] == ["slipway-dev-cluster"]


def test_the_address_of_a_chat_is_in_no_plain_text(watched: SandboxStack) -> None:
    assert "of-nobody" not in json.dumps(watched.export())
    slower = {PATH: {**WATCHED[PATH], "latencyMilliseconds": 2000}}
    assert "of-nobody" not in watched.preview(set=slower, arguments=["--diff"]).output
    moved = {PATH: {**WATCHED[PATH], "chat": {"webhook": WEBHOOK.replace("of-nobody", "of-someone")}}}
    shown = succeeded(watched.preview(set=moved, arguments=["--diff"]))
    assert "of-nobody" not in shown.output
    assert "of-someone" not in shown.output
