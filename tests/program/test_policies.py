"""Every rule of `policy/` over what every shipped stack declares."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from policy.graph import Resource, Stack
from policy.rules import RULES, violations
from policy.taggable import takes_tags
from tests.program.conftest import shipped
from tests.program.recorded_graph import Graph
from tests.stack_values import as_values, stack_config

pytestmark = pytest.mark.program

Inputs = dict[str, Any]


def seen(graph: Graph) -> list[Resource]:
    """The recorded graph as the rules take it."""
    (provider,) = graph.of("pulumi:providers:aws")
    default_tags = json.loads(provider.inputs["defaultTags"])["tags"]
    return [
        Resource(
            type=declared.type,
            name=declared.name,
            inputs=declared.inputs,
            takes_tags=takes_tags(declared.type),
            default_tags=default_tags,
            urn=declared.urn,
            links=declared.property_dependencies,
        )
        for declared in graph.resources
    ]


def stack_of(graph: Graph) -> Stack:
    return Stack.from_config(as_values(stack_config(graph.stack)))


def test_every_stack_obeys_every_rule(graph: Graph) -> None:
    assert [found.message for found in violations(seen(graph), stack_of(graph))] == []


def test_only_dev_may_move_tags() -> None:
    stacks = {name: stack_of(shipped(name)) for name in ("dev", "staging", "prod")}
    assert {name for name, stack in stacks.items() if stack.mutable_images} == {"dev"}
    assert {name for name, stack in stacks.items() if stack.protected} == {"prod"}


def test_dev_as_a_stack_for_others_is_refused_its_tags(dev: Graph) -> None:
    broken = violations(seen(dev), Stack())
    assert {found.rule for found in broken} == {"immutable-images"}
    assert {found.resource.kind for found in broken} == {"Deployment", "Repository"}


def test_without_default_tags_nothing_is_let_through(prod: Graph) -> None:
    untagged = [replace(resource, default_tags={}) for resource in seen(prod)]
    broken = [found for found in violations(untagged, stack_of(prod)) if found.rule == "owner-tags"]
    assert len(broken) == len([resource for resource in untagged if resource.takes_tags]) > 60


def _container(inputs: Inputs) -> Inputs:
    return inputs["spec"]["template"]["spec"]["containers"][0]


def _add_sidecar(inputs: Inputs) -> None:
    inputs["spec"]["template"]["spec"]["initContainers"] = [{**_container(inputs), "resources": {}}]


# What is done to one resource of prod, and the rule that then speaks.
BREAKING: dict[str, tuple[str, Callable[[Inputs], object], str]] = {
    "a probe is gone": (
        "kubernetes:apps/v1:Deployment",
        lambda inputs: _container(inputs).pop("livenessProbe"),
        "containers-are-bounded",
    ),
    "an init container without bounds": ("kubernetes:apps/v1:Deployment", _add_sidecar, "containers-are-bounded"),
    "an image by tag": (
        "kubernetes:apps/v1:Deployment",
        lambda inputs: _container(inputs).update(image="frontend:git-3f2c1ab"),
        "immutable-images",
    ),
    "tags that move": (
        "aws:ecr/repository:Repository",
        lambda inputs: inputs.update(imageTagMutability="MUTABLE"),
        "immutable-images",
    ),
    "a budget that spares no pod": (
        "kubernetes:policy/v1:PodDisruptionBudget",
        lambda inputs: inputs["spec"].update(maxUnavailable=0),
        "disruption-budgets",
    ),
    "a budget for other pods": (
        "kubernetes:policy/v1:PodDisruptionBudget",
        lambda inputs: inputs["spec"]["selector"].update(matchLabels={"app": "another"}),
        "disruption-budgets",
    ),
    "another port for the world": (
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        lambda inputs: inputs.update(fromPort=22, toPort=22),
        "closed-to-the-world",
    ),
    "a balancer without its group": (
        "aws:lb/loadBalancer:LoadBalancer",
        lambda inputs: inputs.pop("securityGroups"),
        "only-the-balancer-is-open",
    ),
    "a listener on another port": (
        "aws:lb/listener:Listener",
        lambda inputs: inputs.update(port=8443),
        "only-the-balancer-is-open",
    ),
    "an endpoint for the world": (
        "eks:index:Cluster",
        lambda inputs: inputs.update(publicAccessCidrs=["0.0.0.0/0"]),
        "closed-to-the-world",
    ),
    "a service with a balancer of its own": (
        "kubernetes:core/v1:Service",
        lambda inputs: inputs["spec"].update(type="LoadBalancer"),
        "closed-to-the-world",
    ),
    "a cluster without a key": (
        "eks:index:Cluster",
        lambda inputs: inputs.pop("encryptionConfigKeyArn"),
        "encrypted-at-rest",
    ),
    "a plain disk": (
        "aws:ec2/launchTemplate:LaunchTemplate",
        lambda inputs: inputs["blockDeviceMappings"][0]["ebs"].update(encrypted="false"),
        "encrypted-at-rest",
    ),
    "a role for whoever asks": (
        "aws:ec2/launchTemplate:LaunchTemplate",
        lambda inputs: inputs["metadataOptions"].update(httpTokens="optional"),
        "closed-machines",
    ),
    "a key pair": (
        "aws:ec2/launchTemplate:LaunchTemplate",
        lambda inputs: inputs.update(keyName="mine"),
        "closed-machines",
    ),
    "a database that may be deleted": (
        "aws:rds/instance:Instance",
        lambda inputs: inputs.update(deletionProtection=False),
        "kept-databases",
    ),
    "a database that the world reaches": (
        "aws:rds/instance:Instance",
        lambda inputs: inputs.update(publiclyAccessible=True),
        "closed-to-the-world",
    ),
    "nodes without an owner": (
        "aws:ec2/launchTemplate:LaunchTemplate",
        lambda inputs: inputs.pop("tagSpecifications"),
        "owner-tags",
    ),
}


@pytest.mark.parametrize("case", BREAKING)
def test_a_rule_speaks_when_one_resource_breaks_it(prod: Graph, case: str) -> None:
    type_, break_, rule = BREAKING[case]
    resources = seen(prod)
    number = next(i for i, resource in enumerate(resources) if resource.type == type_)
    inputs = deepcopy(dict(resources[number].inputs))
    break_(inputs)
    links = {name: urns for name, urns in resources[number].links.items() if name in inputs}
    resources[number] = replace(resources[number], inputs=inputs, links=links)
    broken = violations(resources, stack_of(prod))
    assert {found.rule for found in broken} == {rule}
    assert all(found.resource.name in found.message and "; expected " in found.message for found in broken)


def test_every_rule_is_shown_to_speak() -> None:
    # S3 has cases of its own in the unit tests: whether a stack has a bucket is up to its settings.
    assert {rule for _, _, rule in BREAKING.values()} == {rule.name for rule in RULES} - {"encrypted-buckets"}
