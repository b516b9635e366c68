"""The model of kube-scheduler: each filter, each score."""

from __future__ import annotations

from random import Random
from typing import Literal

import pytest

from capacity.allocatable import Resources
from capacity.scheduler import Scheduler
from capacity.workloads import SERVICE_SPREAD, Node, Spread, Taint, Workload

pytestmark = pytest.mark.unit

ROOM = Resources(cpu_millicores=1000, memory_mib=1000, pods=10)
SPOT = Taint("capacity", "spot", "NoSchedule")


def node(name: str, zone: str = "a", offers: Resources = ROOM, group: str = "general", *taints: Taint) -> Node:
    return Node(name, group, zone, offers, taints)


def pods(cpu: int = 100, memory: int = 100, group: str | None = None, *tolerates: Taint, name: str = "web") -> Workload:
    return Workload(name, Resources(cpu, memory, 1), group, tolerates)


def standing(scheduler: Scheduler, workload: Workload) -> dict[str, int]:
    counts = scheduler.standing()[workload]
    return {node.name: count for node, count in zip(scheduler.nodes, counts, strict=True) if count}


@pytest.mark.parametrize(
    ("offers", "fit"),
    [(Resources(350, 1000, 10), 3), (Resources(1000, 250, 10), 2), (Resources(1000, 1000, 4), 4)],
    ids=["cpu", "memory", "pods"],
)
def test_a_node_takes_pods_until_one_thing_is_used_up(offers: Resources, fit: int) -> None:
    scheduler = Scheduler([node("one", offers=offers)])
    assert scheduler.schedule(pods(), 9) == 9 - fit
    assert standing(scheduler, pods()) == {"one": fit}
    assert not scheduler.takes(pods())


def test_what_is_just_enough_is_enough() -> None:
    scheduler = Scheduler([node("one")])
    assert scheduler.schedule(pods(1000, 1000)) == 0
    assert scheduler.free(0) == Resources(0, 0, 9)


def test_a_node_selector_keeps_to_its_group() -> None:
    scheduler = Scheduler([node("one"), node("two", group="burst")])
    assert scheduler.schedule(pods(600, group="burst"), 2) == 1
    assert standing(scheduler, pods(600, group="burst")) == {"two": 1}


@pytest.mark.parametrize("effect", ["NoSchedule", "NoExecute"])
def test_a_taint_keeps_off_who_does_not_tolerate_exactly_it(effect: Literal["NoSchedule", "NoExecute"]) -> None:
    taint = Taint("capacity", "spot", effect)
    nodes = [node("one", "a", ROOM, "burst", taint)]
    assert Scheduler(nodes).schedule(pods()) == 1
    assert Scheduler(nodes).schedule(pods(100, 100, None, Taint("capacity", "other", effect))) == 1
    assert Scheduler(nodes).schedule(pods(100, 100, None, taint)) == 0


def test_a_preferred_taint_only_makes_other_nodes_better() -> None:
    taint = Taint("capacity", "spot", "PreferNoSchedule")
    scheduler = Scheduler([node("spot", "a", ROOM, "burst", taint), node("other")])
    one = pods(400, 400)
    assert scheduler.schedule(one) == 0
    assert standing(scheduler, one) == {"other": 1}
    assert scheduler.schedule(one, 2) == 0
    assert sum(standing(scheduler, one).values()) == 3


def test_the_least_allocated_node_is_taken() -> None:
    scheduler = Scheduler([node("one"), node("two"), node("three")])
    first = pods(300, 300, name="first")
    scheduler.put(first, 0)
    scheduler.put(first, 1, 2)
    scheduler.schedule(pods(name="second"))
    assert standing(scheduler, pods(name="second")) == {"three": 1}


def test_a_node_that_becomes_more_balanced_is_taken() -> None:
    """Both nodes are as free on average, so only the balance tells them apart."""
    scheduler = Scheduler([node("cpu used"), node("memory used")])
    scheduler.put(pods(400, 100, name="first"), 0)
    scheduler.put(pods(100, 400, name="second"), 1)
    third = pods(50, 250, name="third")
    scheduler.schedule(third)
    assert standing(scheduler, third) == {"cpu used": 1}


def test_wishes_spread_over_zones_and_nodes() -> None:
    scheduler = Scheduler([node("a1"), node("a2"), node("b1", "b"), node("c1", "c")])
    assert scheduler.schedule(pods(), 3) == 0
    assert sorted(name[0] for name in standing(scheduler, pods())) == ["a", "b", "c"]
    scheduler.schedule(pods())
    assert standing(scheduler, pods()) == {"a1": 1, "a2": 1, "b1": 1, "c1": 1}


def test_a_wish_gives_way_to_room() -> None:
    scheduler = Scheduler([node("one"), node("two", "b", Resources(150, 1000, 10))])
    assert scheduler.schedule(pods(), 8) == 0
    assert standing(scheduler, pods()) == {"one": 7, "two": 1}


@pytest.mark.parametrize(("max_skew", "pending"), [(1, 3), (2, 2)])
def test_a_required_spread_leaves_pods_pending(max_skew: int, pending: int) -> None:
    """Zone b takes one pod, so zone a takes one plus the skew."""
    strict = Workload("web", Resources(100, 100, 1), None, (), (Spread("zone", max_skew, required=True),))
    scheduler = Scheduler([node("one"), node("two", "b", Resources(150, 1000, 10))])
    assert scheduler.schedule(strict, 6) == pending


def test_a_zone_of_nodes_that_it_may_not_use_counts_for_a_required_spread() -> None:
    """`nodeTaintsPolicy` is `Ignore` unless somebody says otherwise."""
    strict = Workload("web", Resources(100, 100, 1), None, (), (Spread("zone", 1, required=True),))
    scheduler = Scheduler([node("one"), node("two", "b", ROOM, "burst", SPOT)])
    assert scheduler.schedule(strict, 3) == 2


def test_a_zone_that_the_selector_leaves_out_does_not_count() -> None:
    strict = Workload("web", Resources(100, 100, 1), "general", (), (Spread("zone", 1, required=True),))
    scheduler = Scheduler([node("one"), node("two", "b", ROOM, "burst")])
    assert scheduler.schedule(strict, 3) == 0


def test_a_required_spread_over_nodes() -> None:
    strict = Workload("web", Resources(100, 100, 1), None, (), (Spread("node", 1, required=True),))
    scheduler = Scheduler([node("one"), node("two", offers=Resources(150, 1000, 10))])
    assert scheduler.schedule(strict, 4) == 1
    assert standing(scheduler, strict) == {"one": 2, "two": 1}


def test_ties_go_to_the_first_node_or_by_the_seed() -> None:
    nodes = [node(f"node-{number}") for number in range(8)]
    first = Scheduler(nodes)
    first.schedule(pods())
    assert standing(first, pods()) == {"node-0": 1}
    chosen: set[str] = set()
    for seed in range(20):
        scheduler = Scheduler(nodes, Random(seed))
        scheduler.schedule(pods())
        chosen |= standing(scheduler, pods()).keys()
    assert len(chosen) > 3


def test_openness_falls_to_nothing_once_no_pod_fits() -> None:
    scheduler = Scheduler([node("one"), node("two")])
    before = scheduler.openness(pods(600))
    scheduler.put(pods(500), 0)
    assert 0 < scheduler.openness(pods(600)) < before
    scheduler.put(pods(500), 1)
    assert scheduler.openness(pods(600)) == 0


def test_services_are_spread_as_a_wish() -> None:
    assert [(each.over, each.max_skew, each.required) for each in SERVICE_SPREAD] == [
        ("zone", 1, False),
        ("node", 1, False),
    ]
