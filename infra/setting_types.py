"""The types of single values in a stack file: names, ARNs, users, amounts of days."""

from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

# https://www.rfc-editor.org/rfc/rfc1918; Python's `is_private` also takes loopback and link-local ranges.
PRIVATE_RANGES = tuple(IPv4Network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
# RFC 6598, which some providers and AWS customers give to private hosts too. https://www.rfc-editor.org/rfc/rfc6598
SHARED_RANGE = IPv4Network("100.64.0.0/10")

TEXTS: dict[str, str] = {}
"""For each form that a text may have, what a person is told is allowed."""


def text(pattern: str, words: str, max_length: int | None = None) -> Any:
    """The form of a text, for the machine and in words: `expected <words>`.

    Digits are written [0-9]: `\\d` also takes those of other scripts, which AWS does not.
    """
    TEXTS[pattern] = words
    return Field(pattern=pattern, max_length=max_length)


def in_words(words: str) -> Any:
    """What a person is told is allowed, of a text that a function checks."""
    return Field(json_schema_extra={"words": words})


DnsLabel = Annotated[
    str,
    text(
        r"^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$",
        "a name of at most 40 lower-case letters, digits and hyphens that begins with a letter",
    ),
]
"""A name for Kubernetes and Pulumi alike; 40 characters, so that the names made from it fit in 63."""
NodeGroupName = Annotated[
    str,
    text(
        r"^[a-z]([-a-z0-9]{0,22}[a-z0-9])?$",
        "a name of at most 24 lower-case letters, digits and hyphens that begins with a letter",
    ),
]
"""24 characters: EKS takes 63, of which the stack's name and Pulumi's suffix have their part."""
HostName = Annotated[
    str,
    text(
        r"^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$",
        "a host name in lower case such as shop.example.com",
        max_length=253,
    ),
]
Host = Annotated[
    str,
    text(
        r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$",
        "a host name in lower case, in full or as one label below the domain, such as shop",
        max_length=253,
    ),
]
"""A name in full, or a single label below the stack's domain."""
AvailabilityZone = Annotated[
    str, text(r"^([a-z]{2}(-[a-z]+)+-[0-9])?[a-z]$", "an availability zone such as us-west-2a, or its letter")
]
"""A zone in full, or its letter in the stack's region."""
AccountId = Annotated[str, text(r"^[0-9]{12}$", "a text of twelve digits: an AWS account")]
Region = Annotated[str, text(r"^[a-z]{2}(-[a-z]+)+-[0-9]$", "an AWS region such as us-west-2")]
# https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html
_TAG = r"^[A-Za-z0-9 _.:/=+@-]+$"
_TAG_WORDS = "a text of letters, digits, spaces and _.:/=+@-"
TagKey = Annotated[str, text(_TAG, _TAG_WORDS, max_length=128)]
TagValue = Annotated[str, text(_TAG, _TAG_WORDS, max_length=256)]
PrincipalArn = Annotated[
    str,
    text(
        r"^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[A-Za-z0-9_+=,.@/-]+$",
        "the ARN of an IAM role or user such as arn:aws:iam::123456789012:role/platform-team",
    ),
]
_TARGET_WORDS = (
    "a private IPv4 address, in one of "
    f"{', '.join(str(each) for each in (*PRIVATE_RANGES, SHARED_RANGE))}: a balancer's targets cannot be public"
)


def _target(address: IPv4Address) -> IPv4Address:
    if not any(address in each for each in (*PRIVATE_RANGES, SHARED_RANGE)):
        raise ValueError(f"expected {_TARGET_WORDS}")
    return address


TargetAddress = Annotated[IPv4Address, AfterValidator(_target), in_words(_TARGET_WORDS)]
"""An address that may be a target: of the VPC, whose range is private too, or of a network that it is connected to.

"You can't specify publicly routable IP addresses":
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html#target-type
"""
InstanceType = Annotated[str, text(r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$", "an EC2 instance type such as m5.large")]
UserId = Annotated[int, Field(ge=1, le=65535)]
"""A numeric user: Kubernetes cannot tell whether a user given by name is root."""
EnvironmentName = Annotated[
    str, text(r"^[A-Z][A-Z0-9_]*$", "a variable's name in capital letters, digits and underscores such as LOG_LEVEL")
]

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]  # fmt: skip
