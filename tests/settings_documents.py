"""Stack files made from the shipped ones by chance: some still sound, some broken in every way that a hand can slip.

A document is what a stack file holds, over the project's defaults, before Pulumi makes text of it.
"""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from tests.settings_values import (
    ADDED_TO,
    ADDITIONS,
    ALTERNATIVES,
    FOREIGN_KEYS,
    HOSTILE,
    INSERTIONS,
    KEYS,
    RAW_TEXTS,
    Config,
)
from tests.stack_values import STACKS, as_values, stack_config

Path = tuple[str | int, ...]
_Change = Callable[[DrawFn, Config], None]


@dataclass(frozen=True)
class Document:
    """One stack file.

    Attributes:
        stack: whose shipped file it was made from
        values: what Pulumi hands to the program
    """

    stack: str
    values: dict[str, str]


@cache
def _shipped(stack: str) -> str:
    return json.dumps(stack_config(stack))


class _Raw(str):
    """Text in the place of a whole setting that is handed on as it is, sound JSON or not."""

    __slots__ = ()


def paths_of(value: Any, above: Path = ()) -> Iterator[Path]:
    """The path of everything in a value, but its own."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        yield (*above, key)
        yield from paths_of(entry, (*above, key))


def value_at(config: Any, path: Path) -> Any:
    """What stands at a path."""
    for step in path:
        config = config[step]
    return config


def _set(config: Config, path: Path, value: Any) -> None:
    value_at(config, path[:-1])[path[-1]] = value


def _is_map(config: Config, setting: str) -> bool:
    return isinstance(config.get(setting), dict)


def _path(draw: DrawFn, config: Config) -> Path:
    return draw(st.sampled_from(list(paths_of(config))))


def _alternative(draw: DrawFn, config: Config) -> None:
    known = [path for path in paths_of(config) if path[-1] in ALTERNATIVES]
    path = draw(st.sampled_from(known))
    _set(config, path, deepcopy(draw(st.sampled_from(ALTERNATIVES[str(path[-1])]))))


def _insertion(draw: DrawFn, config: Config) -> None:
    setting = draw(st.sampled_from(sorted(INSERTIONS)))
    entries = (
        [entry for entry in config[setting].values() if isinstance(entry, dict)] if _is_map(config, setting) else []
    )
    if entries:
        key = draw(st.sampled_from(sorted(INSERTIONS[setting])))
        draw(st.sampled_from(entries))[key] = deepcopy(INSERTIONS[setting][key])


def _near_number(draw: DrawFn, config: Config) -> None:
    numbers = [path for path in paths_of(config) if type(value_at(config, path)) is int]
    if numbers:
        path = draw(st.sampled_from(numbers))
        value = value_at(config, path)
        _set(config, path, draw(st.integers(value - abs(value) // 2, value + abs(value) + 10)))


def _addition(draw: DrawFn, config: Config) -> None:
    if all(_is_map(config, setting) for setting in ADDED_TO):
        draw(st.sampled_from(ADDITIONS))(config)


def _removal(draw: DrawFn, config: Config) -> None:
    path = _path(draw, config)
    del value_at(config, path[:-1])[path[-1]]


def _hostile_value(draw: DrawFn, config: Config) -> None:
    _set(config, _path(draw, config), deepcopy(draw(st.sampled_from(HOSTILE))))


def _drawn_text(draw: DrawFn, config: Config) -> None:
    _set(config, _path(draw, config), draw(st.text(max_size=30)))


def _other_number(draw: DrawFn, config: Config) -> None:
    numbers = [path for path in paths_of(config) if type(value_at(config, path)) is int]
    if numbers:
        path = draw(st.sampled_from(numbers))
        value = value_at(config, path)
        near = st.sampled_from((value - 1, value + 1, -value, value * 10, value * 1000, value / 2, float(value)))
        _set(config, path, draw(near | st.integers()))


def _other_type(draw: DrawFn, config: Config) -> None:
    path = _path(draw, config)
    value = value_at(config, path)
    others: list[Any] = [[value], {"a": value}, str(value), [value, value], {str(value)[:40]: value}]
    if isinstance(value, dict):
        others += [list(value.values()), list(value)]
    if isinstance(value, list):
        others += [{str(index): each for index, each in enumerate(value)}, value[:1] * 2]
    _set(config, path, draw(st.sampled_from(others)))


def _other_key(draw: DrawFn, config: Config) -> None:
    path = _path(draw, config)
    mapping = value_at(config, path[:-1])
    if isinstance(mapping, dict):
        key = draw(st.sampled_from(KEYS) | st.text(max_size=12))
        value = mapping[path[-1]]
        if draw(st.booleans()):
            del mapping[path[-1]]
        mapping[key] = deepcopy(value)


def _twice(draw: DrawFn, config: Config) -> None:
    path = _path(draw, config)
    place = value_at(config, path[:-1])
    copies = draw(st.sampled_from((1, 1, 2, 30)))
    for number in range(copies):
        if isinstance(place, list):
            place.append(deepcopy(place[int(path[-1])]))
        else:
            place[f"{str(path[-1])[:20]}{number}"] = deepcopy(place[path[-1]])


def _swap(draw: DrawFn, config: Config) -> None:
    one = _path(draw, config)
    kind = type(value_at(config, one))
    alike = [path for path in paths_of(config) if type(value_at(config, path)) is kind]
    other = draw(st.sampled_from(alike))
    if one[: len(other)] != other and other[: len(one)] != one:
        values = deepcopy(value_at(config, one)), deepcopy(value_at(config, other))
        _set(config, one, values[1])
        _set(config, other, values[0])


def _raw_text(draw: DrawFn, config: Config) -> None:
    config[draw(st.sampled_from(sorted(config)))] = _Raw(draw(st.sampled_from(RAW_TEXTS)))


def _foreign_key(draw: DrawFn, config: Config) -> None:
    config[draw(st.sampled_from(FOREIGN_KEYS))] = "x"


_SOUND: tuple[_Change, ...] = (_alternative, _alternative, _alternative, _near_number, _insertion, _addition)
_BREAKING: tuple[_Change, ...] = (
    _removal,
    _hostile_value,
    _hostile_value,
    _drawn_text,
    _other_number,
    _other_type,
    _other_key,
    _twice,
    _swap,
    _raw_text,
    _foreign_key,
)
_MOST_CHANGES = 4


@st.composite
def documents(draw: DrawFn) -> Document:
    """Shipped stack files with one to four changes; in about half of them only to other values that are allowed."""
    stack = draw(st.sampled_from(STACKS))
    config: Config = json.loads(_shipped(stack))
    changes = _SOUND if draw(st.booleans()) else (*_SOUND, *_BREAKING)
    for change in draw(st.lists(st.sampled_from(changes), min_size=1, max_size=_MOST_CHANGES)):
        if all(not isinstance(value, _Raw) for value in config.values()) and config:
            change(draw, config)
    return Document(stack, as_values(config))


def shown(document: Document) -> str:
    """What differs from the shipped file, for a person who has to find the fault."""
    shipped, there = as_values(stack_config(document.stack)), document.values
    lines = [f"Pulumi.{document.stack}.yaml"]
    for key in sorted(shipped.keys() | there.keys(), key=repr):
        if shipped.get(key) != there.get(key):
            before, after = (dict(_leaves(each.get(key))) for each in (shipped, there))
            paths = [path for path in {**before, **after} if before.get(path) != after.get(path)]
            lines += [f"    {key}{path}: {before.get(path)} -> {after.get(path)}"[:300] for path in paths[:12]]
    return "\n".join(lines)


def _leaves(text: str | None) -> Iterator[tuple[str, str]]:
    """Each single value in a setting, with its path; the whole text of one that is no JSON."""
    try:
        value = json.loads(text if text is not None else "null")
    except (ValueError, RecursionError):
        value = text
    yield "", repr(value) if not isinstance(value, dict | list) else "..."
    for path in paths_of(value):
        leaf = value_at(value, path)
        if not isinstance(leaf, dict | list) or not leaf:
            yield "".join(f".{step}" for step in path), repr(leaf)
