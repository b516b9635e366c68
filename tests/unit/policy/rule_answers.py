"""Asks one rule about a few resources."""

from typing import Any

from policy.graph import Resource, Stack
from policy.rules import RULES, Check


def answers(check: Check, *resources: Resource, stack: Stack | None = None) -> list[str]:
    """The messages of a rule, without the resource that each begins with."""
    found = list(check(resources, stack or Stack()))
    assert {each.rule for each in found} <= {rule.name for rule in RULES if rule.check is check}
    for each in found:
        assert each.message.startswith(f"{each.resource.type} {each.resource.name}: ")
    return [each.message.partition(": ")[2] for each in found]


def told_value(value: Any) -> str:
    """How a message tells a value that it found."""
    return "missing" if value is None else repr(value)


def aws(
    type_: str, name: str = "it", urn: str = "", links: dict[str, set[str]] | None = None, **inputs: Any
) -> Resource:
    """An AWS resource: `aws("ec2/vpc:Vpc", cidrBlock=...)`."""
    linked = {key: frozenset(urns) for key, urns in (links or {}).items()}
    return Resource(f"aws:{type_}", name, inputs, urn=urn or f"urn:{name}", links=linked)


def kubernetes(type_: str, name: str = "web", namespace: Any = "example", **inputs: Any) -> Resource:
    """A Kubernetes object: `kubernetes("apps/v1:Deployment", spec=...)`."""
    metadata = {"name": name, "namespace": namespace}
    return Resource(f"kubernetes:{type_}", name, {"metadata": metadata, **inputs}, urn=f"urn:{type_}:{name}")
