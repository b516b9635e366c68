"""Nobody logs in to a machine, and nothing that runs there is handed the machine's own role by mistake."""

from collections.abc import Iterator, Sequence
from typing import Any

from policy.graph import UNKNOWN, Resource, Stack, Violation, at, is_on, items, shown, violation

MACHINES = "closed-machines"

_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
_INSTANCES = (_TEMPLATE, "aws:ec2/instance:Instance", "aws:ec2/launchConfiguration:LaunchConfiguration")


def closed_machines(resources: Sequence[Resource], _stack: Stack) -> Iterator[Violation]:
    """Launch templates and instances: metadata by session only, no key pair, no public address.

    https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html (EC2.8, EC2.9, EC2.25, EC2.170)
    """
    for resource in resources:
        if resource.type not in _INSTANCES:
            continue
        tokens = at(resource.inputs, "metadataOptions", "httpTokens")
        if tokens is not UNKNOWN and tokens != "required":
            yield violation(MACHINES, resource, "metadataOptions.httpTokens", shown(tokens), "required: IMDSv2 alone")
        key = at(resource.inputs, "keyName")
        if key is not None:
            yield violation(MACHINES, resource, "keyName", shown(key), "none: Session Manager needs no key")
        for path, address in _public_addresses(resource):
            if address is not UNKNOWN and is_on(address):
                yield violation(MACHINES, resource, path, shown(address), "false")


def _public_addresses(resource: Resource) -> Iterator[tuple[str, Any]]:
    """Whether a machine asks for one: a template says it for each network interface."""
    yield "associatePublicIpAddress", at(resource.inputs, "associatePublicIpAddress")
    for i, interface in enumerate(items(at(resource.inputs, "networkInterfaces"))):
        yield f"networkInterfaces[{i}].associatePublicIpAddress", at(interface, "associatePublicIpAddress")
