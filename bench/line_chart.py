"""Draws lines over a common axis as an SVG picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 760, 440
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 84, 56
_STEPS = 5  # grid lines, about

STYLE = """
text { font-family: -apple-system, "Segoe UI", "Helvetica Neue", Arial, "Liberation Sans", sans-serif; fill: #1e293b; }
.heading { font-size: 17px; font-weight: 600; }
.label { font-size: 12.5px; fill: #64748b; }
.page { fill: #ffffff; stroke: #cbd5e1; }
.grid { stroke: #e2e8f0; }
.line { fill: none; stroke-width: 2; }
.fit { fill: none; stroke: #64748b; stroke-dasharray: 4 4; }
"""


@dataclass(frozen=True)
class Series:
    """Measurements that belong together, as `(x, y)`, and how they are shown."""

    name: str
    points: Sequence[tuple[float, float]]
    colour: str
    dashed: bool = False


def picture(title: str, x_title: str, y_title: str, series: Sequence[Series]) -> str:
    """The picture as SVG."""
    axes = _Axes(
        max(x for each in series for x, _ in each.points), max(y for each in series for _, y in each.points) * 1.05
    )
    parts = [*axes.grid(), *(part for each in series for part in _drawn(each, axes))]
    position = float(_LEFT)
    for each in series:
        colour = "#64748b" if each.dashed else each.colour
        parts.append(f'<line x1="{position:.0f}" y1="58" x2="{position + 22:.0f}" y2="58" stroke="{colour}"')
        parts[-1] += f' stroke-width="2"{_DASHES if each.dashed else ""}/>'
        parts.append(f'<text class="label" x="{position + 28:.0f}" y="62">{escape(each.name)}</text>')
        position += 48 + 7 * len(each.name)
    parts.append(f'<text class="heading" x="{_LEFT}" y="34">{escape(title)}</text>')
    parts.append(
        f'<text class="label" x="{(_LEFT + _WIDTH - _RIGHT) / 2:.0f}" y="{_HEIGHT - 16}" text-anchor="middle">'
        f"{escape(x_title)}</text>"
    )
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    parts.append(
        f'<text class="label" x="20" y="{middle:.0f}" text-anchor="middle" transform="rotate(-90 20 {middle:.0f})">'
        f"{escape(y_title)}</text>"
    )
    inside = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n"
        f'<rect class="page" x="0.5" y="0.5" width="{_WIDTH - 1}" height="{_HEIGHT - 1}" rx="8"/>\n{inside}\n</svg>\n'
    )


_DASHES = ' stroke-dasharray="4 4"'


@dataclass(frozen=True)
class _Axes:
    """From zero to these values."""

    x_end: float
    y_end: float

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where a point lies in the picture."""
        across = _LEFT + x / self.x_end * (_WIDTH - _LEFT - _RIGHT)
        return across, _HEIGHT - _BOTTOM - y / self.y_end * (_HEIGHT - _TOP - _BOTTOM)

    def grid(self) -> list[str]:
        """Lines at round values, with these values beside them."""
        parts: list[str] = []
        for value in round_values(self.y_end):
            (left, y), (right, _) = self.place(0, value), self.place(self.x_end, value)
            parts.append(f'<line class="grid" x1="{left:.1f}" y1="{y:.1f}" x2="{right:.1f}" y2="{y:.1f}"/>')
            parts.append(f'<text class="label" x="{left - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
        for value in round_values(self.x_end):
            x, y = self.place(value, 0)
            parts.append(f'<text class="label" x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle">{value:g}</text>')
        return parts


def _drawn(series: Series, axes: _Axes) -> list[str]:
    places = [axes.place(x, y) for x, y in series.points]
    corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    if series.dashed:
        return [f'<polyline class="fit" points="{corners}"/>']
    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{series.colour}"/>' for x, y in places]
    return [f'<polyline class="line" stroke="{series.colour}" points="{corners}"/>', *dots]


def round_values(end: float) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten, from zero to `end`."""
    rough = end / _STEPS
    magnitude = 10 ** math.floor(math.log10(rough))
    step = magnitude * next(factor for factor in (1, 2, 5, 10) if factor * magnitude >= rough)
    return [index * step for index in range(int(end / step) + 1)]
