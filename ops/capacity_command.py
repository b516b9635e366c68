"""`python -m ops capacity`: a week of a stack: when its nodes have room for its pods, and what the nodes cost.

It reads the stack file alone; Pulumi and AWS are not asked. docs/capacity.md says how it reckons.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from rich.console import Console

from capacity.check import Findings
from capacity.cost import node_hours, reservable
from capacity.week_report import rows
from ops.capacity_report import cost_lines, hours_table, week_table
from ops.price_file import PriceList, flagged_price, read_prices
from ops.refusal import Refusal
from ops.stack_file import replace
from ops.stack_settings import settings_of
from ops.stack_week import StackWeek, stack_week

_TOO_SMALL: Final = 1
_WIDE_ENOUGH: Final = 110


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ops capacity",
        description="A week of a stack: when its nodes have room for its pods, and what the nodes cost.",
        epilog="Exit code: 0 all services find room at their least, 1 they do not, 2 refused.",
        allow_abbrev=False,
    )
    parser.add_argument("-s", "--stack", default="dev", help="whose settings (dev), or a file like its own")
    parser.add_argument(
        "--week", type=date.fromisoformat, metavar="DATE", help="a day of the week, such as 2026-03-02 (today)"
    )
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the week, as SVG")
    parser.add_argument("--prices", type=Path, metavar="FILE", help="YAML: by instance type onDemand, reserved, spot")
    parser.add_argument(
        "--price",
        action="append",
        default=[],
        type=flagged_price,
        metavar="TYPE=ON-DEMAND,RESERVED,SPOT",
        help="the same of one type; may be repeated",
    )
    return parser


def main(words: Sequence[str], console: Console | None = None) -> int:
    """Print the week; gives back the exit code.

    Raises:
        Refusal: a file cannot be used.
    """
    given = _parser().parse_args(words)
    console = console or Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, _WIDE_ENOUGH)
    settings = settings_of(given.stack, Path.cwd())
    price_list = read_prices(given.prices) if given.prices is not None else PriceList("USD", {})
    prices = PriceList(price_list.currency, {**price_list.prices, **dict(given.price)})
    planned = stack_week(settings, given.week if given.week is not None else date.today())
    _print_week(console, planned, prices)
    _print_findings(planned.findings)
    if given.plot is not None:
        _write(given.plot, planned.picture())
    return _TOO_SMALL if planned.findings.errors else 0


def _print_week(console: Console, planned: StackWeek, prices: PriceList) -> None:
    settings, week = planned.settings, planned.week
    hours = node_hours(week, settings.node_groups)
    console.print(f"{planned.title}: {week.hours:g} hours")
    console.print(week_table(rows(week, planned.plan, settings.capacity.survives)))
    console.print(hours_table(hours))
    if prices.prices:
        instances = reservable(week, settings.node_groups)
        for line in cost_lines(week, hours, instances, prices.prices, prices.currency):
            console.print(line, soft_wrap=True)


def _print_findings(findings: Findings) -> None:
    for kind, problems in (("error", findings.errors), ("warning", findings.warnings)):
        for problem in problems:
            print(f"{kind}: {problem}", file=sys.stderr)


def _write(path: Path, picture: str) -> None:
    if not path.absolute().parent.is_dir():
        raise Refusal(f"--plot {path}: there is no directory {path.parent}")
    if path.exists():
        replace(path, picture)
    else:
        path.write_text(picture)
