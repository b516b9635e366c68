"""What a person is told never shows how it is checked: no regular expression, no word of pydantic's."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from infra.setting_types import TEXTS
from infra.settings import Settings
from infra.stack_file import PROJECT_KEYS
from infra.validation_messages import what_is_allowed

pytestmark = pytest.mark.unit


def parts(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for inner in node.values():
            yield from parts(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from parts(inner)


def test_every_form_of_a_text_has_words() -> None:
    schema = Settings.model_json_schema()
    forms = {part["pattern"] for part in parts(schema) if isinstance(part.get("pattern"), str)}
    forms |= {form for part in parts(schema) for form in part.get("patternProperties", {})}
    assert forms <= TEXTS.keys()
    assert all(words.isprintable() and "^" not in words for words in TEXTS.values())


def test_every_bound_of_a_number_is_told() -> None:
    known = {"enum", "minimum", "maximum", "multipleOf", "type", "title", "default", "description"}
    numbers = [part for part in parts(Settings.model_json_schema()) if part.get("type") == "integer"]
    assert all(part.keys() <= known for part in numbers), json.dumps(numbers)
    assert all("maximum" not in part or "minimum" in part for part in numbers)


@pytest.mark.parametrize("name", sorted(PROJECT_KEYS.values()))
def test_every_setting_says_what_is_allowed(name: str) -> None:
    words = what_is_allowed(name)
    assert words.startswith(("a ", "true "))
    assert "^" not in words
