"""Brings up many services on many nodes of a real local control plane, by Pulumi and by `kubectl apply --server-side`.

python -m bench.cluster
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from types import FrameType
from typing import cast

from bench.bar_chart import Bar, bars
from bench.cluster_run import Measured, Runner, Way
from bench.cluster_system import cluster_settings
from bench.engine_events import Step, by_type
from bench.local_cluster import STATE_ONCE
from bench.sandboxed import CHECKOUT, Sandbox

_PICTURE = CHECKOUT / "docs" / "bench-cluster.svg"
_COLOURS = {
    "before the first object": "#94a3b8",
    "until the first Deployment": "#60a5fa",
    "until the last Deployment": "#2563eb",
    "until all pods are ready": "#f59e0b",
    "until the command ends": "#cbd5e1",
}
_TYPES_SHOWN = 12

WHOLE = Way("up", prepared=False, tool="pulumi")
ONCE = Way("up, state once", prepared=False, tool="pulumi", variables=STATE_ONCE)
PREPARED = Way("services, state once", prepared=True, tool="pulumi", variables=STATE_ONCE)
WIDE = Way(
    "services, state once, 100 at a time",
    prepared=True,
    tool="pulumi",
    variables={**STATE_ONCE, "PULUMI_PARALLEL": "100"},
)
KUBECTL = Way("kubectl apply", prepared=True, tool="kubectl")

IN_TURN = (ONCE, PREPARED, WIDE, KUBECTL)
WAYS = (WHOLE, *IN_TURN)


def medians(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median of each value of several runs; one that a run lacks counts as 0 there."""
    names = list(dict.fromkeys(name for each in runs for name in each))
    return {name: median(each.get(name, 0.0) for each in runs) for name in names}


def _group(runs: Sequence[Measured]) -> dict[str, list[Measured]]:
    """The runs of each way, in the order of `WAYS`."""
    groups = {way.name: [each for each in runs if each.way == way.name] for way in WAYS}
    return {name: group for name, group in groups.items() if group}


def _table(title: str, columns: Mapping[str, Mapping[str, float]], form: str) -> list[str]:
    """A table with a column for each way and a row for each value; what a way lacks stays empty."""
    rows = list(dict.fromkeys(name for each in columns.values() for name in each))
    lines = [f"| {title} | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for row in rows:
        cells = [format(each[row], form) if row in each else "" for each in columns.values()]
        lines.append(f"| {row} | {' | '.join(cells)} |")
    return lines


def report(runs: Sequence[Measured]) -> list[str]:
    """All tables, as Markdown."""
    groups = _group(runs)
    whole = {
        way: {
            **medians([run.phases for run in each]),
            "in all": median(run.total for run in each),
            "from the first object until all pods are ready": median(run.from_first_object for run in each),
        }
        for way, each in groups.items()
    }
    lines = [*_table("seconds, median", whole, ".1f"), ""]
    if KUBECTL.name in groups:
        for way in (each for each in groups if each != KUBECTL.name):
            pairs = [
                (one.from_first_object / other.from_first_object, one.total / other.total)
                for one, other in zip(groups[way], groups[KUBECTL.name], strict=False)
            ]
            told = "; ".join(f"{objects:.2f} ({total:.2f})" for objects, total in pairs)
            lines.append(f"- {way} / kubectl, from the first object until all are ready (whole command): {told}")
    lines += [
        "",
        *_table("CPU seconds", {way: medians([run.cpu for run in each]) for way, each in groups.items()}, ".1f"),
    ]
    parts = {way: medians([run.rollouts for run in each]) for way, each in groups.items()}
    lines += ["", *_table("a rollout, s", parts, ".2f")]
    answers = {way: medians([run.answers for run in each]) for way, each in groups.items()}
    lines += ["", *_table("API server's answers, s in all", answers, ".1f")]
    for way, each in groups.items():
        if each[0].steps:
            lines += ["", *_steps(way, [Step(*step) for step in each[0].steps])]
    loads = ", ".join(f"{each.way} {each.load:.1f}" for each in runs)
    return [*lines, "", f"Runs in their order, each with the load average before it: {loads}."]


def _steps(way: str, steps: Sequence[Step]) -> list[str]:
    lines = [f"| {way}: steps of the first run | number | seconds in all | first begins | last ends |"]
    lines.append("|---|---|---|---|---|")
    for type_, number, seconds, begin, end in by_type(steps)[:_TYPES_SHOWN]:
        lines.append(f"| `{type_}` | {number} | {seconds:.1f} | {begin:.1f} | {end:.1f} |")
    return lines


def picture(runs: Sequence[Measured], services: int, nodes: int) -> str:
    """The phases of each way, as bars: the whole `up` above, the services alone below."""
    bar = {way: Bar(way, medians([run.phases for run in each])) for way, each in _group(runs).items()}
    ways = ((WHOLE, ONCE), (PREPARED, WIDE, KUBECTL))
    panels = [[bar[way.name] for way in panel if way.name in bar] for panel in ways]
    title = f"{services} services on {nodes} nodes, by Pulumi and by kubectl"
    return bars(title, "seconds, median", [panel for panel in panels if panel], _COLOURS)


def _end(_number: int, _frame: FrameType | None) -> None:
    """Leave by an exception, so that all that was started ends."""
    sys.exit(1)


def _measure(options: argparse.Namespace) -> list[Measured]:
    settings, pods = cluster_settings(options.services, options.nodes, Sandbox.stack)
    runner = Runner(settings, pods)
    runs: list[Measured] = []
    for way in (*IN_TURN * options.rounds, *(WHOLE,) * options.whole):
        runs.append(runner.measure(way))
        print(f"bench: {way.name}: {runs[-1].total:.1f} s, load {runs[-1].load:.1f}", file=sys.stderr, flush=True)
        if options.results is not None:
            cast("Path", options.results).write_text(json.dumps([asdict(each) for each in runs], indent=1))
    return runs


def _read(results: Path) -> list[Measured]:
    return [Measured(**each) for each in json.loads(results.read_text())]


def main(words: Sequence[str]) -> None:
    """Measure, and print the tables as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m bench.cluster", description=__doc__)
    parser.add_argument("--services", type=int, default=100, help="how many (default 100)")
    parser.add_argument("--nodes", type=int, default=50, help="how many (default 50)")
    parser.add_argument("--rounds", type=int, default=2, help="runs of each way in turn (default 2)")
    parser.add_argument("--whole", type=int, default=1, help="runs of `up` as it is, which is slow (default 1)")
    parser.add_argument("--results", type=Path, help="where the figures of each run go, as JSON")
    parser.add_argument("--again", action="store_true", help="measure nothing, only show what --results holds")
    parser.add_argument("--picture", type=Path, default=_PICTURE, help="where the picture goes")
    options = parser.parse_args(words)
    signal.signal(signal.SIGTERM, _end)
    if options.again and options.results is None:
        parser.error("--again needs --results")
    runs = _read(options.results) if options.again else _measure(options)
    print("\n".join(report(runs)), flush=True)
    cast("Path", options.picture).write_text(picture(runs, options.services, options.nodes))


if __name__ == "__main__":
    main(sys.argv[1:])
