"""Data sources."""

from __future__ import annotations

import json

import pytest
from emulated_account import Account

from sandbox.aws.errors import AwsError
from tests.says import Says

pytestmark = pytest.mark.unit

_ZONE = "aws:route53/getZone:getZone"


def test_who_and_where(account: Account) -> None:
    assert account.invoke("aws:index/getCallerIdentity:getCallerIdentity")["accountId"] == "123456789012"
    assert account.invoke("aws:index/getPartition:getPartition")["dnsSuffix"] == "amazonaws.com"
    assert account.invoke("aws:index/getRegion:getRegion")["name"] == "us-west-2"
    names = account.invoke("aws:index/getAvailabilityZones:getAvailabilityZones", state="available")["names"]
    assert names == ["us-west-2a", "us-west-2b", "us-west-2c"]


def test_a_zone_is_found_or_missed(account: Account) -> None:
    with pytest.raises(AwsError) as missed:
        account.invoke(_ZONE, name="example.com")
    assert Says("NotFound", "'example.com'", "`bootstrap`", at="reading Route 53 Hosted Zone") == str(missed.value)
    zone = account.zone()
    assert account.invoke(_ZONE, name="example.com.")["zoneId"] == zone.id
    assert account.invoke(_ZONE, zoneId=zone.id)["name"] == "example.com"
    with pytest.raises(AwsError, match="NotFound"):
        account.invoke(_ZONE, name="example.com", privateZone=True)


def test_a_policy_document_is_rendered(account: Account) -> None:
    answer = account.invoke(
        "aws:iam/getPolicyDocument:getPolicyDocument",
        statements=[{
            "sid": "One", "actions": ["s3:GetObject"], "resources": ["*"],
            "principals": [{"type": "Service", "identifiers": ["ec2.amazonaws.com"]}],
            "conditions": [{"test": "StringEquals", "variable": "aws:SourceAccount", "values": ["1"]}],
        }],
    )  # fmt: skip
    assert json.loads(answer["json"])["Statement"] == [{
        "Sid": "One", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",
        "Principal": {"Service": "ec2.amazonaws.com"},
        "Condition": {"StringEquals": {"aws:SourceAccount": "1"}},
    }]  # fmt: skip


def test_things_are_found_by_name(account: Account) -> None:
    role = account.role("role", "ec2.amazonaws.com")
    assert account.invoke("aws:iam/getRole:getRole", name=role.id)["arn"] == role.arn
    with pytest.raises(AwsError, match=r"IAM Role \(nobody\): NotFound"):
        account.invoke("aws:iam/getRole:getRole", name="nobody")


def test_what_is_not_emulated_says_so(account: Account) -> None:
    with pytest.raises(AwsError, match=r"^invoking aws:ec2/getAmi:getAmi: NotEmulated"):
        account.invoke("aws:ec2/getAmi:getAmi")
