"""The rules as a policy pack: `pulumi preview --policy-pack policy` runs this.

The engine asks before each resource, with its inputs, and once at the end, with the outputs of all; a preview does
both, so that nothing has been made when a rule refuses. https://www.pulumi.com/docs/iac/using-pulumi/crossguard/
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyPack,
    PolicyProviderResource,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

# The engine starts this directory as a program of its own; the package is known from the one above.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from policy.graph import UNKNOWN, Resource, Stack, Violation, at, pairs
from policy.rules import RULES, Rule
from policy.taggable import takes_tags

NAME = "slipway"

# The component of pulumi-eks; the cluster that it makes is asked about by itself.
_CLUSTER_COMPONENT = "eks:index:Cluster"


def plain(value: Any) -> Any:
    """A value as the rules take it: dicts and lists, and `UNKNOWN` for what is not known yet."""
    if isinstance(value, Mapping):
        mapping = cast("Mapping[str, Any]", value)
        return {key: _known(mapping, key) for key in mapping}
    if isinstance(value, Sequence) and not isinstance(value, str):
        sequence = cast("Sequence[Any]", value)
        return [_known(sequence, i) for i in range(len(sequence))]
    return value


def _known(container: Any, key: str | int) -> Any:
    try:
        return plain(container[key])
    except UnknownValueError:
        return UNKNOWN


def default_tags(provider: PolicyProviderResource | None) -> dict[str, Any]:
    """What a provider adds to the tags of all it makes; its configuration comes as an object, or as one in JSON.

    https://www.pulumi.com/registry/packages/aws/installation-configuration/
    """
    given = at(plain(provider.props), "defaultTags") if provider else None
    return pairs(at(json.loads(given) if isinstance(given, str) else given, "tags"))


def seen(resource: ResourceValidationArgs | PolicyResource, links: Mapping[str, Sequence[PolicyResource]]) -> Resource:
    """A resource as the rules take it."""
    type_ = resource.resource_type
    return Resource(
        type=type_,
        name=resource.name,
        inputs=plain(resource.props),
        takes_tags=takes_tags(type_),
        default_tags=default_tags(resource.provider),
        urn=resource.urn,
        links={name: frozenset(each.urn for each in linked) for name, linked in links.items()},
    )


def told(rule: Rule, found: Violation) -> str:
    """What is wrong, what to do, and where to read on."""
    return f"{found.message}. {rule.fix} {rule.link}"


def policy_of(rule: Rule, stack: Stack) -> Policy:
    """A rule as a policy that no `up` gets past."""

    def resource(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if args.resource_type != _CLUSTER_COMPONENT:
            for found in rule.check([seen(args, {})], stack):
                report(told(rule, found), None)

    def whole_stack(args: StackValidationArgs, report: ReportViolation) -> None:
        resources = [seen(each, each.property_dependencies) for each in args.resources]
        for found in rule.check(resources, stack):
            report(told(rule, found), found.resource.urn)

    if rule.whole_stack:
        return StackValidationPolicy(rule.name, rule.description, whole_stack, EnforcementLevel.MANDATORY)
    return ResourceValidationPolicy(rule.name, rule.description, resource, EnforcementLevel.MANDATORY)


def stack_of(environment: Mapping[str, str]) -> Stack:
    """The stack's configuration is handed to a pack in this variable."""
    return Stack.from_config(json.loads(environment.get("PULUMI_CONFIG", "{}")))


if __name__ == "__main__":
    pulled = stack_of(os.environ)
    PolicyPack(NAME, [policy_of(rule, pulled) for rule in RULES])
