"""Draws the layout of a CloudWatch dashboard from its body: which widget is where, and what it shows.

python -m tools.dashboard_picture body.json --output picture.svg
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

_COLUMNS, _COLUMN_WIDTH, _ROW_HEIGHT, _MARGIN, _GAP = 24, 48, 22, 16, 6
_HEADER, _LINE = 26, 18
_COLOURS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f")
_STYLE = """
text { font-family: -apple-system, "Segoe UI", "Helvetica Neue", Arial, "Liberation Sans", sans-serif; fill: #1e293b; }
.heading { font-size: 18px; font-weight: 600; }
.title { font-size: 13px; font-weight: 600; }
.line { font-size: 12px; }
.note { font-size: 12px; fill: #64748b; }
.page { fill: #f1f5f9; stroke: #cbd5e1; }
.widget { fill: #ffffff; stroke: #94a3b8; }
"""


def draw(body: str, heading: str) -> str:
    """The picture, as SVG.

    Args:
        body: the dashboard's, in JSON
        heading: what stands above it
    """
    widgets: list[Mapping[str, Any]] = json.loads(body)["widgets"]
    rows = max(int(widget["y"]) + int(widget["height"]) for widget in widgets)
    width, height = _COLUMNS * _COLUMN_WIDTH + 2 * _MARGIN, rows * _ROW_HEIGHT + 2 * _MARGIN + _HEADER
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        f"<style>{_STYLE}</style>",
        f'<rect class="page" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>',
        _text("heading", _MARGIN, _MARGIN + 14, heading),
    ]
    for widget in widgets:
        parts += _widget(widget)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _widget(widget: Mapping[str, Any]) -> Iterator[str]:
    left = _MARGIN + int(widget["x"]) * _COLUMN_WIDTH + _GAP / 2
    top = _MARGIN + _HEADER + int(widget["y"]) * _ROW_HEIGHT + _GAP / 2
    width, height = int(widget["width"]) * _COLUMN_WIDTH - _GAP, int(widget["height"]) * _ROW_HEIGHT - _GAP
    yield f'<rect class="widget" x="{left:g}" y="{top:g}" width="{width}" height="{height}" rx="4"/>'
    yield _text("title", left + 10, top + 20, str(widget["properties"]["title"]))
    labels, room = _labels(widget), (height - 30) // _LINE
    columns = max(2, math.ceil(len(labels) / room))
    for index, (colour, label) in enumerate(labels):
        column, row = divmod(index, room)
        x, y = left + 10 + column * (width // columns), top + 40 + row * _LINE
        if colour:
            yield f'<rect x="{x:g}" y="{y - 9:g}" width="10" height="10" fill="{colour}"/>'
        yield _text("line" if colour else "note", x + (16 if colour else 0), y, label)


def _labels(widget: Mapping[str, Any]) -> list[tuple[str | None, str]]:
    """What a widget shows, line by line, with the colour of its line."""
    properties = widget["properties"]
    match widget["type"]:
        case "metric":
            return [
                (_COLOURS[index % len(_COLOURS)], f"{how['label']}{' (right)' if how.get('yAxis') == 'right' else ''}")
                for index, (*_, how) in enumerate(properties["metrics"])
            ]
        case "alarm":
            return [("#2ca02c", str(arn).rpartition("-alarm-")[2]) for arn in properties["alarms"]]
        case _:
            return [(None, step.strip()) for step in str(properties["query"]).split(" | ")]


def _text(kind: str, x: float, y: float, text: str) -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:g}">{escape(text)}</text>'


def main(words: Sequence[str]) -> None:
    """Read a body, write its picture."""
    parser = argparse.ArgumentParser(description="Draws the layout of a CloudWatch dashboard.")
    parser.add_argument("body", type=Path, help="the dashboard's body, in JSON")
    parser.add_argument("--heading", required=True, help="what stands above the picture")
    parser.add_argument("--output", type=Path, required=True, help="the SVG file to write")
    given = parser.parse_args(words)
    given.output.write_text(draw(given.body.read_text(), given.heading))


if __name__ == "__main__":
    main(sys.argv[1:])
