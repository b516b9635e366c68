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
from dataclasses import replace
from itertools import combinations
from math import comb
from typing import Final

from capacity.allocatable import Resources
from capacity.filling import Amounts, Room, can_fill
from capacity.patience import Patience
from capacity.workloads import Demand, Node, Spread, Workload

# Beyond so many different workloads their sums leave no gaps worth the time.
_MOST_FOR_SUMS: Final = 40
_MOST_CHOICES: Final = 64
# A sum of shares that is a whole number must not pass for less because of how fractions are rounded.
_ROUNDING: Final = 1e-9


def unproven(nodes: Sequence[Node], demand: Demand, patience: Patience | None = None) -> list[Workload]:
    """Workloads for which it is not proven that each of their pods finds a node, whatever order, choices and past.

    Args:
        nodes: those there are
        demand: all pods that there are to be
        patience: what may be spent where the bound is too coarse
    """
    proof = _Proof(nodes, demand, Patience() if patience is None else patience)
    alike: dict[object, list[Workload]] = {}
    doubtful: set[Workload] = set()
    for workload, pods in demand:
        if any(spread.required for spread in workload.spread):
            if pods and not proof.holds_for_spread(workload):
                doubtful.add(workload)
        elif pods:
            alike.setdefault((workload.node_group, workload.tolerates), []).append(workload)
    for workloads in alike.values():
        # What holds for pods as large as the largest of each, with all pods in the way, holds for each of them.
        if not proof.holds_for(_largest(workloads), None):
            doubtful.update(each for each in workloads if not proof.holds_for(each, each))
    return [workload for workload, _ in demand if workload in doubtful]


def _largest(workloads: Sequence[Workload]) -> Workload:
    requests = Resources(*(max(each) for each in zip(*(_requests(each) for each in workloads), strict=True)))
    return replace(workloads[0], requests=requests)


def _requests(workload: Workload) -> Amounts:
    return (workload.requests.cpu_millicores, workload.requests.memory_mib, workload.requests.pods)


def _offers(node: Node) -> Amounts:
    return (node.offers.cpu_millicores, node.offers.memory_mib, node.offers.pods)


class _Proof:
    """The pods that may be in the way, and the nodes by kind."""

    def __init__(self, nodes: Sequence[Node], demand: Demand, patience: Patience) -> None:
        self._nodes = nodes
        self._patience = patience
        self._workloads = [workload for workload, _ in demand]
        self._sizes = [_requests(workload) for workload in self._workloads]
        self._counts = [count for _, count in demand]
        self._admits: dict[object, tuple[bool, ...]] = {}
        self._kinds = _kinds(nodes)

    def holds_for(self, workload: Workload, own: Workload | None) -> bool:
        """Whether one node stays open for pods without a required spread; one pod of `own` is not in its own way."""
        counts = [count - (each is own) for each, count in zip(self._workloads, self._counts, strict=True)]
        usable = [kind for kind in self._kinds if _is_usable(kind[0], workload)]
        return self._one_stays_open(workload, usable, counts)

    def holds_for_spread(self, workload: Workload) -> bool:
        """The same for pods with a required spread: no choice of domains that have to be blocked can be."""
        required = [spread for spread in workload.spread if spread.required]
        if len(required) > 1:
            return False
        spread = required[0]
        domains: dict[str, list[Node]] = {}
        for node in self._nodes:
            if workload.selects(node):
                domain = domains.setdefault(node.zone if spread.over == "zone" else node.name, [])
                domain += [node] if _is_usable(node, workload) else []
        place = self._workloads.index(workload)
        own = self._counts[place] - 1
        for blocked in range(1, len(domains) + 1):
            inside = _most_inside(own, len(domains), blocked, spread)
            if inside is None:
                continue
            if comb(len(domains), blocked) > _MOST_CHOICES:
                return False
            counts = [*self._counts[:place], min(own, inside), *self._counts[place + 1 :]]
            for chosen in combinations(domains.values(), blocked):
                if not self._one_stays_open(workload, _kinds([node for each in chosen for node in each]), counts):
                    return False
        return bool(domains)

    def _one_stays_open(self, workload: Workload, kinds: Sequence[Sequence[Node]], counts: Sequence[int]) -> bool:
        """Whether so many pods cannot block all nodes."""
        rooms = [self._room(workload, kind, counts) for kind in kinds]
        if any(_reach([room], counts) < room.nodes - _ROUNDING for room in rooms):
            return True
        if not rooms or len(counts) > _MOST_FOR_SUMS:
            return bool(rooms) and _reach(rooms, counts) < sum(room.nodes for room in rooms) - _ROUNDING
        return not can_fill(rooms, self._sizes, counts, self._patience)

    def _room(self, workload: Workload, kind: Sequence[Node], counts: Sequence[int]) -> Room:
        offers, (cpu, memory, pods) = _offers(kind[0]), _requests(workload)
        admits = self._admitted(kind[0])
        threshold = (offers[0] - cpu + 1, offers[1] - memory + 1, offers[2] - pods + 1)
        reached: Sequence[float] = threshold
        if len(counts) <= _MOST_FOR_SUMS:
            there = [
                (size, count)
                for size, count, admitted in zip(self._sizes, counts, admits, strict=True)
                if admitted and count
            ]
            reached = [
                _least_sum([(size[what], count) for size, count in there], threshold[what], offers[what])
                for what in range(3)
            ]
        by_cpu, by_memory, by_pods = (1 / each for each in reached)
        shares = [
            min(max(size[0] * by_cpu, size[1] * by_memory, size[2] * by_pods), 1.0) if admitted else 0.0
            for size, admitted in zip(self._sizes, admits, strict=True)
        ]
        return Room(offers, threshold, len(kind), admits, tuple(shares))

    def _admitted(self, node: Node) -> tuple[bool, ...]:
        key = (node.group, node.taints)
        if key not in self._admits:
            self._admits[key] = tuple(each.may_run_on(node) for each in self._workloads)
        return self._admits[key]


def _kinds(nodes: Iterable[Node]) -> list[list[Node]]:
    """Nodes that are alike, together."""
    alike: dict[object, list[Node]] = {}
    for node in nodes:
        alike.setdefault((node.offers, node.group, node.taints), []).append(node)
    return list(alike.values())


def _is_usable(node: Node, workload: Workload) -> bool:
    return workload.may_run_on(node) and all(
        offer >= request for offer, request in zip(_offers(node), _requests(workload), strict=True)
    )


def _reach(rooms: Sequence[Room], counts: Sequence[int]) -> float:
    """How many nodes the pods block at most."""
    shares = rooms[0].shares if len(rooms) == 1 else map(max, zip(*(room.shares for room in rooms), strict=True))
    return sum(count * share for count, share in zip(counts, shares, strict=True))


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


def _most_inside(own: int, domains: int, blocked: int, spread: Spread) -> int | None:
    """How many pods of its own the blocked domains hold at most, if all others are closed; `None` if they cannot be.

    With `least` pods in the emptiest domain, a closed one has `least + max_skew` or more, and one that is not has less.
    """
    closed = domains - blocked
    most = None
    for least in range(own // domains + 1):
        left = own - closed * (least + spread.max_skew)
        if left >= least * blocked:
            inside = min(left, least + (blocked - 1) * (least + spread.max_skew - 1))
            most = inside if most is None else max(most, inside)
    return most
