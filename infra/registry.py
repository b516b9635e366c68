"""The image registry: one ECR repository for each image."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


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
            self.urls[image] = repository.repository_url

        self.register_outputs({"urls": self.urls})
