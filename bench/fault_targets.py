"""What a fault may strike in a stack, and which of it stands for each type in as few commands as possible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sandbox.urn import name_of, type_of

_SERVED: Final = ("aws:", "kubernetes:")
_PASSES: Final = 4
"""How often each type's choice is looked at again; prod settles after two."""


@dataclass(frozen=True, order=True)
class Target:
    """One resource, as `sandbox.faults` names it."""

    type: str
    name: str

    def fault(self, operation: str, effect: str = "fail") -> str:
        """The specification that lets every call of `operation` about it end in `effect`."""
        return f"{operation}:{self.type}:{self.name}={effect}"

    def __str__(self) -> str:
        return f"{self.type} {self.name}"


def target_of(urn: str) -> Target:
    """The resource with this URN."""
    return Target(type_of(urn), name_of(urn))


def is_made(resource: Mapping[str, Any]) -> bool:
    """Whether a resource of Pulumi's state is one that a provider made, and neither a component nor only read."""
    return bool(resource.get("custom")) and resource["type"].startswith(_SERVED) and not resource.get("external")


def goes_by_itself(resource: Mapping[str, Any]) -> bool:
    """Whether the engine only forgets it when it is to go, and calls no provider."""
    return bool(resource.get("retainOnDelete")) or bool(resource.get("deletedWith"))


def types_deleted_with_another(resources: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The types of what goes with the cluster: when the stack is destroyed the engine forgets it beforehand."""
    return frozenset(each["type"] for each in resources if each.get("deletedWith"))


def deletions(resources: Sequence[Mapping[str, Any]]) -> dict[Target, frozenset[Target]]:
    """`needs`, of those for whose end the engine calls a provider."""
    called = {target_of(each["urn"]) for each in resources if not goes_by_itself(each)}
    return {target: before for target, before in needs(resources).items() if target in called}


def needs(resources: Sequence[Mapping[str, Any]]) -> dict[Target, frozenset[Target]]:
    """For each resource that a provider made all others that it waits for, directly or not.

    Args:
        resources: of Pulumi's state (`pulumi stack export`).
    """
    by_urn: dict[str, Mapping[str, Any]] = {each["urn"]: each for each in resources}

    @cache
    def before(urn: str) -> frozenset[str]:
        named = [each for each in _named_by(by_urn[urn]) if each in by_urn]
        return frozenset(named).union(*map(before, named))

    made = [urn for urn, each in by_urn.items() if is_made(each)]
    return {target_of(urn): frozenset(target_of(each) for each in before(urn) if each in made) for urn in made}


def _named_by(resource: Mapping[str, Any]) -> Iterable[str]:
    yield from resource.get("dependencies") or ()
    by_property: Mapping[str, Sequence[str] | None] = resource.get("propertyDependencies") or {}
    for urns in by_property.values():
        yield from urns or ()
    if resource.get("parent"):
        yield resource["parent"]
    if resource.get("provider"):
        yield resource["provider"].rpartition("::")[0]


def one_of_each_type(graph: Mapping[Target, frozenset[Target]]) -> tuple[Target, ...]:
    """One resource of each type, chosen so that few of them wait for each other.

    A fault at one hides those at all that wait for it until the next command, so the longest chain of chosen ones is
    the number of commands that it takes.

    Args:
        graph: what each resource waits for, as `needs` gives it.
    """
    by_type: dict[str, list[Target]] = {}
    for target in sorted(graph):
        by_type.setdefault(target.type, []).append(target)
    chosen = {type_: targets[0] for type_, targets in by_type.items()}
    for _ in range(_PASSES):
        for type_, targets in by_type.items():
            others = [each for each in chosen.values() if each.type != type_]
            chosen[type_] = min(targets, key=lambda target: (_chain_through(target, others, graph), target))
    return tuple(sorted(chosen.values()))


def longest_chain(targets: Iterable[Target], graph: Mapping[Target, frozenset[Target]]) -> int:
    """How many of `targets` wait for each other in a row."""
    among = frozenset(targets)

    @cache
    def up_to(target: Target) -> int:
        return 1 + max((up_to(each) for each in graph[target] & among), default=0)

    return max(map(up_to, among), default=0)


def _chain_through(target: Target, others: Sequence[Target], graph: Mapping[Target, frozenset[Target]]) -> int:
    above = [each for each in others if each in graph[target]]
    below = [each for each in others if target in graph[each]]
    return longest_chain(above, graph) + 1 + longest_chain(below, graph)
