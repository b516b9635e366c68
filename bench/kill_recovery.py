"""What a person does after a command was killed, as docs/faults.md says it, on the emulated account.

The look at AWS that a person takes in the console is taken in the inventory here, and what was found is deleted there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.account_check import holdings
from sandbox.state import State
from tests.engine.sandbox_stack import SandboxStack


@dataclass(frozen=True)
class Recovered:
    """What was needed before the next command.

    Attributes:
        mended: whether a file beside the state had to be taken away, which was cut off.
        cancelled: whether a lock had to be taken away.
        begun: what the state says was begun and never ended.
        deleted: what existed although no state holds it, and was deleted by hand.
        trouble: what the commands said where they failed.
    """

    mended: bool
    cancelled: bool
    begun: tuple[str, ...]
    deleted: tuple[str, ...]
    trouble: tuple[str, ...]

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps that were needed, in words."""
        needed = (self.mended, self.cancelled, bool(self.deleted), bool(self.begun))
        words = ("delete .attrs", "cancel", "delete by hand", "refresh")
        return tuple(word for word, was in zip(words, needed, strict=True) if was)


def recover(stack: SandboxStack, kept: Sequence[str] = ()) -> Recovered:
    """Make the stack ready for the next command.

    Args:
        stack: whose command was killed, with nothing of it running any more.
        kept: types that may exist without being in a state.
    """
    trouble: list[str] = []
    cut = list(cut_attributes(State(stack.state).backend))
    for file in cut:
        file.unlink()
    cancelled = is_locked(stack)
    if cancelled:
        done = stack.command("cancel", "--yes")
        trouble += [] if done.returncode == 0 else [done.stdout]
    held = holdings(stack.state)
    strangers = [each for each in held.orphans if each.type not in kept]
    account = stack.account()
    for each in strangers:
        account.remove(each)
    account.close()
    if held.pending:
        outcome = stack.refresh(arguments=["--clear-pending-creates"])
        trouble += [] if outcome.exit_code == 0 else [outcome.output]
    deleted = tuple(f"{each.type} {each.id}" for each in strangers)
    return Recovered(bool(cut), cancelled, tuple(held.pending), deleted, tuple(trouble))


def is_locked(stack: SandboxStack) -> bool:
    """Whether a command holds the stack, or was killed while it did."""
    return any((State(stack.state).backend / ".pulumi" / "locks").rglob("*.json"))


def cut_attributes(backend: Path) -> Iterator[Path]:
    """A file backend's files of attributes that a killed engine left half-written; it reads a state without one."""
    for file in backend.rglob("*.attrs"):
        try:
            json.loads(file.read_text())
        except json.JSONDecodeError:
            yield file
