"""Kills engine, program or provider of prod's `up` and `destroy` at random moments, and recovers each time.

python -m bench.kill_drill --victim engine --kills 50 --seed 1

One account goes through its life again and again: up, the typical change, destroy. Each command is killed at a moment
drawn by lot (`kill -9`), recovered from as docs/faults.md says, and run again, until it ends by itself before its
moment; then its end is compared with what it is without any kill.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.account_check import KEPT_WITH_THE_DATA, discrepancies, holdings
from bench.kill_recovery import Recovered, recover
from bench.typical_change import TYPICAL_CHANGE
from sandbox.forking import forked_processes
from tests.engine.processes import running_in
from tests.engine.sandbox_stack import CHECKOUT, SandboxStack, bootstrapped

VICTIMS: Final[Mapping[str, str]] = {
    "engine": "/pulumi",
    "program": "language_host.py",
    "provider": "sandbox.server",
}
"""A part of one word of each one's command line; the engine's is the end of its first."""

_LATEST: Final = 14.0
"""Seconds after its start at which a command is killed at the latest; shorter ones are killed more often."""
_END: Final = 60.0
"""Seconds that what is left of a killed command has to end by itself."""


@dataclass
class Drill:
    """What came of a number of kills.

    Attributes:
        kills: how many processes were killed.
        phases: how many commands ended in the end, by name.
        needed: how often each way of recovery was needed.
        orphans: how many things existed that Pulumi had not heard of.
        wrong: what did not hold.
    """

    kills: int = 0
    phases: Counter[str] = field(default_factory=Counter[str])
    needed: Counter[str] = field(default_factory=Counter[str])
    orphans: int = 0
    wrong: list[str] = field(default_factory=list[str])

    def add(self, recovered: Recovered) -> None:
        """Take down one recovery."""
        self.kills += 1
        self.needed[" + ".join(recovered.steps) or "nothing"] += 1
        self.orphans += len(recovered.deleted)
        self.wrong += [f"recovery: {each[-2000:]}" for each in recovered.trouble]


@dataclass(frozen=True)
class Phase:
    """A command of a stack's life, with what may exist in no state after it."""

    name: str
    words: tuple[str, ...]
    settings: Mapping[str, Any]
    kept: tuple[str, ...] = ()


_KEPT: Final = tuple(sorted(KEPT_WITH_THE_DATA))
LIFE: Final = (
    Phase("up", ("up", "--yes", "--skip-preview"), {}),
    Phase("change", ("up", "--yes", "--skip-preview"), TYPICAL_CHANGE),
    Phase("destroy", ("destroy", "--yes", "--skip-preview"), {}, _KEPT),
)


def kill(directory: Path, victim: str) -> bool:
    """Kill the engine, the program or the provider of what runs in a sandbox; gives back whether there was one."""
    killed = False
    for process, words in running_in(directory):
        meant = (
            words[0].endswith(VICTIMS[victim]) if victim == "engine" else any(VICTIMS[victim] in each for each in words)
        )
        if meant:
            os.kill(process, signal.SIGKILL)
            killed = True
    return killed


def run_phase(stack: SandboxStack, phase: Phase, victim: str, moments: Iterator[float], drill: Drill) -> bool:
    """Run one command, killed and recovered as often as there are moments; gives back whether it ended by itself."""
    for moment in moments:
        running = stack.start(*phase.words, options=_settings(phase))
        end = time.monotonic() + moment
        while running.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        if running.poll() is None and kill(stack.state, victim):
            running.wait(_END)
            _wait_for_all(stack.state)
            drill.add(recover(stack, phase.kept))
            drill.wrong += [f"after a kill: {each}" for each in discrepancies(holdings(stack.state), phase.kept)]
            print(f"{phase.name}: kill {drill.kills} after {moment:.1f} s", file=sys.stderr)
            continue
        code = running.wait()
        if code != 0:
            drill.wrong.append(f"{phase.name} after a recovery: {stack.shown_in_background()[-2000:]}")
        drill.phases[phase.name] += 1
        drill.wrong += [f"in the end: {each}" for each in discrepancies(holdings(stack.state), phase.kept)]
        return code == 0
    return False


def _settings(phase: Phase) -> list[str]:
    return [word for key, value in phase.settings.items() for word in ("--set", f"{key}={json.dumps(value)}")]


def _wait_for_all(directory: Path) -> None:
    deadline = time.monotonic() + _END
    while any(running_in(directory)) and time.monotonic() < deadline:
        time.sleep(0.05)


def run_drill(directory: Path, victim: str, kills: int, seed: int, seconds: float = float("inf")) -> Drill:
    """Kill `victim` so many times in the lives of one account.

    Args:
        directory: for the account.
        victim: `engine`, `program` or `provider`.
        kills: how many times.
        seed: of the lot that says when.
        seconds: after which nothing more is killed.
    """
    drill, lot = Drill(), random.Random(f"{seed}|{victim}")  # noqa: S311  # no secret
    end = time.monotonic() + seconds

    def moments() -> Iterator[float]:
        while drill.kills < kills and time.monotonic() < end:
            yield lot.uniform(0.5, _LATEST)

    stack = SandboxStack(directory / "account", CHECKOUT, "prod")
    bootstrapped(stack)
    # Without --run-program a destroy starts no program: there is nothing to kill.
    phases = [each for each in LIFE if victim != "program" or each.words[0] != "destroy"]
    while drill.kills < kills and time.monotonic() < end and not drill.wrong:
        for phase in phases:
            if not run_phase(stack, phase, victim, moments(), drill):
                break
        else:
            shutil.rmtree(stack.state)
            bootstrapped(stack)
    return drill


def main(words: Sequence[str]) -> int:
    """Drill, and print a row of the table in docs/faults.md; gives back 1 where something did not hold."""
    parser = argparse.ArgumentParser(prog="python -m bench.kill_drill", description=__doc__)
    parser.add_argument("--victim", choices=sorted(VICTIMS), action="append", help="may be repeated (default: all)")
    parser.add_argument("--kills", type=int, default=50, help="of each (default 50)")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="of each victim, after which it ends")
    parser.add_argument("--seed", type=int, default=1, help="of the lot that says when (default 1)")
    options = parser.parse_args(words)
    drills: dict[str, Drill] = {}
    for victim in options.victim or sorted(VICTIMS):
        # What is killed is started by itself; the commands between kills need not be.
        with tempfile.TemporaryDirectory(prefix="slipway-kills-") as directory, forked_processes():
            drills[victim] = run_drill(Path(directory), victim, options.kills, options.seed, options.seconds)
    print("| killed | times | orphans found | recovered by | commands that ended | not recovered |")
    print("|---|--:|--:|---|---|--:|")
    for victim, drill in drills.items():
        ways = ", ".join(f"{way} {count}" for way, count in drill.needed.most_common())
        phases = ", ".join(f"{name} {count}" for name, count in drill.phases.items())
        print(f"| {victim} | {drill.kills} | {drill.orphans} | {ways} | {phases or 'none'} | {len(drill.wrong)} |")
    for victim, drill in drills.items():
        print("".join(f"\n- {victim}: {line}" for line in drill.wrong), end="")
    return 1 if any(drill.wrong for drill in drills.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
