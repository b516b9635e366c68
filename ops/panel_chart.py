"""Draws lines over time as an SVG picture: panels one below the other, and columns of them side by side to compare."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from xml.sax.saxutils import escape

_COLUMN, _PANEL = 900, 150
_NARROW = 560
"""Of a column where there are several."""
_LEFT, _RIGHT, _TOP, _BETWEEN, _FOOT = 56, 20, 56, 46, 44
_HEADING = 26
_LETTER = 6.1
_STEPS = 3  # grid lines of a panel, about

BLUE: Final = "#2563eb"
ORANGE: Final = "#ea580c"
GREEN: Final = "#15803d"
RED: Final = "#dc2626"
GREY: Final = "#64748b"
PURPLE: Final = "#7c3aed"

_STYLE: Final = """
text { font-family: -apple-system, "Segoe UI", "Helvetica Neue", Arial, "Liberation Sans", sans-serif; fill: #1e293b; }
.heading { font-size: 17px; font-weight: 600; }
.strategy { font-size: 15px; font-weight: 600; }
.panel { font-size: 13px; font-weight: 600; }
.label { font-size: 12px; fill: #64748b; }
.page { fill: #ffffff; stroke: #cbd5e1; }
.grid { stroke: #e2e8f0; }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
"""


Style = Literal["line", "dashed", "area"]


@dataclass(frozen=True)
class Line:
    """Values over time, as `(second, value)`, and how they are shown: as a line, a dashed one, or a filled area."""

    name: str
    points: Sequence[tuple[float, float]]
    colour: str
    style: Style = "line"


@dataclass(frozen=True)
class Panel:
    """Lines with one axis."""

    title: str
    lines: Sequence[Line]


@dataclass(frozen=True)
class Column:
    """Panels of one strategy; `heading` is empty where there is only one."""

    heading: str
    panels: Sequence[Panel]


def picture(title: str, columns: Sequence[Column], ticks: Sequence[tuple[float, str]]) -> str:
    """The picture as SVG. Panels beside each other have one scale.

    Args:
        title: above all
        columns: all with as many panels
        ticks: seconds that are labelled below the last panels
    """
    rows = len(columns[0].panels)
    wide = _COLUMN if len(columns) == 1 else _NARROW
    top = _TOP + (_HEADING if len(columns) > 1 else 0)
    width, height = wide * len(columns), top + rows * (_PANEL + _BETWEEN) + _FOOT - _BETWEEN + 24
    ends = [
        max((y for column in columns for line in column.panels[row].lines for _, y in line.points), default=0)
        for row in range(rows)
    ]
    last = max(x for column in columns for panel in column.panels for line in panel.lines for x, _ in line.points)
    parts = [f'<text class="heading" x="20" y="32">{escape(title)}</text>']
    for number, column in enumerate(columns):
        left = number * wide
        if len(columns) > 1:
            parts.append(f'<text class="strategy" x="{left + 20}" y="{_TOP + 4}">{escape(column.heading)}</text>')
        for row, panel in enumerate(column.panels):
            place = _Place(left + _LEFT, top + 24 + row * (_PANEL + _BETWEEN), wide - _LEFT - _RIGHT, last, ends[row])
            parts += place.panel(panel, ticks, last_row=row == rows - 1)
    inside = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n"
        f'<rect class="page" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>\n{inside}\n</svg>\n'
    )


@dataclass(frozen=True)
class _Place:
    """Where a panel is, and its scales."""

    left: float
    top: float
    width: float
    x_end: float
    y_end: float

    def panel(self, panel: Panel, ticks: Sequence[tuple[float, str]], *, last_row: bool) -> list[str]:
        """All of it."""
        parts = [f'<text class="panel" x="{self.left:.0f}" y="{self.top - 10:.0f}">{escape(panel.title)}</text>']
        parts += self._legend(panel)
        for value in round_values(self.y_end):
            y = self._y(value)
            right = self.left + self.width
            parts.append(f'<line class="grid" x1="{self.left:.1f}" y1="{y:.1f}" x2="{right:.1f}" y2="{y:.1f}"/>')
            label = f"{value:g}"
            parts.append(
                f'<text class="label" x="{self.left - 7:.1f}" y="{y + 4:.1f}" text-anchor="end">{label}</text>'
            )
        for second, text in ticks:
            x, bottom = self._x(second), self.top + _PANEL
            parts.append(f'<line class="grid" x1="{x:.1f}" y1="{self.top:.1f}" x2="{x:.1f}" y2="{bottom:.1f}"/>')
            if last_row:
                parts.append(
                    f'<text class="label" x="{x:.1f}" y="{bottom + 18:.1f}" text-anchor="middle">{escape(text)}</text>'
                )
        return parts + [self._drawn(line) for line in panel.lines if line.points]

    def _legend(self, panel: Panel) -> list[str]:
        parts: list[str] = []
        x = self.left + self.width
        for line in reversed(panel.lines):
            x -= _LETTER * len(line.name)
            parts.append(f'<text class="label" x="{x:.0f}" y="{self.top - 10:.0f}">{escape(line.name)}</text>')
            x -= 26
            parts.append(
                f'<line x1="{x:.0f}" y1="{self.top - 14:.0f}" x2="{x + 20:.0f}" y2="{self.top - 14:.0f}"'
                f' stroke="{line.colour}" {_STROKES[line.style]}/>'
            )
            x -= 14
        return parts

    def _drawn(self, line: Line) -> str:
        corners = " ".join(f"{self._x(x):.1f},{self._y(y):.1f}" for x, y in _without_repeats(line.points))
        if line.style == "area":
            bottom = self._y(0)
            ends = f"{self._x(line.points[-1][0]):.1f},{bottom:.1f} {self._x(line.points[0][0]):.1f},{bottom:.1f}"
            return f'<polygon fill="{line.colour}" fill-opacity="0.25" points="{corners} {ends}"/>'
        dashes = ' stroke-dasharray="5 4"' if line.style == "dashed" else ""
        return f'<polyline class="line" stroke="{line.colour}"{dashes} points="{corners}"/>'

    def _x(self, second: float) -> float:
        return self.left + second / (self.x_end or 1) * self.width

    def _y(self, value: float) -> float:
        return self.top + _PANEL - value / (self.y_end * 1.05 or 1) * _PANEL


_STROKES: Final[Mapping[Style, str]] = {
    "line": 'stroke-width="2"',
    "dashed": 'stroke-width="2" stroke-dasharray="5 4"',
    "area": 'stroke-width="10" stroke-opacity="0.25"',
}


def _without_repeats(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points that are needed: of equal values in a row the first and the last."""
    return [
        point
        for index, point in enumerate(points)
        if index in {0, len(points) - 1} or not points[index - 1][1] == point[1] == points[index + 1][1]
    ]


def as_steps(values: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Values that hold until the next one, as the corners of a line."""
    corners: list[tuple[float, float]] = []
    for second, value in values:
        if corners and corners[-1][1] != value:
            corners.append((second, corners[-1][1]))
        corners.append((second, value))
    return corners


def round_values(end: float, steps: int = _STEPS) -> list[float]:
    """About so many multiples of 1, 2 or 5 times a power of ten, from zero to `end`."""
    if end <= 0:
        return [0.0]
    rough = end / steps
    magnitude = 10 ** math.floor(math.log10(rough))
    step = magnitude * next(factor for factor in (1, 2, 5, 10) if factor * magnitude >= rough)
    return [index * step for index in range(int(end / step) + 1)]
