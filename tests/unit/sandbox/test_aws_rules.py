"""The rules as a whole: each says what it is about and which page states it."""

from __future__ import annotations

import pytest
from emulated_account import VPC, Account

from sandbox.aws.errors import AwsError
from sandbox.aws.rules import ANY, Rule, all_rules, title
from sandbox.aws.schema import schema_of
from tests.says import Says

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: f"{rule.check.__name__}-{min(rule.types)}")
def test_every_rule_is_documented(rule: Rule) -> None:
    assert rule.page.startswith("https://")
    assert rule.check.__doc__
    assert rule.operations <= {"create", "update", "delete"}
    for type_token in rule.types - set(ANY):
        assert schema_of(type_token)


def test_a_type_is_named_in_words() -> None:
    assert title("aws:eks/nodeGroup:NodeGroup") == "EKS Node Group"
    assert title("aws:lb/loadBalancer:LoadBalancer") == "ELBv2 Load Balancer"


def test_an_error_names_operation_code_and_page(account: Account) -> None:
    with pytest.raises(AwsError) as caught:
        account.create(VPC, "main", {"cidrBlock": "10.0.0.0/8"})
    facts = ("InvalidVpc.Range", "'10.0.0.0/8'", "/16", "/28", "https://docs.aws.amazon.com/vpc/", "[emulated AWS]")
    assert Says(*facts, at="creating EC2 Vpc (main)") == str(caught.value)
    assert account.inventory.list() == []


@pytest.mark.parametrize(
    ("tags", "facts"),
    [
        ({str(n): "x" for n in range(51)}, ["TagLimitExceeded", "51", "50"]),
        ({"aws:x": "y"}, ["InvalidParameterValue", "'aws:x'"]),
        ({"k" * 129: "v"}, ["InvalidParameterValue", f"'{'k' * 129}'", "128", "256"]),
    ],
)
def test_tags(account: Account, tags: dict[str, str], facts: list[str]) -> None:
    with pytest.raises(AwsError) as refused:
        account.create(VPC, "main", {"cidrBlock": "10.0.0.0/16", "tags": tags})
    assert Says(*facts) == str(refused.value)
    assert account.create(VPC, "main", {"cidrBlock": "10.0.0.0/16", "tags": {str(n): "x" for n in range(50)}})
