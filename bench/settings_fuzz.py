"""Reads many stack files made by chance, and runs the whole program for some of those that are accepted.

python -m bench.settings_fuzz --documents 20000 --first 1 --previews 300

A fault is anything but settings or the one error that lists what is wrong; a document over the limit of time; and an
accepted one for which the program does not come to its end under Pulumi's mocks. The exit code is 1 where there is one.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from typing import Final

from hypothesis import HealthCheck, Phase, given, seed, settings

from capacity.check import check_capacity
from infra.problems import SettingsError
from infra.stack_file import parse_settings
from tests.program.recorded_graph import Graph, record
from tests.settings_documents import Document, documents, shown

_LIMIT_SECONDS: Final = 1.0
_PIECE: Final = 1000


@dataclass
class Tally:
    """What was seen.

    Attributes:
        cpu_seconds: of each document: what it takes where nothing else runs
        seconds: of each document by the clock
        accepted: those that no rule refused
        seen: the documents, by what they hold: each counts once
        wanted: how many of them
        faults: in words
    """

    wanted: int
    cpu_seconds: list[float] = field(default_factory=list[float])
    seconds: list[float] = field(default_factory=list[float])
    accepted: list[Document] = field(default_factory=list[Document])
    seen: set[int] = field(default_factory=set[int])
    faults: list[str] = field(default_factory=list[str])

    def fault(self, words: str, document: Document) -> None:
        """Note one, and tell it at once."""
        self.faults.append(words)
        print(f"{words}\n  {shown(document)}", flush=True)


def read(document: Document, now: datetime) -> bool:
    """Whether a document is accepted, by the checks that come before anything is declared."""
    try:
        found = parse_settings("slipway", document.stack, document.values)
    except SettingsError:
        return False
    return not check_capacity(found, now).errors


def read_piece(number: int, tally: Tally, now: datetime) -> None:
    """Read the documents of one seed, as long as more are wanted."""

    @seed(number)
    @settings(
        max_examples=_PIECE,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )
    @given(documents())
    def each(document: Document) -> None:
        key = hash((document.stack, *sorted(document.values.items())))
        if key in tally.seen or len(tally.seen) == tally.wanted:
            return
        tally.seen.add(key)
        begin, begin_cpu = time.perf_counter(), time.process_time()
        try:
            accepted = read(document, now)
        except Exception:
            tally.fault(_last_line(), document)
            accepted = False
        taken = time.process_time() - begin_cpu
        tally.cpu_seconds.append(taken)
        tally.seconds.append(time.perf_counter() - begin)
        if taken > _LIMIT_SECONDS:
            tally.fault(f"took {taken:.2f} CPU seconds", document)
        if accepted:
            tally.accepted.append(document)

    each()


def preview(document: Document) -> Graph:
    """Run the whole program for an accepted document; raises whatever it raises."""
    with redirect_stderr(StringIO()):  # what a preview warns of
        return record(document.stack, dict(document.values), _caller(document), preview=True)


def _caller(document: Document) -> str:
    role = "preview" if document.values["slipway:readOnly"] == "true" else "deploy"
    account = document.values["slipway:account"]
    return f"arn:aws:sts::{account}:assumed-role/slipway-{document.stack}-{role}/session"


def _last_line() -> str:
    """The exception, and where in the program it came from."""
    lines = traceback.format_exc().strip().splitlines()
    places = [line.strip() for line in lines if line.strip().startswith("File ") and "site-packages" not in line]
    return f"{lines[-1][:300]} ({places[-1] if places else 'nowhere in the program'})"


def main(words: Sequence[str], say: Callable[[str], None] = print) -> int:
    """Read the documents of one seed after the other; gives back the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=1, help="the first seed; each gives up to 1000 documents")
    parser.add_argument("--previews", type=int, default=300, help="how many accepted ones the program is run for")
    asked = parser.parse_args(words)
    tally, now = Tally(asked.documents), datetime.now(UTC)
    next_seed = asked.first
    while len(tally.seen) < asked.documents:
        read_piece(next_seed, tally, now)
        next_seed += 1
        say(
            f"{len(tally.seen)} documents read, {len(tally.accepted)} accepted, slowest "
            f"{max(tally.cpu_seconds):.2f} CPU s, {len(tally.faults)} faults"
        )
    several = max(len(tally.accepted) // max(asked.previews, 1), 1)
    chosen = tally.accepted[::several][: asked.previews]
    for number, document in enumerate(chosen, start=1):
        try:
            preview(document)
        except Exception:
            tally.fault(f"accepted, but its preview fails: {_last_line()}", document)
        if number % 20 == 0 or number == len(chosen):
            say(f"{number} of {len(chosen)} previews, {len(tally.faults)} faults")
    ordered = sorted(tally.cpu_seconds)
    half, most = ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]
    say(
        f"{len(ordered)} documents, all different, of the seeds {asked.first} to {next_seed - 1}\n"
        f"{len(tally.accepted)} accepted, {len(chosen)} of these previewed\n"
        f"half within {1000 * half:.0f} ms, 99 of 100 within {1000 * most:.0f} ms, all within {ordered[-1]:.2f} CPU "
        f"seconds, {max(tally.seconds):.2f} by the clock\n{len(tally.faults)} faults"
    )
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
