"""Draws bars of parts that follow each other, one below the other, as an SVG picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from bench.line_chart import STYLE, round_values

_WIDTH, _LEFT, _RIGHT, _TOP = 960, 250, 70, 78
_ROW, _BAR = 40, 24
_AXIS = 46  # below the bars of a panel, for its values
_FOOT = 22
_MARK, _LETTER, _GAP = 18, 5.9, 16  # of the legend


@dataclass(frozen=True)
class Bar:
    """One bar: its name and its parts, by name, in their order."""

    name: str
    parts: Mapping[str, float]


def bars(title: str, unit: str, panels: Sequence[Sequence[Bar]], colours: Mapping[str, str]) -> str:
    """The picture as SVG.

    Args:
        title: above all
        unit: of the values, below all
        panels: bars that share an axis; each panel has its own
        colours: of each part, in the order of the legend
    """
    pieces = [f'<text class="heading" x="24" y="34">{escape(title)}</text>']
    position = 24.0
    for name, colour in colours.items():
        pieces.append(f'<rect x="{position:.0f}" y="51" width="12" height="12" fill="{colour}"/>')
        pieces.append(f'<text class="label" x="{position + _MARK:.0f}" y="62">{escape(name)}</text>')
        position += _MARK + _LETTER * len(name) + _GAP
    top = float(_TOP)
    for rows in panels:
        pieces += _panel(rows, top, colours)
        top += _ROW * len(rows) + _AXIS
    height = round(top + _FOOT)
    pieces.append(
        f'<text class="label" x="{(_LEFT + _WIDTH - _RIGHT) / 2:.0f}" y="{height - 14}" text-anchor="middle">'
        f"{escape(unit)}</text>"
    )
    inside = "\n".join(pieces)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n"
        f'<rect class="page" x="0.5" y="0.5" width="{_WIDTH - 1}" height="{height - 1}" rx="8"/>\n{inside}\n</svg>\n'
    )


def _panel(rows: Sequence[Bar], top: float, colours: Mapping[str, str]) -> list[str]:
    end = max(sum(row.parts.values()) for row in rows)
    scale = (_WIDTH - _LEFT - _RIGHT) / end
    bottom = top + _ROW * len(rows)
    pieces: list[str] = []
    for value in round_values(end):
        x = _LEFT + value * scale
        pieces.append(f'<line class="grid" x1="{x:.1f}" y1="{top:.0f}" x2="{x:.1f}" y2="{bottom:.0f}"/>')
        pieces.append(f'<text class="label" x="{x:.1f}" y="{bottom + 18:.0f}" text-anchor="middle">{value:g}</text>')
    for number, row in enumerate(rows):
        pieces += _drawn(row, top + number * _ROW + (_ROW - _BAR) / 2, scale, colours)
    return pieces


def _drawn(row: Bar, y: float, scale: float, colours: Mapping[str, str]) -> list[str]:
    middle = y + _BAR / 2 + 4
    pieces = [f'<text class="label" x="{_LEFT - 10}" y="{middle:.0f}" text-anchor="end">{escape(row.name)}</text>']
    x = float(_LEFT)
    for name, value in row.parts.items():
        width = value * scale
        pieces.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{_BAR}" fill="{colours[name]}"/>')
        x += width
    pieces.append(f'<text class="label" x="{x + 8:.1f}" y="{middle:.0f}">{sum(row.parts.values()):.0f}</text>')
    return pieces
