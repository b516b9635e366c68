"""The stack that a preview leads to, as the picture of the graph and the rules take it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from pulumi.runtime.rpc import UNKNOWN as NOT_KNOWN

from ops.graph_components import Graph, read_graph
from ops.preview_summary import MASKED
from ops.refusal import Refusal
from policy.graph import UNKNOWN, Resource, Stack, at, pairs
from policy.taggable import takes_tags

_MASKED_KIND: Final = "kubernetes:core/v1:Secret"
_GONE: Final = frozenset({"delete", "delete-replaced", "discard", "discard-replaced", "read-discard"})
"""Steps of the engine after which a resource is not there any more.

https://pkg.go.dev/github.com/pulumi/pulumi/sdk/v3/go/common/display#StepOp
"""


@dataclass(frozen=True)
class PlannedStack:
    """What there will be.

    Attributes:
        states: of every resource and component, as the engine writes them
        config: what the stack file says, as text, with secrets masked
    """

    states: tuple[Mapping[str, Any], ...]
    config: Mapping[str, str]

    def graph(self) -> Graph:
        """Its components and what each needs."""
        return read_graph({"deployment": {"resources": [_with_outputs(state) for state in self.states]}})

    def stack(self) -> Stack:
        """What the rules take from its settings."""
        return Stack.from_config(self.config)

    def resources(self) -> list[Resource]:
        """What AWS and Kubernetes will hold, as the rules take it."""
        tags = {state["urn"]: _default_tags(state) for state in self.states}
        return [_resource(state, tags) for state in self.states if state["custom"]]


def read_planned(text: str) -> PlannedStack | None:
    """The stack in what `pulumi preview --json --show-sames` printed; None where the document is only a part of it.

    Raises:
        Refusal: it shows secrets, or does not say what there will be.
    """
    document: Any = json.loads(text)
    steps = cast("list[dict[str, Any]]", document.get("steps") or [])
    states: dict[str, Mapping[str, Any]] = {}
    for step in steps:
        state = cast("Mapping[str, Any] | None", step.get("newState"))
        if state is not None and step["op"] not in _GONE:
            states[step["urn"]] = state
    if not states or any("type" not in state for state in states.values()):
        raise Refusal("the preview does not say what each resource will be; expected all of `pulumi preview --json`")
    planned = PlannedStack(tuple(states.values()), cast("Mapping[str, str]", document.get("config") or {}))
    if _shows_secrets(planned):
        raise Refusal("the preview shows secrets; make it again without --show-secrets")
    # Without --show-sames the engine counts what stays as it is, and leaves it out.
    counted = int(pairs(document.get("changeSummary")).get("same", 0))
    return planned if counted == sum(step["op"] == "same" for step in steps) else None


def _shows_secrets(planned: PlannedStack) -> bool:
    """Whether the engine was told not to mask what it knows to be secret."""
    passwords = [
        each
        for key, text in planned.config.items()
        if key.endswith(":databasePasswords")
        for each in pairs(json.loads(text)).values()
    ]
    contents = [
        state.get("inputs", {}).get(key)
        for state in planned.states
        if state["type"] == _MASKED_KIND
        for key in ("data", "stringData")
    ]
    return any(each not in {None, MASKED, NOT_KNOWN} for each in (*passwords, *map(_text, contents)))


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _with_outputs(state: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is not there yet has inputs only, which name what the picture asks of outputs."""
    return {**state, "outputs": state["outputs"] if state.get("outputs") is not None else state.get("inputs", {})}


def _resource(state: Mapping[str, Any], tags: Mapping[str, dict[str, Any]]) -> Resource:
    provider = str(state.get("provider", "")).rpartition("::")[0]  # URN::id
    links = cast("Mapping[str, Sequence[str] | None]", state.get("propertyDependencies") or {})
    return Resource(
        type=state["type"],
        name=str(state["urn"]).rpartition("::")[2],
        inputs=pairs(_plain(state.get("inputs"))),
        takes_tags=takes_tags(state["type"]),
        default_tags=tags.get(provider, {}),
        urn=state["urn"],
        links={name: frozenset(urns) if urns is not None else frozenset() for name, urns in links.items()},
    )


def _default_tags(state: Mapping[str, Any]) -> dict[str, Any]:
    """What a provider adds to the tags of all it makes; its configuration is in JSON.

    https://www.pulumi.com/registry/packages/aws/installation-configuration/
    """
    given = at(state.get("inputs"), "defaultTags") if state["type"] == "pulumi:providers:aws" else None
    return pairs(at(json.loads(given), "tags")) if isinstance(given, str) else {}


def _plain(value: Any) -> Any:
    """With `UNKNOWN` for what a preview cannot know yet; a secret stays masked."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list):
        return [_plain(each) for each in cast("list[Any]", value)]
    return UNKNOWN if value in {NOT_KNOWN, MASKED} else value
