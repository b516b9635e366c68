"""How far a copy is, as a log and as a terminal show it."""

from __future__ import annotations

import io
import itertools

import pytest
from rich.console import Console

from ops import image_progress
from ops.image_progress import ImageProgress, megabytes
from tests.says import Says

pytestmark = pytest.mark.unit


def test_a_log_gets_a_line_when_an_image_begins_every_half_minute_and_when_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = itertools.count(step=20)
    monkeypatch.setattr(image_progress.time, "monotonic", lambda: float(next(clock)))
    shown = io.StringIO()
    with ImageProgress({"one": 4_000_000, "two": 1_500_000_000}, Console(file=shown, width=200)) as progress:
        with progress.image("one"):
            pass
        with progress.image("two") as copied:
            copied(1_000_000)
            copied(2_000_000)
    assert shown.getvalue().splitlines() == [
        Says("4.0 MB", at="one (1 of 2)"),
        Says("20 s", "4.0 MB of 1.50 GB", at="one (1 of 2)"),
        Says("1.50 GB", at="two (2 of 2)"),
        Says("2.0 MB of 1.50 GB", at="two (2 of 2)"),
        Says("80 s", "1.50 GB of 1.50 GB", at="two (2 of 2)"),
    ]


def test_a_terminal_gets_a_bar_for_each_image_and_one_for_all() -> None:
    shown = io.StringIO()
    console = Console(file=shown, width=200, force_terminal=True)
    with ImageProgress({"one": 4_000_000, "two": 6_000_000}, console) as progress, progress.image("one") as copied:
        copied(1_000_000)
    last = shown.getvalue()
    for expected in ("one", "two", "all", "4.0/4.0 MB", "4.0/10.0 MB"):
        assert expected in last


@pytest.mark.parametrize(("count", "words"), [(0, "0.0 MB"), (12_345_678, "12.3 MB"), (1_073_741_824, "1.07 GB")])
def test_amounts_for_people(count: int, words: str) -> None:
    assert megabytes(count) == words
