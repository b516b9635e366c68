"""How a load test is shown: one table that grows, a CSV file, a picture."""

import csv
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from ops.load_steps import Row
from ops.panel_chart import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, Column, Line, Panel, as_steps, picture, round_values

_UNKNOWN: Final = "-"
_COLUMNS: Final = (
    "seconds",
    "visitors",
    "requests",
    "failed",
    "requests_per_second",
    "median_ms",
    "p95_ms",
    "p99_ms",
    "longest_ms",
    "replicas",
    "ready",
    "utilization_percent",
    "target_percent",
    "nodes",
)
_TICKS: Final = 8


def _values(row: Row) -> tuple[float | int | None, ...]:
    """As the CSV file has them, in the order of its columns."""
    served, reading = row.served, row.reading
    return (
        round(row.seconds, 1),
        row.visitors,
        *(
            (None,) * 7
            if served is None
            else (
                served.requests,
                served.failed,
                round(served.per_second, 1),
                served.median_ms,
                served.p95_ms,
                served.p99_ms,
                served.longest_ms,
            )
        ),
        *(
            (None,) * 5
            if reading is None
            else (
                reading.replicas,
                reading.ready,
                reading.utilization_percent,
                reading.target_percent,
                reading.nodes,
            )
        ),
    )


class LiveTable:
    """The looks so far: on a terminal the table itself, elsewhere a line for each look.

    Attributes:
        rows: all of them
    """

    def __init__(self, console: Console, title: str) -> None:
        self.rows: list[Row] = []
        self._console, self._title = console, title
        self._live = Live(console=console, refresh_per_second=4) if console.is_terminal else None

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            # A terminal shows the end of a long table only; all of it stands there afterwards.
            self._live.update(table(self.rows, self._title))
            self._live.stop()
        elif self.rows:
            self._console.print(table(self.rows, self._title))

    def take(self, row: Row) -> None:
        """Show one more look."""
        self.rows.append(row)
        if self._live is not None:
            room = max(self._console.height - 6, 1)
            self._live.update(table(self.rows[-room:], self._title), refresh=True)
        else:
            self._console.print(_sentence(row))


def table(rows: Sequence[Row], title: str) -> Table:
    """All looks."""
    shown = Table(title=title, title_justify="left")
    for name in ("time", "visitors", "per second", "failed", "median", "95 %", "99 %", "longest"):
        shown.add_column(name, justify="right")
    for name in ("replicas", "CPU", "nodes"):
        shown.add_column(name, justify="right", style="cyan")
    for row in rows:
        broken = row.served is not None and row.served.failed
        shown.add_row(*_cells(row), style="red" if broken or row.trouble else None)
    return shown


def _cells(row: Row) -> tuple[str, ...]:
    served, reading = row.served, row.reading
    asked = (_UNKNOWN,) * 6
    if served is not None:
        times = (served.median_ms, served.p95_ms, served.p99_ms, served.longest_ms)
        asked = (f"{served.per_second:.0f}", f"{served.failed}", *(_milliseconds(each) for each in times))
    known = (_UNKNOWN,) * 3
    if reading is not None:
        within = f" of {reading.limits[0]}-{reading.limits[1]}" if reading.limits else ""
        percent = "?" if reading.utilization_percent is None else str(reading.utilization_percent)
        target = "" if reading.target_percent is None else f"{percent} % of {reading.target_percent} %"
        known = (f"{reading.ready}/{reading.replicas}{within}", target or _UNKNOWN, str(reading.nodes))
    elif row.trouble is not None:
        known = (row.trouble, _UNKNOWN, _UNKNOWN)
    return (f"{row.seconds:.0f} s", str(row.visitors), *asked, *known)


def _sentence(row: Row) -> str:
    """A row for a log, where no header stands above it."""
    time, visitors, speed, failed, _, _, slowest, _, pods, cpu, nodes = _cells(row)
    asked = f"{visitors} at once, {speed} per second, {failed} failed, 99 % within {slowest}"
    known = f"; {pods} pods, CPU {cpu}, {nodes} nodes" if row.reading else f"; {row.trouble}" if row.trouble else ""
    return f"{time}: {asked if row.served else 'no load'}{known}"


def _milliseconds(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:.0f} ms"


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """Write all looks; what is not known stays empty.

    Raises:
        OSError: it cannot be written.
    """
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        writer.writerows(_values(row) for row in rows)


def drawn(rows: Sequence[Row], title: str) -> str:
    """All looks as a picture."""
    served = [(row.seconds, row.served) for row in rows if row.served is not None]
    read = [(row.seconds, row.reading) for row in rows if row.reading is not None]
    visitors = [Line("at once", as_steps([(row.seconds, float(row.visitors)) for row in rows]), GREY)]
    speed = [
        Line("answered", [(at, each.per_second) for at, each in served], BLUE),
        Line("failed", [(at, each.failed / (each.seconds or 1)) for at, each in served], RED),
    ]
    times = [
        Line("median", [(at, each.median_ms) for at, each in served if each.median_ms is not None], GREEN),
        Line("95 %", [(at, each.p95_ms) for at, each in served if each.p95_ms is not None], ORANGE),
        Line("99 %", [(at, each.p99_ms) for at, each in served if each.p99_ms is not None], RED),
    ]
    panels = [
        Panel("Visitors", visitors),
        Panel("Requests per second", speed),
        Panel("Milliseconds until the answer", times),
    ]
    if read:
        count = [
            Line("asked for", as_steps([(at, float(each.replicas)) for at, each in read]), GREY, "dashed"),
            Line("ready pods", as_steps([(at, float(each.ready)) for at, each in read]), BLUE),
            Line("nodes", as_steps([(at, float(each.nodes)) for at, each in read]), PURPLE),
        ]
        percent = [
            Line("target", [(at, float(each.target_percent)) for at, each in read if each.target_percent is not None],
                 GREY, "dashed"),
            Line("CPU", [(at, float(each.utilization_percent)) for at, each in read
                         if each.utilization_percent is not None], ORANGE),
        ]  # fmt: skip
        panels += [Panel("Pods and nodes", count), Panel("CPU in per cent of the request", percent)]
    last = max((row.seconds for row in rows), default=0.0)
    return picture(title, [Column("", panels)], [(mark, f"{mark:g} s") for mark in round_values(last, _TICKS)])
