"""What a rule sees of a stack, and what it says: plain records, without Pulumi."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, cast


class Unknown(Enum):
    """The type of `UNKNOWN`."""

    VALUE = "unknown"


UNKNOWN: Final = Unknown.VALUE
"""What a preview cannot know yet. No rule is broken by it; the same rule sees the value before it is used."""


@dataclass(frozen=True)
class Resource:
    """One resource of a stack."""

    type: str
    """The type token, such as `aws:ec2/vpc:Vpc`."""
    name: str
    """The logical name: what the program calls it."""
    inputs: Mapping[str, Any]
    takes_tags: bool = False
    default_tags: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What its provider adds to its tags."""
    urn: str = ""
    links: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """For each property the URNs of the resources that its value comes from: known even where the value is not."""

    @property
    def kind(self) -> str:
        """The last part of the type token: `Vpc`, or a Kubernetes kind."""
        return self.type.rpartition(":")[2]


@dataclass(frozen=True)
class Stack:
    """What the rules take from the stack's configuration; without any, the strict side of everything."""

    protected: bool = True
    mutable_images: bool = False
    database_may_go: bool = False

    @classmethod
    def from_config(cls, config: Mapping[str, str]) -> "Stack":
        """Read from the values of a stack file, as Pulumi hands them on: all text.

        Only a stack that says of itself that it is neither protected nor immutable may use tags that move.
        """
        protected = config.get("slipway:protect") != "false"
        return cls(
            protected,
            not protected and config.get("slipway:immutableImages") == "false",
            config.get("slipway:allowDatabaseLoss") == "true",
        )


@dataclass(frozen=True)
class Violation:
    """A rule that a resource breaks."""

    resource: Resource
    rule: str
    message: str


def violation(rule: str, resource: Resource, path: str, found: str, allowed: str) -> Violation:
    """One that names the resource, the property, what it is and what is allowed."""
    return Violation(resource, rule, f"{resource.type} {resource.name}: {path} {found}; expected {allowed}")


def at(value: Any, *path: str) -> Any:
    """The value at a path of keys: None where something on the way is missing, UNKNOWN where it is not known yet.

    A whole number comes as an int: the engine knows no other numbers than floats.
    """
    for key in path:
        if not isinstance(value, Mapping):
            return UNKNOWN if value is UNKNOWN else None
        value = cast("Mapping[str, Any]", value).get(key)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def items(value: Any) -> list[Any]:
    """The elements of a list; none of anything else."""
    return list(cast("Sequence[Any]", value)) if isinstance(value, Sequence) and not isinstance(value, str) else []


def pairs(value: Any) -> dict[str, Any]:
    """The entries of an object; none of anything else."""
    return dict(cast("Mapping[str, Any]", value)) if isinstance(value, Mapping) else {}


def shown(value: Any) -> str:
    """How a message says what it found."""
    return "is missing" if value is None else f"is {value!r}"


def is_on(value: Any) -> bool:
    """Whether a switch is on, or not known yet; some AWS types take the word `true`."""
    return value is UNKNOWN or value is True or (isinstance(value, str) and value.lower() == "true")


def of_types(resources: Sequence[Resource], *types: str) -> Iterator[Resource]:
    """The resources of these types."""
    return (resource for resource in resources if resource.type in types)
