"""Rules about targets, and about rules that divide requests between target groups, both ways."""

from __future__ import annotations

from typing import Any

import pytest
from emulated_account import LISTENER_RULE, TARGET_GROUP, Account, Made

from sandbox.aws.errors import AwsError

pytestmark = pytest.mark.unit

ATTACHMENT = "aws:lb/targetGroupAttachment:TargetGroupAttachment"


def group_of_addresses(account: Account) -> Made:
    vpc = account.vpc("10.0.0.0/16")
    inputs = {"targetType": "ip", "port": 8080, "protocol": "HTTP", "vpcId": vpc.id}
    return account.create(TARGET_GROUP, "old", inputs)


def attach(account: Account, group: Made, address: str, **more: Any) -> Made:
    return account.create(ATTACHMENT, address, {"targetGroupArn": group.arn, "targetId": address, **more})


def test_a_target_is_private(account: Account) -> None:
    group = group_of_addresses(account)
    for address in ("8.8.8.8", "100.128.0.1", "172.32.0.1", "127.0.0.1"):
        with pytest.raises(AwsError, match="not within the VPC's address range"):
            attach(account, group, address, availabilityZone="all")
    with pytest.raises(AwsError, match="not a valid IP address"):
        attach(account, group, "old.example.com", availabilityZone="all")
    for address in ("10.1.0.4", "172.16.0.4", "192.168.7.4", "100.64.0.4"):
        attach(account, group, address, availabilityZone="all", port=8443)


def test_a_target_outside_the_vpc_is_of_all_zones(account: Account) -> None:
    group = group_of_addresses(account)
    attach(account, group, "10.0.4.4")
    with pytest.raises(AwsError, match="'all' for the IP address"):
        attach(account, group, "10.1.0.4")
    with pytest.raises(AwsError, match="'all'"):
        attach(account, group, "10.1.0.4", availabilityZone="us-west-2a")


def test_a_target_has_a_port_and_a_group(account: Account) -> None:
    group = group_of_addresses(account)
    with pytest.raises(AwsError, match="port 0"):
        attach(account, group, "10.0.4.4", port=0)
    account.delete(group)
    with pytest.raises(AwsError, match="does not exist"):
        attach(account, group, "10.0.4.4")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"conditions": [{"pathPattern": {"values": list("abcdef")}}]}, "'5' condition values"),
        (
            {"conditions": [{"hostHeader": {"values": ["a.example.com"]}}, {"pathPattern": {"values": list("abcde")}}]},
            "'5' condition values",
        ),
        ({"conditions": [{"pathPattern": {"values": ["/*/*/*", "/?/*/*"]}}]}, "'5' condition wildcards"),
        ({"conditions": [{"pathPattern": {"values": ["/a b"]}}]}, "path pattern '/a b' is not valid"),
        ({"conditions": [{"pathPattern": {"values": ["/" + "a" * 128]}}]}, "is not valid"),
        ({"stickiness": {"enabled": True, "duration": 0}}, "stickiness of 0 seconds"),
        ({"stickiness": {"enabled": True, "duration": 604801}}, "stickiness of 604801 seconds"),
        ({"targetGroups": []}, "needs a target group"),
        ({"times": 6}, "6 target groups"),
    ],
)
def test_a_rule_that_divides(account: Account, wrong: dict[str, Any], words: str) -> None:
    network = account.network()
    group = account.target_group(network.vpc)
    listener = account.listener(account.balancer(network), group)

    def rule(change: dict[str, Any]) -> dict[str, Any]:
        targets = {"targetGroups": [{"arn": group.arn, "weight": 1}] * change.get("times", 1)}
        forward = {**targets, "stickiness": {"enabled": False, "duration": 3600}, **change}
        return {
            "listenerArn": listener.arn,
            "conditions": change.get("conditions", [{"pathPattern": {"values": ["/img/*"]}}]),
            "actions": [
                {"type": "forward", "forward": {key: forward[key] for key in ("targetGroups", "stickiness")}},
            ],
        }

    with pytest.raises(AwsError, match=words):
        account.create(LISTENER_RULE, "wrong", rule(wrong))
    account.create(LISTENER_RULE, "right", rule({}))


@pytest.mark.parametrize("codes", ["199", "200-500", "200-", "2xx"])
def test_healthy_codes(account: Account, codes: str) -> None:
    inputs = {"port": 80, "protocol": "HTTP", "vpcId": account.vpc().id}
    with pytest.raises(AwsError, match="must be from 200 to 499"):
        account.create(TARGET_GROUP, "wrong", {**inputs, "healthCheck": {"matcher": codes}})
    account.create(TARGET_GROUP, "right", {**inputs, "healthCheck": {"matcher": "200,301-302,404"}})
