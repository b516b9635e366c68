"""What is placed, what is pending and why, and whether it fits in any order."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from bench.capacity_cases import make_case
from capacity.allocatable import Resources
from capacity.arrivals import Order, play
from capacity.disruptions import node_losses, zone_losses
from capacity.patience import Patience
from capacity.placement import Placement, check, place
from capacity.workloads import Node, Spread, Taint, Workload

pytestmark = pytest.mark.unit

ROOM = Resources(cpu_millicores=1000, memory_mib=1000, pods=10)
SPOT = Taint("capacity", "spot", "NoSchedule")


def nodes(number: int, offers: Resources = ROOM, group: str = "general", *taints: Taint) -> list[Node]:
    return [Node(f"{group}-{each}", group, "abc"[each % 3], offers, taints) for each in range(number)]


def pods(name: str, cpu: int, memory: int = 10, group: str | None = None, *tolerates: Taint) -> Workload:
    return Workload(name, Resources(cpu, memory, 1), group, tolerates)


def counted(placement: Placement) -> dict[str, int]:
    """How many pods of each workload are accounted for."""
    counts = {each.workload.name: each.pods for each in placement.pending}
    for on_node in placement.standing:
        for workload, count in on_node:
            counts[workload.name] = counts.get(workload.name, 0) + count
    return counts


def test_all_pods_stand_somewhere_or_are_pending() -> None:
    demand = [(pods("web", 300), 4), (pods("api", 450), 2)]
    placement = place(nodes(2), demand)
    assert counted(placement) == {"web": 4, "api": 2}
    for node, standing, free in zip(placement.nodes, placement.standing, placement.free, strict=True):
        used = sum(workload.requests.cpu_millicores * count for workload, count in standing)
        assert free.cpu_millicores == node.offers.cpu_millicores - used >= 0
        assert free.pods == node.offers.pods - sum(count for _, count in standing)


def test_what_is_short_is_told_by_the_node_that_comes_closest() -> None:
    (pending,) = place(nodes(2), [(pods("web", 300, 100), 8)]).pending
    assert (pending.workload.name, pending.pods, pending.nodes) == ("web", 2, 2)
    assert pending.short == Resources(200, 0, 0)
    assert pending.requested == Resources(600, 200, 2)
    assert dict(pending.reasons) == {"cpu": 2}


def test_a_node_may_be_short_of_several_things() -> None:
    (pending,) = place(nodes(1, Resources(250, 250, 2)), [(pods("web", 100, 110), 3)]).pending
    assert pending.short == Resources(50, 80, 1)
    assert dict(pending.reasons) == {"cpu": 1, "memory": 1, "pods": 1}


def test_where_no_node_lets_it_in_no_room_helps() -> None:
    both = [*nodes(1, ROOM, "burst", SPOT), *nodes(1, ROOM, "other")]
    (pending,) = place(both, [(pods("web", 100, 10, "burst"), 1)]).pending
    assert (pending.nodes, pending.reasons, pending.short) == (0, (), Resources(100, 10, 1))


def test_a_required_spread_is_a_reason_of_its_own() -> None:
    web = Workload("web", Resources(100, 10, 1), None, (), (Spread("zone", 1, required=True),))
    small = Node("small", "general", "b", Resources(150, 1000, 10))
    (pending,) = place([*nodes(1), small], [(web, 4)]).pending
    assert (pending.pods, dict(pending.reasons)) == (1, {"spread": 1, "cpu": 1})


def test_it_fits_where_it_is_proven() -> None:
    verdict = check(nodes(2), [(pods("web", 300), 6)])
    assert (verdict.fits, verdict.tight, verdict.order, verdict.placement.pending) == (True, (), None, ())


def test_it_does_not_fit_if_one_order_leaves_a_pod_pending_though_the_likely_one_does_not() -> None:
    """The large pod comes first here; after the small ones, which spread out, there is no room left for it."""
    demand = [(pods("large", 600), 1), (pods("small", 100), 10)]
    assert place(nodes(2), demand).pending == ()
    verdict = check(nodes(2), demand)
    assert not verdict.fits
    assert verdict.order is not None
    assert [each.workload.name for each in verdict.placement.pending] == ["large"]
    assert play(nodes(2), verdict.order).pending == {demand[0][0]: 1}


def test_an_answer_that_is_no_at_once_costs_what_it_took_to_place_the_pods() -> None:
    """Fuzzing found a stack file of 1,000 pods, for which dozens of them took 1.4 s together."""
    patience = Patience(1_000)
    assert not check(nodes(2), [(pods("web", 300), 20)], (), patience).fits
    assert not patience.is_gone
    assert not check(nodes(2), [(pods("web", 300), 20)], (), patience).fits
    assert patience.is_gone


def test_without_patience_what_is_not_proven_is_too_tight() -> None:
    """The same pods in the same places: only the likely order is played, and no proof is looked for."""
    demand = [(pods("large", 600), 1), (pods("small", 100), 10)]
    verdict = check(nodes(2), demand, (), Patience(0))
    assert (verdict.fits, verdict.order, verdict.placement.pending) == (False, None, ())
    assert verdict.tight
    assert check(nodes(2), [(pods("web", 300), 2)], (), Patience(0)).fits


def test_the_order_that_is_named_leaves_pods_pending() -> None:
    named = 0
    for seed in range(25):
        case = make_case(seed)
        verdict = check(case.nodes, case.demand, case.lost)
        if verdict.order is not None:
            named += 1
            assert verdict.placement.pending
            assert play(case.nodes, verdict.order, case.lost).pending
            assert sum(count for _, count in verdict.order.arrivals) == sum(count for _, count in case.demand)
    assert named > 8


def test_what_fits_is_placed_in_every_order_that_is_tried() -> None:
    fits = 0
    for seed in range(100, 130):
        case = make_case(seed)
        if not check(case.nodes, case.demand, case.lost).fits:
            continue
        fits += 1
        arrivals = [(workload, 1) for workload, count in case.demand for _ in range(count)]
        for attempt in range(30):
            Random(attempt).shuffle(arrivals)
            assert not play(case.nodes, Order(arrivals, attempt), case.lost).pending, f"seed {seed}"
    assert fits > 7


def test_more_room_never_turns_what_is_proven_around() -> None:
    """Alike nodes only, since a better node of another kind changes which ways there are."""
    for seed in range(12):
        case = make_case(seed)
        group = [node for node in case.nodes if node.group == "general"]
        demand = [each for each in case.demand if each[0].node_group in {None, "general"}]
        larger = [replace(node, offers=Resources(9_999_999, 9_999_999, 9_999)) for node in group]
        if check(group, demand).fits:
            assert check(larger, demand).fits, f"seed {seed}"


def test_the_same_question_has_the_same_answer() -> None:
    for seed in range(10):
        case = make_case(seed)
        assert check(case.nodes, case.demand, case.lost) == check(case.nodes, case.demand, case.lost)


def test_with_a_node_lost_its_pods_need_room_on_the_rest() -> None:
    three, demand = nodes(3), [(pods("web", 300), 6)]
    (lost, *_) = node_losses(three).values()
    assert check(three, demand, lost).fits
    assert not check(three, [(pods("web", 300), 7)], lost).fits
    verdict = check(three, [(pods("web", 300), 9)], lost)
    assert [node.name for node in verdict.placement.nodes] == ["general-1", "general-2"]
    assert verdict.placement.pending[0].pods == 3


def test_with_a_zone_lost_only_the_other_zones_count() -> None:
    four, demand = nodes(4), [(pods("web", 300), 6)]
    losses = zone_losses(four)
    assert check(four, demand, losses["zone b"]).fits
    assert check(four, demand, losses["zone a"]).fits
    assert not check(four, [(pods("web", 300), 7)], losses["zone a"]).fits


def test_with_every_node_lost_nothing_fits() -> None:
    verdict = check(nodes(1), [(pods("web", 300), 1)], {"general-0"})
    assert not verdict.fits
    assert verdict.placement.nodes == ()


def test_without_pods_everything_fits() -> None:
    assert check(nodes(1), []).fits
    assert check([], [(pods("web", 300), 0)]).fits
