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
    fix: str
    """What whoever broke it does."""
    link: str
    """The page that says why, or how."""
    check: Check
    whole_stack: bool = False
    """It has to see resources together. The engine asks such a rule at the end, any other before each resource."""


RULES: tuple[Rule, ...] = (
    Rule(
        rules_containers.CONTAINERS,
        "Every container has probes, requests and limits, and a numbered user that is not root.",
        "Give the container what the message names; apps/pod.py has an example of all of it.",
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted",
        rules_containers.containers_are_bounded,
    ),
    Rule(
        rules_disruption.BUDGETS,
        "What runs more than once has one disruption budget, and that lets a pod go.",
        "Declare one PodDisruptionBudget with maxUnavailable 1 whose selector is the pods' label.",
        "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
        rules_disruption.disruption_budgets,
        whole_stack=True,
    ),
    Rule(
        rules_exposure.EXPOSURE,
        "The world reaches ports 80 and 443 and nothing else.",
        "Let in a security group instead of a range, and the world only at the balancer's own group.",
        "https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
        rules_exposure.closed_to_the_world,
    ),
    Rule(
        rules_exposure.BALANCER,
        "What is open to the world is a load balancer, on ports 80 and 443.",
        "Put what is to be public behind the balancer that infra/load_balancer.py declares.",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html",
        rules_exposure.only_the_balancer_is_open,
        whole_stack=True,
    ),
    Rule(
        rules_machines.MACHINES,
        "Nobody logs in to a machine, and its role is handed out by session only.",
        "Set httpTokens to required, leave keyName out, and ask for no public address.",
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html",
        rules_machines.closed_machines,
    ),
    Rule(
        rules_storage.ENCRYPTION,
        "Everything at rest is encrypted.",
        "State the encryption; where a key is asked for, one of the stack's own.",
        "https://docs.aws.amazon.com/prescriptive-guidance/latest/encryption-best-practices/welcome.html",
        rules_storage.encrypted_at_rest,
    ),
    Rule(
        rules_storage.BUCKETS,
        "Every bucket says how it is encrypted.",
        "Declare a BucketServerSideEncryptionConfiguration for the bucket.",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html",
        rules_storage.encrypted_buckets,
        whole_stack=True,
    ),
    Rule(
        rules_databases.DATABASES,
        "A database has backups, and nobody deletes one of a protected stack by the way.",
        "Keep at least a day of backups; in a protected stack, deletionProtection and a final snapshot too.",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html",
        rules_databases.kept_databases,
    ),
    Rule(
        rules_tags.TAGS,
        "Everything in AWS that takes tags says its project, stack and owner.",
        "Make the resource with the stack's provider, which adds the tags, or give it settings.all_tags.",
        "https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html",
        rules_tags.owner_tags,
    ),
    Rule(
        rules_images.IMAGES,
        "No name of an image can come to mean another one, except in development.",
        "Name the image by its digest, as promotion writes it, and make the repository IMMUTABLE.",
        "https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html",
        rules_images.immutable_images,
    ),
)


def violations(resources: Sequence[Resource], stack: Stack) -> list[Violation]:
    """What all rules say of a whole stack."""
    return [found for rule in RULES for found in rule.check(resources, stack)]
