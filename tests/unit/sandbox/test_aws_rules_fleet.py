"""What AWS refuses of a fleet: machines nobody can become healthy for, templates, commands without their document."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from emulated_account import LISTENER_RULE, SECURITY_GROUP, Account, Made, Network

from sandbox.aws.errors import AwsError
from tests.says import Says

pytestmark = pytest.mark.unit

FLEET = "aws:autoscaling/group:Group"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
DOCUMENT = "aws:ssm/document:Document"
ASSOCIATION = "aws:ssm/association:Association"
BUCKET = "aws:s3/bucket:Bucket"
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"


def template(account: Account, template_name: str = "machines", **changes: Any) -> Made:
    return account.create(TEMPLATE, template_name, {"instanceType": "t3.small", **changes})


def fleet(account: Account, network: Network, template: Made, *groups: Made, **changes: Any) -> Made:
    sizes = {"minSize": 2, "maxSize": 2, "desiredCapacity": 2}
    inputs = {
        **sizes,
        "vpcZoneIdentifiers": [subnet.id for subnet in network.subnets],
        "launchTemplate": {"id": template.id, "version": "1"},
        "targetGroupArns": [group.arn for group in groups],
        **changes,
    }
    return account.create(FLEET, "fleet", inputs)


def refresh(percentages: dict[str, int]) -> dict[str, Any]:
    return {"strategy": "Rolling", "preferences": percentages}


def machines_group(account: Account, network: Network) -> Made:
    return account.target_group(network.vpc, "machines", targetType="instance")


def test_who_waits_for_targets_that_no_rule_names_waits_in_vain(account: Account, network: Network) -> None:
    group, made = machines_group(account, network), template(account)
    for waits in ({"waitForElbCapacity": 2}, {"minElbCapacity": 2}):
        with pytest.raises(AwsError) as refused:
            fleet(account, network, made, group, **waits)
        assert Says("WaitForCapacityTimeout", "2", "0", "Target.NotInUse", group.arn) == str(refused.value)
    assert fleet(account, network, made, group).id, "who does not wait does not fail"


def test_a_rule_for_nobody_puts_a_group_into_use(account: Account, network: Network) -> None:
    pods, machines = account.target_group(network.vpc, "pods"), machines_group(account, network)
    listener = account.listener(account.balancer(network), pods)
    rule = {
        "listenerArn": listener.arn,
        "priority": 50000,
        "conditions": [{"hostHeader": {"values": ["fleet.invalid"]}}],
        "actions": [{"type": "forward", "forward": {"targetGroups": [{"arn": machines.arn, "weight": 100}]}}],
    }
    account.create(LISTENER_RULE, "in-use", rule)
    assert fleet(account, network, template(account), machines, waitForElbCapacity=2)["desiredCapacity"] == 2


def test_a_fleet_registers_instances(account: Account, network: Network) -> None:
    pods = account.target_group(network.vpc, "pods", targetType="ip")
    with pytest.raises(AwsError, match=f"{pods.arn} .*instances"):
        fleet(account, network, template(account), pods)


def test_a_fleet_names_a_version_that_there_is(account: Account, network: Network) -> None:
    made = template(account)
    with pytest.raises(AwsError, match=f"version 2 .*{made.id}"):
        fleet(account, network, made, launchTemplate={"id": made.id, "version": "2"})
    account.update(made, instanceType="t3.large")
    assert fleet(account, network, made, launchTemplate={"id": made.id, "version": "2"})
    with pytest.raises(AwsError, match=r"InvalidLaunchTemplateId\.NotFound"):
        fleet(account, network, made, launchTemplate={"id": "lt-0123456789abcdef0", "version": "1"})


@pytest.mark.parametrize(("low", "high"), [(100, 250), (90, 99), (0, 150)])
def test_healthy_percentages(account: Account, network: Network, low: int, high: int) -> None:
    given, made = {"minHealthyPercentage": low, "maxHealthyPercentage": high}, template(account)
    for changes in ({"instanceMaintenancePolicy": given}, {"instanceRefresh": refresh(given)}):
        with pytest.raises(AwsError, match=rf"healthy percentages .*\b{low} to {high}\b"):
            fleet(account, network, made, **changes)
    with pytest.raises(AwsError, match=r"healthy percentages .*\b150\b"):
        fleet(account, network, made, instanceRefresh=refresh({"maxHealthyPercentage": 150}))


def test_user_data_has_room_for_16_kilobytes(account: Account) -> None:
    longest = base64.b64encode(b"x" * 16384).decode()
    assert template(account, userData=longest)
    with pytest.raises(AwsError) as refused:
        template(account, "too-long", userData=base64.b64encode(b"x" * 16385).decode())
    assert Says("16384 bytes", "16385") == str(refused.value)
    with pytest.raises(AwsError, match="Invalid BASE64"):
        template(account, "plain", userData="#!/bin/bash")


def test_what_machines_hold_stays_while_they_do(account: Account, network: Network) -> None:
    group = account.create(SECURITY_GROUP, "machines", {"vpcId": network.vpc.id})
    made = template(account, networkInterfaces=[{"deviceIndex": 0, "securityGroups": [group.id]}])
    machines = fleet(account, network, made)
    for used in (group, network.subnets[0]):
        with pytest.raises(AwsError) as refused:
            account.delete(used)
        assert Says("DependencyViolation", used.id, machines.id) == str(refused.value)
    account.delete(machines)
    account.delete(group)
    assert account.read(group) is None


def test_a_target_group_belongs_to_one_balancer_by_rules_too(account: Account, network: Network) -> None:
    group, other = account.target_group(network.vpc, "pods"), account.target_group(network.vpc, "others")
    public = account.listener(account.balancer(network), group, "public")
    inside = account.listener(account.balancer(network, internal=True, name="inside"), other, "inside")
    forward = {"type": "forward", "forward": {"targetGroups": [{"arn": group.arn, "weight": 100}]}}
    rule = {"priority": 1, "conditions": [{"hostHeader": {"values": ["a.example.com"]}}], "actions": [forward]}
    assert account.create(LISTENER_RULE, "public", {**rule, "listenerArn": public.arn})
    with pytest.raises(AwsError, match="TargetGroupAssociationLimit"):
        account.create(LISTENER_RULE, "inside", {**rule, "listenerArn": inside.arn})


def command(**changes: Any) -> dict[str, Any]:
    step = {"action": "aws:runShellScript", "name": "run", "inputs": {"runCommand": ["true"]}}
    parameter = {"type": "String", "allowedPattern": "^[0-9a-f]{4}$"}
    content = {"schemaVersion": "2.2", "parameters": {"sum": parameter}, "mainSteps": [step], **changes}
    return {"name": "apply", "documentType": "Command", "documentFormat": "JSON", "content": json.dumps(content)}


def order(**changes: Any) -> dict[str, Any]:
    targets = [{"key": "tag:fleet", "values": ["dev"]}]
    rates = {"maxConcurrency": "1", "maxErrors": "0"}
    return {"name": "apply", "targets": targets, "parameters": {"sum": "00ff"}, **rates, **changes}


def test_an_association_comes_after_its_document_and_goes_before_it(account: Account) -> None:
    with pytest.raises(AwsError, match=r"InvalidDocument: .*\bapply\b"):
        account.create(ASSOCIATION, "apply", order())
    document = account.create(DOCUMENT, "apply", command())
    association = account.create(ASSOCIATION, "apply", order())
    assert association.id == association["associationId"]
    with pytest.raises(AwsError, match=r"AssociatedInstances: .*\bapply\b"):
        account.delete(document)
    account.delete(association)
    account.delete(document)
    assert account.read(document) is None


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({"parameters": {"sum": "xxxx"}}, ["InvalidParameters", "sum", "allowedPattern"]),
        ({"parameters": {"sum": "00ff", "more": "x"}}, ["InvalidParameters", "more"]),
        ({"parameters": {}}, ["InvalidParameters", "sum", "required"]),
        ({"maxConcurrency": "some"}, ["maxConcurrency 'some'", "number", "percentage"]),
        ({"targets": []}, ["maxConcurrency", "targets"]),
    ],
)
def test_an_association_fits_its_document(account: Account, changes: dict[str, Any], facts: list[str]) -> None:
    account.create(DOCUMENT, "apply", command())
    with pytest.raises(AwsError) as refused:
        account.create(ASSOCIATION, "apply", order(**changes))
    assert Says(*facts) == str(refused.value)


def test_an_association_is_changed_in_place(account: Account) -> None:
    account.create(DOCUMENT, "apply", command())
    association = account.create(ASSOCIATION, "apply", order())
    assert not account.diff(association, order(parameters={"sum": "1234"})).replaces
    assert account.update(association, parameters={"sum": "1234"})["parameters"] == {"sum": "1234"}
    with pytest.raises(AwsError, match="allowedPattern"):
        account.update(association, parameters={"sum": "later"})


@pytest.mark.parametrize(
    ("inputs", "facts"),
    [
        (command(schemaVersion="1.2"), ["schemaVersion 2.2", "mainSteps"]),
        (command(mainSteps=[{"action": "aws:runShellScript"}]), ["mainSteps", "action", "name"]),
        (command(parameters={"sum": {"allowedPattern": "("}}), ["allowedPattern", "sum"]),
        ({**command(), "content": "{"}, ["InvalidDocumentContent", "JSON"]),
        ({**command(), "name": "AWS-mine"}, ["'AWS-mine'"]),
    ],
)
def test_a_document_is_whole(account: Account, inputs: dict[str, Any], facts: list[str]) -> None:
    with pytest.raises(AwsError) as refused:
        account.create(DOCUMENT, "apply", inputs)
    assert Says(*facts) == str(refused.value)


def test_an_object_changes_in_place_and_keeps_its_bucket(account: Account) -> None:
    bucket = account.create(BUCKET, "delivery", {})
    made = account.create(OBJECT, "configuration", {"bucket": bucket["bucket"], "key": "a.cfg", "content": "1"})
    assert made.id == f"{bucket['bucket']}/a.cfg"
    assert not account.diff(made, {**made.inputs, "content": "2"}).replaces
    assert account.diff(made, {**made.inputs, "key": "b.cfg"}).replaces == ["key"]
