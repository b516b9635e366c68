"""Each mistake in a stack file is told in exactly these words, by path, value and what is allowed.

`tests/engine/test_wrong_configuration.py` hears the same from the real command.
"""

from __future__ import annotations

import pytest

from tests.mistakes.every import AREAS, MISTAKES, in_one_file, told_by_settings
from tests.mistakes.mistake import Mistake

pytestmark = pytest.mark.unit


def test_names_are_of_one_mistake_each() -> None:
    assert len({mistake.name for mistake in MISTAKES}) == len(MISTAKES)


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.name for mistake in MISTAKES])
def test_a_mistake_is_told_by_path_value_and_what_is_allowed(mistake: Mistake) -> None:
    assert told_by_settings(mistake.stack, mistake.set, mistake.without) == list(mistake.told)


def test_files_with_several_mistakes_hold_every_mistake_once() -> None:
    groups = in_one_file(AREAS["account"])
    assert sorted(mistake.name for group in groups for mistake in group) == sorted(
        each.name for each in AREAS["account"]
    )
    assert 1 < len(groups) < len(AREAS["account"])
