"""What a message has to say, whatever its wording: where the mistake is, the values in question, and the remedy."""

from __future__ import annotations

import re
from collections.abc import Sequence


class Says:
    """Equals every text that begins with a path, where one is given, and holds all of the facts.

    A fact is a value, a limit, a name, a path or a command, never prose. One that begins or ends with a letter or a
    digit has to stand as a word or a number of its own: "1" is not found in "10", "1.5" or "1,000", nor "users" in
    "users-db"; dots and slashes between letters end a word.

    Args:
        facts: in any order
        at: the configuration path, file or other place with which the message begins, before its colon
    """

    __hash__ = None  # pyright: ignore[reportAssignmentType]  # equal texts differ in their hashes

    def __init__(self, *facts: str, at: str = "") -> None:
        assert facts or at, "a message that may say anything is not tested"
        assert all(facts), "an empty fact is in every message"
        self._at = at
        self._facts = facts

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, str):
            return NotImplemented
        if self._at and not other.startswith(f"{self._at}:"):
            return False
        rest = other.removeprefix(f"{self._at}:")
        return all(_stands_in(fact, rest) for fact in self._facts)

    def __repr__(self) -> str:
        return f"Says({', '.join(map(repr, self._facts))}, at={self._at!r})"


def matches(lines: Sequence[str], expected: Sequence[Says]) -> bool:
    """Whether every line is what exactly one entry says, and every entry says exactly one line, in any order."""
    pairs = [[entry == line for entry in expected] for line in lines]
    return len(lines) == len(expected) and all(
        row.count(True) == 1 for row in [*pairs, *map(list, zip(*pairs, strict=True))]
    )


def _stands_in(fact: str, text: str) -> bool:
    before = r"(?<![\w-])" if fact[0].isalnum() else ""
    after = r"(?![\w-])" if fact[-1].isalnum() else ""
    before += r"(?<!\d[.,])" if fact[0].isdigit() else ""
    after += r"(?![.,]\d)" if fact[-1].isdigit() else ""
    return re.search(f"{before}{re.escape(fact)}{after}", text) is not None
