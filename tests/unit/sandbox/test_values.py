"""Plain values and the engine's: nothing gets lost, nothing leaks."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.values import (
    UNKNOWN,
    Secret,
    as_list,
    as_map,
    at_path,
    contains_unknown,
    leaves,
    marked,
    objects,
    plain,
    property_value,
    revealed,
    with_path,
)  # fmt: skip

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "value",
    [None, True, False, 0, 7, 1.5, "", "text", [], [1, "a"], {}, {"a": {"b": [True]}}, Secret("x"), {"a": Secret([1])}],
)
def test_values_survive_the_way_to_the_engine_and_back(value: Any) -> None:
    assert plain(property_value(value)) == value


def test_unknown_survives_the_wire() -> None:
    wire = property_value({"a": UNKNOWN}).marshal()
    assert plain(type(property_value(None)).unmarshal(wire)) == {"a": UNKNOWN}


def test_a_secret_never_shows() -> None:
    assert "hunter2" not in repr({"password": Secret("hunter2")})
    assert revealed({"password": Secret("hunter2")}) == {"password": "hunter2"}


def test_marks_are_put_back_where_they_were() -> None:
    assert marked({"a": "x", "b": {"c": 1, "d": 2}}, {"a": Secret("x"), "b": {"c": Secret(1)}}) == {
        "a": Secret("x"),
        "b": {"c": Secret(1), "d": 2},
    }


def test_paths() -> None:
    value = {"a": [{"b": 1}], "s": Secret({"c": 2})}
    assert at_path(value, "a[0].b") == 1
    assert at_path(value, "s.c") == 2
    assert at_path(value, "a[3].b") is None
    assert with_path(value, "a[0].b", 5)["a"] == [{"b": 5}]
    assert with_path({}, "x.y", 1) == {"x": {"y": 1}}
    with pytest.raises(KeyError):
        with_path(value, "a[3]", 1)
    assert dict(leaves({"a": [1, {"b": 2}]})) == {"a[0]": 1, "a[1].b": 2}


def test_unknown_is_found_deep_inside() -> None:
    assert contains_unknown({"a": [{"b": UNKNOWN}]})
    assert not contains_unknown({"a": [{"b": Secret(1)}]})


def test_other_kinds_become_empty() -> None:
    assert (as_list("x"), as_map([1]), objects([1, {"a": 1}])) == ([], {}, [{"a": 1}])
