"""What was proven is what runs: outside development no name of an image can come to mean another one."""

import re
from collections.abc import Iterator, Sequence

from policy.graph import UNKNOWN, Resource, Stack, Violation, at, of_types, shown, violation
from policy.rules_containers import containers

IMAGES = "immutable-images"

_BY_DIGEST = re.compile(r".+@sha256:[0-9a-f]{64}")


def immutable_images(resources: Sequence[Resource], stack: Stack) -> Iterator[Violation]:
    """Images are named by digest, and tags in the registry cannot be moved, unless the stack is for development.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
    https://kubernetes.io/docs/concepts/containers/images/#image-names
    """
    if stack.mutable_images:
        return
    for resource in resources:
        for path, container, _ in containers(resource):
            image = at(container, "image")
            if image is not UNKNOWN and not _BY_DIGEST.fullmatch(str(image)):
                yield violation(
                    IMAGES, resource, f"{path}.image", shown(image), "a name that ends with @sha256: and the digest"
                )
    for repository in of_types(resources, "aws:ecr/repository:Repository"):
        mutability = at(repository.inputs, "imageTagMutability")
        if mutability not in (UNKNOWN, "IMMUTABLE"):
            yield violation(IMAGES, repository, "imageTagMutability", shown(mutability), "IMMUTABLE")
