"""Draws a stack: one box for each component, one arrow for each need between two of them. In light and dark."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from xml.sax.saxutils import escape

from ops.graph_components import INTERNET, Arrow, Component, Graph, Item
from ops.graph_layout import Ends, Layout, Point, Size, left_right, top_down

PAGE_WIDTH = 1200
_MARGIN, _PADDING = 24.0, 16.0
_HEADER, _LINE, _COLUMN_GAP, _COUNT_WIDTH = 34.0, 19.0, 16.0, 34.0
_PAGE_HEADER = 66.0
# Wider than most sans-serif fonts, so that text stays in its box whatever font the reader has.
_TITLE_EM, _NAME_EM, _ITEM_EM = 9.2, 7.6, 7.1
_INTERNET_SIZE = Size(132, 34)
_ROOM = PAGE_WIDTH - 2 * _MARGIN
_ROWS_AT_FIRST, _ROWS_TO_TRY = 4, (2, 3, 4, 5, 7, 9)
_BEND_COST = 1.0
_COLOURS = {"aws": ("AWS", "#d97706"), "kubernetes": ("Kubernetes", "#326ce5"), "pulumi": ("Pulumi", "#8b5cf6")}
_OTHER = ("other", "#64748b")

_STYLE = """
text { font-family: -apple-system, "Segoe UI", "Helvetica Neue", Arial, "Liberation Sans", sans-serif; fill: #1e293b; }
.heading { font-size: 19px; font-weight: 600; }
.title { font-size: 14px; font-weight: 600; }
.name, .note { font-size: 12px; font-weight: 400; fill: #52606d; }
.item { font-size: 12.5px; }
.count { font-size: 12.5px; font-weight: 600; text-anchor: end; }
.page { fill: #f1f5f9; stroke: #cbd5e1; }
.odd { fill: #ffffff; stroke: #94a3b8; }
.even { fill: #f8fafc; stroke: #cbd5e1; }
.internet { fill: #0f172a; }
.internet-text { font-size: 14px; font-weight: 600; fill: #ffffff; text-anchor: middle; }
.need { fill: none; stroke: #475569; stroke-width: 1.5; }
.head { fill: #475569; }
.traffic { fill: none; stroke: #0f172a; stroke-width: 2; stroke-dasharray: 5 4; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.name, .note { fill: #9aa5b1; }
.page { fill: #0d1117; stroke: #30363d; }
.odd { fill: #161b22; stroke: #4b5563; }
.even { fill: #1c232c; stroke: #3d444d; }
.internet { fill: #e6edf3; }
.internet-text { fill: #0d1117; }
.need { stroke: #8b949e; }
.head { fill: #8b949e; }
.traffic { stroke: #e6edf3; }
}
"""


@dataclass(frozen=True)
class Box:
    """A component with everything in it measured."""

    component: Component
    size: Size
    columns: tuple[tuple[Item, ...], ...] = ()
    parts: tuple[Box, ...] = ()
    inner: Layout | None = None
    """Of the parts."""
    inner_corner: Point = (0.0, 0.0)


def draw(graph: Graph) -> str:
    """The picture as SVG."""
    box = _best_box(graph.root)
    width, height = max(PAGE_WIDTH, box.size.width + 2 * _MARGIN), box.size.height + _PAGE_HEADER + _MARGIN
    shapes = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(height)}" role="img">',
        f"<title>The components of {escape(graph.root.name)}</title>",
        f"<style>{_STYLE}</style>",
        '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9" '
        'markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path class="head" d="M0 1 L10 5 L0 9 z"/>'
        "</marker></defs>",
        f'<rect class="page" x="0.5" y="0.5" width="{_n(width - 1)}" height="{_n(height - 1)}" rx="8"/>',
        *_page_header(graph, width),
        *_inside(box, ((width - box.size.width) / 2, _PAGE_HEADER), depth=0),
        "</svg>",
    ]
    return "\n".join(shapes) + "\n"


def _best_box(root: Component) -> Box:
    """The arrangement that fits the page, is low and has straight arrows, by trying how many rows each list has.

    The lists of an outermost component and of everything in it have the same number of rows at most.
    """

    measure = cache(_measure)

    def measured(rows: dict[str, int]) -> tuple[float, float, Box]:
        parts = [measure(part, rows[part.urn], _ROOM) for part in root.parts]
        box = _with_parts(Box(root, Size(0, 0)), parts, _ROOM)
        return max(box.size.width - _ROOM, 0), box.size.height + _BEND_COST * _bends(box), box

    rows = {part.urn: _ROWS_AT_FIRST for part in root.parts}
    best = measured(rows)
    for urn in [*rows, *rows]:  # the second time with what the first has found for the others
        for number in _ROWS_TO_TRY:
            other = measured({**rows, urn: number})
            if other[:2] < best[:2]:
                best, rows[urn] = other, number
    return best[2]


def _bends(box: Box) -> float:
    """How far the outermost arrows lead aside."""
    arrows = box.inner.arrows.values() if box.inner else ()
    return sum(abs(one[0] - other[0]) for points in arrows for one, other in itertools.pairwise(points))


def _measure(component: Component, rows: int, room: float) -> Box:
    """Lay out a component: its own resources in columns of so many rows, its parts beside or below them."""
    items = component.items
    columns = tuple(items[start : start + rows] for start in range(0, len(items), rows))
    width = sum(_column_width(column) for column in columns) + _COLUMN_GAP * max(len(columns) - 1, 0)
    width = max(width, len(_title(component)) * _TITLE_EM + 8 + len(component.short_name) * _NAME_EM)
    height = _HEADER + (min(rows, len(items)) * _LINE + 8 if items else 0.0)
    box = Box(component, Size(width + 2 * _PADDING, height), columns)
    parts = [_measure(part, rows, room - 2 * _PADDING) for part in component.parts]
    return _with_parts(box, parts, room)


def _with_parts(box: Box, parts: Sequence[Box], room: float) -> Box:
    """The box with its parts: of all arrangements the one that fits the room best, and then is the least high."""
    if not parts:
        return box
    parts = _alike(parts)
    sizes = {part.component.urn: part.size for part in parts}
    ends = [(arrow.before, arrow.after) for arrow in box.component.arrows]
    if any(INTERNET in pair for pair in ends):
        sizes[INTERNET] = _INTERNET_SIZE
    root = box.size.width == 0
    padding = 0.0 if root else _PADDING
    corners = [(padding, box.size.height)]
    if box.columns:
        corners.append((box.size.width, _HEADER))
    boxes: list[Box] = []
    for inner in _layouts(tuple(sizes.items()), tuple(ends)):
        for x, y in corners:
            size = Size(max(box.size.width, x + inner.size.width + padding), y + inner.size.height + padding)
            size = Size(size.width, max(size.height, box.size.height))
            boxes.append(Box(box.component, size, box.columns, tuple(parts), inner, (x, y)))
    return min(boxes, key=lambda box: (max(box.size.width - room, 0), box.size.height))


@lru_cache(maxsize=4096)  # most of what is tried for one list leaves all sizes as they were
def _layouts(sizes: tuple[tuple[str, Size], ...], arrows: tuple[Ends, ...]) -> tuple[Layout, Layout]:
    return top_down(dict(sizes), arrows, INTERNET), left_right(dict(sizes), arrows, INTERNET)


def _alike(boxes: Sequence[Box]) -> list[Box]:
    """Components of one type side by side are as large as the largest of them."""
    alike: list[Box] = []
    for box in boxes:
        sizes = [other.size for other in boxes if other.component.type == box.component.type]
        size = Size(max(size.width for size in sizes), max(size.height for size in sizes))
        alike.append(replace(box, size=size))
    return alike


def _column_width(items: Sequence[Item]) -> float:
    return _COUNT_WIDTH + max(len(item.label) for item in items) * _ITEM_EM


def _title(component: Component) -> str:
    package, _, name = component.type.rpartition(":")
    return name if package.startswith("slipway:") else f"{package.split(':')[0]} {name}"


def _page_header(graph: Graph, width: float) -> list[str]:
    what = f"{graph.resources} resources in {graph.components} components"
    shapes = [
        _text("heading", (_MARGIN, 32), graph.root.name),
        _text(
            "note",
            (_MARGIN, 51),
            f"{what}. An arrow leads from what is made first to what needs it; a dashed one is traffic.",
        ),
    ]
    x = width - _MARGIN
    for label, colour in reversed(_COLOURS.values()):
        x -= len(label) * _NAME_EM
        shapes += [_text("note", (x, 32), label), _dot((x - 9, 28), colour)]
        x -= 32
    return shapes


def _inside(box: Box, corner: Point, depth: int) -> list[str]:
    """What is in a box: its own resources, then its parts with their arrows."""
    x, y = corner[0] + (_PADDING if depth else 0), corner[1]
    shapes: list[str] = []
    left, top = x, y + (_HEADER if depth else 0)
    for column in box.columns:
        for row, item in enumerate(column):
            baseline = top + 13 + row * _LINE
            colour = _COLOURS.get(item.package, _OTHER)[1]
            shapes += [
                _dot((left + 4, baseline - 4), colour),
                _text("count", (left + 27, baseline), str(item.count)),
                _text("item", (left + 33, baseline), item.label),
            ]
        left += _column_width(column) + _COLUMN_GAP
    if box.inner is None:
        return shapes
    origin = _plus(corner, box.inner_corner)
    for arrow in box.component.arrows:
        points = [_plus(origin, point) for point in box.inner.arrows[arrow.before, arrow.after]]
        shapes.append(_arrow(arrow, points, sideways=box.inner.sideways))
    for part in box.parts:
        shapes += _box(part, _plus(origin, box.inner.boxes[part.component.urn]), depth + 1)
    if INTERNET in box.inner.boxes:
        x, y = _plus(origin, box.inner.boxes[INTERNET])
        shapes.append(f'<rect class="internet" x="{_n(x)}" y="{_n(y)}" width="132" height="34" rx="17"/>')
        shapes.append(_text("internet-text", (x + 66, y + 22), "the internet"))
    return shapes


def _box(box: Box, corner: Point, depth: int) -> list[str]:
    x, y = corner
    shade = "odd" if depth % 2 else "even"
    size = f'width="{_n(box.size.width)}" height="{_n(box.size.height)}"'
    return [
        "<g>",
        f"<title>{escape(box.component.type)} {escape(box.component.name)}</title>",
        f'<rect class="{shade}" x="{_n(x)}" y="{_n(y)}" {size} rx="6"/>',
        f'<text class="title" x="{_n(x + _PADDING)}" y="{_n(y + 22)}">{escape(_title(box.component))}'
        f'<tspan class="name" dx="8">{escape(box.component.short_name)}</tspan></text>',
        *_inside(box, corner, depth),
        "</g>",
    ]


def _arrow(arrow: Arrow, points: Sequence[Point], *, sideways: bool) -> str:
    """Straight through the layers, curved between them."""
    steps = [f"M{_at(points[0])}"]
    for index, (one, other) in enumerate(itertools.pairwise(points)):
        steps.append(_curve(one, other, sideways=sideways) if index % 2 else f"L{_at(other)}")
    kind = "traffic" if arrow.before == INTERNET else "need"
    back = ' marker-start="url(#head)"' if arrow.both_ways else ""
    return f'<path class="{kind}" d="{" ".join(steps)}" marker-end="url(#head)"{back}/>'


def _curve(one: Point, other: Point, *, sideways: bool) -> str:
    """Leaves and arrives along the layers' direction, so that it stays between them."""
    middle = ((one[0] + other[0]) / 2, (one[1] + other[1]) / 2)
    if sideways:
        return f"C{_n(middle[0])} {_n(one[1])} {_n(middle[0])} {_n(other[1])} {_at(other)}"
    return f"C{_n(one[0])} {_n(middle[1])} {_n(other[0])} {_n(middle[1])} {_at(other)}"


def _text(kind: str, corner: Point, words: str) -> str:
    return f'<text class="{kind}" x="{_n(corner[0])}" y="{_n(corner[1])}">{escape(words)}</text>'


def _dot(centre: Point, colour: str) -> str:
    return f'<circle cx="{_n(centre[0])}" cy="{_n(centre[1])}" r="3.5" fill="{colour}"/>'


def _plus(one: Point, other: Point) -> Point:
    return one[0] + other[0], one[1] + other[1]


def _at(point: Point) -> str:
    return f"{_n(point[0])} {_n(point[1])}"


def _n(number: float) -> str:
    """At most one digit after the point: enough for a picture, and the same on every machine."""
    return f"{number:.1f}".removesuffix(".0")
