"""The rules as a whole: each says what it is about and which page states it."""

from __future__ import annotations

import pytest
from emulated_account import VPC, Account

from sandbox.aws.errors import AwsError
from sandbox.aws.rules import ANY, Rule, all_rules, title
from sandbox.aws.schema import schema_of

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
    assert str(caught.value).startswith("creating EC2 Vpc (main): InvalidVpc.Range: ")
    assert "https://docs.aws.amazon.com/vpc/" in str(caught.value)
    assert "emulated" in str(caught.value)
    assert account.inventory.list() == []


def test_tags(account: Account) -> None:
    for tags in ({str(n): "x" for n in range(51)}, {"aws:x": "y"}, {"k" * 129: "v"}):
        with pytest.raises(AwsError):
            account.create(VPC, "main", {"cidrBlock": "10.0.0.0/16", "tags": tags})
    assert account.create(VPC, "main", {"cidrBlock": "10.0.0.0/16", "tags": {str(n): "x" for n in range(50)}})
