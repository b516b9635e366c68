"""The rules as the engine sees them: what they are given of a resource, and what they report."""

from __future__ import annotations

import json
import runpy
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi_policy
import pytest
from pulumi_policy import (
    EnforcementLevel,
    PolicyProviderResource,
    PolicyResource,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UNKNOWN_ARRAY_VALUE, UNKNOWN_STRING_VALUE, unknown_checking_proxy

import policy.__main__ as pack
from policy.graph import UNKNOWN, Resource, Stack, Violation
from policy.rules import RULES, Rule

pytestmark = pytest.mark.unit

VPC, EKS = "aws:ec2/vpc:Vpc", "eks:index:Cluster"
OPTIONS: Any = None  # no rule looks at a resource's options


def provider(tags: Any) -> PolicyProviderResource:
    return PolicyProviderResource("pulumi:providers:aws", unknown_checking_proxy({"defaultTags": tags}), "urn:p", "p")


def asked(type_: str = VPC, given: PolicyProviderResource | None = None, **props: Any) -> ResourceValidationArgs:
    """A resource as the engine asks about it before it is made."""
    return ResourceValidationArgs(type_, unknown_checking_proxy(props), f"urn:{type_}", "it", OPTIONS, given)


def made(name: str, linked: Mapping[str, Sequence[PolicyResource]] | None = None, type_: str = VPC) -> PolicyResource:
    """A resource as the engine tells of it at the end."""
    links = {key: list(each) for key, each in (linked or {}).items()}
    props = unknown_checking_proxy({"name": name})
    return PolicyResource(type_, props, f"urn:{name}", name, OPTIONS, provider({"tags": {"a": "b"}}), None, [], links)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("text", "text"),
        (None, None),
        ({"a": {"b": [1, "c", {"d": True}]}}, {"a": {"b": [1, "c", {"d": True}]}}),
        ({"a": UNKNOWN_STRING_VALUE, "b": 2}, {"a": UNKNOWN, "b": 2}),
        ({"a": [UNKNOWN_STRING_VALUE, "b"], "c": UNKNOWN_ARRAY_VALUE}, {"a": [UNKNOWN, "b"], "c": UNKNOWN}),
        ({"a": []}, {"a": []}),
    ],
)
def test_values_are_plain_and_what_is_not_known_yet_says_so(value: Any, plain: Any) -> None:
    given = unknown_checking_proxy(value) if isinstance(value, dict) else value
    assert pack.plain(given) == plain


@pytest.mark.parametrize(
    ("given", "tags"),
    [
        ({"tags": {"project": "slipway"}}, {"project": "slipway"}),
        (json.dumps({"tags": {"project": "slipway"}}), {"project": "slipway"}),
        ({}, {}),
        (None, {}),
        (UNKNOWN_STRING_VALUE, {}),
    ],
)
def test_default_tags_come_from_the_provider_as_an_object_or_as_text(given: Any, tags: dict[str, str]) -> None:
    assert pack.default_tags(provider(given)) == tags


def test_without_a_provider_there_are_no_default_tags() -> None:
    assert pack.default_tags(None) == {}


def recorded(found: Sequence[str] = ()) -> tuple[Rule, list[tuple[list[Resource], Stack]]]:
    """A rule that says this of the first resource; and what it is given."""
    given: list[tuple[list[Resource], Stack]] = []

    def check(resources: Sequence[Resource], stack: Stack) -> Iterator[Violation]:
        given.append((list(resources), stack))
        for message in found:
            yield Violation(resources[-1], "rule", message)

    return Rule("rule", "What it is for.", "Do this.", "https://example.com/why", check), given


def reports() -> tuple[list[tuple[str, str | None]], Any]:
    told: list[tuple[str, str | None]] = []
    return told, lambda message, urn=None: told.append((message, urn))


def test_a_rule_of_one_resource_is_asked_before_it_is_made() -> None:
    rule, given = recorded(["it: a is 1", "it: b is 2"])
    stack = Stack(protected=False)
    asking = pack.policy_of(rule, stack)
    assert isinstance(asking, ResourceValidationPolicy)
    assert (asking.name, asking.description) == ("rule", "What it is for.")
    assert asking.enforcement_level is EnforcementLevel.MANDATORY
    told, report = reports()
    asking.validate(asked(given=provider({"tags": {"owner": "platform"}}), cidrBlock="10.0.0.0/16"), report)
    wanted = Resource(
        VPC, "it", {"cidrBlock": "10.0.0.0/16"}, takes_tags=True, default_tags={"owner": "platform"}, urn=f"urn:{VPC}"
    )
    assert given == [([wanted], stack)]
    assert told == [
        ("it: a is 1. Do this. https://example.com/why", None),
        ("it: b is 2. Do this. https://example.com/why", None),
    ]


def test_a_component_is_left_to_what_it_makes() -> None:
    rule, given = recorded(["never"])
    told, report = reports()
    pack.policy_of(rule, Stack()).validate(asked(EKS), report)  # type: ignore[attr-defined]
    assert (given, told) == ([], [])


def test_a_resource_without_tags_is_known_as_such() -> None:
    assert not pack.seen(asked("kubernetes:core/v1:Pod"), {}).takes_tags
    assert pack.seen(asked(VPC), {}).takes_tags


def test_a_rule_of_the_whole_stack_is_asked_at_the_end_with_all_links() -> None:
    rule, given = recorded(["second: is alone"])
    asking = pack.policy_of(replace(rule, whole_stack=True), Stack())
    assert isinstance(asking, StackValidationPolicy)
    assert asking.enforcement_level is EnforcementLevel.MANDATORY
    first = made("first")
    second = made("second", {"vpcId": [first, first], "subnets": []})
    told, report = reports()
    asking.validate(StackValidationArgs([first, second]), report)
    ((resources, stack),) = given
    assert stack == Stack()
    assert [(each.urn, dict(each.links)) for each in resources] == [
        ("urn:first", {}),
        ("urn:second", {"vpcId": frozenset({"urn:first"}), "subnets": frozenset()}),
    ]
    assert [(each.type, each.inputs, each.default_tags) for each in resources][1] == (
        VPC,
        {"name": "second"},
        {"a": "b"},
    )
    assert told == [("second: is alone. Do this. https://example.com/why", "urn:second")]


@pytest.mark.parametrize(
    ("config", "stack"),
    [
        (None, Stack(protected=True, mutable_images=False, database_may_go=False)),
        ({}, Stack()),
        ({"slipway:protect": "false"}, Stack(protected=False)),
        ({"slipway:protect": "false", "slipway:immutableImages": "false"}, Stack(protected=False, mutable_images=True)),
        ({"slipway:immutableImages": "false", "slipway:allowDatabaseLoss": "true"}, Stack(database_may_go=True)),
    ],
)
def test_the_stack_is_known_by_its_configuration(config: dict[str, str] | None, stack: Stack) -> None:
    environment = {} if config is None else {"PULUMI_CONFIG": json.dumps(config)}
    assert pack.stack_of(environment) == stack


def test_started_by_the_engine_it_serves_every_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    packs: list[tuple[str, list[Any]]] = []
    monkeypatch.setattr(pulumi_policy, "PolicyPack", lambda name, policies: packs.append((name, policies)))
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps({"slipway:protect": "false", "slipway:immutableImages": "false"}))
    folder = Path(pack.__file__).parent
    runpy.run_path(str(folder / "__main__.py"), run_name="__main__")
    assert sys.path[0] == str(folder.parent), "the engine starts the directory as a program of its own"
    ((name, policies),) = packs
    assert name == "slipway"
    assert [(each.name, isinstance(each, StackValidationPolicy)) for each in policies] == [
        (rule.name, rule.whole_stack) for rule in RULES
    ]
    # Of a stack that says so, tags may move: the stack's own configuration reaches the rules.
    (images,) = (each for each in policies if each.name == "immutable-images")
    told, report = reports()
    images.validate(asked("aws:ecr/repository:Repository", imageTagMutability="MUTABLE"), report)
    assert told == []
    pack.policy_of(next(each for each in RULES if each.name == images.name), Stack()).validate(  # type: ignore[attr-defined]
        asked("aws:ecr/repository:Repository", imageTagMutability="MUTABLE"), report
    )
    assert len(told) == 1
