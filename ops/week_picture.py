"""Draws a week as an SVG picture: nodes, pods and headroom, one below the other. In light and dark."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from xml.sax.saxutils import escape

from capacity.week import Week
from capacity.week_report import Stretch
from infra.settings import Settings

_WIDTH: Final = 960
_LEFT, _RIGHT, _TOP, _FOOT = 52, 20, 62, 40
_PANEL, _BETWEEN = 130, 52
_STEPS: Final = 4  # grid lines of a panel, about
_LETTER: Final = 6.4
_GROUPS: Final = 4
"""So many groups have colours of their own."""

# By name: in light, and in dark. No variables of CSS, which some programs that show pictures do not know.
_COLOURS: Final = {
    "g0": ("#2563eb", "#60a5fa"),
    "g1": ("#d97706", "#fbbf24"),
    "g2": ("#7c3aed", "#a78bfa"),
    "g3": ("#0d9488", "#2dd4bf"),
    "pods": ("#15803d", "#4ade80"),
    "short": ("#dc2626", "#f87171"),
    "quiet": ("#64748b", "#8b949e"),
}


_LIGHT, _DARK = 0, 1

_SHAPES: Final = """
text { font-family: -apple-system, "Segoe UI", "Helvetica Neue", Arial, "Liberation Sans", sans-serif; }
.heading { font-size: 17px; font-weight: 600; }
.panel { font-size: 13px; font-weight: 600; }
.label { font-size: 12px; }
.area { fill-opacity: 0.32; }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
.dashed { stroke-dasharray: 5 4; }
"""


def _style() -> str:
    return f"{_SHAPES}{_coloured(_LIGHT)}\n@media (prefers-color-scheme: dark) {{\n{_coloured(_DARK)}\n}}\n"


def _coloured(mode: int) -> str:
    text, quiet, page, edge, grid = (
        ("#1e293b", "#64748b", "#ffffff", "#cbd5e1", "#e2e8f0"),
        ("#e6edf3", "#8b949e", "#0d1117", "#30363d", "#21262d"),
    )[mode]
    surroundings = (
        f"text {{ fill: {text}; }} .label {{ fill: {quiet}; }} "
        f".page {{ fill: {page}; stroke: {edge}; }} .grid {{ stroke: {grid}; }}"
    )
    shown = [
        f".{name}-f {{ fill: {each[mode]}; }} .{name}-s {{ stroke: {each[mode]}; }}" for name, each in _COLOURS.items()
    ]
    return "\n".join([surroundings, *shown])


_Value = Callable[[Stretch], float]


@dataclass(frozen=True)
class _Layer:
    """What is drawn of every window.

    Attributes:
        name: in the legend; empty for nothing there
        colour: a variable of the style
        upper: its value
        lower: with it the area between the two is filled, of a class of the style; without it, it is a line
        kind: the class
    """

    name: str
    colour: str
    upper: _Value
    lower: _Value | None
    kind: str


@dataclass(frozen=True)
class _Panel:
    title: str
    layers: Sequence[_Layer]
    end: float


def week_picture(title: str, week: Week, stretches: Sequence[Stretch], settings: Settings) -> str:
    """The picture as SVG.

    Args:
        title: above all
        week: which
        stretches: its windows, and what fits them
        settings: of the stack
    """
    panels = [_nodes(stretches), _pods(stretches), _headroom(settings.capacity.headroom_percent)]
    height = _TOP + len(panels) * (_PANEL + _BETWEEN) - _BETWEEN + _FOOT + 24
    parts = [f'<text class="heading" x="{_LEFT}" y="32">{escape(title)}</text>']
    for number, panel in enumerate(panels):
        place = _Place(week.windows[0].start, week.windows[-1].end, _TOP + 24 + number * (_PANEL + _BETWEEN), panel.end)
        parts += place.grid(week, last=number == len(panels) - 1)
        parts += [place.drawn(layer, stretches) for layer in panel.layers]
        parts += place.heading(panel)
    inside = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">\n'
        f"<title>{escape(title)}</title>\n<style>{_style()}</style>\n"
        f'<rect class="page" x="0.5" y="0.5" width="{_WIDTH - 1}" height="{height - 1}" rx="8"/>\n{inside}\n</svg>\n'
    )


def _nodes(stretches: Sequence[Stretch]) -> _Panel:
    """The groups on each other: what there is in any case, and above all of them what policies may add."""
    groups = list(stretches[0].window.sizings)

    def up_to(number: int) -> _Value:
        return lambda stretch: sum(stretch.window.sizings[group].at_least for group in groups[:number])

    def most(stretch: Stretch) -> float:
        return sum(sizing.at_most for sizing in stretch.window.sizings.values())

    layers = [
        _Layer(group, f"g{number % _GROUPS}", up_to(number + 1), up_to(number), "area")
        for number, group in enumerate(groups)
    ]
    if any(most(each) > up_to(len(groups))(each) for each in stretches):
        layers.append(_Layer("at most", "quiet", most, None, "dashed"))
    return _Panel("Nodes", layers, max(most(each) for each in stretches))


def _pods(stretches: Sequence[Stretch]) -> _Panel:
    """What is placed of the services' pods, from their least to their most, and what finds no room."""
    layers = [
        _Layer("from least to most", "pods", _most_placed, _least_placed, "area"),
        _Layer("", "pods", _most_placed, None, ""),
        _Layer("", "pods", _least_placed, None, ""),
    ]
    if any(each.most.wanted > each.most.placed for each in stretches):
        layers.append(_Layer("no room", "short", _most_wanted, _most_placed, "area"))
    return _Panel("Pods of services", layers, max(_most_wanted(each) for each in stretches))


def _least_placed(stretch: Stretch) -> float:
    return stretch.least.placed


def _most_placed(stretch: Stretch) -> float:
    return stretch.most.placed


def _most_wanted(stretch: Stretch) -> float:
    return stretch.most.wanted


def _headroom(margin: int) -> _Panel:
    layers = [
        _Layer("at their least, on the fewest nodes", "g0", lambda each: max(each.least.headroom, 0), None, ""),
        _Layer("at their most, on the most nodes", "pods", lambda each: max(each.most.headroom, 0), None, ""),
        _Layer("wanted", "short", lambda _: margin, None, "dashed"),
    ]
    return _Panel("Headroom, %", layers, 100)


@dataclass(frozen=True)
class _Place:
    """Where a panel is, and its scales."""

    start: datetime
    end: datetime
    top: float
    y_end: float

    def heading(self, panel: _Panel) -> list[str]:
        """Title and, at the right, the legend."""
        parts = [f'<text class="panel" x="{_LEFT}" y="{self.top - 10:.0f}">{escape(panel.title)}</text>']
        x = float(_WIDTH - _RIGHT)
        for layer in reversed([each for each in panel.layers if each.name]):
            x -= _LETTER * len(layer.name)
            parts.append(f'<text class="label" x="{x:.0f}" y="{self.top - 10:.0f}">{escape(layer.name)}</text>')
            x -= 26
            mark = f'x="{x:.0f}" y="{self.top - 20:.0f}" width="20" height="11"'
            line = f'x1="{x:.0f}" y1="{self.top - 14:.0f}" x2="{x + 20:.0f}" y2="{self.top - 14:.0f}"'
            parts.append(
                f'<rect class="{layer.kind} {layer.colour}-f" {mark}/>'
                if layer.lower
                else f'<line class="line {layer.kind} {layer.colour}-s" {line}/>'
            )
            x -= 16
        return parts

    def grid(self, week: Week, *, last: bool) -> list[str]:
        """Round values, and the midnights of the week's zone with the days between them."""
        parts: list[str] = []
        for value in _round_values(self.y_end):
            y, right = self._y(value), _WIDTH - _RIGHT
            parts.append(f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>')
            parts.append(f'<text class="label" x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
        midnights = [week.start + timedelta(days=day) for day in range(8)]
        for day, midnight in enumerate(midnights):
            x, bottom = self._x(midnight), self.top + _PANEL
            parts.append(f'<line class="grid" x1="{x:.1f}" y1="{self.top:.1f}" x2="{x:.1f}" y2="{bottom:.1f}"/>')
            if last and day < len(midnights) - 1:
                middle = (x + self._x(midnights[day + 1])) / 2
                label = f"{midnight:%a %d %b}"
                parts.append(
                    f'<text class="label" x="{middle:.1f}" y="{bottom + 20:.1f}" text-anchor="middle">{label}</text>'
                )
        return parts

    def drawn(self, layer: _Layer, stretches: Sequence[Stretch]) -> str:
        """A line in steps, or the area between two."""
        upper = self._steps(layer.upper, stretches)
        if layer.lower is None:
            return f'<polyline class="line {layer.kind} {layer.colour}-s" points="{" ".join(upper)}"/>'
        lower = self._steps(layer.lower, stretches)[::-1]
        return f'<polygon class="{layer.kind} {layer.colour}-f" points="{" ".join([*upper, *lower])}"/>'

    def _steps(self, value: _Value, stretches: Sequence[Stretch]) -> list[str]:
        return [
            f"{self._x(moment):.1f},{self._y(value(each)):.1f}"
            for each in stretches
            for moment in (each.window.start, each.window.end)
        ]

    def _x(self, moment: datetime) -> float:
        return _LEFT + (moment - self.start) / (self.end - self.start) * (_WIDTH - _LEFT - _RIGHT)

    def _y(self, value: float) -> float:
        return self.top + _PANEL - value / (self.y_end * 1.06 or 1) * _PANEL


def _round_values(end: float) -> list[int]:
    """Whole multiples of 1, 2 or 5 times a power of ten, from zero to `end`."""
    step = next(factor * 10**power for power in range(9) for factor in (1, 2, 5) if factor * 10**power * _STEPS >= end)
    return list(range(0, int(end) + 1, step))
