"""The provider's life of a resource: preview, create, refresh, drift, difference, update, replacement, delete."""

from __future__ import annotations

import re
from typing import Any

import pytest
from emulated_account import ADDON, CLUSTER, NODE_GROUP, ROLE, VPC, Account, CheckFailed

from sandbox.aws.errors import AwsError
from sandbox.values import UNKNOWN, Secret
from tests.says import Says

pytestmark = pytest.mark.unit

_ROLE_ARN = "arn:aws:iam::123456789012:role/deploy"
_PARAMETER = "aws:ssm/parameter:Parameter"


def test_a_preview_knows_the_inputs_and_nothing_else(account: Account) -> None:
    seen = account.preview(VPC, "vpc", {"cidrBlock": "10.0.0.0/16"})
    assert seen["cidrBlock"] == "10.0.0.0/16"
    assert seen["arn"] is UNKNOWN
    assert account.inventory.list() == []


def test_a_preview_leaves_unknown_what_aws_adds_to_an_object(account: Account) -> None:
    network = {"subnetIds": ["subnet-1"]}
    seen = account.preview(CLUSTER, "main", {"roleArn": UNKNOWN, "vpcConfig": network})
    assert seen["vpcConfig"]["subnetIds"] == ["subnet-1"]
    assert seen["vpcConfig"]["clusterSecurityGroupId"] is UNKNOWN
    assert seen["roleArn"] is UNKNOWN


def test_a_wrong_input_fails_the_check(account: Account) -> None:
    with pytest.raises(CheckFailed, match=r"^aws:ec2/vpc:Vpc: .*'cidr'"):
        account.create(VPC, "vpc", {"cidr": "10.0.0.0/16"})
    with pytest.raises(CheckFailed, match="'aws:ec2/nothing:Nothing'"):
        account.create("aws:ec2/nothing:Nothing", "x", {})


@pytest.mark.parametrize(
    ("type_token", "output", "form"),
    [
        (CLUSTER, "endpoint", r"https://[A-Z0-9]{32}\.gr7\.us-west-2\.eks\.amazonaws\.com"),
        (CLUSTER, "arn", r"arn:aws:eks:us-west-2:123456789012:cluster/main"),
        (CLUSTER, "status", "ACTIVE"),
        (NODE_GROUP, "arn", r"arn:aws:eks:us-west-2:123456789012:nodegroup/main/nodes-[0-9a-f]{7}/[0-9a-f-]{36}"),
        (ADDON, "arn", r"arn:aws:eks:us-west-2:123456789012:addon/main/vpc-cni/[0-9a-f-]{36}"),
        (VPC, "arn", r"arn:aws:ec2:us-west-2:123456789012:vpc/vpc-[0-9a-f]{17}"),
    ],
)
def test_outputs_have_the_forms_of_aws(account: Account, type_token: str, output: str, form: str) -> None:
    account.running_cluster()
    record = account.inventory.list(type=type_token)[0]
    assert re.fullmatch(form, record.outputs[output])


def test_a_refresh_of_what_nobody_touched_changes_nothing(account: Account) -> None:
    account.cluster()
    vpc = account.create(VPC, "other", {"cidrBlock": "10.1.0.0/16", "tags": {"a": "b"}})
    seen = account.found(vpc)
    assert (seen.state, seen.inputs) == (vpc.state, vpc.inputs)
    assert account.diff(vpc, {"cidrBlock": "10.1.0.0/16", "tags": {"a": "b"}}).changes is False


def test_drift_shows_in_a_refresh_and_then_as_a_difference(account: Account) -> None:
    cluster = account.network_addons(account.cluster())
    nodes = account.node_group(cluster)
    group = account.inventory.list(type="aws:autoscaling/group:Group")[0]
    account.inventory.set_property(group.type, group.id, "desiredCapacity", 3)
    seen = account.found(nodes)
    assert seen.inputs["scalingConfig"]["desiredSize"] == 3
    wanted = {key: value for key, value in nodes.inputs.items() if key != "nodeGroupName"}
    assert list(account.diff(seen, wanted).detailed_diff) == ["scalingConfig.desiredSize"]
    assert account.diff(seen, wanted, ["scalingConfig.desiredSize"]).changes is False


def test_what_is_gone_reads_as_gone_and_deletes_in_peace(account: Account) -> None:
    vpc = account.vpc()
    account.inventory.remove(account.inventory.list(type=VPC)[0])
    assert account.read(vpc) is None
    account.delete(vpc)
    with pytest.raises(AwsError, match="NotFound"):
        account.update(vpc, tags={"a": "b"})


def test_replacements(account: Account) -> None:
    vpc = account.vpc()
    found = account.diff(vpc, {"cidrBlock": "10.9.0.0/16"})
    assert (found.replaces, found.delete_before_replace) == (["cidrBlock"], False)
    assert account.diff(vpc, {"cidrBlock": "10.0.0.0/16", "enableDnsSupport": True}).replaces == []
    assert account.diff(vpc, {"cidrBlock": "10.0.0.0/16", "region": "eu-west-1"}).replaces == ["region"]


def test_a_fixed_name_makes_the_old_go_first(account: Account) -> None:
    role = account.role("role", "ec2.amazonaws.com")
    fixed = account.create(ROLE, "fixed", {"assumeRolePolicy": role.inputs["assumeRolePolicy"], "name": "mine"})
    policy = {"assumeRolePolicy": role.inputs["assumeRolePolicy"]}
    assert account.diff(fixed, {**policy, "name": "mine", "path": "/a/"}).delete_before_replace is True
    assert account.diff(fixed, {**policy, "name": "yours"}).delete_before_replace is False
    assert account.diff(role, {**policy, "path": "/a/"}).delete_before_replace is False


def test_an_input_left_out_again_returns_to_its_default(account: Account) -> None:
    vpc = account.create(VPC, "vpc", {"cidrBlock": "10.0.0.0/16", "enableDnsSupport": False, "tags": {"a": "b"}})
    updated = account.update(vpc, enableDnsSupport=None, tags=None)
    assert (updated["enableDnsSupport"], updated["tagsAll"]) == (True, {})
    assert updated["defaultSecurityGroupId"] == vpc["defaultSecurityGroupId"]
    assert updated["arn"] == vpc["arn"]


def test_default_tags_are_merged(account: Account) -> None:
    account.configure(defaultTags='{"tags": {"project": "slipway", "a": "default"}}')
    vpc = account.create(VPC, "vpc", {"cidrBlock": "10.0.0.0/16", "tags": {"a": "own"}})
    assert vpc["tagsAll"] == {"project": "slipway", "a": "own"}
    assert vpc["tags"] == {"a": "own"}


def test_regions(account: Account) -> None:
    account.configure(region="eu-central-1")
    assert account.vpc().arn.startswith("arn:aws:ec2:eu-central-1:")
    other = account.create(VPC, "other", {"cidrBlock": "10.1.0.0/16", "region": "us-east-1"})
    assert (other.arn.split(":")[3], other["region"]) == ("us-east-1", "us-east-1")
    assert account.read(other) is not None
    account.delete(other)


def test_a_role_that_does_not_exist_cannot_be_assumed(account: Account) -> None:
    roles = '[{"roleArn": "%s"}]' % _ROLE_ARN  # noqa: UP031 - braces
    account.configure(assumeRoles=roles)
    with pytest.raises(AwsError) as refused:
        account.vpc()
    assert Says("AccessDenied", "sts:AssumeRole", _ROLE_ARN, "`bootstrap`") == str(refused.value)
    with pytest.raises(AwsError, match="AccessDenied"):
        account.invoke("aws:index/getCallerIdentity:getCallerIdentity")
    account.configure()
    policy = account.role("template", "ec2.amazonaws.com").inputs["assumeRolePolicy"]
    account.create(ROLE, "deploy", {"name": "deploy", "assumeRolePolicy": policy})
    account.configure(assumeRoles=[{"roleArn": _ROLE_ARN}])
    assert account.vpc()
    answer = account.invoke("aws:index/getCallerIdentity:getCallerIdentity")
    assert answer["arn"] == "arn:aws:sts::123456789012:assumed-role/deploy/pulumi"


def test_another_account_is_refused(account: Account) -> None:
    account.configure(allowedAccountIds='["999999999999"]')
    with pytest.raises(AwsError) as refused:
        account.vpc()
    assert Says("123456789012", "999999999999", at="configuring provider") == str(refused.value)
    account.configure(allowedAccountIds=["123456789012"])
    assert account.vpc()


def test_secrets_survive_a_refresh_without_being_stored(account: Account) -> None:
    inputs: dict[str, Any] = {"name": "/db", "type": "SecureString", "value": Secret("hunter2")}
    made = account.create(_PARAMETER, "parameter", inputs)
    assert made["value"] == Secret("hunter2")
    assert b"hunter2" not in b"".join(file.read_bytes() for file in account.directory.iterdir())
    seen = account.found(made)
    assert seen.state == made.state
    assert account.diff(seen, inputs).changes is False
    assert account.diff(seen, {**inputs, "value": Secret("other")}).changes is True
    updated = account.update(made, value=Secret("other"))
    assert updated["value"] == Secret("other")
    assert b"other" not in b"".join(file.read_bytes() for file in account.directory.iterdir())


def test_a_name_prefix_gives_a_name_without_touching_the_inputs(account: Account) -> None:
    cluster = account.network_addons(account.cluster())
    role = account.node_role()
    nodes = account.node_group(cluster, role, nodeGroupNamePrefix="web-")
    assert re.fullmatch(r"web-[0-9a-f]{26}", nodes["nodeGroupName"])
    assert "nodeGroupName" not in nodes.inputs
    seen = account.found(nodes)
    assert account.diff(seen, nodes.inputs).changes is False
    twin = account.node_group(cluster, role, nodeGroupNamePrefix="web-")
    assert twin.id != nodes.id
    account.update(nodes, labels={"a": "b"})


def test_a_changed_launch_template_is_a_new_version(account: Account) -> None:
    template = account.create("aws:ec2/launchTemplate:LaunchTemplate", "template", {"instanceType": "m5.large"})
    assert template["latestVersion"] == 1
    assert account.update(template, instanceType="m6i.large")["latestVersion"] == 2


def test_a_type_without_a_table_of_its_own_works_too(account: Account) -> None:
    queue = account.create("aws:sqs/queue:Queue", "jobs", {"tags": {"a": "b"}})
    assert queue.arn.startswith("arn:aws:sqs:us-west-2:123456789012:")
    assert queue["tagsAll"] == {"a": "b"}
    seen = account.found(queue)
    assert seen.state == queue.state
