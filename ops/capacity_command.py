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

from capacity.assessment import Plan
from capacity.check import Findings, check_states
from capacity.cost import node_hours, reservable
from capacity.states import distinct_states
from capacity.week import Week, time_zone_of, week_of
from capacity.week_report import rows, stretches
from infra.settings import Settings
from ops.capacity_report import cost_lines, hours_table, week_table
from ops.price_file import PriceList, flagged_price, read_prices
from ops.refusal import Refusal
from ops.stack_file import replace
from ops.stack_settings import settings_of
from ops.week_picture import week_picture

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
    groups = settings.node_groups
    price_list = read_prices(given.prices) if given.prices is not None else PriceList("USD", {})
    prices = PriceList(price_list.currency, {**price_list.prices, **dict(given.price)})
    day = given.week if given.week is not None else date.today()
    week = week_of(day, time_zone_of(groups), groups)
    plan = Plan(settings)
    findings = check_states(settings, plan, distinct_states(week.windows, groups, plan.idle_groups))
    _print_week(console, settings, week, plan, prices)
    _print_findings(findings)
    if given.plot is not None:
        _write(given.plot, week_picture(f"{settings.name}, {_dates(week)}", week, stretches(week, plan), settings))
    return _TOO_SMALL if findings.errors else 0


def _print_week(console: Console, settings: Settings, week: Week, plan: Plan, prices: PriceList) -> None:
    hours = node_hours(week, settings.node_groups)
    console.print(f"{settings.name}, {_dates(week)}: {week.hours:g} hours")
    console.print(week_table(rows(week, plan, settings.capacity.survives)))
    console.print(hours_table(hours))
    if prices.prices:
        instances = reservable(week, settings.node_groups)
        for line in cost_lines(week, hours, instances, prices.prices, prices.currency):
            console.print(line, soft_wrap=True)


def _dates(week: Week) -> str:
    return f"week of {week.start:%Y-%m-%d} ({week.zone.key})"


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
