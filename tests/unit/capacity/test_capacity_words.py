"""Amounts, pods and shortages in words, to the letter: people and programs of theirs read these lines."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from capacity.allocatable import Resources
from capacity.assessment import NOTHING, Fill, Headroom
from capacity.placement import Pending
from capacity.words import amounts, counted, group_sizes, listed, without_room
from capacity.workloads import Workload

pytestmark = pytest.mark.unit

SOME, LESS = Resources(250, 64, 1), Resources(50, 0, 0)


def workload(name: str) -> Workload:
    return Workload(name, SOME, node_group=None)


def pending(name: str, pods: int = 1, nodes: int = 3, short: Resources = NOTHING) -> Pending:
    return Pending(workload(name), pods, nodes, {}, short, SOME)


def fill(*waiting: Pending, tight: Sequence[str] = (), shortage: Resources = NOTHING) -> Fill:
    return Fill(not waiting, waiting, tuple(map(workload, tight)), shortage, Headroom(0.0, "CPU", ("general",)))


@pytest.mark.parametrize(("parts", "words"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")])
def test_lists(parts: list[str], words: str) -> None:
    assert listed(parts) == words


@pytest.mark.parametrize(("number", "words"), [(0, "0 nodes"), (1, "1 node"), (2, "2 nodes")])
def test_numbers(number: int, words: str) -> None:
    assert counted(number, "node") == words


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        (Resources(120, 64, 2), "120m CPU, 64 MiB memory and 2 pods"),
        (Resources(0, 64, 1), "64 MiB memory and 1 pod"),
        (Resources(1, 0, 0), "1m CPU"),
        (NOTHING, "nothing"),
    ],
)
def test_amounts_leave_out_what_is_zero(resources: Resources, words: str) -> None:
    assert amounts(resources) == words


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (
            fill(tight=["users", "add-on coredns", "add-on ebs", "frontend"]),
            "add-ons, frontend and users may find no room, depending on the order in which pods come",
        ),
        (fill(pending("users", 2, nodes=0), pending("frontend", nodes=0)), "there is no node for users and frontend"),
        (
            fill(pending("users", nodes=0), pending("frontend", nodes=1), shortage=SOME),
            "1 pod of users and 1 pod of frontend find no room: 250m CPU, 64 MiB memory and 1 pod short",
        ),
        (
            fill(pending("users"), shortage=LESS),
            "1 pod of users finds no room: 50m CPU short",
        ),
        (
            fill(pending("add-on coredns", 2), pending("add-on ebs", 3), shortage=LESS),
            "5 pods of add-ons find no room: 50m CPU short",
        ),
        (
            fill(pending("users", 2), pending("frontend", short=LESS), pending("thoughts", short=SOME)),
            "2 pods of users, 1 pod of frontend and 1 pod of thoughts find no room: "
            "there is room enough, but on no single node; the closest is 50m CPU short",
        ),
        (fill(pending("users")), "1 pod of users finds no room: their spread over zones or nodes is in the way"),
    ],
)
def test_who_finds_no_room_and_why(told: Fill, words: str) -> None:
    assert without_room(told) == words


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"baseline": 3, "burst": 0}, "baseline has 3 nodes and burst has none"),
        ({"baseline": 1}, "baseline has 1 node"),
    ],
)
def test_sizes_of_groups(counts: dict[str, int], words: str) -> None:
    assert group_sizes(counts.items()) == words
