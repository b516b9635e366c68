"""What a report says of a stack, part by part, each from what was given for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final

from capacity.cost import HOURS_OF_A_MONTH, monthly_cost, node_hours, reservable
from capacity.week_report import rows
from infra.addons import ADD_ONS
from infra.settings import Settings
from infra.support_calendar import WARNING_DAYS, calendar_of, support_warning, versions_in_use
from ops.capacity_report import HOURS_TITLES, cost_lines, hours_cells, week_cells, week_titles
from ops.price_file import PriceList
from ops.stack_week import StackWeek
from policy.graph import Resource, Stack
from policy.rules import RULES

_FIGURES_AFTER: Final = 1
_HOURS_WORDS: Final = 3


class Verdict(Enum):
    """How a part came out; the page shows it by a word and a colour."""

    GOOD = "good"
    LOOK = "look"
    BAD = "bad"
    NOT_ASKED = "not asked"


@dataclass(frozen=True)
class Table:
    """Texts in rows; the columns whose numbers are in `figures` hold figures and stand to the right."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: range


@dataclass(frozen=True)
class RuleResult:
    """What one rule says of a stack: nothing where it holds."""

    name: str
    description: str
    messages: tuple[str, ...]


def rule_results(resources: Sequence[Resource], stack: Stack) -> tuple[RuleResult, ...]:
    """What every rule says of what a preview leads to."""
    return tuple(
        RuleResult(rule.name, rule.description, tuple(found.message for found in rule.check(resources, stack)))
        for rule in RULES
    )


@dataclass(frozen=True)
class VersionEnd:
    """A version in use, and when its standard support ends.

    Attributes:
        where: the key in the stack file
        product: of what
        version: as the calendar has it
        told: the end and the days until then, in words
        verdict: whether it is near
        source: of the date, a link
    """

    where: str
    product: str
    version: str
    told: str
    verdict: Verdict
    source: str


def version_ends(settings: Settings, today: date) -> tuple[VersionEnd, ...]:
    """Every version that a stack file names, with the end of its standard support as seen from a day in UTC."""
    found: list[VersionEnd] = []
    for used in versions_in_use(settings):
        calendar = calendar_of(used.product)
        end = calendar.ends.get(used.version)
        if end is None:
            told = f"not known here; `{calendar.command}` tells it"
        else:
            days = (end - today).days
            told = f"{end:%Y-%m-%d}, in {days} days" if days > 0 else f"{end:%Y-%m-%d}: it has ended"
        near = support_warning(used.product, used.version, today) is not None
        ended = end is not None and end <= today
        verdict = Verdict.BAD if ended else Verdict.LOOK if near else Verdict.GOOD
        where = f"{settings.project}:{used.key}"
        found.append(VersionEnd(where, calendar.product, used.version, told, verdict, calendar.source))
    return tuple(found)


def versions_in_words(ends: Sequence[VersionEnd]) -> tuple[Verdict, str]:
    """The worst of them, in a line."""
    ended, near = (sum(each.verdict is verdict for each in ends) for verdict in (Verdict.BAD, Verdict.LOOK))
    if ended:
        return Verdict.BAD, f"support of {ended} has ended"
    if near:
        return Verdict.LOOK, f"{near} within {WARNING_DAYS} days of the end of support, or not known"
    return Verdict.GOOD, f"none within {WARNING_DAYS} days of the end of support"


def add_on_table() -> Table:
    """The pinned add-ons, which all stacks have in common."""
    return Table(("add-on", "version"), tuple((each.name, each.version) for each in ADD_ONS), range(0))


def week_as_table(planned: StackWeek) -> Table:
    """When there are which nodes, and what fits."""
    told = rows(planned.week, planned.plan, planned.settings.capacity.survives)
    titles = week_titles(told)
    return Table(titles, tuple(week_cells(told)), range(_FIGURES_AFTER, len(titles) - 1))


def capacity_in_words(planned: StackWeek) -> tuple[Verdict, str]:
    """Whether the pods fit the nodes, in a line."""
    errors, warnings = len(planned.findings.errors), len(planned.findings.warnings)
    if errors:
        return Verdict.BAD, f"{errors} {'time' if errors == 1 else 'times'} without room for every service"
    if warnings:
        return Verdict.LOOK, f"fits at the least; {warnings} {'warning' if warnings == 1 else 'warnings'}"
    return Verdict.GOOD, "fits in every hour of the week"


@dataclass(frozen=True)
class Cost:
    """What the nodes of the week cost.

    Attributes:
        hours: the node hours, which need no price
        lines: the arithmetic of a month; none without prices
        verdict: what is missing; None where there is a figure
        told: it, in a line
    """

    hours: Table
    lines: tuple[str, ...]
    verdict: Verdict | None
    told: str


def cost_of(planned: StackWeek, prices: PriceList | None) -> Cost:
    """Node hours, and the money where prices were given."""
    groups = planned.settings.node_groups
    hours = node_hours(planned.week, groups)
    cells = Table(HOURS_TITLES, tuple(hours_cells(hours)), range(_HOURS_WORDS, len(HOURS_TITLES)))
    if prices is None:
        return Cost(cells, (), Verdict.NOT_ASKED, "no prices given")
    instances = reservable(planned.week, groups)
    lines = tuple(cost_lines(planned.week, hours, instances, prices.prices, prices.currency))
    month = monthly_cost(planned.week, hours, instances, prices.prices)
    if month is None:
        return Cost(cells, lines, Verdict.LOOK, "a price is missing")
    told = f"{month.scheduled:.2f} {prices.currency} for the nodes of {HOURS_OF_A_MONTH} hours"
    return Cost(cells, lines, None, told)
