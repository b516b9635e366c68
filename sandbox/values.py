"""Values as the emulation handles them: plain Python data with two marks of its own, `Secret` and `UNKNOWN`.

Pulumi sends values to a provider as `PropertyValue` trees. Everything in this package reasons over plain
dictionaries, lists, strings, booleans and numbers instead; a value that the engine marked secret is wrapped in
`Secret`, one that is not known yet (a preview) is the object `UNKNOWN`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

from pulumi.provider.experimental.property_value import Computed, PropertyValue
from pulumi.runtime.rpc import UNKNOWN as UNKNOWN_ON_THE_WIRE


@dataclass(frozen=True)
class Secret:
    """A value the engine marked secret. Its text never shows it."""

    value: Any

    def __repr__(self) -> str:
        return "[secret]"


class Unknown:
    """The type of `UNKNOWN`."""

    def __repr__(self) -> str:
        return "[unknown]"


UNKNOWN: Final = Unknown()
"""A value that a preview cannot know yet."""


def is_map(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a plain value is an object."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether a plain value is a list."""
    return isinstance(value, list)


def as_list(value: Any) -> list[Any]:
    """Return a list as it is, an empty one for anything else."""
    return value if is_list(value) else []


def as_map(value: Any) -> dict[str, Any]:
    """Return an object as it is, an empty one for anything else."""
    return value if is_map(value) else {}


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; an empty list for anything else."""
    return [item for item in as_list(value) if is_map(item)]


def plain(value: PropertyValue) -> Any:
    """Turn one engine value into plain data; whole numbers become `int`, as people write them."""
    inner = value.value
    result: Any
    if isinstance(inner, Computed) or inner == UNKNOWN_ON_THE_WIRE:
        result = UNKNOWN
    elif isinstance(inner, float):
        result = int(inner) if inner.is_integer() else inner
    elif isinstance(inner, Mapping):
        result = {key: plain(item) for key, item in inner.items()}
    elif isinstance(inner, Sequence) and not isinstance(inner, str):
        result = [plain(item) for item in inner]
    else:
        result = inner
    return Secret(result) if value.is_secret and result is not UNKNOWN else result


def plain_map(values: Mapping[str, PropertyValue]) -> dict[str, Any]:
    """Turn the engine's top-level properties into plain data."""
    return {key: plain(value) for key, value in values.items()}


def property_value(value: Any) -> PropertyValue:
    """Turn plain data into an engine value: the inverse of `plain`."""
    if isinstance(value, PropertyValue):
        return value
    if isinstance(value, Secret):
        return property_value(value.value).with_secret(True)  # noqa: FBT003 - the SDK's own signature
    if isinstance(value, Unknown):
        # The SDK cannot marshal `Computed`; the engine understands this text.
        return PropertyValue(UNKNOWN_ON_THE_WIRE)
    if is_map(value):
        return PropertyValue({key: property_value(item) for key, item in value.items()})
    if is_list(value):
        return PropertyValue([property_value(item) for item in value])
    whole = isinstance(value, int) and not isinstance(value, bool)
    return PropertyValue(float(value) if whole else value)


def property_map(values: Mapping[str, Any]) -> dict[str, PropertyValue]:
    """Turn plain top-level properties into the engine's form."""
    return {key: property_value(value) for key, value in values.items()}


def revealed(value: Any) -> Any:
    """Return the same value with every `Secret` unwrapped, as AWS itself sees it."""
    if isinstance(value, Secret):
        return revealed(value.value)
    if is_map(value):
        return {key: revealed(item) for key, item in value.items()}
    if is_list(value):
        return [revealed(item) for item in value]
    return value


def marked(value: Any, like: Any) -> Any:
    """Return a revealed value with `Secret` put back wherever `like`, which it was made from, has one."""
    if isinstance(like, Secret):
        return Secret(value)
    if is_map(value) and is_map(like):
        return {key: marked(item, like.get(key)) for key, item in value.items()}
    if is_list(value) and is_list(like) and len(value) == len(like):
        return [marked(item, other) for item, other in zip(value, like, strict=True)]
    return value


def contains_unknown(value: Any) -> bool:
    """Whether any part of a value is not known yet."""
    return any(leaf is UNKNOWN for _, leaf in leaves(value))


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every scalar inside a value with its property path, such as `scalingConfig.minSize` or `subnets[0]`."""
    if isinstance(value, Secret):
        yield from leaves(value.value, path)
    elif is_map(value):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}" if path else key)
    elif is_list(value):
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    else:
        yield path, value


def path_steps(path: str) -> list[str | int]:
    """Split `a.b[0].c` into `["a", "b", 0, "c"]`."""
    return [
        int(index) if index else name for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path) if name or index
    ]


def at_path(value: Any, path: str) -> Any:
    """Read the value at a property path; `None` when any step is missing."""
    for step in path_steps(path):
        current = value.value if isinstance(value, Secret) else value
        if isinstance(step, int):
            value = current[step] if is_list(current) and step < len(current) else None
        else:
            value = current.get(step) if is_map(current) else None
    return value


def with_path(value: Any, path: str, new: Any) -> Any:
    """Return a copy of `value` in which the given property path holds `new`; missing objects are made.

    Raises:
        KeyError: a list on the way is too short, or a step meets a scalar.
    """
    return _with_steps(value, path_steps(path), new)


def _with_steps(value: Any, steps: Sequence[str | int], new: Any) -> Any:
    if not steps:
        return new
    step, rest = steps[0], steps[1:]
    if isinstance(step, int):
        if not is_list(value) or step >= len(value):
            raise KeyError(f"no element [{step}]")
        return [_with_steps(item, rest, new) if index == step else item for index, item in enumerate(value)]
    if value is None:
        value = {}
    if not is_map(value):
        raise KeyError(f"{step!r} is not inside an object")
    return {**value, step: _with_steps(value.get(step), rest, new)}
