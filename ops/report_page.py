"""The report as one HTML page that needs nothing but itself.

Its policy of contents lets no browser load anything from elsewhere:
https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from capacity.check import Findings
from ops.preview_markdown import in_words
from ops.preview_summary import Operation, Preview
from ops.report_parts import Cost, RuleResult, Table, Verdict, VersionEnd, versions_in_words

_TEMPLATE = "report_page.html"
_OPEN_AT_MOST = 20
"""A longer list of what is created or updated is closed at first."""


@dataclass(frozen=True)
class PlannedParts:
    """What is told of the stack as it will be.

    Attributes:
        graph: the picture, as SVG
        rules: what each rule says
    """

    graph: str
    rules: tuple[RuleResult, ...]


@dataclass(frozen=True)
class Report:
    """All that the page says.

    Attributes:
        name: of the stack
        made: when, in UTC
        preview: what changes; None where no preview was given
        planned: what a whole preview tells; else why there is nothing of it
        week: which week, in words
        week_picture: as SVG
        week_table: the same in figures
        capacity: in a line
        findings: what is wrong with the week
        cost: of its nodes
        versions: whose support ends
        add_ons: their pinned versions
    """

    name: str
    made: datetime
    preview: Preview | None
    planned: PlannedParts | str
    week: str
    week_picture: str
    week_table: Table
    capacity: tuple[Verdict, str]
    findings: Findings
    cost: Cost
    versions: tuple[VersionEnd, ...]
    add_ons: Table


def report_page(report: Report) -> str:
    """The whole page."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["picture"] = _picture  # pyright: ignore[reportArgumentType]
    return environment.get_template(_TEMPLATE).render(
        report=report,
        glance=_glance(report),
        whole=report.planned if isinstance(report.planned, PlannedParts) else None,
        operations=list(Operation),
        verdicts=Verdict,
        open_at_most=_OPEN_AT_MOST,
    )


def _picture(svg: str) -> str:
    """As the address of an image: its styles then hold for it alone, and still follow light and dark."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


@dataclass(frozen=True)
class Glance:
    """One part in a line, at the head of the page; without a verdict where there is nothing to judge."""

    part: str
    anchor: str
    verdict: Verdict | None
    told: str


def _glance(report: Report) -> Sequence[Glance]:
    return [
        Glance("Changes", "changes", *_changes(report.preview)),
        Glance("Rules", "rules", *_rules(report.planned)),
        Glance("Capacity", "capacity", *report.capacity),
        Glance("Cost", "cost", report.cost.verdict, report.cost.told),
        Glance("Versions", "versions", *versions_in_words(report.versions)),
    ]


def _changes(preview: Preview | None) -> tuple[Verdict | None, str]:
    if preview is None:
        return Verdict.NOT_ASKED, "no preview given"
    if preview.errors:
        return Verdict.BAD, in_words(preview)
    loud = any(change.loses is not None for change in preview.changes)
    return (Verdict.LOOK if loud else None), in_words(preview)


def _rules(planned: PlannedParts | str) -> tuple[Verdict, str]:
    if isinstance(planned, str):
        return Verdict.NOT_ASKED, planned
    rules = planned.rules
    broken = sum(bool(each.messages) for each in rules)
    if broken:
        return Verdict.BAD, f"{broken} of {len(rules)} broken"
    return Verdict.GOOD, f"all {len(rules)} hold"
