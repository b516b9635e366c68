"""How simulations are shown: a table of what they add up to, and a picture of what happened when."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from rich.table import Table

from capacity.load_curve import LoadCurve
from capacity.simulation_outcome import Outcome, ServiceTotals
from ops.panel_chart import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, Column, Line, Panel, Style, as_steps, picture

_POINTS: Final = 700
"""How many points a line has at most: what lies between two of them is the largest value of its time."""
_GROUP_COLOURS: Final = (PURPLE, GREEN, BLUE, ORANGE, GREY)
_TICK_HOURS: Final = (0.25, 1, 3, 6, 12, 24, 72, 168)
_MOST_TICKS: Final = 9
_DAY: Final = 24
_HOUR: Final = 3600.0


def shown_services(outcomes: Sequence[Outcome], curve: LoadCurve) -> list[str]:
    """Those that are asked for, and those of which pods wait."""
    names = {name: None for outcome in outcomes for name in outcome.services}
    return [
        name
        for name in names
        if name in curve.millicores
        or any(outcome.totals(name).pending_pod_hours for outcome in outcomes if name in outcome.services)
    ]


def table(outcomes: Sequence[Outcome], curve: LoadCurve) -> Table:
    """What each strategy adds up to, one beside the other."""
    title = f"{_length(curve.duration)} of load, {curve.begin:%Y-%m-%d %H:%M} UTC on"
    shown = Table(title=title, title_justify="left")
    shown.add_column("")
    for outcome in outcomes:
        shown.add_column(outcome.name, justify="right")
    for service in shown_services(outcomes, curve):
        totals = [outcome.totals(service) if service in outcome.services else None for outcome in outcomes]
        shown.add_section()
        shown.add_row(f"[bold]{service}[/]", *("" if each else "is not there" for each in totals))
        for name, text in (*(_LOAD_ROWS if service in curve.millicores else ()), *_PENDING_ROWS):
            shown.add_row(f"  {name}", *(text(each) if each else "" for each in totals))
    shown.add_section()
    shown.add_row("[bold]node hours[/]", *(f"[bold]{outcome.all_node_hours:.1f}[/]" for outcome in outcomes))
    for group in dict.fromkeys(name for outcome in outcomes for name in outcome.groups):
        hours = [f"{outcome.node_hours(group):.1f}" if group in outcome.groups else "" for outcome in outcomes]
        shown.add_row(f"  {group}", *hours)
    always = [_always_on(outcome, curve) for outcome in outcomes]
    shown.add_row("  with the most nodes all the time", *(f"{each:.1f}" for each in always))
    return shown


def _always_on(outcome: Outcome, curve: LoadCurve) -> float:
    """Node hours if each group had its largest count from the beginning to the end."""
    most = sum(max((sample.paid for sample in samples), default=0) for samples in outcome.groups.values())
    return most * curve.duration / _HOUR


def _flagged(text: str, *, wrong: bool) -> str:
    return f"[red]{text}[/]" if wrong else text


def _length(seconds: float) -> str:
    """A time as a person says it."""
    if seconds < 90:  # noqa: PLR2004 - a minute and a half
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / _HOUR:.1f} h"


_Row = tuple[str, Callable[[ServiceTotals], str]]
_LOAD_ROWS: Final[Sequence[_Row]] = (
    ("asked for, core hours", lambda each: f"{each.demanded_core_hours:.2f}"),
    ("not served", lambda each: _flagged(f"{each.unmet_percent:.2f} %", wrong=each.short_hours > 0)),
    ("short for", lambda each: _length(each.short_hours * _HOUR)),
    ("at a stretch", lambda each: _length(each.longest_short_hours * _HOUR)),
    ("most pods", lambda each: str(each.most_pods)),
    ("pod hours", lambda each: f"{each.pod_hours:.0f}"),
)
_PENDING_ROWS: Final[Sequence[_Row]] = (
    (
        "hours of pods without a node",
        lambda each: _flagged(f"{each.pending_pod_hours:.2f}", wrong=each.pending_pod_hours > 0),
    ),
)


def drawn(outcomes: Sequence[Outcome], curve: LoadCurve, zone: ZoneInfo, title: str) -> str:
    """What happened when, one strategy beside the other."""
    services = [name for name in shown_services(outcomes, curve) if name in curve.millicores]
    changing = {name for name in services if any(_changes(outcome, name) for outcome in outcomes)}
    columns = [
        Column(
            outcome.name if len(outcomes) > 1 else "",
            [
                *(panel for name in services for panel in _service_panels(outcome, name, pods=name in changing)),
                _node_panel(outcome),
            ],
        )
        for outcome in outcomes
    ]
    return picture(title, columns, _ticks(curve, zone, len(outcomes)))


def _changes(outcome: Outcome, service: str) -> bool:
    """Whether the pods of a service are worth a panel."""
    samples = outcome.services.get(service, ())
    return len({sample.replicas for sample in samples}) > 1 or any(sample.pending for sample in samples)


def _service_panels(outcome: Outcome, service: str, *, pods: bool) -> list[Panel]:
    samples = outcome.services.get(service, ())
    period = outcome.period

    def line(name: str, values: Sequence[float], colour: str, style: Style = "line") -> Line:
        points = _thinned([(tick * period, value) for tick, value in enumerate(values)])
        return Line(name, as_steps(points), colour, style)

    load = [
        line("asked for", [sample.demand for sample in samples], GREY, "area"),
        line("served", [sample.served for sample in samples], BLUE),
        line("not served", [sample.demand - sample.served for sample in samples], RED),
    ]
    counts = [
        line("asked for", [float(sample.replicas) for sample in samples], GREY, "dashed"),
        line("ready", [float(sample.ready) for sample in samples], GREEN),
        line("without a node", [float(sample.pending) for sample in samples], RED),
    ]
    panels = [Panel(f"{service}: millicores", load)]
    return [*panels, Panel(f"{service}: pods", counts)] if pods else panels


def _node_panel(outcome: Outcome) -> Panel:
    lines = [
        Line(
            name,
            as_steps(_thinned([(tick * outcome.period, float(sample.paid)) for tick, sample in enumerate(samples)])),
            colour,
        )
        for (name, samples), colour in zip(outcome.groups.items(), _GROUP_COLOURS * 4, strict=False)
    ]
    return Panel("Nodes that are paid for", lines)


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """No more points than a picture has room for; what is short for a moment stays visible."""
    size = max(-(-len(points) // _POINTS), 1)
    return [
        (points[start][0], max(value for _, value in points[start : start + size]))
        for start in range(0, len(points), size)
    ]


def _ticks(curve: LoadCurve, zone: ZoneInfo, columns: int) -> list[tuple[float, str]]:
    """Round times of the clock on the wall."""
    hours = curve.duration / _HOUR
    room = _MOST_TICKS if columns == 1 else _MOST_TICKS - 2
    step = next((each for each in _TICK_HOURS if hours / each <= room), _TICK_HOURS[-1])
    begin = curve.begin.astimezone(zone)
    midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    ticks: list[tuple[float, str]] = []
    moment = midnight
    while (second := (moment.timestamp() - curve.begin.timestamp())) <= curve.duration:
        if second >= 0:
            days = step >= _DAY or (hours > 2 * _DAY and moment.hour == 0)
            ticks.append((second, f"{moment:%a %d}" if days else f"{moment:%H:%M}"))
        moment += timedelta(hours=step)
    return ticks
