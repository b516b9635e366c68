"""Measures `pulumi preview` of prod in the sandbox, beside an empty and a flat program.

python -m bench.preview
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.flat_program import write_empty, write_flat
from bench.grown_system import nodes_for, settings_of
from bench.growth import best_power, line_through
from bench.line_chart import Series, picture
from bench.ratios import Figure, cpu_seconds, ratios, seconds, spread
from bench.recorded_requests import Requests, differences, requests_in
from bench.sandboxed import CHECKOUT, Cost, Sandbox, Subject, sandbox

_PICTURE = CHECKOUT / "docs" / "bench-preview.svg"
_SIZES = (3, 10, 30, 100)
_MEMORY_RUNS = 3


@dataclass(frozen=True)
class Measured:
    """A program and its costs, run by run.

    Attributes:
        resources: how many things a provider makes in it
        costs: the runs, of which those at the same place were made right after each other
    """

    subject: Subject
    resources: int
    costs: list[Cost]

    def median(self, of: Figure) -> float:
        """The middle of all runs."""
        return statistics.median(map(of, self.costs))


def _ratio(one: Measured, other: Measured, of: Figure, less: Measured | None = None) -> str:
    return spread(ratios(one.costs, other.costs, of, None if less is None else less.costs))


class Bench:
    """The programs and the sandbox they are previewed in."""

    def __init__(self, sandbox: Sandbox, directory: Path) -> None:
        self._sandbox = sandbox
        self._directory = directory

    def pair(self, services: int | None) -> tuple[Measured, Measured, Requests]:
        """Slipway and a flat program of the same resources, not measured yet; as shipped, or with so many services.

        Raises:
            RuntimeError: the flat program does not register the same.
        """
        settings = {**settings_of(services, Sandbox.stack), **nodes_for(services)} if services else {}
        program = Subject("Slipway", CHECKOUT, settings)
        requests = requests_in(self._sandbox.calls(program))
        flat = Subject("flat", self._directory / f"flat-{services or 'prod'}", {})
        write_flat(requests, flat.project, Sandbox.stack)
        if found := differences(requests, requests_in(self._sandbox.calls(flat))):
            raise RuntimeError("the flat program is not the same:\n" + "\n".join(found))
        number = len(requests.resources)
        return Measured(program, number, []), Measured(flat, number, []), requests

    def empty(self, requests: Requests) -> Measured:
        """A program with the same imports and nothing else."""
        subject = Subject("empty", self._directory / "empty", {})
        write_empty(requests, subject.project, Sandbox.stack)
        return Measured(subject, 0, [])

    def run(self, programs: Sequence[Measured], rounds: int) -> None:
        """Preview all programs in turn, as often as `rounds` says, after one run each that does not count."""
        for each in programs:
            self._sandbox.preview(each.subject)
        for number in range(rounds):
            for each in programs:
                each.costs.append(self._sandbox.preview(each.subject))
            print(f"bench: {number + 1} of {rounds} rounds of {len(programs)} previews", file=sys.stderr)

    def memory(self, measured: Measured) -> str:
        """The median of the peaks of some runs, in MiB."""
        peaks = [self._sandbox.peak_memory(measured.subject) for _ in range(_MEMORY_RUNS)]
        known = [peak for peak in peaks if peak is not None]
        return f"{statistics.median(known):.0f}" if known else "not measured"


def _side_by_side(bench: Bench, pairs: int) -> list[str]:
    program, flat, requests = bench.pair(None)
    empty = bench.empty(requests)
    programs = [empty, flat, program]
    bench.run(programs, pairs)
    rows = [
        f"| {each.subject.name} | {each.resources} | {each.median(seconds):.2f} | {each.median(cpu_seconds):.2f} "
        f"| {bench.memory(each)} |"
        for each in programs
    ]
    return [
        "| prod | resources | seconds | CPU seconds | peak memory, MiB |",
        "|---|---|---|---|---|",
        *rows,
        "",
        f"Medians of {pairs} runs in turn. Pair by pair, as median (least to most):",
        "",
        f"- Slipway / flat, time: {_ratio(program, flat, seconds)}",
        f"- Slipway / flat, time beyond the empty program: {_ratio(program, flat, seconds, empty)}",
        f"- Slipway / flat, CPU: {_ratio(program, flat, cpu_seconds)}",
        f"- Slipway / empty, time: {_ratio(program, empty, seconds)}",
    ]


def _with_more_services(bench: Bench, sizes: Sequence[int], rounds: int, target: Path) -> list[str]:
    pairs = [bench.pair(size)[:2] for size in sizes]
    bench.run([each for pair in pairs for each in pair], rounds)
    rows = [
        f"| {size} | {program.resources} | {program.median(seconds):.2f} | {program.median(cpu_seconds):.2f} "
        f"| {flat.median(seconds):.2f} | {flat.median(cpu_seconds):.2f} | {_ratio(program, flat, seconds)} "
        f"| {_ratio(program, flat, cpu_seconds)} |"
        for size, (program, flat) in zip(sizes, pairs, strict=True)
    ]
    programs, flats = zip(*pairs, strict=True)
    times, cpus = ([each.median(of) for each in programs] for of in (seconds, cpu_seconds))
    line, cpu_line = line_through(sizes, times), line_through(sizes, cpus)
    chart = picture(
        "Preview of prod with more services",
        "services",
        "seconds, median",
        [
            Series(
                f"line, R² {line.r_squared:.3f}", [(0, line.at(0)), (sizes[-1], line.at(sizes[-1]))], "", dashed=True
            ),
            Series("flat", [(size, each.median(seconds)) for size, each in zip(sizes, flats, strict=True)], "#94a3b8"),
            Series("Slipway", list(zip(sizes, times, strict=True)), "#2563eb"),
        ],
    )
    target.write_text(chart)
    return [
        "| services | resources | Slipway, s | Slipway, CPU s | flat, s | flat, CPU s | ratio, time | ratio, CPU |",
        "|---|---|---|---|---|---|---|---|",
        *rows,
        "",
        f"Medians of {rounds} runs in turn. Slipway's time is {line.fixed:.2f} s and {line.each * 1000:.0f} ms "
        f"for each service: R² {line.r_squared:.3f}, best power {best_power(sizes, times):.2f}. Its CPU time: "
        f"R² {cpu_line.r_squared:.3f}, best power {best_power(sizes, cpus):.2f}.",
    ]


def main(words: Sequence[str]) -> None:
    """Measure, and print the tables as Markdown."""
    parser = argparse.ArgumentParser(prog="python -m bench.preview", description=__doc__)
    parser.add_argument("--pairs", type=int, default=7, help="runs of each program for prod as it is (default 7)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each size (default 3)")
    parser.add_argument(
        "--sizes", type=int, nargs="*", default=_SIZES, help="numbers of services (default 3 10 30 100)"
    )
    parser.add_argument("--picture", type=Path, default=_PICTURE, help="where the picture goes")
    options = parser.parse_args(words)
    with sandbox() as account, tempfile.TemporaryDirectory(prefix="slipway-bench-") as directory:
        bench = Bench(account, Path(directory))
        print("\n".join(_side_by_side(bench, options.pairs)), flush=True)
        if len(options.sizes) > 1:
            print()
            print("\n".join(_with_more_services(bench, sorted(options.sizes), options.rounds, options.picture)))


if __name__ == "__main__":
    main(sys.argv[1:])
