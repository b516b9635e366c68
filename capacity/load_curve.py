"""A load over time, read from a CSV file that a person or a program wrote.

    time,frontend,thoughts@18ms
    2026-11-23 00:00,120,3
    2026-11-23 08:30,1450,41.5

The first column is the time on the wall clock of one time zone; a row holds until the next one, and the last one as
long as the one before it. Every other column is a service: what is asked of it altogether, in millicores, or, where its
name goes on with `@` and a time, in requests per second of which each costs so many milliseconds of CPU.
"""

import csv
import math
import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

_TIME_COLUMN: Final = "time"
_COLUMN: Final = re.compile(r"(?P<service>[^@]+)(@(?P<cost>\d+(\.\d+)?)ms)?")
LONGEST: Final = timedelta(days=31)
"""How long a curve may be."""


class LoadCurveError(Exception):
    """A file that is no load curve: every problem, each with its line."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class LoadCurve:
    """What is asked of services over a time.

    Attributes:
        begin: of the first row
        end: until when the last row holds
        seconds: when each row begins, since `begin`
        millicores: of each service, by rows
    """

    begin: datetime
    end: datetime
    seconds: tuple[float, ...]
    millicores: dict[str, tuple[float, ...]]

    @property
    def duration(self) -> float:
        """In seconds."""
        return (self.end - self.begin).total_seconds()

    def demand(self, service: str, second: float) -> float:
        """What is asked of a service at a time since the beginning, in millicores; nothing of one without a column."""
        if service not in self.millicores:
            return 0.0
        return self.millicores[service][max(bisect_right(self.seconds, second) - 1, 0)]


def read_load_curve(lines: Iterable[str], services: Collection[str], zone: ZoneInfo) -> LoadCurve:
    """The curve in the lines of a CSV file.

    Args:
        lines: as they stand in the file
        services: those that may have a column
        zone: whose wall clock the first column shows

    Raises:
        LoadCurveError: with every problem found.
    """
    rows = _rows(lines)
    header = rows[0][1] if rows else []
    if not header:
        raise LoadCurveError(["line 1: is empty; expected a header such as time,frontend"])
    problems: list[str] = []
    costs = _costs(header, services, problems)
    times: list[tuple[int, datetime]] = []
    values: list[list[float]] = []
    for line, row in rows[1:]:
        if not row:
            continue
        if len(row) != len(header):
            problems.append(f"line {line}: has {len(row)} columns; expected {len(header)}, as the header has")
            continue
        if (moment := _moment(line, row[0], zone, problems)) is not None:
            times.append((line, moment))
        values.append([_value(line, name, text, problems) for name, text in zip(header[1:], row[1:], strict=True)])
    problems += [
        f"line {line}: {moment:%Y-%m-%d %H:%M} does not come after the {before:%Y-%m-%d %H:%M} of line {line_before}"
        for (line_before, before), (line, moment) in pairwise(times)
        if moment.astimezone(UTC) <= before.astimezone(UTC)
    ]
    if not problems and len(times) < 2:  # noqa: PLR2004 - one row alone has no length
        problems.append(f"line {rows[-1][0]}: the file ends after {len(times)} rows of values; expected two at least")
    if not problems:
        length = (times[-1][1].astimezone(UTC) - times[0][1].astimezone(UTC)).total_seconds()
        if length > LONGEST.total_seconds():
            problems.append(f"line {times[-1][0]}: is more than {LONGEST.days} days after the first one")
    if problems:
        raise LoadCurveError(sorted(problems, key=lambda problem: int(problem.split(":")[0].split()[1])))
    return _curve([moment.astimezone(UTC) for _, moment in times], values, costs)


def _rows(lines: Iterable[str]) -> list[tuple[int, list[str]]]:
    reader = csv.reader(lines, skipinitialspace=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        rows.extend((reader.line_num, row) for row in reader)
    except csv.Error as error:
        raise LoadCurveError([f"line {reader.line_num}: is no CSV: {error}"]) from None
    return rows


def _curve(times: Sequence[datetime], values: Sequence[Sequence[float]], costs: dict[str, float]) -> LoadCurve:
    columns = zip(costs.items(), zip(*values, strict=True), strict=True)
    return LoadCurve(
        begin=times[0],
        end=times[-1] + (times[-1] - times[-2]),
        seconds=tuple((moment - times[0]).total_seconds() for moment in times),
        # A request per second that costs a millisecond takes a thousandth of a core.
        millicores={name: tuple(value * cost for value in column) for (name, cost), column in columns},
    )


def _costs(header: Sequence[str], services: Collection[str], problems: list[str]) -> dict[str, float]:
    """What a unit of each column costs, in millicores, by the service."""
    if header[0].strip() != _TIME_COLUMN:
        problems.append(f"line 1: the first column is {header[0]!r}; expected {_TIME_COLUMN}")
    if len(header) == 1:
        problems.append(f"line 1: names no service; expected one of {', '.join(sorted(services))}")
    costs: dict[str, float] = {}
    for column in (text.strip() for text in header[1:]):
        found = _COLUMN.fullmatch(column)
        if found is None:
            problems.append(f"line 1: {column!r} is no column; expected a service such as frontend or frontend@12ms")
            continue
        name = found["service"]
        if name not in services:
            problems.append(f"line 1: there is no service {name}; expected one of {', '.join(sorted(services))}")
        elif name in costs:
            problems.append(f"line 1: {name} has two columns; expected one")
        costs[name] = 1.0 if found["cost"] is None else float(found["cost"])
    return costs


def _moment(line: int, text: str, zone: ZoneInfo, problems: list[str]) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        problems.append(f"line {line}: {text.strip()!r} is no time; expected such as 2026-11-23 08:30")
        return None
    if moment.tzinfo is not None:
        problems.append(f"line {line}: {text.strip()!r} has a time zone; expected the time in {zone.key} without one")
        return None
    return moment.replace(tzinfo=zone)


def _value(line: int, column: str, text: str, problems: list[str]) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        problems.append(f"line {line}: {column.strip()} is {text.strip()!r}; expected a number, 0 or more")
    return value
