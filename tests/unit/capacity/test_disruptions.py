"""Lost nodes and zones, and how many pods there are while a Deployment rolls out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity.allocatable import Resources
from capacity.disruptions import most_leaving, node_losses, rolling_update, zone_losses
from capacity.placement import check
from capacity.workloads import Node, Spread, Workload

pytestmark = pytest.mark.unit

ROOM = Resources(cpu_millicores=1000, memory_mib=1000, pods=10)
WEB = Workload("web", Resources(300, 10, 1), None)


def node(name: str, zone: str, group: str = "general") -> Node:
    return Node(name, group, zone, ROOM)


def test_one_of_the_nodes_that_are_alike_stands_for_all() -> None:
    nodes = [node("one", "a"), node("two", "a"), node("three", "b"), node("four", "a", "burst")]
    assert node_losses(nodes) == {
        "a node of general in a": {"one"},
        "a node of general in b": {"three"},
        "a node of burst in a": {"four"},
    }


def test_a_zone_takes_all_its_nodes_with_it() -> None:
    nodes = [node("one", "b"), node("two", "a"), node("three", "b", "burst")]
    assert zone_losses(nodes) == {"zone a": {"two"}, "zone b": {"one", "three"}}


def test_an_update_has_the_surge_and_the_leaving_pods_beside_the_new_ones() -> None:
    ((old, remaining), (new, replicas)) = rolling_update(WEB, 4, max_surge=1, leaving=2)
    assert (new, replicas) == (WEB, 4)
    assert (old.requests, old.node_group, remaining) == (WEB.requests, None, 3)
    assert old.name != WEB.name


def test_with_a_required_spread_all_old_pods_may_still_be_there() -> None:
    strict = replace(WEB, spread=(Spread("node", 1, required=True),))
    assert [count for _, count in rolling_update(strict, 4, max_surge=1, leaving=0)] == [4, 4]


def test_there_are_never_more_old_pods_than_there_were() -> None:
    assert rolling_update(WEB, 2, max_surge=1, leaving=5)[0][1] == 2


def test_who_is_stopped_first_never_has_both() -> None:
    assert rolling_update(WEB, 1, max_surge=0, leaving=0) == [(WEB, 1)]


def test_leaving_pods_still_need_their_room() -> None:
    """Six pods fit on two nodes: four new ones and the surge do, the leaving ones are too many."""
    nodes = [node("one", "a"), node("two", "b")]
    assert check(nodes, rolling_update(WEB, 4, max_surge=1, leaving=1)).fits
    assert not check(nodes, rolling_update(WEB, 4, max_surge=1, leaving=2)).fits


@pytest.mark.parametrize(
    ("replicas", "unavailable", "until_ready", "until_gone", "leaving"),
    [
        (8, 2, 10, 9, 3),  # the first ones are gone before the next ones may leave
        (8, 2, 10, 50, 8),  # nobody is gone before the last one leaves
        (12, 1, 10, 25, 6),
        (4, 1, 60, 50, 2),
    ],
)
def test_how_many_leave_at_once_goes_by_the_times(
    replicas: int, unavailable: int, until_ready: float, until_gone: float, leaving: int
) -> None:
    assert most_leaving(replicas, 1, unavailable, until_ready, until_gone) == leaving
