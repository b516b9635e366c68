"""A validation error in the words of the person at the laptop: path, value, what is allowed.

What is allowed is read from the schema that pydantic makes of the settings, so that the words follow the constraints.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from infra.problems import Problem
from infra.setting_types import TEXTS
from infra.settings import Settings

_LONGEST_VALUE = 60

_FORMATS = {
    "ipv4": "an IPv4 address such as 10.10.0.5",
    "ipv4network": "an IPv4 range, named by its first address, such as 10.10.0.0/16",
    "date-time": "a date and time without an offset, such as 2026-11-27T08:00:00",
    "password": "text",
}
"""What stands in such a text. https://json-schema.org/understanding-json-schema/reference/type#format"""

Node = Mapping[str, Any]
"""A part of the schema. https://json-schema.org/understanding-json-schema/reference"""


@cache
def _schema() -> dict[str, Any]:
    # Only a file with a mistake asks for it, and making it takes as long as reading a file without one.
    return Settings.model_json_schema()


def problem_of(error: ErrorDetails, root: str, name: str, model: type[BaseModel] | None = None) -> Problem:
    """One entry of `ValidationError.errors()` about the setting `name`, which stands in the file at `root`.

    Args:
        error: the entry
        root: the setting's path
        name: the setting's field in its model
        model: of another project than the program, where it is not `Settings`
    """
    path, known = root, list[str]()
    node = _setting(name, model)
    secret = _is_secret(node)
    for step in error["loc"]:
        choices: dict[str, str] = node.get("discriminator", {}).get("mapping", {})
        if step in choices:
            node = _resolved({"$ref": choices[str(step)]})
            continue  # which member of a union it is stands in the value, not in its path
        if step == "[key]":
            node = _text_of(error)
            continue
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
        known = sorted(node.get("properties", {}))
        node = _inside(node, step)
    if error["type"] == "extra_forbidden":
        return Problem(path, f"is not a known key; expected one of {', '.join(known)}")
    if error["type"].startswith("union_tag"):
        return Problem(f"{path}.kind", _of_kind(error, node))
    if error["type"] == "missing":
        return Problem(path, f"is required; expected {_allowed(node)}")
    shown = "" if secret or _holds_secret(node) else _shown(error)
    if error["type"] == "value_error" and node.get("format") not in _FORMATS:
        return Problem(path, f"{shown}{error.get('ctx', {})['error']}")
    return Problem(path, f"{shown}expected {_allowed(node)}")


def what_is_allowed(name: str, model: type[BaseModel] | None = None) -> str:
    """In words, for a setting at the top of the file."""
    return _allowed(_setting(name, model))


def _setting(name: str, model: type[BaseModel] | None) -> Node:
    field = (Settings if model is None else model).model_fields[name]
    if model is None:
        return _resolved(_schema()["properties"][field.alias or name])
    schema: dict[str, Any] = model.model_json_schema()
    return _resolved(_inlined(schema["properties"][field.alias or name], schema.get("$defs", {})))


def _inlined(node: Any, definitions: Mapping[str, Any]) -> Any:
    """The node with everything it refers to in its place, so that it is understood without its schema."""
    if isinstance(node, list):
        return [_inlined(each, definitions) for each in cast(list[Any], node)]
    if not isinstance(node, dict):
        return node
    given = cast(dict[str, Any], node)
    if "$ref" in given:
        return _inlined(definitions[given["$ref"].rpartition("/")[2]], definitions)
    return {key: _inlined(each, definitions) for key, each in given.items()}


def _resolved(node: Node) -> Node:
    """The node that a reference leads to, or the one beside null that an optional setting has."""
    while "$ref" in node or "anyOf" in node:
        if "$ref" in node:
            node = _schema()["$defs"][node["$ref"].rpartition("/")[2]]
        else:
            node = next(each for each in node["anyOf"] if each.get("type") != "null")
    return node


def _inside(node: Node, step: str | int) -> Node:
    if isinstance(step, int):
        return _resolved(node.get("items", {}))
    entries: list[Any] = [*node.get("patternProperties", {}).values(), node.get("additionalProperties")]
    found: Any = node.get("properties", {}).get(step, entries[0])
    return _resolved(cast(Node, found)) if isinstance(found, dict) else {}


def _text_of(error: ErrorDetails) -> Node:
    return {"type": "string", "pattern": error.get("ctx", {}).get("pattern")}


def _is_secret(node: Node) -> bool:
    return '"format": "password"' in json.dumps(node)


def _holds_secret(node: Node) -> bool:
    """Whether a value here may have a secret in it, however deep."""
    text = json.dumps(node)
    references = re.findall(r'"#/\$defs/(\w+)"', text)
    return '"format": "password"' in text or any(_holds_secret(_schema()["$defs"][name]) for name in references)


def _shown(error: ErrorDetails) -> str:
    value: Any = error["input"]
    if isinstance(value, dict):
        # What is wrong with a map as a whole is said with the values of its keys.
        return "" if error["type"] == "value_error" else "is a map; "
    text = json.dumps(value, default=str)
    if len(text) > _LONGEST_VALUE:
        text = f"a list of {len(cast(list[Any], value))}" if isinstance(value, list) else f"{text[:_LONGEST_VALUE]}..."
    return f"is {text}; "


def _of_kind(error: ErrorDetails, node: Node) -> str:
    allowed = f"expected one of {', '.join(sorted(node['discriminator']['mapping']))}"
    tag = error.get("ctx", {}).get("tag")
    return f"is {json.dumps(tag)}; {allowed}" if tag is not None else f"is required; {allowed}"


def _allowed(node: Node) -> str:
    node = _resolved(node)
    if "enum" in node or "const" in node:
        choices = [str(choice) for choice in node.get("enum", [node.get("const")])]
        return f"one of {', '.join(choices)}"
    match node.get("type"):
        case "integer":
            return _whole_number(node)
        case "string":
            return (
                node.get("words") or TEXTS.get(node.get("pattern", "")) or _FORMATS.get(node.get("format", ""), "text")
            )
        case "array":
            return f"a list{_length(node)}, each {_allowed(node['items'])}"
        case "object" if "properties" in node:
            return f"a map with {', '.join(sorted(node.get('required', node['properties'])))}"
        case kind:
            return {"boolean": "true or false", "object": "a map"}.get(str(kind), "a map with a kind")


def _whole_number(node: Node) -> str:
    low, high, factor = (node.get(bound) for bound in ("minimum", "maximum", "multipleOf"))
    words = "a whole number"
    if low is not None:
        words += f" from {low} to {high}" if high is not None else f" of at least {low}"
    return f"{words}, divisible by {factor}" if factor else words


def _length(node: Node) -> str:
    low, high = node.get("minItems"), node.get("maxItems")
    if low is None and high is None:
        return ""
    if high is None:
        return f" of at least {low}"
    return f" of {low} to {high}" if low is not None else f" of at most {high}"
