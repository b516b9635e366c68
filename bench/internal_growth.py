"""Measures `pulumi preview` of prod with up to 1,000 internal services more: time, CPU, memory.

python -m bench.internal_growth
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.grown_system import write_with_internal
from bench.growth import best_power, line_through
from bench.line_chart import Series, picture
from bench.sandboxed import CHECKOUT, Cost, Sandbox, Subject, sandbox

_SIZES = (10, 100, 300, 1000)
_PICTURE = CHECKOUT / "docs" / "bench-internal-growth.svg"


@dataclass(frozen=True)
class Size:
    """One system and what its previews took.

    Attributes:
        services: how many internal ones beside prod's own
        subject: its program
        costs: run by run
        memory: the most that all processes held at once, in MiB, run by run; empty where it cannot be known
    """

    services: int
    subject: Subject
    costs: list[Cost] = field(default_factory=list[Cost])
    memory: list[float] = field(default_factory=list[float])

    @property
    def seconds(self) -> float:
        """The median time of a preview."""
        return statistics.median(cost.seconds for cost in self.costs)

    @property
    def cpu_seconds(self) -> float:
        """The median CPU time of a preview."""
        return statistics.median(cost.cpu_seconds for cost in self.costs)


def measure(account: Sandbox, sizes: Sequence[Size], rounds: int) -> None:
    """Preview each system in turn, as often as `rounds` says, once with an eye on memory each time."""
    for number in range(rounds):
        for size in sizes:
            size.costs.append(account.preview(size.subject))
            peak = account.peak_memory(size.subject)
            if peak is not None:
                size.memory.append(peak)
            print(f"bench: round {number + 1} of {rounds}, {size.services} services", file=sys.stderr)


def table(sizes: Sequence[Size]) -> list[str]:
    """The medians and how they grow, as Markdown."""
    counts = [size.services for size in sizes]
    figures = {
        "time, s": [size.seconds for size in sizes],
        "CPU, s": [size.cpu_seconds for size in sizes],
        "memory, MiB": [statistics.median(size.memory) for size in sizes if size.memory],
    }
    known = {name: values for name, values in figures.items() if len(values) == len(sizes)}
    rows = [
        f"| {count} | {' | '.join(f'{values[place]:.1f}' for values in known.values())} |"
        for place, count in enumerate(counts)
    ]
    lines = [
        f"- {name}: {line.fixed:.1f} and {line.each:.3f} for each service, R² {line.r_squared:.3f}, "
        f"best power {best_power(counts, values):.2f}"
        for name, values in known.items()
        for line in [line_through(counts, values)]
    ]
    return [
        f"| internal services | {' | '.join(known)} |",
        f"|---|{'---|' * len(known)}",
        *rows,
        "",
        *lines,
    ]


def chart(sizes: Sequence[Size]) -> str:
    """Time and CPU of each size, and the line through the times, as SVG."""
    counts = [size.services for size in sizes]
    times, cpus = [size.seconds for size in sizes], [size.cpu_seconds for size in sizes]
    line = line_through(counts, times)
    ends = [(0, line.at(0)), (counts[-1], line.at(counts[-1]))]
    return picture(
        "Preview of prod with internal services more",
        "services",
        "seconds, median",
        [
            Series(f"line, R² {line.r_squared:.3f}", ends, "", dashed=True),
            Series("CPU", list(zip(counts, cpus, strict=True)), "#94a3b8"),
            Series("time", list(zip(counts, times, strict=True)), "#2563eb"),
        ],
    )


def main(words: Sequence[str]) -> None:
    """Measure, print the table as Markdown and draw the picture."""
    parser = argparse.ArgumentParser(prog="python -m bench.internal_growth", description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, help="runs of each size (default 2)")
    parser.add_argument("--sizes", type=int, nargs="*", default=_SIZES, help="numbers of services")
    parser.add_argument("--picture", type=Path, default=_PICTURE, help="where the picture goes")
    options = parser.parse_args(words)
    with sandbox() as account, tempfile.TemporaryDirectory(prefix="slipway-bench-") as directory:
        sizes: list[Size] = []
        for services in sorted(options.sizes):
            place = Path(directory) / f"internal-{services}"
            place.mkdir()
            project = write_with_internal(services, Sandbox.stack, place)
            sizes.append(Size(services, Subject(f"{services} services", project, {})))
        measure(account, sizes, options.rounds)
    print("\n".join(table(sizes)))
    if len(sizes) > 1:
        options.picture.write_text(chart(sizes))


if __name__ == "__main__":
    main(sys.argv[1:])
