"""One mistake in a stack file, and what a person is told of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.says import Says


@dataclass(frozen=True)
class Mistake:
    """One mistake.

    Attributes:
        name: of the test
        set: what the file says wrongly, by path
        told: what every line of the message holds: the full path, the value and what is allowed
        without: the paths that are missing from the file
        stack: whose file it is
    """

    name: str
    set: Mapping[str, Any]
    told: tuple[Says, ...]
    without: tuple[str, ...] = ()
    stack: str = "dev"
