"""The image registry: one ECR repository for each image."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

# More than a repository can hold, so that the rule for promoted images never expires one.
# "Images per repository: 20,000". https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html
_NEVER_REACHED = 100_000
_KEPT_BUILDS = 100
_UNTAGGED_DAYS = 14


def lifecycle_policy() -> str:
    """What a repository forgets by itself: old builds, and what lost its tag; never what was promoted.

    No rule can say "keep". But an image that an earlier rule selects cannot be expired by a later one, so promoted
    images come first, under a count that is never reached.
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
    """
    promoted = {"tagStatus": "tagged", "tagPrefixList": ["promoted-"], "countType": "imageCountMoreThan"}
    builds = {"tagStatus": "tagged", "tagPrefixList": ["git-"], "countType": "imageCountMoreThan"}
    untagged = {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days"}
    rules = (
        ("Promoted images stay", {**promoted, "countNumber": _NEVER_REACHED}),
        (f"Of builds the last {_KEPT_BUILDS} stay", {**builds, "countNumber": _KEPT_BUILDS}),
        (f"What has no tag goes after {_UNTAGGED_DAYS} days", {**untagged, "countNumber": _UNTAGGED_DAYS}),
    )
    return json.dumps(
        {
            "rules": [
                {"rulePriority": priority, "description": words, "selection": selection, "action": {"type": "expire"}}
                for priority, (words, selection) in enumerate(rules, start=1)
            ]
        }
    )


@dataclass(frozen=True)
class ImageRegistryArgs:
    """What the registry is made of."""

    repositories: Sequence[str]
    immutable: bool
    """Tags cannot be moved, and a repository with images is not deleted."""
    protect: bool


class ImageRegistry(pulumi.ComponentResource):
    """Repositories named `<stack's name>/<image>`, scanned on push and encrypted."""

    def __init__(self, name: str, args: ImageRegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:ImageRegistry", name, None, opts)
        self.urls: dict[str, pulumi.Output[str]] = {}
        for image in args.repositories:
            repository = aws.ecr.Repository(
                f"{name}-{image}",
                name=f"{name}/{image}",
                image_tag_mutability="IMMUTABLE" if args.immutable else "MUTABLE",
                image_scanning_configuration=aws.ecr.RepositoryImageScanningConfigurationArgs(scan_on_push=True),
                encryption_configurations=[
                    aws.ecr.RepositoryEncryptionConfigurationArgs(encryption_type="AES256"),
                ],
                force_delete=not args.immutable,
                opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
            )
            aws.ecr.LifecyclePolicy(
                f"{name}-{image}",
                repository=repository.name,
                policy=lifecycle_policy(),
                opts=pulumi.ResourceOptions(parent=self),
            )
            self.urls[image] = repository.repository_url

        self.register_outputs({"urls": self.urls})
