"""Fails many resources once each, in few commands: each command goes on from where the last one stopped.

With `--continue-on-error` the engine goes on with what does not depend on what failed, so one command meets all faults
that do not hide each other; those behind them strike in the next, and the last one meets none and succeeds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from bench.account_check import discrepancies, holdings
from bench.fault_targets import Target
from tests.engine.sandbox_stack import Outcome, SandboxStack

Command = Callable[..., Outcome]
"""A method of `SandboxStack`: `up` or `destroy`."""


@dataclass(frozen=True)
class Wave:
    """One command that met faults.

    Attributes:
        struck: what failed by them
        unexplained: what failed beside them, as `type name: errors`
        wrong: what account and state say differently after it
        seconds: how long it took
    """

    struck: frozenset[Target]
    unexplained: tuple[str, ...]
    wrong: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Waves:
    """All commands, up to the one that met no fault.

    Attributes:
        failing: those that met some
        last: the one that met none
        missed: faults that never struck
    """

    failing: tuple[Wave, ...]
    last: Outcome
    missed: frozenset[Target]

    @property
    def struck(self) -> frozenset[Target]:
        """All that failed once."""
        return frozenset[Target]().union(*(wave.struck for wave in self.failing))

    @property
    def wrong(self) -> tuple[str, ...]:
        """All that was not as it should be after any of them."""
        return tuple(line for wave in self.failing for line in (*wave.unexplained, *wave.wrong))


def failed_in(outcome: Outcome) -> frozenset[Target]:
    """What failed in a command, without the stack itself."""
    return frozenset(Target(step.type, step.name) for step in outcome.failed if not step.type.startswith("pulumi:"))


def fail_each_once(
    stack: SandboxStack,
    command: Command,
    operation: str,
    targets: Collection[Target],
    told: Callable[[Wave], None] = lambda _wave: None,
    kept: Collection[str] = (),
    **options: object,
) -> Waves:
    """Run `command` until it succeeds, with a fault at each target's first call of `operation`.

    Args:
        stack: what it is run on; goes on being used.
        command: the method of `stack` to run.
        operation: `create`, `update` or `delete`.
        targets: what fails once.
        told: called after each command that met a fault.
        kept: types that may exist without being in a state.
        options: for `command`, beside the faults.
    """
    left = set(targets)
    waves: list[Wave] = []
    while True:
        faults = [each.fault(operation) for each in sorted(left)]
        outcome = command(faults=faults, arguments=["--continue-on-error"], **options)
        failed = failed_in(outcome)
        if not failed & left:
            return Waves(tuple(waves), outcome, frozenset(left))
        waves.append(
            Wave(
                frozenset(failed & left),
                tuple(f"failed without a fault: {each}" for each in sorted(failed - left)),
                tuple(discrepancies(holdings(stack.state), kept)),
                outcome.seconds,
            )
        )
        told(waves[-1])
        left -= failed


def summary(operation: str, waves: Waves) -> str:
    """One row of a table: operation, resources, types, commands, seconds."""
    types = {each.type for each in waves.struck}
    seconds = sum(wave.seconds for wave in waves.failing) + waves.last.seconds
    cells: Sequence[object] = (operation, len(waves.struck), len(types), len(waves.failing) + 1, f"{seconds:.0f}")
    return "| " + " | ".join(map(str, cells)) + " |"
