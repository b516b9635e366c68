"""Rules about targets, and about rules that divide requests between target groups, both ways."""

from __future__ import annotations

from typing import Any

import pytest
from emulated_account import LISTENER_RULE, TARGET_GROUP, Account, Made, Network

from sandbox.aws.errors import AwsError
from tests.says import Says

pytestmark = pytest.mark.unit

ATTACHMENT = "aws:lb/targetGroupAttachment:TargetGroupAttachment"


def group_of_addresses(account: Account) -> Made:
    vpc = account.vpc("10.0.0.0/16")
    inputs = {"targetType": "ip", "port": 8080, "protocol": "HTTP", "vpcId": vpc.id}
    return account.create(TARGET_GROUP, "old", inputs)


def paths(*values: str) -> dict[str, Any]:
    return {"pathPattern": {"values": list(values)}}


def attach(account: Account, group: Made, address: str, **more: Any) -> Made:
    return account.create(ATTACHMENT, address, {"targetGroupArn": group.arn, "targetId": address, **more})


def test_a_target_is_private(account: Account) -> None:
    group = group_of_addresses(account)
    private = ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")
    for address in ("8.8.8.8", "100.128.0.1", "172.32.0.1", "127.0.0.1"):
        with pytest.raises(AwsError) as refused:
            attach(account, group, address, availabilityZone="all")
        assert Says(f"'{address}'", *private) == str(refused.value)
    with pytest.raises(AwsError, match=r"'old\.example\.com'"):
        attach(account, group, "old.example.com", availabilityZone="all")
    for address in ("10.1.0.4", "172.16.0.4", "192.168.7.4", "100.64.0.4"):
        attach(account, group, address, availabilityZone="all", port=8443)


def test_a_target_outside_the_vpc_is_of_all_zones(account: Account) -> None:
    group = group_of_addresses(account)
    attach(account, group, "10.0.4.4")
    for zone in ({}, {"availabilityZone": "us-west-2a"}):
        with pytest.raises(AwsError) as refused:
            attach(account, group, "10.1.0.4", **zone)
        assert Says("'all'", "'10.1.0.4'") == str(refused.value)


def test_a_target_has_a_port_and_a_group(account: Account) -> None:
    group = group_of_addresses(account)
    with pytest.raises(AwsError, match=r"port 0.*\b1 to 65535\b"):
        attach(account, group, "10.0.4.4", port=0)
    account.delete(group)
    with pytest.raises(AwsError, match=f"NotFound: targetGroupArn: {group.arn}"):
        attach(account, group, "10.0.4.4")


@pytest.mark.parametrize(
    ("wrong", "facts"),
    [
        ({"conditions": [paths(*"abcdef")]}, ["'5'", "values"]),
        ({"conditions": [{"hostHeader": {"values": ["a.example.com"]}}, paths(*"abcde")]}, ["'5'", "values"]),
        ({"conditions": [paths("/*/*/*", "/?/*/*")]}, ["'5'", "wildcards"]),
        ({"conditions": [paths("/a b")]}, ["path pattern", "'/a b'"]),
        ({"conditions": [paths("/" + "a" * 128)]}, ["path pattern", f"'/{'a' * 128}'"]),
        ({"stickiness": {"enabled": True, "duration": 0}}, ["stickiness", "0 seconds", "1", "604800"]),
        ({"stickiness": {"enabled": True, "duration": 604801}}, ["stickiness", "604801 seconds", "1", "604800"]),
        ({"targetGroups": []}, ["forward", "target group"]),
        ({"times": 6}, ["TooManyTargetGroups", "6", "5"]),
    ],
)
def test_a_rule_that_divides(account: Account, wrong: dict[str, Any], facts: list[str], network: Network) -> None:
    group = account.target_group(network.vpc)
    listener = account.listener(account.balancer(network), group)

    def rule(change: dict[str, Any]) -> dict[str, Any]:
        targets = {"targetGroups": [{"arn": group.arn, "weight": 1}] * change.get("times", 1)}
        forward = {**targets, "stickiness": {"enabled": False, "duration": 3600}, **change}
        return {
            "listenerArn": listener.arn,
            "conditions": change.get("conditions", [paths("/img/*")]),
            "actions": [
                {"type": "forward", "forward": {key: forward[key] for key in ("targetGroups", "stickiness")}},
            ],
        }

    with pytest.raises(AwsError) as refused:
        account.create(LISTENER_RULE, "wrong", rule(wrong))
    assert Says(*facts) == str(refused.value)
    account.create(LISTENER_RULE, "right", rule({}))
