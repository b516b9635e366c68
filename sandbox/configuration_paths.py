"""Names of values inside configuration, in the syntax of `pulumi config --path`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sandbox.refusal import Refusal

# A name after a dot, an index in brackets, or a quoted name in brackets.
_PART = re.compile(r"""\.?(?:([^.\[\]"]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\])""")


@dataclass(frozen=True)
class ConfigurationPath:
    """Where a value is: a key with its namespace, and the way from there.

    Attributes:
        key: such as `slipway:services`
        rest: such as `("frontend", "replicas")`; numbers are indexes of lists
    """

    key: str
    rest: tuple[str | int, ...] = ()

    def __str__(self) -> str:
        return self.key + "".join(_shown(part) for part in self.rest)


def _shown(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if re.fullmatch(r'[^.\[\]"]+', part) else f'["{part}"]'


def parse_path(text: str, namespace: str) -> ConfigurationPath:
    """Read `slipway:services.frontend.replicas`; without a namespace, `namespace` is meant.

    Raises:
        Refusal: it is no such path.
    """
    before, colon, after = text.partition(":")
    prefix, way = (before, after) if colon else (namespace, before)
    parts: list[str | int] = []
    position = 0
    while position < len(way):
        found = _PART.match(way, position)
        if found is None or (position == 0 and way.startswith(".")):
            raise Refusal(f"--set {text}: not a path such as slipway:services.frontend.replicas or aws:tags[0]")
        name, index, quoted = found.groups()
        parts.append(int(index) if index is not None else name or re.sub(r"\\(.)", r"\1", quoted))
        position = found.end()
    if not parts or isinstance(parts[0], int):
        raise Refusal(f"--set {text}: names no key")
    return ConfigurationPath(f"{prefix}:{parts[0]}", tuple(parts[1:]))


def put(configuration: dict[str, Any], path: ConfigurationPath, value: Any) -> None:
    """Set the value at `path`, making the maps on the way.

    Raises:
        Refusal: the way leads through something that is no map or list, or past the end of a list.
    """
    container: Any = configuration
    way: Sequence[str | int] = (path.key, *path.rest)
    for part in way[:-1]:
        _make_room(container, part, path)
        container = container[part]
    _make_room(container, way[-1], path)
    container[way[-1]] = value


def _make_room(container: Any, part: str | int, path: ConfigurationPath) -> None:
    """See to it that `container[part]` exists."""
    if isinstance(container, list):
        items = cast("list[Any]", container)
        if not isinstance(part, int) or part > len(items):
            raise Refusal(f"--set {path}: a list is there, and {part!r} is no index up to {len(items)}")
        if part == len(items):
            items.append({})
    elif not isinstance(container, dict) or isinstance(part, int):
        raise Refusal(f"--set {path}: there is neither a map nor a list for {part!r}")
    else:
        cast("dict[str, Any]", container).setdefault(part, {})


def secure_paths(configuration: dict[str, Any]) -> Iterator[ConfigurationPath]:
    """Where the configuration holds ciphertext (`secure:`)."""
    for key, value in configuration.items():
        for rest in _secure_ways(value):
            yield ConfigurationPath(key, rest)


def _secure_ways(value: Any) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        if set(entries) == {"secure"}:
            yield ()
            return
        for name, inner in entries.items():
            yield from ((name, *rest) for rest in _secure_ways(inner))
    elif isinstance(value, list):
        for i, inner in enumerate(cast("list[Any]", value)):
            yield from ((i, *rest) for rest in _secure_ways(inner))
