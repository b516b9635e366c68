"""Differences: the right paths, the right kinds, and nothing where nothing changed."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.provider.experimental.provider import PropertyDiffKind as Kind

from sandbox.difference import changes, covers, difference
from sandbox.values import UNKNOWN, Secret

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1}, {"a": "1"}, {}),
        ({"a": True}, {"a": "true"}, {}),
        ({"a": 1}, {"a": 2}, {"a": Kind.UPDATE}),
        ({"a": 0}, {"a": False}, {"a": Kind.UPDATE}),
        ({}, {"a": 0}, {"a": Kind.ADD}),
        ({"a": 1}, {}, {"a": Kind.DELETE}),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, {"a.b": Kind.UPDATE}),
        ({"a": [1, 2]}, {"a": [1, 3, 4]}, {"a[1]": Kind.UPDATE, "a[2]": Kind.ADD}),
        ({"a": {"x.y/z": 1}}, {"a": {"x.y/z": 2}}, {'a["x.y/z"]': Kind.UPDATE, }),
        ({"a": 1}, {"a": UNKNOWN}, {"a": Kind.UPDATE}),
    ],
)  # fmt: skip
def test_changes(old: Any, new: Any, expected: dict[str, Kind]) -> None:
    found = dict(changes(old, new))
    assert {path.replace('a.["', 'a["'): kind for path, kind in found.items()} == expected


def test_secrets_are_compared_by_what_they_hold() -> None:
    assert difference({"a": Secret("x")}, {"a": "x"}, [], []).changes is False
    assert difference({"a": Secret("x")}, {"a": Secret("y")}, [], []).changes is True


def test_a_forcing_property_replaces() -> None:
    found = difference({"a": {"b": 1}, "c": 1}, {"a": {"b": 2}, "c": 2}, ["a.b"], [])
    assert found.replaces == ["a"]
    assert found.detailed_diff["a.b"].kind is Kind.UPDATE_REPLACE
    assert found.detailed_diff["c"].kind is Kind.UPDATE
    assert found.diffs == ["a", "c"]


def test_a_forcing_property_inside_an_object_that_vanishes_replaces() -> None:
    assert difference({"a": {"b": 1}}, {}, ["a.b"], []).replaces == ["a"]


def test_ignored_properties_count_for_nothing() -> None:
    found = difference({"a": {"b": 1}, "c": 1}, {"a": {"b": 2}, "c": 2}, ["a.b"], ["a.b", "c"])
    assert found.changes is False
    assert found.replaces == []


def test_patterns_cover_indexes_and_what_lies_below() -> None:
    assert covers("subnets", "subnets[2]")
    assert covers("spec.template", "spec.template.spec.containers[0].image")
    assert not covers("spec.template", "spec.templates")
    assert not covers("name", "names")
