"""From the state that `pulumi stack export` writes to the components of a stack and what each of them needs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

INTERNET = "internet"
"""Stands for the outside world among the ends of arrows."""

_STACK_TYPE = "pulumi:pulumi:Stack"
_PROVIDER_TYPE = "pulumi:providers:"
_BALANCER_TYPE = "aws:lb/loadBalancer:LoadBalancer"


@dataclass(frozen=True, order=True)
class Arrow:
    """`before` is made first, because `after` needs it; where the two need each other, it points both ways."""

    before: str
    after: str
    both_ways: bool = False


@dataclass(frozen=True)
class Item:
    """All resources of one type that a component makes itself."""

    type: str
    count: int

    @property
    def package(self) -> str:
        """Whose resource it is: `aws`, `kubernetes`, `pulumi`."""
        return self.type.split(":")[0]

    @property
    def label(self) -> str:
        """The last part of the type, as people say it."""
        last = self.type.rpartition(":")[2]
        return f"{last} provider" if self.type.startswith(_PROVIDER_TYPE) else last


@dataclass(frozen=True)
class Component:
    """A component, what it makes itself, and the components inside it."""

    urn: str
    type: str
    name: str
    items: tuple[Item, ...]
    parts: tuple[Component, ...]
    arrows: tuple[Arrow, ...]
    """Between its parts, by their URN; what another arrow already says is left out."""
    short_name: str
    """Its name without the stack's, which most names begin with; empty where nothing is left."""


@dataclass(frozen=True)
class Graph:
    """A whole stack: its outermost components are the parts of `root`."""

    root: Component
    resources: int
    """How many resources there are in the components."""
    components: int


def read_graph(export: Mapping[str, Any]) -> Graph:
    """The graph in the JSON of `pulumi stack export`.

    Raises:
        ValueError: it holds no stack.
    """
    deployment: Mapping[str, Any] = export.get("deployment") or {}
    found: list[Mapping[str, Any]] = deployment.get("resources") or []
    resources = [
        resource
        for resource in found
        if not resource.get("delete")  # waits for its removal; its successor stands in the state too
    ]
    stack = next((resource["urn"] for resource in resources if resource["type"] == _STACK_TYPE), None)
    if stack is None:
        raise ValueError("the state holds no stack; expected the JSON of `pulumi stack export`")
    return _Reader(resources, stack).graph()


class _Reader:
    def __init__(self, resources: Sequence[Mapping[str, Any]], stack: str) -> None:
        # Providers that Pulumi makes by itself belong to no component and are no one's decision.
        self._resources = [
            resource
            for resource in sorted(resources, key=lambda resource: str(resource["urn"]))
            if resource["urn"] != stack and not _made_by_pulumi(resource)
        ]
        self._by_urn: dict[str, Mapping[str, Any]] = {resource["urn"]: resource for resource in self._resources}
        self._stack = stack
        self._own = f"{stack} itself"
        self._ends: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._parts: dict[str, list[str]] = defaultdict(list)
        self._items: dict[str, Counter[str]] = defaultdict(Counter)

    def graph(self) -> Graph:
        for resource in self._resources:
            path = self._path(resource["urn"])
            if resource.get("custom"):
                self._items[path[-1]][resource["type"]] += 1
            else:
                self._parts[path[-2]].append(resource["urn"])
            for needed in sorted(self._needs(resource)):
                self._connect(path, self._path(needed))
            if resource["type"] == _BALANCER_TYPE and resource.get("outputs", {}).get("internal") is False:
                self._ends[self._stack].add((INTERNET, path[1]))
        components = sum(len(parts) for parts in self._parts.values())
        if self._items[self._own]:
            self._parts[self._stack].append(self._own)
        return Graph(self._component(self._stack), len(self._resources) - components, components)

    def _path(self, urn: str) -> list[str]:
        """The components around a resource, from the stack inwards; a component is the last of its own path.

        What the stack makes outside any component is drawn as if it were in one.
        """
        path: list[str] = []
        while urn in self._by_urn:
            if not self._by_urn[urn].get("custom"):
                path.append(urn)
            urn = self._by_urn[urn].get("parent", self._stack)
        return [self._stack, *(reversed(path) if path else [self._own])]

    def _needs(self, resource: Mapping[str, Any]) -> set[str]:
        by_property: Mapping[str, list[str] | None] = resource.get("propertyDependencies") or {}
        needs: set[str] = set(resource.get("dependencies") or ())
        needs.update(*(urns or () for urns in by_property.values()))
        needs.add(str(resource.get("provider", "")).rpartition("::")[0])  # URN::id
        return {urn for urn in needs if urn in self._by_urn}

    def _connect(self, after: Sequence[str], before: Sequence[str]) -> None:
        """Note an arrow where two paths part; inside one component, a need is that component's own affair."""
        for around, one, other in zip(after, after[1:], before[1:], strict=False):
            if one != other:
                self._ends[around].add((other, one))
                return

    def _component(self, urn: str) -> Component:
        resource = self._by_urn.get(urn)
        return Component(
            urn=urn,
            type=resource["type"] if resource else _STACK_TYPE,
            name=urn.rpartition("::")[2],
            items=tuple(sorted((Item(*item) for item in self._items[urn].items()), key=_by_label)),
            parts=tuple(self._component(part) for part in sorted(self._parts[urn])),
            arrows=tuple(drawn_arrows(self._ends[urn])),
            short_name=urn.rpartition("::")[2].removeprefix(self._stack.rpartition("::")[2]).removeprefix("-"),
        )


def _made_by_pulumi(resource: Mapping[str, Any]) -> bool:
    kind, name = str(resource["type"]), str(resource["urn"]).rpartition("::")[2]
    return kind.startswith(_PROVIDER_TYPE) and (name == "default" or name.startswith("default_"))


def _by_label(item: Item) -> tuple[str, str, str]:
    return item.package, item.label, item.type


def drawn_arrows(pairs: Iterable[tuple[str, str]]) -> list[Arrow]:
    """The arrows that say the same as all these (before, after) pairs, without those that follow from others.

    Two components whose resources need each other's get one arrow that points both ways.
    """
    wanted = sorted(set(pairs))
    following: dict[str, set[str]] = defaultdict(set)
    mutual: set[tuple[str, str]] = set()
    for before, after in wanted:
        if before in _reachable(following, after):
            mutual.add((after, before))
        else:
            following[before].add(after)
    kept = {
        (before, after)
        for before, nexts in following.items()
        for after in nexts
        if not any(after in _reachable(following, other) for other in nexts - {after})
    }
    return sorted(Arrow(before, after, (before, after) in mutual) for before, after in kept | mutual)


def _reachable(following: Mapping[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    todo = [start]
    while todo:
        node = todo.pop()
        if node not in found:
            found.add(node)
            todo += following.get(node, ())
    return found
