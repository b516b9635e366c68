"""The proof that pods always find a node: what it proves, and that nothing it proves can be broken."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from capacity.allocatable import Resources
from capacity.blocking import unproven
from capacity.scheduler import Scheduler
from capacity.workloads import SERVICE_SPREAD, Demand, Node, Spread, Taint, Workload

pytestmark = pytest.mark.unit

ROOM = Resources(cpu_millicores=1000, memory_mib=1000, pods=10)
SPOT = Taint("capacity", "spot", "NoSchedule")


def nodes(number: int, offers: Resources = ROOM, group: str = "general", *taints: Taint) -> list[Node]:
    return [Node(f"{group}-{each}", group, "abc"[each % 3], offers, taints) for each in range(number)]


def pods(name: str, cpu: int, memory: int = 10, group: str | None = None, *tolerates: Taint) -> Workload:
    return Workload(name, Resources(cpu, memory, 1), group, tolerates)


def names(workloads: list[Workload]) -> list[str]:
    return [each.name for each in workloads]


@pytest.mark.parametrize(("count", "proven"), [(6, True), (7, False)])
def test_pods_of_one_size_fit_to_the_last(count: int, proven: bool) -> None:
    """Three pods of 300m fit on each node, whatever the order."""
    assert (unproven(nodes(2), [(pods("web", 300), count)]) == []) == proven


@pytest.mark.parametrize(
    ("room", "count"), [(Resources(9999, 1000, 99), 6), (Resources(9999, 9999, 3), 6)], ids=["memory", "pods"]
)
def test_memory_and_the_number_of_pods_count_like_cpu(room: Resources, count: int) -> None:
    web = pods("web", 10, 300)
    assert unproven(nodes(2, room), [(web, count)]) == []
    assert unproven(nodes(2, room), [(web, count + 1)]) == [web]


def test_small_pods_may_leave_no_room_for_a_large_one() -> None:
    """500m on each node is enough, so twice 500m in small pods are the limit."""
    large = pods("large", 501)
    assert unproven(nodes(2), [(large, 1), (pods("small", 100), 9)]) == []
    assert unproven(nodes(2), [(large, 1), (pods("small", 100), 10)]) == [large]


def test_large_pods_that_cannot_share_a_node_take_one_each() -> None:
    demand = [(pods("large", 800), 4), (pods("small", 150), 1)]
    assert unproven(nodes(4), demand) == []


def test_what_does_not_add_up_on_any_node_blocks_none() -> None:
    """Of 400m pods two fit, so 200m stay free; a third pod of 150m fits there, whatever the bound by shares says."""
    assert unproven(nodes(1), [(pods("one", 400), 2), (pods("two", 150), 1)]) == []


def test_pods_of_other_groups_are_not_in_the_way() -> None:
    both = [*nodes(1), *nodes(1, ROOM, "burst", SPOT)]
    web, other = pods("web", 900, 10, "general"), pods("other", 900, 10, "burst", SPOT)
    assert unproven(both, [(web, 1), (other, 1)]) == []
    assert unproven(both, [(web, 1), (pods("anywhere", 900), 1)]) != []


def test_one_kind_of_nodes_is_enough() -> None:
    """Those of `general` may be full of pods that can go nowhere else; `burst` is not."""
    both = [*nodes(1), *nodes(2, ROOM, "burst", SPOT)]
    crowd, web = pods("crowd", 100, 10, "general"), pods("web", 300, 10, None, SPOT)
    assert unproven(both, [(crowd, 30), (web, 2)]) == [crowd]


def test_without_a_node_nothing_is_proven() -> None:
    web = pods("web", 100, 10, "missing")
    assert unproven(nodes(2), [(web, 1)]) == [web]
    assert unproven([], [(web, 1)]) == [web]
    assert unproven(nodes(2), [(pods("huge", 2000), 1)]) != []


def test_no_pods_need_no_node() -> None:
    assert unproven([], [(pods("web", 100), 0)]) == []


def test_a_required_spread_needs_every_zone() -> None:
    spread = (Spread("zone", 1, required=True),)
    web = Workload("web", Resources(100, 10, 1), None, (), spread)
    full = pods("full", 1000, 10, "other")
    three = [*nodes(2), Node("other-0", "other", "c", ROOM)]
    assert unproven(three, [(web, 6)]) == []
    assert names(unproven(three, [(web, 6), (full, 1)])) == ["web", "full"]
    assert names(unproven(three, [(web, 1), (pods("half", 800, 10, "other"), 1)])) == []


def random_demand(rng: Random, *, strict: bool) -> tuple[list[Node], Demand]:
    sizes = [Resources(rng.choice((6, 8, 10, 12)), rng.choice((8, 10, 12)), rng.choice((3, 4, 9))) for _ in range(2)]
    made = [
        Node(f"node-{number}", rng.choice(("x", "y")), rng.choice("ab"), rng.choice(sizes), rng.choice(((), (SPOT,))))
        for number in range(rng.randint(1, 3))
    ]
    demand: list[tuple[Workload, int]] = []
    for number in range(rng.randint(1, 3)):
        spread = SERVICE_SPREAD
        if strict and rng.random() < 0.7:
            spread = (Spread(rng.choice(("zone", "node")), rng.choice((1, 2)), required=True),)
        requests = Resources(rng.randint(1, 6), rng.randint(1, 6), 1)
        tolerates = rng.choice(((), (SPOT,)))
        demand.append((Workload(f"{number}", requests, rng.choice((None, "x")), tolerates, spread), rng.randint(1, 3)))
    return made, demand


def can_be_left_out(workload: Workload, made: list[Node], demand: Demand) -> bool:
    """Whether some of the other pods can stand in a way that leaves no room for one of its; all ways are tried."""
    others = [each for each, count in demand for _ in range(count - (each == workload))]
    usable = [number for number, node in enumerate(made) if workload.may_run_on(node)]
    for places in product(range(-1, len(made)), repeat=len(others)):
        scheduler = Scheduler(made)
        for each, place in zip(others, places, strict=True):
            if place >= 0:
                if not (each.may_run_on(made[place]) and scheduler.has_room(each, place)):
                    break
                scheduler.put(each, place)
        else:
            if not any(scheduler.has_room(workload, number) for number in usable):
                return True
    return False


def test_it_is_exact_for_a_few_pods() -> None:
    """With few pods the search is complete: what is not proven can really happen, and what is proven cannot."""
    seen = {True: 0, False: 0}
    for seed in range(150):
        made, demand = random_demand(Random(seed), strict=False)
        if sum(count for _, count in demand) > 6:
            continue
        open_questions = unproven(made, demand)
        for workload, _ in demand:
            expected = can_be_left_out(workload, made, demand)
            assert (workload in open_questions) == expected, f"seed {seed}, workload {workload.name}"
            seen[expected] += 1
    assert min(seen.values()) > 30


def test_no_past_breaks_what_is_proven() -> None:
    """Pods come, stand on any node that takes them, and go again, without any of the scheduler's preferences."""
    proven = 0
    for seed in range(400):
        rng = Random(seed)
        made, demand = random_demand(rng, strict=True)
        open_questions = unproven(made, demand)
        proven += len(demand) - len(open_questions)
        scheduler = Scheduler(made)
        placed: list[tuple[Workload, int]] = []
        for _ in range(60):
            counts = {each: sum(one == each for one, _ in placed) for each, _ in demand}
            waiting = [each for each, count in demand if counts[each] < count]
            if placed and (not waiting or rng.random() < 0.35):
                workload, node = placed.pop(rng.randrange(len(placed)))
                scheduler.put(workload, node, -1)
            elif waiting:
                workload = rng.choice(waiting)
                choices = scheduler.open_nodes(workload)
                assert choices or workload in open_questions, f"seed {seed}, workload {workload.name}"
                if choices:
                    placed.append((workload, rng.choice(choices)))
                    scheduler.put(*placed[-1])
    assert proven > 200
