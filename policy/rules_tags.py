"""Everything in AWS says whose it is."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policy.graph import UNKNOWN, Resource, Stack, Violation, at, items, pairs, violation

TAGS = "owner-tags"

REQUIRED_TAGS = ("project", "stack", "owner")

_LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
_GROUP = "aws:autoscaling/group:Group"


def owner_tags(resources: Sequence[Resource], _stack: Stack) -> Iterator[Violation]:
    """`project`, `stack` and `owner` on all that takes tags: its own, or its provider's default tags.

    https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
    """
    for resource in resources:
        if resource.type == _GROUP:
            yield from _on_group(resource)
        elif resource.takes_tags:
            tags = (resource.default_tags, at(resource.inputs, "tags"), at(resource.inputs, "tagsAll"))
            yield from _all_there(resource, "tags", tags)
        if resource.type == _LAUNCH_TEMPLATE:
            yield from _on_instances(resource)


def _all_there(resource: Resource, path: str, given: Sequence[Any]) -> Iterator[Violation]:
    if any(tags is UNKNOWN for tags in given):
        return
    tags: dict[str, Any] = {}
    for each in given:
        tags |= pairs(each)
    yield from _missing(resource, path, tags)


def _missing(resource: Resource, path: str, tags: Mapping[str, Any]) -> Iterator[Violation]:
    # An empty value says nothing of an owner.
    missing = [name for name in REQUIRED_TAGS if not tags.get(name)]
    if missing:
        yield violation(
            TAGS,
            resource,
            path,
            f"without {', '.join(missing)}",
            "all of " + ", ".join(REQUIRED_TAGS) + ", for which default tags of the provider are enough",
        )


def _on_group(resource: Resource) -> Iterator[Violation]:
    """An Auto Scaling group's tags are a list, and a provider's default tags do not reach it.

    https://registry.terraform.io/providers/hashicorp/aws/latest/docs#default_tags-configuration-block
    """
    given = at(resource.inputs, "tags")
    if given is not UNKNOWN:
        tags = {str(at(tag, "key")): at(tag, "value") for tag in items(given)}
        yield from _missing(resource, "tags", tags)


def _on_instances(resource: Resource) -> Iterator[Violation]:
    """Default tags do not reach what is launched from a template, disks and instances, either (page above)."""
    given = at(resource.inputs, "tagSpecifications")
    if given is UNKNOWN:
        return
    by_kind = {str(at(each, "resourceType")): at(each, "tags") for each in items(given)}
    for kind in ("instance", "volume"):
        yield from _all_there(resource, f"tagSpecifications[{kind}].tags", [by_kind.get(kind)])
