"""Which pods kube-scheduler would place on which nodes, and whether all of them find room whatever happens.

Two questions, two answers:

- `place` says how the pods come to stand if they come one workload after the other: for pictures and simulations. Ties
  apart it is what the real scheduler does (`capacity.scheduler`).
- `check` says whether all of them are placed in *any* order. Pods of several Deployments come in any order, a full node
  is a matter of luck, and later ones find what the earlier ones left: the same pods may fit today and not tomorrow. So
  "fits" has to be a promise, and everything else counts as "does not fit".

How `check` comes to its answer, workload by workload:

1. Where the likely order already leaves a pod pending, it does not fit.
2. A proof (`capacity.blocking`): the other pods are too few to fill every node that this one could use. It holds for all
   orders, all choices among nodes, and all pods that came and went before. With headroom nearly everything ends here.
3. What is too close for the proof is tried in many orders: small pods first (which spread out and leave no node with
   room for a large one), large first, in turns, and shuffled with other choices among equal nodes. No order may leave a
   pod pending, and in the end of each one *further* pod of the workload must find room. A pod for which there is room in
   the end was never without, because room only shrinks; and the reserve of one pod is more than what the choices that
   were not tried were seen to change. This step is no proof. The real scheduler is its test: docs/capacity-truth.md.

With nodes lost the tries play the whole story: placed on all nodes, then the pods of the lost ones placed again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from capacity.allocatable import Resources
from capacity.blocking import always_placed
from capacity.scheduler import Scheduler
from capacity.workloads import SERVICE_SPREAD, Demand, Node, Spread, Taint, Workload

__all__ = [
    "SERVICE_SPREAD",
    "Demand",
    "Node",
    "Pending",
    "Placement",
    "Spread",
    "Taint",
    "Verdict",
    "Workload",
    "check",
    "place",
]

# How many orders are tried: as many as so many steps (pods times nodes) allow, within these limits.
_MOST_STEPS: Final = 200_000
_FEWEST_TRIES: Final = 6
_MOST_TRIES: Final = 24


@dataclass(frozen=True)
class Pending:
    """Pods of a workload that found no node.

    Attributes:
        workload: which
        pods: how many
        nodes: how many nodes it may run on; with 0, no room would help
        reasons: on how many of these nodes what is short: `cpu`, `memory`, `pods`, or `spread` where there is room, but
            a required spread is in the way. A node may be short of several things.
        short: what is missing on the node that comes closest to taking one more, so the least that would help it
        requested: what the pending pods request together
    """

    workload: Workload
    pods: int
    nodes: int
    reasons: tuple[tuple[str, int], ...]
    short: Resources
    requested: Resources


@dataclass(frozen=True)
class Placement:
    """Where pods came to stand.

    Attributes:
        nodes: all nodes
        standing: for each node, by its place in `nodes`: the workloads with pods on it, and how many
        free: for each node, what it has left
        pending: who found no node
    """

    nodes: tuple[Node, ...]
    standing: tuple[tuple[tuple[Workload, int], ...], ...]
    free: tuple[Resources, ...]
    pending: tuple[Pending, ...]


@dataclass(frozen=True)
class Verdict:
    """Whether a demand fits.

    Attributes:
        fits: whether each pod is placed in any order
        placement: of an order that leaves pods pending, if one was found; else of the likely one
        tight: workloads without pending pods for which there is no reserve that would make it sure; empty if it fits
    """

    fits: bool
    placement: Placement
    tight: tuple[Workload, ...]


def place(nodes: Sequence[Node], demand: Demand) -> Placement:
    """The likely placement: one workload after the other, the first of equal nodes.

    Args:
        nodes: empty ones, with unique names
        demand: how many pods of each workload, in the order in which they come
    """
    return _run(nodes, [(workload, pods) for workload, pods in demand], (), None)[1]


def check(nodes: Sequence[Node], demand: Demand, lost: Collection[str] = ()) -> Verdict:
    """Whether all pods are placed in any order, also again after nodes were lost.

    Args:
        nodes: those there were before the loss
        demand: how many pods of each workload
        lost: names of nodes that are lost with their pods once all are placed
    """
    left = [node for node in nodes if node.name not in lost]
    _, likely = _run(nodes, demand, lost, None)
    if likely.pending:
        return Verdict(fits=False, placement=likely, tight=())
    unsure = [workload for workload, _ in demand if not always_placed(workload, left, demand)]
    if not unsure:
        return Verdict(fits=True, placement=likely, tight=())
    for arrivals, ties in _orders(nodes, demand):
        scheduler, placement = _run(nodes, arrivals, lost, ties)
        if placement.pending:
            return Verdict(fits=False, placement=placement, tight=())
        tight = tuple(workload for workload in unsure if not scheduler.takes(workload))
        if tight:
            return Verdict(fits=False, placement=likely, tight=tight)
    return Verdict(fits=True, placement=likely, tight=())


def _orders(nodes: Sequence[Node], demand: Demand) -> Iterator[tuple[Demand, Random | None]]:
    """Orders of arrival, those that leave the least room first. Always the same for the same question."""
    pods = sum(count for _, count in demand)
    tries = min(max(_MOST_STEPS // max(pods * len(nodes), 1), _FEWEST_TRIES), _MOST_TRIES)
    sizes = _sizes(nodes, demand)
    ascending = sorted(demand, key=lambda each: sizes[each[0]])
    yield ascending, None
    yield list(reversed(ascending)), None
    single = [(workload, 1) for workload, count in demand for _ in range(count)]
    for seed in range(tries - 2):
        ties = Random(seed)  # noqa: S311 - no secret
        shuffled = list(ascending if seed % 2 else single)
        ties.shuffle(shuffled)
        if seed % 4 < 2:  # noqa: PLR2004 - every other pair
            shuffled.sort(key=lambda each: sizes[each[0]] > 0.5 * max(sizes.values()))
        yield shuffled, ties


def _sizes(nodes: Sequence[Node], demand: Demand) -> dict[Workload, float]:
    """The largest share that one pod takes of all nodes together."""
    cpu = max(sum(node.offers.cpu_millicores for node in nodes), 1)
    memory = max(sum(node.offers.memory_mib for node in nodes), 1)
    return {
        workload: max(workload.requests.cpu_millicores / cpu, workload.requests.memory_mib / memory)
        for workload, _ in demand
    }


def _run(
    nodes: Sequence[Node], arrivals: Demand, lost: Collection[str], ties: Random | None
) -> tuple[Scheduler, Placement]:
    """Place pods as they arrive; then, with nodes lost, their pods again on the rest."""
    scheduler = Scheduler(nodes, ties)
    pending = _arrive(scheduler, arrivals)
    if lost:
        before, scheduler = scheduler, Scheduler([node for node in nodes if node.name not in lost], ties)
        for workload, counts in before.standing().items():
            kept = [count for node, count in zip(nodes, counts, strict=True) if node.name not in lost]
            pending[workload] += sum(counts) - sum(kept)
            for node, count in enumerate(kept):
                scheduler.put(workload, node, count)
        order = {workload: None for workload, _ in arrivals}
        pending = _arrive(scheduler, [(workload, pending[workload]) for workload in order])
    return scheduler, _placement(scheduler, pending)


def _arrive(scheduler: Scheduler, arrivals: Demand) -> Counter[Workload]:
    pending: Counter[Workload] = Counter()
    for workload, pods in arrivals:
        pending[workload] += scheduler.schedule(workload, pods)
    return pending


def _placement(scheduler: Scheduler, pending: Counter[Workload]) -> Placement:
    everything = scheduler.standing().items()
    return Placement(
        nodes=scheduler.nodes,
        standing=tuple(
            tuple((workload, counts[node]) for workload, counts in everything if counts[node])
            for node in range(len(scheduler.nodes))
        ),
        free=tuple(scheduler.free(node) for node in range(len(scheduler.nodes))),
        pending=tuple(_pending(scheduler, workload, pods) for workload, pods in pending.items() if pods),
    )


def _pending(scheduler: Scheduler, workload: Workload, pods: int) -> Pending:
    requests = workload.requests
    usable = [index for index, node in enumerate(scheduler.nodes) if workload.may_run_on(node)]
    lacks = [_lack(requests, scheduler.free(node)) for node in usable]
    reasons: Counter[str] = Counter()
    for lack in lacks:
        short = {"cpu": lack.cpu_millicores, "memory": lack.memory_mib, "pods": lack.pods}
        reasons.update([what for what, amount in short.items() if amount] or ["spread"])
    return Pending(
        workload=workload,
        pods=pods,
        nodes=len(usable),
        reasons=tuple(reasons.most_common()),
        short=min(lacks, key=lambda lack: _share(lack, requests), default=requests),
        requested=Resources(requests.cpu_millicores * pods, requests.memory_mib * pods, requests.pods * pods),
    )


def _lack(requests: Resources, free: Resources) -> Resources:
    return Resources(
        cpu_millicores=max(requests.cpu_millicores - free.cpu_millicores, 0),
        memory_mib=max(requests.memory_mib - free.memory_mib, 0),
        pods=max(requests.pods - free.pods, 0),
    )


def _share(lack: Resources, requests: Resources) -> float:
    """What is lacking, in pods of that size."""
    return (
        lack.cpu_millicores / max(requests.cpu_millicores, 1)
        + lack.memory_mib / max(requests.memory_mib, 1)
        + lack.pods / max(requests.pods, 1)
    )
