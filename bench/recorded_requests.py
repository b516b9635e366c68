"""What a preview asked of the engine, read from the log of its gRPC messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What stands for a value that a preview cannot know yet."""

# https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig/sig.go
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  # marks one, and is none itself

_MONITOR = "/pulumirpc.ResourceMonitor/"


@dataclass(frozen=True)
class Registration:
    """One resource as it was registered.

    Attributes:
        request: all of it, in the engine's spelling
        urn: what the engine answered
    """

    request: Mapping[str, Any]
    urn: str

    @property
    def type(self) -> str:
        """Such as `aws:ec2/vpc:Vpc`."""
        return self.request["type"]

    @property
    def name(self) -> str:
        """The logical name."""
        return self.request["name"]

    @property
    def is_custom(self) -> bool:
        """Whether a provider makes it; a component only groups others."""
        return self.request.get("custom", False)

    @property
    def inputs(self) -> dict[str, Any]:
        """By the engine's names."""
        return self.request.get("object", {})

    @property
    def dependencies(self) -> list[str]:
        """The URNs of all that it waits for."""
        return self.request.get("dependencies", [])

    def dependencies_of(self, property_name: str) -> list[str]:
        """The URNs that one input was made from."""
        return self.request.get("propertyDependencies", {}).get(property_name, {}).get("urns", [])


@dataclass(frozen=True)
class Requests:
    """All that one preview asked for.

    Attributes:
        registrations: each after those it depends on
        calls: functions such as `aws:index/getPartition:getPartition`, with their arguments
        exports: of the stack
    """

    registrations: Sequence[Registration]
    calls: Sequence[tuple[str, Mapping[str, Any]]]
    exports: Mapping[str, Any]

    @property
    def resources(self) -> list[Registration]:
        """What providers make, providers included."""
        return [each for each in self.registrations if each.is_custom]

    def concrete(self, urns: Sequence[str]) -> list[str]:
        """The same URNs, with that of a component replaced by those of the resources right inside it."""
        custom = {each.urn for each in self.resources}
        found: list[str] = []
        for urn in urns:
            found += [urn] if urn in custom else [each.urn for each in self.resources if each.request["parent"] == urn]
        return list(dict.fromkeys(found))


def requests_in(messages: Sequence[Mapping[str, Any]]) -> Requests:
    """Read what `PULUMI_DEBUG_GRPC` has logged."""
    answered = [each for each in messages if each.get("response") and each["method"].startswith(_MONITOR)]
    registrations = [
        Registration(each["request"], each["response"]["urn"]) for each in _of(answered, "RegisterResource")
    ]
    # `pulumi:pulumi:getResource` is how the SDK rebuilds a resource from a component's outputs.
    calls = [
        (each["request"]["tok"], each["request"].get("args", {}))
        for each in _of(answered, "Invoke")
        if not each["request"]["tok"].startswith("pulumi:")
    ]
    outputs = {
        each["request"]["urn"]: each["request"].get("outputs", {})
        for each in messages
        if each["method"] == f"{_MONITOR}RegisterResourceOutputs"
    }
    (root,) = [each.urn for each in registrations if each.type == "pulumi:pulumi:Stack"]
    return Requests([each for each in registrations if each.urn != root], calls, outputs.get(root, {}))


def differences(wanted: Requests, got: Requests) -> list[str]:
    """In what the resources of two previews differ, beside the components around them; empty when in nothing."""
    first, second = _by_name(wanted), _by_name(got)
    found = [f"{' '.join(key)}: only in one of them" for key in sorted(first.keys() ^ second.keys())]
    for key in sorted(first.keys() & second.keys()):
        one, other = first[key], second[key]
        if one.inputs != other.inputs:
            found.append(f"{' '.join(key)}: inputs are {one.inputs} and {other.inputs}")
        if _needs(wanted, one) != _needs(got, other):
            found.append(f"{' '.join(key)}: dependencies differ by {_needs(wanted, one) ^ _needs(got, other)}")
    return found


def _by_name(requests: Requests) -> dict[tuple[str, str], Registration]:
    return {(each.type, each.name): each for each in requests.resources}


def _needs(requests: Requests, registration: Registration) -> set[tuple[str, str]]:
    by_urn = {each.urn: (each.type, each.name) for each in requests.resources}
    return {by_urn[urn] for urn in requests.concrete(registration.dependencies)}


def _of(messages: Sequence[Mapping[str, Any]], method: str) -> Iterator[Mapping[str, Any]]:
    return (each for each in messages if each["method"] == f"{_MONITOR}{method}")


def secret_in(value: Any) -> tuple[Any] | None:
    """What a value that is marked secret holds; None for any other."""
    if isinstance(value, dict) and value.get(_SIGNATURE) == _SECRET:  # pyright: ignore[reportUnknownMemberType]
        return (value["value"],)  # pyright: ignore[reportUnknownVariableType]
    return None
