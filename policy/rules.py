"""All rules, in one list: the program's tests and the policy pack both run these."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from policy import (
    rules_containers,
    rules_databases,
    rules_disruption,
    rules_exposure,
    rules_images,
    rules_machines,
    rules_storage,
    rules_tags,
)
from policy.graph import Resource, Stack, Violation

Check = Callable[[Sequence[Resource], Stack], Iterator[Violation]]


@dataclass(frozen=True)
class Rule:
    """One rule."""

    name: str
    description: str
    check: Check
    whole_stack: bool = False
    """It has to see resources together. The engine asks such a rule at the end, any other before each resource."""


RULES: tuple[Rule, ...] = (
    Rule(
        rules_containers.CONTAINERS,
        "Every container has probes, requests and limits, and a numbered user that is not root.",
        rules_containers.containers_are_bounded,
    ),
    Rule(
        rules_disruption.BUDGETS,
        "What runs more than once has one disruption budget, and that lets a pod go.",
        rules_disruption.disruption_budgets,
        whole_stack=True,
    ),
    Rule(
        rules_exposure.EXPOSURE,
        "The world reaches ports 80 and 443 and nothing else.",
        rules_exposure.closed_to_the_world,
    ),
    Rule(
        rules_exposure.BALANCER,
        "What is open to the world is a load balancer, on ports 80 and 443.",
        rules_exposure.only_the_balancer_is_open,
        whole_stack=True,
    ),
    Rule(
        rules_machines.MACHINES,
        "Nobody logs in to a machine, and its role is handed out by session only.",
        rules_machines.closed_machines,
    ),
    Rule(
        rules_storage.ENCRYPTION,
        "Everything at rest is encrypted.",
        rules_storage.encrypted_at_rest,
    ),
    Rule(
        rules_storage.BUCKETS,
        "Every bucket says how it is encrypted.",
        rules_storage.encrypted_buckets,
        whole_stack=True,
    ),
    Rule(
        rules_databases.DATABASES,
        "A database has backups, and nobody deletes one of a protected stack by the way.",
        rules_databases.kept_databases,
    ),
    Rule(
        rules_tags.TAGS,
        "Everything in AWS that takes tags says its project, stack and owner.",
        rules_tags.owner_tags,
    ),
    Rule(
        rules_images.IMAGES,
        "No name of an image can come to mean another one, except in development.",
        rules_images.immutable_images,
    ),
)


def violations(resources: Sequence[Resource], stack: Stack) -> list[Violation]:
    """What all rules say of a whole stack."""
    return [found for rule in RULES for found in rule.check(resources, stack)]
