"""Pictures of lines over time say what they are given, and no more."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from ops.panel_chart import BLUE, RED, Column, Line, Panel, as_steps, picture, round_values

pytestmark = pytest.mark.unit

SVG = "{http://www.w3.org/2000/svg}"
TICKS = [(0.0, "00:00"), (60.0, "00:01")]


def drawn(*columns: Column) -> ET.Element:
    return ET.fromstring(picture("Load & more", columns, TICKS))


def corners(element: ET.Element) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, _, y in (pair.partition(",") for pair in element.attrib["points"].split())]


def test_a_line_reaches_from_the_first_to_the_last_second() -> None:
    line = Line("pods", [(0, 2), (30, 4), (60, 4)], BLUE)
    root = drawn(Column("", [Panel("frontend", [line])]))
    (shown,) = root.iter(f"{SVG}polyline")
    (left, low), (_, high), (right, _) = corners(shown)
    _, _, width, _ = (float(each) for each in root.attrib["viewBox"].split())
    assert 0 < left < right < width
    assert high < low  # up is more
    words = [each.text for each in root.iter(f"{SVG}text")]
    assert {"Load & more", "frontend", "pods", "00:00", "00:01", "0", "2", "4"} <= set(words)


def test_panels_beside_each_other_have_one_scale() -> None:
    small, large = (
        Column(name, [Panel("pods", [Line("ready", [(0, 0), (60, top)], BLUE)])]) for name, top in (("a", 2), ("b", 20))
    )
    first, second = drawn(small, large).iter(f"{SVG}polyline")
    (_, zero), (_, two) = corners(first)
    (_, zero_too), (_, twenty) = corners(second)
    assert zero == zero_too
    assert (zero - two) * 10 == pytest.approx(zero - twenty, abs=1)


def test_an_area_is_closed_at_zero_and_an_empty_line_is_not_drawn() -> None:
    area, empty = Line("asked for", [(0, 5), (60, 5)], BLUE, "area"), Line("failed", [], RED)
    root = drawn(Column("", [Panel("load", [area, empty])]))
    (shown,) = root.iter(f"{SVG}polygon")
    assert len(corners(shown)) == 4
    assert list(root.iter(f"{SVG}polyline")) == []


def test_nothing_but_zeros_can_be_drawn() -> None:
    assert drawn(Column("", [Panel("failed", [Line("failed", [(0, 0), (0, 0)], RED)])])).tag == f"{SVG}svg"


def test_values_hold_until_the_next() -> None:
    assert as_steps([(0, 2), (15, 2), (30, 4)]) == [(0, 2), (15, 2), (30, 2), (30, 4)]
    assert as_steps([]) == []


@pytest.mark.parametrize(("end", "values"), [(0, [0]), (8, [0, 5]), (12, [0, 5, 10]), (350, [0, 200]), (0.7, [0, 0.5])])
def test_axes_have_round_values(end: float, values: list[float]) -> None:
    assert round_values(end) == values
