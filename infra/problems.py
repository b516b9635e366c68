"""What is wrong with a stack file, told to the person who wrote it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing to mend: the full configuration path, and what is wrong with the value and allowed instead."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class SettingsError(Exception):
    """A stack file that cannot be used, with all its problems."""

    def __init__(self, stack: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        noun = "problem" if len(problems) == 1 else "problems"
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"Pulumi.{stack}.yaml has {len(problems)} {noun}; nothing was changed.\n{lines}")
