"""Which pods kube-scheduler would place on which nodes, and whether all of them find room whatever happens.

Two questions, two answers:

- `place` says how the pods come to stand if they come one workload after the other: for pictures and simulations. Ties
  apart it is what the real scheduler does (`capacity.scheduler`).
- `check` says whether all of them are placed in *any* order. Pods of several Deployments come in any order, a full node
  is a matter of luck, and later ones find what the earlier ones left: the same pods may fit today and not tomorrow. So
  "fits" has to be a promise, and everything else counts as "does not fit".

How `check` comes to its answer, workload by workload:

1. Where the likely order already leaves a pod pending, it does not fit.
2. A proof (`capacity.blocking`): the other pods are too few to fill every node that this one could use. It holds for
   all orders, all choices among nodes, and all pods that came and went before. With headroom everything ends here.
3. What is too close for the proof is tried in orders of all kinds (`capacity.arrivals`). None may leave a pod pending.
   If after each of them one *further* pod of the workload finds room, it fits: where there is room in the end there
   always was, because room only shrinks, and a pod in reserve is more than what orders that were not tried change.
4. Without that reserve, some hundred orders are searched that leave less and less room for this workload's last pod, on
   nodes that are 2 % smaller than they are. Where one leaves a pod pending on the nodes as they are, it does not fit,
   and the verdict shows it. Where one does so on the smaller ones only, or there is too much for a search, neither is
   known, and it counts as "does not fit" too: the verdict names the workload that is too tight.

Steps 3 and 4 are no proof, and take no account of pods that were deleted meanwhile, as when an autoscaler shrinks a
service. The real scheduler is their test: docs/capacity-truth.md.

With nodes lost, the whole story is played: placed on all nodes, then the pods of the lost ones placed again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from capacity.allocatable import Resources
from capacity.arrivals import Order, Story, play, searched_orders, usual_orders
from capacity.blocking import unproven
from capacity.patience import Patience
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

# What a node is taken to have less in the search: a share, as a reserve against what the search does not find.
_RESERVE_PERCENT: Final = 2


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
        tight: workloads for which no order was found that leaves a pod pending, but no reserve either; empty if it fits
        order: the order that leaves pods pending, if one was found
    """

    fits: bool
    placement: Placement
    tight: tuple[Workload, ...]
    order: Order | None


def place(nodes: Sequence[Node], demand: Demand) -> Placement:
    """The likely placement: one workload after the other, the first of equal nodes.

    Args:
        nodes: empty ones, with unique names
        demand: how many pods of each workload, in the order in which they come
    """
    return _placement(play(nodes, Order(demand)))


def check(
    nodes: Sequence[Node], demand: Demand, lost: Collection[str] = (), patience: Patience | None = None
) -> Verdict:
    """Whether all pods are placed in any order, also again after nodes were lost.

    Args:
        nodes: those there were before the loss
        demand: how many pods of each workload
        lost: names of nodes that are lost with their pods once all are placed
        patience: what may be spent on proofs and orders; once it is gone, what is not proven counts as too tight.
            Without any, nothing is left untried
    """
    patience = Patience() if patience is None else patience
    pods = sum(count for _, count in demand)
    patience.place(pods, len(nodes))  # spent in any case: whoever asks wants an answer
    likely = _placement(play(nodes, Order(demand), lost))
    if likely.pending:
        return Verdict(fits=False, placement=likely, tight=(), order=Order(demand))
    left = [node for node in nodes if node.name not in lost]
    unsure = unproven(left, demand, patience)
    if not unsure:
        return Verdict(fits=True, placement=likely, tight=(), order=None)
    tight: set[Workload] = set()
    for order in usual_orders(nodes, demand):
        if patience.is_gone:
            break
        patience.place(pods, len(nodes))
        story = play(nodes, order, lost)
        if story.pending:
            return Verdict(fits=False, placement=_placement(story), tight=(), order=order)
        tight.update(workload for workload in unsure if not story.scheduler.takes(workload))
    if patience.is_gone or not tight:
        unknown = tuple(unsure) if patience.is_gone else ()
        return Verdict(fits=not unknown, placement=likely, tight=unknown, order=None)
    orders = searched_orders(nodes, demand, lost, unsure)
    reserve = orders is not None
    smaller = [_with_reserve(node) for node in nodes]
    for order in orders or ():
        if patience.is_gone:
            reserve = False
            break
        # The search plays it a second time, and without a reserve it is played a third time.
        patience.place(3 * pods, len(nodes))
        if reserve and play(smaller, order, lost).pending:
            reserve = False
        if not reserve and (story := play(nodes, order, lost)).pending:
            return Verdict(fits=False, placement=_placement(story), tight=(), order=order)
    in_doubt = () if reserve else tuple(workload for workload in unsure if workload in tight)
    return Verdict(fits=reserve, placement=likely, tight=in_doubt, order=None)


def _with_reserve(node: Node) -> Node:
    offers = node.offers
    share = 100 - _RESERVE_PERCENT
    less = Resources(offers.cpu_millicores * share // 100, offers.memory_mib * share // 100, offers.pods)
    return replace(node, offers=less)


def _placement(story: Story) -> Placement:
    scheduler = story.scheduler
    everything = scheduler.standing().items()
    return Placement(
        nodes=scheduler.nodes,
        standing=tuple(
            tuple((workload, counts[node]) for workload, counts in everything if counts[node])
            for node in range(len(scheduler.nodes))
        ),
        free=tuple(scheduler.free(node) for node in range(len(scheduler.nodes))),
        pending=tuple(_pending(scheduler, workload, pods) for workload, pods in story.pending.items()),
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
