"""Orders in which pods come, and a search for one that leaves a pod without a node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from capacity.scheduler import Scheduler
from capacity.workloads import Demand, Node, Workload

# How many steps (a pod looks at a node) one question may take, about half a second, and how many orders at least.
_MOST_STEPS: Final = 100_000
_FEWEST_ORDERS: Final = 1
_MOST_ORDERS: Final = 24
_FEWEST_IN_SEARCH: Final = 100
_MOST_IN_SEARCH: Final = 400
# A search goes elsewhere after so many changes that made nothing worse.
_STALE: Final = 20
_STYLES: Final = 3


@dataclass(frozen=True)
class Order:
    """Pods in the order in which they come, and how ties are decided; without a seed, the first node wins.

    Attributes:
        arrivals: a workload may come up more than once
        ties: the seed
    """

    arrivals: Demand
    ties: float | None = None


@dataclass(frozen=True)
class Story:
    """The nodes that are left in the end, and what stands on them.

    Attributes:
        scheduler: the nodes
        pending: how many pods of each workload found none
        openness: how far the nodes were from being too full for the workload that was asked about, just before the last
            pod was placed, and again before the last one that was placed anew, whichever is less: the pods of it that
            would have found room, counted in fractions
    """

    scheduler: Scheduler
    pending: Counter[Workload]
    openness: float


def play(nodes: Sequence[Node], order: Order, lost: Collection[str] = (), about: Workload | None = None) -> Story:
    """Place pods as they come; then, where nodes are lost, their pods again on the rest, in the same order."""
    ties = None if order.ties is None else Random(order.ties)  # noqa: S311 - no secret
    scheduler = Scheduler(nodes, ties)
    if not lost:
        return _arrive(scheduler, order.arrivals, about)
    first = _arrive(scheduler, order.arrivals, about)
    pending = first.pending
    rest = Scheduler([node for node in nodes if node.name not in lost], ties)
    for workload, counts in scheduler.standing().items():
        kept = [count for node, count in zip(nodes, counts, strict=True) if node.name not in lost]
        pending[workload] += sum(counts) - sum(kept)
        for node, count in enumerate(kept):
            rest.put(workload, node, count)
    again: list[tuple[Workload, int]] = []
    for workload, pods in order.arrivals:
        again.append((workload, min(pods, pending[workload])))
        pending[workload] -= again[-1][1]
    second = _arrive(rest, again, about)
    return replace(second, openness=min(first.openness, second.openness))


def _arrive(scheduler: Scheduler, arrivals: Demand, about: Workload | None) -> Story:
    pending: Counter[Workload] = Counter()
    coming = [(workload, pods) for workload, pods in arrivals if pods]
    if not coming:
        return Story(scheduler, pending, float("inf"))
    for workload, pods in coming[:-1]:
        pending[workload] += scheduler.schedule(workload, pods)
    last, pods = coming[-1]
    pending[last] += scheduler.schedule(last, pods - 1)
    openness = 0.0 if about is None else scheduler.openness(about)
    pending[last] += scheduler.schedule(last, 1)
    return Story(scheduler, +pending, openness)


def usual_orders(nodes: Sequence[Node], demand: Demand) -> Iterator[Order]:
    """Orders of all kinds: small pods first, large ones first, service by service, pod by pod in any order."""
    sizes = _sizes(nodes, demand)
    ascending = sorted(demand, key=lambda each: sizes[each[0]])
    yield Order(ascending)
    pods = [(workload, 1) for workload, count in demand for _ in range(count)]
    number = min(max(_MOST_STEPS // max(len(pods) * len(nodes), 1), _FEWEST_ORDERS), _MOST_ORDERS)
    if number > 1:
        yield Order(list(reversed(ascending)))
    for seed in range(number - 2):
        arrivals = list(ascending if seed % 2 else pods)
        Random(seed).shuffle(arrivals)  # noqa: S311 - no secret
        yield Order(arrivals, seed)


def _sizes(nodes: Sequence[Node], demand: Demand) -> dict[Workload, float]:
    """The largest share that one pod takes of all nodes together."""
    cpu = max(sum(node.offers.cpu_millicores for node in nodes), 1)
    memory = max(sum(node.offers.memory_mib for node in nodes), 1)
    return {
        workload: max(workload.requests.cpu_millicores / cpu, workload.requests.memory_mib / memory)
        for workload, _ in demand
    }


def searched_orders(
    nodes: Sequence[Node], demand: Demand, lost: Collection[str], about: Sequence[Workload]
) -> Iterator[Order] | None:
    """Orders that leave less and less room for pods of some workloads, which come last; always the same ones.

    A pod that waits in some order also waits if it comes last, since the pods after it are placed as if it were not
    there. So it is enough to change the order of the others, and the choices among equal nodes, to and fro.

    Returns:
        some hundred orders, or nothing where there are too many pods and nodes for a search that is worth anything
    """
    pods = sum(count for _, count in demand)
    number = min(_MOST_STEPS // max(pods * len(nodes), 1), _MOST_IN_SEARCH)
    return _search(nodes, demand, lost, about, number) if number >= _FEWEST_IN_SEARCH else None


def _search(
    nodes: Sequence[Node], demand: Demand, lost: Collection[str], about: Sequence[Workload], number: int
) -> Iterator[Order]:
    rng = Random(number)  # noqa: S311 - no secret
    stale, target, least, best = 0, about[0], 0.0, Order(())
    for turn in range(number):
        if turn == 0 or stale > _STALE:
            target = rng.choice(about)
            order = Order(_start(demand, target, rng), rng.random())
            stale, least = 0, float("inf")
        else:
            order = _changed(best, rng)
        yield order
        openness = play(nodes, order, lost, target).openness
        stale = 0 if openness < least else stale + 1
        if openness <= least:
            least, best = openness, order


def _start(demand: Demand, target: Workload, rng: Random) -> Demand:
    services = list(demand)
    rng.shuffle(services)
    arrivals = [(workload, 1) for workload, count in services for _ in range(count)]
    style = rng.randrange(_STYLES)
    if style == 0:
        rng.shuffle(arrivals)
    elif style == 1:
        arrivals.sort(key=lambda each: each[0].requests.cpu_millicores)
    arrivals.sort(key=lambda each: each[0] == target)
    return arrivals


def _changed(order: Order, rng: Random) -> Order:
    """Two pods swapped, one pod moved, or other choices; the last pod stays the last."""
    arrivals, before = list(order.arrivals), len(order.arrivals) - 1
    style = rng.randrange(_STYLES) if before > 0 else 2
    if style == 2:  # noqa: PLR2004 - the third way
        return Order(arrivals, rng.random())
    one, other = rng.randrange(before), rng.randrange(before)
    if style == 0:
        arrivals[one], arrivals[other] = arrivals[other], arrivals[one]
    else:
        arrivals.insert(other, arrivals.pop(one))
    return Order(arrivals, order.ties)
