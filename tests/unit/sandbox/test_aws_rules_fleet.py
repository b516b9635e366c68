"""What AWS refuses of a fleet: machines nobody can become healthy for, templates, commands without their document."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from emulated_account import LISTENER_RULE, SECURITY_GROUP, Account, Made, Network

from sandbox.aws.errors import AwsError

pytestmark = pytest.mark.unit

FLEET = "aws:autoscaling/group:Group"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
DOCUMENT = "aws:ssm/document:Document"
ASSOCIATION = "aws:ssm/association:Association"
BUCKET = "aws:s3/bucket:Bucket"
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"


@pytest.fixture
def network(account: Account) -> Network:
    return account.network()


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


def machines_group(account: Account, network: Network) -> Made:
    return account.target_group(network.vpc, "machines", targetType="instance")


def test_who_waits_for_targets_that_no_rule_names_waits_in_vain(account: Account, network: Network) -> None:
    group, made = machines_group(account, network), template(account)
    with pytest.raises(AwsError, match="need 2 healthy instances in ELB, have 0"):
        fleet(account, network, made, group, waitForElbCapacity=2)
    with pytest.raises(AwsError, match=r"Target\.NotInUse"):
        fleet(account, network, made, group, minElbCapacity=2)
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
    with pytest.raises(AwsError, match="is not for instances"):
        fleet(account, network, template(account), pods)


def test_a_fleet_names_a_version_that_there_is(account: Account, network: Network) -> None:
    made = template(account)
    with pytest.raises(AwsError, match="The version 2 of launch template"):
        fleet(account, network, made, launchTemplate={"id": made.id, "version": "2"})
    account.update(made, instanceType="t3.large")
    assert fleet(account, network, made, launchTemplate={"id": made.id, "version": "2"})
    with pytest.raises(AwsError, match=r"InvalidLaunchTemplateId\.NotFound"):
        fleet(account, network, made, launchTemplate={"id": "lt-0123456789abcdef0", "version": "1"})


@pytest.mark.parametrize("percentages", [(100, 250), (90, 99), (0, 150)])
def test_healthy_percentages(account: Account, network: Network, percentages: tuple[int, int]) -> None:
    low, high = percentages
    given, made = {"minHealthyPercentage": low, "maxHealthyPercentage": high}, template(account)
    for changes in (
        {"instanceMaintenancePolicy": given},
        {"instanceRefresh": {"strategy": "Rolling", "preferences": given}},
        {"instanceRefresh": {"strategy": "Rolling", "preferences": {"maxHealthyPercentage": 150}}},
    ):
        with pytest.raises(AwsError, match="healthy percentages"):
            fleet(account, network, made, **changes)


def test_user_data_has_room_for_16_kilobytes(account: Account) -> None:
    longest = base64.b64encode(b"x" * 16384).decode()
    assert template(account, userData=longest)
    with pytest.raises(AwsError, match="User data is limited to 16384 bytes, not 16385"):
        template(account, "too-long", userData=base64.b64encode(b"x" * 16385).decode())
    with pytest.raises(AwsError, match="Invalid BASE64"):
        template(account, "plain", userData="#!/bin/bash")


def test_what_machines_hold_stays_while_they_do(account: Account, network: Network) -> None:
    group = account.create(SECURITY_GROUP, "machines", {"vpcId": network.vpc.id})
    made = template(account, networkInterfaces=[{"deviceIndex": 0, "securityGroups": [group.id]}])
    machines = fleet(account, network, made)
    with pytest.raises(AwsError, match=f"machines of {machines.id} have {group.id}"):
        account.delete(group)
    with pytest.raises(AwsError, match="has dependent objects"):
        account.delete(network.subnets[0])
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
    with pytest.raises(AwsError, match="Document with name apply does not exist"):
        account.create(ASSOCIATION, "apply", order())
    document = account.create(DOCUMENT, "apply", command())
    association = account.create(ASSOCIATION, "apply", order())
    assert association.id == association["associationId"]
    with pytest.raises(AwsError, match="disassociate document apply"):
        account.delete(document)
    account.delete(association)
    account.delete(document)
    assert account.read(document) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"parameters": {"sum": "xxxx"}}, "does not match its allowedPattern"),
        ({"parameters": {"sum": "00ff", "more": "x"}}, "not allowed: more"),
        ({"parameters": {}}, "sum is required"),
        ({"maxConcurrency": "some"}, "neither a number nor a percentage"),
        ({"targets": []}, "maxConcurrency needs targets"),
    ],
)
def test_an_association_fits_its_document(account: Account, changes: dict[str, Any], message: str) -> None:
    account.create(DOCUMENT, "apply", command())
    with pytest.raises(AwsError, match=message):
        account.create(ASSOCIATION, "apply", order(**changes))


def test_an_association_is_changed_in_place(account: Account) -> None:
    account.create(DOCUMENT, "apply", command())
    association = account.create(ASSOCIATION, "apply", order())
    assert not account.diff(association, order(parameters={"sum": "1234"})).replaces
    assert account.update(association, parameters={"sum": "1234"})["parameters"] == {"sum": "1234"}
    with pytest.raises(AwsError, match="does not match"):
        account.update(association, parameters={"sum": "later"})


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (command(schemaVersion="1.2"), "needs mainSteps"),
        (command(mainSteps=[{"action": "aws:runShellScript"}]), "needs action and name"),
        (command(parameters={"sum": {"allowedPattern": "("}}), "allowedPattern of sum"),
        ({**command(), "content": "{"}, "JSON not well-formed"),
        ({**command(), "name": "AWS-mine"}, "document name"),
    ],
)
def test_a_document_is_whole(account: Account, inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(AwsError, match=message):
        account.create(DOCUMENT, "apply", inputs)


def test_an_object_changes_in_place_and_keeps_its_bucket(account: Account) -> None:
    bucket = account.create(BUCKET, "delivery", {})
    made = account.create(OBJECT, "configuration", {"bucket": bucket["bucket"], "key": "a.cfg", "content": "1"})
    assert made.id == f"{bucket['bucket']}/a.cfg"
    assert not account.diff(made, {**made.inputs, "content": "2"}).replaces
    assert account.diff(made, {**made.inputs, "key": "b.cfg"}).replaces
    with pytest.raises(AwsError, match="BucketNotEmpty"):
        account.delete(bucket)
