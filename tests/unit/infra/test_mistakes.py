"""Each mistake in a stack file is told by path, value and what is allowed.

`tests/engine/test_wrong_configuration.py` hears the same from the real command.
"""

from __future__ import annotations

import re

import pytest

from tests.mistakes.every import AREAS, MISTAKES, in_one_file, told_by_settings
from tests.mistakes.mistake import Mistake
from tests.says import Says, matches

pytestmark = pytest.mark.unit

SECRET = re.compile("no.one|of-nobody")
"""In each password and webhook of the tables."""


def test_names_are_of_one_mistake_each() -> None:
    assert len({mistake.name for mistake in MISTAKES}) == len(MISTAKES)


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.name for mistake in MISTAKES])
def test_a_mistake_is_told_by_path_value_and_what_is_allowed(mistake: Mistake) -> None:
    lines = told_by_settings(mistake.stack, mistake.set, mistake.without)
    assert lines == list(mistake.told)
    assert [line for line in lines if SECRET.search(line)] == []


@pytest.mark.parametrize(
    ("lines", "matching"),
    [
        (["a: 2", "b: 1"], True),
        (["a: 2"], False),
        (["a: 2", "a: 2"], False),
        (["a: 2", "b: 2"], False),
        (["a: 2", "b: 1", "c: 3"], False),
    ],
)
def test_each_line_is_what_one_entry_says(lines: list[str], *, matching: bool) -> None:
    assert matches(lines, [Says("1", at="b"), Says("2", at="a")]) is matching


def test_files_with_several_mistakes_hold_every_mistake_once() -> None:
    groups = in_one_file(AREAS["account"])
    assert sorted(mistake.name for group in groups for mistake in group) == sorted(
        each.name for each in AREAS["account"]
    )
    assert 1 < len(groups) < len(AREAS["account"])
