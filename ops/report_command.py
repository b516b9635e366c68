"""`python -m ops report`: what a reviewer wants to know of a change, on one page that can be attached anywhere.

It reads the stack file and, where they are given, a preview and prices; Pulumi and AWS are not asked. docs/report.md
shows one.
"""

import argparse
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from ops.graph_picture import draw
from ops.planned_stack import read_planned
from ops.preview_summary import Preview, read_preview
from ops.price_file import PriceList, read_prices
from ops.refusal import Refusal
from ops.report_page import PlannedParts, Report, report_page
from ops.report_parts import (
    add_on_table,
    capacity_in_words,
    cost_of,
    rule_results,
    version_ends,
    week_as_table,
)
from ops.stack_settings import settings_of
from ops.stack_week import stack_week


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ops report",
        description="One page for the reviewer of a change: what changes, the graph, rules, a week, cost, versions.",
        epilog="Exit code: 0 written, 2 refused.",
        allow_abbrev=False,
    )
    parser.add_argument("-s", "--stack", default="dev", help="whose settings (dev)")
    parser.add_argument("--html", type=Path, required=True, metavar="FILE", help="the page to write")
    parser.add_argument(
        "--preview", type=Path, metavar="FILE", help="what `pulumi preview --json --show-sames` printed"
    )
    parser.add_argument("--prices", type=Path, metavar="FILE", help="YAML, as `python -m ops capacity` takes it")
    parser.add_argument(
        "--week", type=date.fromisoformat, metavar="DATE", help="a day of the week, such as 2026-03-02 (today)"
    )
    return parser


def main(words: Sequence[str], now: datetime | None = None) -> int:
    """Write the page; gives back the exit code.

    Raises:
        Refusal: a file cannot be used.
    """
    given = _parser().parse_args(words)
    now = now if now is not None else datetime.now(UTC)
    settings = settings_of(given.stack, Path.cwd())
    prices: PriceList | None = read_prices(given.prices) if given.prices is not None else None
    planned = stack_week(settings, given.week if given.week is not None else now.date())
    text = None if given.preview is None else _read(given.preview)
    preview = None if text is None else read_preview(given.stack, text)
    page = report_page(
        Report(
            name=settings.name,
            made=now,
            preview=preview,
            planned="no preview was given" if preview is None or text is None else _planned_parts(preview, text),
            week=planned.title,
            week_picture=planned.picture(),
            week_table=week_as_table(planned),
            capacity=capacity_in_words(planned),
            findings=planned.findings,
            cost=cost_of(planned, prices),
            versions=version_ends(settings, now.date()),
            add_ons=add_on_table(),
        )
    )
    try:
        given.html.write_text(page)
    except OSError as error:
        raise Refusal(f"--html {given.html} cannot be written: {error.strerror}") from None
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(f"--preview {path} cannot be read: {error}") from None


def _planned_parts(preview: Preview, text: str) -> PlannedParts | str:
    """What only a whole preview tells; else why this one does not."""
    if preview.errors:
        return "this preview failed"
    planned = read_planned(text)
    if planned is None:
        return "this preview leaves out what stays as it is; one with --show-sames does not"
    return PlannedParts(draw(planned.graph()), rule_results(planned.resources(), planned.stack()))
