"""What a URN says: https://www.pulumi.com/docs/iac/concepts/resources/names/#urns"""

from __future__ import annotations


def type_of(urn: str) -> str:
    """Return the resource's own type from a URN, whose type part carries the chain of parents (`parent$type`)."""
    return urn.split("::")[2].rsplit("$", 1)[-1]


def name_of(urn: str) -> str:
    """Return the logical name, in which `::` may stand too."""
    return urn.split("::", 3)[3]
