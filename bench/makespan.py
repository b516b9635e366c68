"""Measures how long `up` and `destroy` of prod take with AWS's waiting times, against the graph's critical path.

python -m bench.makespan
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.critical_path import Task, creations, critical_path, deletion_rounds, deletions, length
from bench.engine_events import EventLog
from bench.sandboxed import CHECKOUT, Sandbox, run, sandbox
from sandbox.latency import scaled
from sandbox.urn import name_of, type_of

_SCALE = 0.1
_LIMIT = 1800.0  # seconds
_SETTINGS = {"slipway:protect": False}  # or it could not be taken down
_SHOWN = 0.01  # of the path; shorter steps are told together


@dataclass(frozen=True)
class Run:
    """One command with AWS's waiting times.

    Attributes:
        command: `up` or `destroy`
        seconds: the whole command
        steps: from the beginning of the first step of AWS or Kubernetes to the end of the last, in seconds
        path: the graph's critical path, at the same scale
        rounds: of a `destroy`, the longest step of each of the engine's rounds, at the same scale
    """

    command: str
    seconds: float
    steps: float
    path: tuple[Task, ...]
    rounds: tuple[Task, ...] = ()

    @property
    def ratio(self) -> float:
        """How much longer the steps take than the critical path; nothing is below 1."""
        return self.steps / length(self.path)

    @property
    def engine_ratio(self) -> float | None:
        """How much longer the steps take than the engine's rounds; None where it has none."""
        return self.steps / length(self.rounds) if self.rounds else None


def measure(account: Sandbox, scale: float, parallel: int | None) -> tuple[Run, Run]:
    """Bring prod up and take it down again.

    Args:
        account: an emulated account without prod
        scale: of AWS's waiting times; 1 is real time
        parallel: how many steps the engine takes at once; None for its own choice, four for each core
    """
    seconds = scaled(scale).seconds
    limit = [] if parallel is None else ["--parallel", str(parallel)]
    resources: list[dict[str, Any]] = []

    def path(tasks: Callable[..., list[Task]]) -> tuple[Task, ...]:
        return tuple(critical_path(tasks(resources, seconds)))

    up_seconds, up_steps = _timed(account, "up", scale, limit)
    resources += account.resources()
    down_seconds, down_steps = _timed(account, "destroy", scale, limit)
    return (
        Run("up", up_seconds, up_steps, path(creations)),
        Run("destroy", down_seconds, down_steps, path(deletions), tuple(deletion_rounds(resources, seconds))),
    )


def _timed(account: Sandbox, command: str, scale: float, limit: Sequence[str]) -> tuple[float, float]:
    log = account.state / f"{command}-{time.monotonic_ns()}.json"
    events = EventLog(log)
    words = (command, "--yes", "--skip-preview", "--suppress-outputs", *limit, "--event-log", str(log))
    settings = _SETTINGS if command == "up" else None
    begin = time.monotonic()
    run(
        account.words(CHECKOUT, *words, settings=settings, time_scale=scale),
        {"PULUMI_DEBUG_COMMANDS": "true"},
        lambda _: events.look(),
        _LIMIT,
    )
    seconds = time.monotonic() - begin
    events.look()
    steps = [each for each in events.steps() if each.type.startswith(("aws:", "kubernetes:"))]
    return seconds, max(each.end for each in steps) - min(each.begin for each in steps)


def table(runs: Sequence[tuple[int | None, Run]], scale: float) -> list[str]:
    """The runs, as Markdown."""
    own = f"{4 * (os.cpu_count() or 1)} (Pulumi's own choice here)"
    return [
        "| command | at once | critical path, s | engine's rounds, s "
        "| steps, s | ratio | to the rounds | whole command, s |",
        "|---|---|---|---|---|---|---|---|",
        *(
            f"| `{each.command}` | {own if parallel is None else parallel} | {length(each.path):.1f} "
            f"| {f'{length(each.rounds):.1f}' if each.rounds else ''} | {each.steps:.1f} | {each.ratio:.2f} "
            f"| {'' if each.engine_ratio is None else f'{each.engine_ratio:.2f}'} | {each.seconds:.1f} |"
            for parallel, each in runs
        ),
        "",
        f"Scale {scale:g}: what takes AWS ten minutes takes {600 * scale:.0f} s here.",
    ]


def path_table(path: Sequence[Task], scale: float) -> list[str]:
    """A critical path in AWS's own times, as Markdown; short steps between long ones are told by their number."""
    rows: list[str] = []
    begin, short, short_seconds = 0.0, 0, 0.0
    whole = length(path) / scale

    def tell_short() -> None:
        if short:
            rows.append(f"| | {short} short steps | {short_seconds:.0f} |")

    for task in path:
        seconds = task.seconds / scale
        if not seconds:
            continue
        if seconds < _SHOWN * whole:
            short, short_seconds = short + 1, short_seconds + seconds
        else:
            tell_short()
            short, short_seconds = 0, 0.0
            rows.append(f"| {begin:.0f} | `{name_of(task.name)}` `{type_of(task.name)}` | {seconds:.0f} |")
        begin += seconds
    tell_short()
    return ["| begins at, s | step | takes, s |", "|---|---|---|", *rows, f"| {begin:.0f} | end | |"]


def main(words: Sequence[str]) -> None:
    """Measure, and print the tables as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m bench.makespan", description=__doc__)
    parser.add_argument("--scale", type=float, default=_SCALE, help="of AWS's waiting times (default 0.1)")
    parser.add_argument("--parallel", type=int, nargs="*", default=[32], help="beside the engine's own choice")
    options = parser.parse_args(words)
    runs: list[tuple[int | None, Run]] = []
    for parallel in (None, *options.parallel):
        with sandbox() as account:
            print(f"bench: up and destroy, {parallel or 'as many as Pulumi likes'} at once", file=sys.stderr)
            runs += [(parallel, each) for each in measure(account, options.scale, parallel)]
    print("\n".join(table(runs, options.scale)))
    for _, each in runs[:2]:
        print()
        print(f"The critical path of `{each.command}`, in AWS's times:")
        print()
        print("\n".join(path_table(each.path, options.scale)))
    print()
    print("The rounds of `destroy`, in AWS's times:")
    print()
    print("\n".join(path_table(runs[1][1].rounds, options.scale)))


if __name__ == "__main__":
    main(sys.argv[1:])
