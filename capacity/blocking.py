"""A proof that a pod always finds a node, whatever happened before it came.

A pod waits if and only if no node that it may run on has room for it. Room shrinks only by other pods, so it waits only
if the others, however they came to stand where they stand, *block* all those nodes: on each of them they leave less
than it requests of CPU, of memory, or no pod. This module shows for a workload that the others are too few for that. It
does not ask in which order pods come, how a node is chosen, or what was deleted in between: none of that can break it.

How many nodes can they block at most? A node of which `offers` is free is blocked in CPU once others request at least
`offers - request + 1` on it; more exactly, the least sum of pods' requests that is at least that and at most `offers`,
since pods do not come in halves. Where no such sum exists, CPU cannot be what blocks it. The same holds for memory and
for the number of pods. Call the three thresholds `t`. A pod that requests `r` brings a node nearer to being blocked by
at most the largest of its `r / t`, and never by more than a node. On a blocked node these add up to 1 or more, so if
over all other pods they add up to less than the number of nodes, one node stays open. Where that bound is too coarse
and there are few pods, `capacity.filling` searches for a way to block all nodes; if none exists, one stays open.

A pod may bring different nodes nearer by different shares; it counts with the largest. Pods that may not run on a node
do not count for it: it is enough that the nodes of one kind cannot be blocked by the pods that may run there.

With a required spread a pod also waits where its own domain has too many of its kind already: such domains are closed.
Each choice of domains that are not closed, and that its own pods allow, has to be blocked; here none of them can be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from math import comb
from typing import Final

from capacity.filling import Amounts, Room, can_fill
from capacity.workloads import Demand, Node, Spread, Workload

# Beyond so many different workloads their sums leave no gaps worth the time.
_MOST_FOR_SUMS: Final = 40
_MOST_CHOICES: Final = 64
# A sum of shares that is a whole number must not pass for less because of how fractions are rounded.
_ROUNDING: Final = 1e-9


def always_placed(workload: Workload, nodes: Sequence[Node], demand: Demand) -> bool:
    """Whether it is proven that each pod of a workload finds a node, whatever order, choices and past.

    Args:
        workload: one of the demand
        nodes: those there are
        demand: all pods that there are to be, its own included
    """
    usable = [node for node in nodes if workload.may_run_on(node) and _could_hold(node, workload)]
    pods = sum(count for each, count in demand if each == workload)
    others = [(each, count - (each == workload)) for each, count in demand]
    required = [spread for spread in workload.spread if spread.required]
    if not pods:
        return True
    if not usable:
        return False
    if not required:
        return _one_stays_open(workload, usable, others)
    return len(required) == 1 and _spread_stays_open(workload, required[0], nodes, usable, others)


def _could_hold(node: Node, workload: Workload) -> bool:
    return all(offer >= request for offer, request in zip(_offers(node), _requests(workload), strict=True))


def _offers(node: Node) -> Amounts:
    return (node.offers.cpu_millicores, node.offers.memory_mib, node.offers.pods)


def _requests(workload: Workload) -> Amounts:
    return (workload.requests.cpu_millicores, workload.requests.memory_mib, workload.requests.pods)


def _one_stays_open(workload: Workload, nodes: Sequence[Node], others: Demand) -> bool:
    """Whether the nodes cannot all be blocked."""
    alike: dict[object, list[Node]] = {}
    for node in nodes:
        alike.setdefault((node.offers, node.group, node.taints), []).append(node)
    rooms = [_room(workload, each, others) for each in alike.values()]
    counts = [count for _, count in others]
    if any(_reach([room], counts) < room.nodes - _ROUNDING for room in rooms):
        return True
    if not rooms or len(others) > _MOST_FOR_SUMS:
        return bool(rooms) and _reach(rooms, counts) < len(nodes) - _ROUNDING
    return not can_fill(rooms, [_requests(each) for each, _ in others], counts)


def _reach(rooms: Sequence[Room], counts: Sequence[int]) -> float:
    """How many nodes the pods block at most."""
    shares = zip(*(room.shares for room in rooms), strict=True)
    return sum(count * max(each) for count, each in zip(counts, shares, strict=True))


def _room(workload: Workload, nodes: Sequence[Node], others: Demand) -> Room:
    offers, requests = _offers(nodes[0]), _requests(workload)
    admits = tuple(each.may_run_on(nodes[0]) for each, _ in others)
    threshold = (offers[0] - requests[0] + 1, offers[1] - requests[1] + 1, offers[2] - requests[2] + 1)
    sizes = [
        (_requests(each), count) for (each, count), admitted in zip(others, admits, strict=True) if count and admitted
    ]
    reached: Sequence[float] = threshold
    if len(sizes) <= _MOST_FOR_SUMS:
        reached = [
            _least_sum([(size[what], count) for size, count in sizes], threshold[what], offers[what])
            for what in range(3)
        ]
    shares = (
        min(max(size / reach for size, reach in zip(_requests(each), reached, strict=True)), 1.0) if admitted else 0.0
        for (each, _), admitted in zip(others, admits, strict=True)
    )
    return Room(offers, threshold, len(nodes), admits, tuple(shares))


def _least_sum(sizes: Iterable[tuple[int, int]], least: int, most: int) -> float:
    """The least sum of some of the sizes, each so many times at most, from `least` to `most`; else infinity."""
    reachable = 1  # bit n: some of them sum up to n
    mask = (1 << (most + 1)) - 1
    for size, count in sizes:
        rest, part = min(count, most // size) if size else 0, 1
        while rest:
            part = min(part, rest)
            reachable |= (reachable << (size * part)) & mask
            rest -= part
            part *= 2
    above = reachable >> least
    return float(least + (above & -above).bit_length() - 1) if above else float("inf")


def _spread_stays_open(
    workload: Workload, spread: Spread, nodes: Sequence[Node], usable: Sequence[Node], others: Demand
) -> bool:
    """The same with a required spread: no choice of domains that have to be blocked can be."""
    domains: dict[str, list[Node]] = {_domain(spread, node): [] for node in nodes if workload.selects(node)}
    for node in usable:
        domains[_domain(spread, node)].append(node)
    own = sum(count for each, count in others if each == workload)
    for blocked in range(1, len(domains) + 1):
        inside = _most_inside(own, len(domains), blocked, spread.max_skew)
        if inside is None:
            continue
        if comb(len(domains), blocked) > _MOST_CHOICES:
            return False
        there = [(each, min(count, inside) if each == workload else count) for each, count in others]
        for chosen in combinations(domains.values(), blocked):
            if not _one_stays_open(workload, [node for each in chosen for node in each], there):
                return False
    return True


def _most_inside(own: int, domains: int, blocked: int, max_skew: int) -> int | None:
    """How many pods of its own the blocked domains hold at most, if all others are closed; `None` if they cannot be.

    With `least` pods in the emptiest domain, a closed one has `least + max_skew` or more, and one that is not has less.
    """
    closed = domains - blocked
    most = None
    for least in range(own // domains + 1):
        left = own - closed * (least + max_skew)
        if left >= least * blocked:
            inside = min(left, least + (blocked - 1) * (least + max_skew - 1))
            most = inside if most is None else max(most, inside)
    return most


def _domain(spread: Spread, node: Node) -> str:
    return node.zone if spread.over == "zone" else node.name
