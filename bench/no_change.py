"""Measures `pulumi up` of prod that has nothing to change, beside an empty and a flat program.

python -m bench.no_change
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.flat_program import write_empty, write_flat
from bench.flat_state import flat_state
from bench.ratios import Figure, cpu_seconds, ratios, seconds, spread
from bench.recorded_requests import requests_in
from bench.sandboxed import CHECKOUT, Cost, Sandbox, Subject, run


@dataclass(frozen=True)
class Program:
    """A program that is up, and what going up again took.

    Attributes:
        subject: the program
        account: where it is up
        costs: run by run
    """

    subject: Subject
    account: Sandbox
    costs: list[Cost] = field(default_factory=list[Cost])


def programs(directory: Path) -> list[Program]:
    """An empty program, a flat one and Slipway, each up in an account of its own.

    The flat one begins with Slipway's state, its components taken out, and says itself what Slipway's program says: so
    its first run, which does not count, tells whether both are the same.

    Raises:
        RuntimeError: one cannot come up, or the flat one would change something.
    """
    empty_account = Sandbox(directory / "empty-account")
    account = empty_account.copied(directory / "account")
    slipway = Subject("Slipway", CHECKOUT, {})
    run(account.words(CHECKOUT, "up", "--yes", "--skip-preview", "--suppress-outputs"))
    requests = requests_in(account.calls(slipway, up=True))

    flat = Subject("flat", directory / "flat", {})
    write_flat(requests, flat.project, Sandbox.stack)
    flat_account = account.copied(directory / "flat-account")
    state = directory / "flat-state.json"
    state.write_text(json.dumps(flat_state(account.export())))
    run(flat_account.words(flat.project, "stack", "import", "--file", str(state)))

    empty = Subject("empty", directory / "empty", {})
    write_empty(requests, empty.project, Sandbox.stack)
    run(empty_account.words(empty.project, "up", "--yes", "--skip-preview", "--suppress-outputs"))
    return [Program(empty, empty_account), Program(flat, flat_account), Program(slipway, account)]


def measure(compared: Sequence[Program], rounds: int) -> None:
    """Bring all up again in turn, as often as `rounds` says, after one run each that does not count."""
    for each in compared:
        each.account.unchanged(each.subject)
    for number in range(rounds):
        for each in compared:
            each.costs.append(each.account.unchanged(each.subject))
        print(f"bench: {number + 1} of {rounds} rounds of {len(compared)} updates", file=sys.stderr)


def table(compared: Sequence[Program]) -> list[str]:
    """The medians, and pair by pair how many times the empty and the flat program's, as Markdown."""
    empty, flat, slipway = compared

    def ratio(other: Program, of: Figure) -> str:
        return spread(ratios(slipway.costs, other.costs, of))

    return [
        "| prod, nothing to change | seconds | CPU seconds |",
        "|---|---|---|",
        *(
            f"| {each.subject.name} | {median(map(seconds, each.costs)):.2f} "
            f"| {median(map(cpu_seconds, each.costs)):.2f} |"
            for each in compared
        ),
        "",
        f"- Slipway / flat, time: {ratio(flat, seconds)}; CPU: {ratio(flat, cpu_seconds)}",
        f"- Slipway / empty, time: {ratio(empty, seconds)}; CPU: {ratio(empty, cpu_seconds)}",
    ]


def main(words: Sequence[str]) -> None:
    """Measure, and print the table as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m bench.no_change", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="runs of each program (default 5)")
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as directory:
        compared = programs(Path(directory))
        measure(compared, options.rounds)
    print("\n".join(table(compared)))


if __name__ == "__main__":
    main(sys.argv[1:])
