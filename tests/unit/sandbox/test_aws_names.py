"""Physical names: chosen as the real provider chooses them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sandbox.aws.names import NameTooLongError, is_fixed, name_from_prefix, naming_of, with_name
from sandbox.aws.schema import schema_of
from tests.says import Says

pytestmark = pytest.mark.unit

_ROLE = schema_of("aws:iam/role:Role")


def _named(type_token: str, logical: str, inputs: dict[str, Any], old: dict[str, Any] | None = None) -> dict[str, Any]:
    return with_name(schema_of(type_token), logical, inputs, old or {}, b"seed")


@pytest.mark.parametrize(
    ("type_token", "name", "form"),
    [
        ("aws:iam/role:Role", "name", r"web-[0-9a-f]{7}"),
        ("aws:eks/cluster:Cluster", "name", r"web-[0-9a-f]{7}"),
        ("aws:eks/nodeGroup:NodeGroup", "nodeGroupName", r"web-[0-9a-f]{7}"),
        ("aws:kms/alias:Alias", "name", r"alias/web-[0-9a-f]{7}"),
        ("aws:s3/bucket:Bucket", "bucket", r"web-[0-9a-f]{7}"),
        ("aws:lb/targetGroup:TargetGroup", "name", r"web-[0-9a-f]{7}"),
    ],
)
def test_a_name_is_made_from_the_logical_one(type_token: str, name: str, form: str) -> None:
    assert re.fullmatch(form, _named(type_token, "web", {})[name])


@pytest.mark.parametrize(
    "type_token",
    ["aws:route53/zone:Zone", "aws:route53/record:Record", "aws:autoscaling/schedule:Schedule", "aws:ec2/vpc:Vpc"],
)
def test_these_are_never_named(type_token: str) -> None:
    assert naming_of(schema_of(type_token)) is None
    assert _named(type_token, "web", {}) == {}


def test_a_name_too_long_for_its_suffix_is_refused_and_not_cut() -> None:
    assert len(_named("aws:lb/loadBalancer:LoadBalancer", "a" * 24, {})["name"]) == 32
    with pytest.raises(NameTooLongError) as refused:
        _named("aws:lb/loadBalancer:LoadBalancer", "a" * 25, {})
    assert Says(f"'{'a' * 25}-'", "7", "32") == str(refused.value)


def test_a_given_name_stays_as_long_as_it_is_given() -> None:
    assert _named("aws:iam/role:Role", "web", {"name": "mine"}) == {"name": "mine"}
    assert _named("aws:iam/role:Role", "web", {}, {"name": "mine"})["name"] != "mine"


def test_an_update_keeps_its_made_up_name_and_a_replacement_gets_another() -> None:
    assert _named("aws:iam/role:Role", "web", {}, {"name": "web-1234567"}) == {"name": "web-1234567"}
    assert with_name(_ROLE, "web", {}, {}, b"one") != with_name(_ROLE, "web", {}, {}, b"two")
    assert with_name(_ROLE, "web", {}, {}, b"one") == with_name(_ROLE, "web", {}, {}, b"one")


def test_a_prefix_leaves_the_name_to_the_create() -> None:
    group = schema_of("aws:eks/nodeGroup:NodeGroup")
    inputs = with_name(group, "web", {"nodeGroupNamePrefix": "web-"}, {}, b"seed")
    assert "nodeGroupName" not in inputs
    assert re.fullmatch(r"web-\d{18}[0-9a-f]{8}", name_from_prefix(group, inputs, 1)["nodeGroupName"])


def test_fixed_names_are_told_from_made_up_ones() -> None:
    assert is_fixed(_ROLE, "web", {"name": "web"})
    assert not is_fixed(_ROLE, "web", {"name": "web-1234567"})
    assert not is_fixed(_ROLE, "web", {})
    assert not is_fixed(schema_of("aws:ec2/vpc:Vpc"), "web", {})
