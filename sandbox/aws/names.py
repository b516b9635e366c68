"""Physical names, chosen as the real provider chooses them.

The Pulumi AWS provider gives a resource that has a name property, and was given none, its logical name plus a
hyphen and seven random hexadecimal digits, so that a replacement can exist beside what it replaces:
https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming
"""

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sandbox.aws.schema import Schema


@dataclass(frozen=True)
class Naming:
    """How one type auto-names.

    Attributes:
        property: the input that holds the name.
        longest: the number of characters a name may have.
        transform: applied to the finished name.
    """

    property: str = "name"
    longest: int = 255
    transform: Callable[[str], str] = str


class NameTooLongError(Exception):
    """A logical name that leaves no room for the suffix; the real provider shortens nothing either.

    https://github.com/pulumi/pulumi-aws/issues/1317

    Attributes:
        property: the input that would hold the name.
    """

    def __init__(self, name_property: str, stem: str, longest: int) -> None:
        self.property = name_property
        super().__init__(f"name '{stem}-' plus 7 random chars is longer than maximum length {longest}")


_SPECIAL: Final[Mapping[str, Naming]] = {
    "aws:eks/fargateProfile:FargateProfile": Naming("fargateProfileName"),
    "aws:eks/nodeGroup:NodeGroup": Naming("nodeGroupName", 63),
    "aws:iam/role:Role": Naming(longest=64),
    "aws:kms/alias:Alias": Naming(transform=lambda name: name if name.startswith("alias/") else f"alias/{name}"),
    "aws:lb/loadBalancer:LoadBalancer": Naming(longest=32),
    "aws:lb/targetGroup:TargetGroup": Naming(longest=32),
    "aws:rds/instance:Instance": Naming("identifier", 63, str.lower),
    "aws:rds/parameterGroup:ParameterGroup": Naming(transform=str.lower),
    "aws:rds/subnetGroup:SubnetGroup": Naming(transform=str.lower),
    "aws:s3/bucket:Bucket": Naming("bucket", 63, str.lower),
}
"""The types that differ from the plain rule; from the provider's own table of auto-names."""

_NEVER: Final = frozenset({"aws:route53/zone:Zone", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"})
"""Types whose `name` is optional in the SDK yet never made up: a made-up domain would be of no use."""

_SUFFIX: Final = re.compile(r"-[0-9a-f]{7}$")


def naming_of(schema: Schema) -> Naming | None:
    """Return how a type auto-names; `None` where a name must be given or there is none."""
    special = _SPECIAL.get(schema.type)
    if special is not None:
        return special
    if schema.type in _NEVER or "name" not in schema.inputs or "name" in schema.required:
        return None
    return Naming()


def with_name(
    schema: Schema, logical_name: str, inputs: dict[str, Any], old_inputs: Mapping[str, Any], seed: bytes
) -> dict[str, Any]:
    """Return the inputs with a physical name filled in, where the type auto-names and none was given.

    An update keeps the name it has. The engine asks again without old inputs for a replacement, which therefore
    gets a name of its own. A given `...Prefix` property leaves naming to AWS's side (see `name_from_prefix`).

    Raises:
        NameTooLongError: the logical name leaves no room for the suffix.
    """
    naming = naming_of(schema)
    if naming is None or inputs.get(naming.property) is not None:
        return inputs
    if inputs.get(f"{naming.property}Prefix") is not None:
        return inputs
    old = old_inputs.get(naming.property)
    if isinstance(old, str) and _SUFFIX.search(old):
        return {**inputs, naming.property: old}
    randomness = hashlib.sha256(seed or os.urandom(32)).hexdigest()[:7]
    stem = naming.transform(logical_name)
    if len(stem) + 8 > naming.longest:
        raise NameTooLongError(naming.property, stem, naming.longest)
    return {**inputs, naming.property: f"{stem}-{randomness}"}


def is_fixed(schema: Schema, logical_name: str, inputs: Mapping[str, Any]) -> bool:
    """Whether a resource that could be auto-named was given a name, so that no second one can exist beside it."""
    naming = naming_of(schema)
    name = inputs.get(naming.property) if naming else None
    made_up = isinstance(name, str) and naming is not None and _is_made_up(name, naming.transform(logical_name))
    return isinstance(name, str) and not made_up


def _is_made_up(name: str, stem: str) -> bool:
    return _SUFFIX.search(name) is not None and stem.startswith(name[:-8])


def name_from_prefix(schema: Schema, inputs: Mapping[str, Any], number: int) -> dict[str, str]:
    """Return the name property the provider makes from a given prefix: the prefix, a time stamp and a counter.

    https://developer.hashicorp.com/terraform/plugin/sdkv2/resources (`id.PrefixedUniqueId`) appends 26 digits.
    """
    naming = naming_of(schema)
    if naming is None or inputs.get(naming.property) is not None:
        return {}
    prefix = inputs.get(f"{naming.property}Prefix")
    if prefix is None:
        return {}
    return {naming.property: f"{prefix}{datetime.now(UTC):%Y%m%d%H%M%S%f}"[: len(prefix) + 18] + f"{number:08x}"}
