"""Random cases for `bench.capacity_truth`: small clusters, and about as many pods as fill them.

A case comes from its seed alone, so one that is in doubt can be run again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from capacity.allocatable import Resources, allocatable
from capacity.disruptions import node_losses, rolling_update, zone_losses
from capacity.instance_types import instance_type
from capacity.workloads import SERVICE_SPREAD, Demand, Node, Spread, Taint, Workload

Event = Literal["none", "node lost", "zone lost", "rolling update"]

EVENTS: Final[tuple[Event, ...]] = ("none", "node lost", "zone lost", "rolling update")
_EVENT_WEIGHTS: Final = (4, 2, 2, 2)

_TYPES: Final = ("t3.medium", "m5.large", "c5.large", "r5.large", "m5.xlarge")
# What aws-node, kube-proxy and the Pod Identity agent ask for on each node, about.
_DAEMONS: Final = Resources(cpu_millicores=150, memory_mib=128, pods=3)
_ZONES: Final = ("a", "b", "c")
_MOST_NODES: Final = 6
"""Of one group."""

# Web services are small beside a node, but not all are.
_CPU: Final = (25, 50, 60, 100, 150, 200, 250, 400, 500, 750, 1000, 1500)
_CPU_WEIGHTS: Final = (2, 4, 6, 6, 5, 5, 5, 3, 3, 2, 1, 1)
_MEMORY: Final = (32, 64, 96, 128, 192, 256, 512, 768, 1024, 2048, 3072)
_MEMORY_WEIGHTS: Final = (2, 4, 5, 5, 5, 5, 4, 2, 2, 1, 1)
_MOST_WORKLOADS: Final = 7
_MOST_PODS: Final = 40

# The scarcest thing that the pods ask for, as a share of what there is: from half empty to far too little.
_LOAD: Final = (0.4, 1.4)

_HAS_BURST: Final = 0.4
_HAS_JOBS: Final = 0.15
_IS_BOUND: Final = 0.6
_TOLERATES: Final = 0.9
_SPREAD_IS_REQUIRED: Final = 0.15


@dataclass(frozen=True)
class Update:
    """A rolling update of one workload.

    Attributes:
        old: the old revision, whose pods stand with everybody else's when it begins
        new: the new one
        replicas: how many pods each has
        extra: how many pods there are at once beside the new ones at most: those on their way out, and the surge
    """

    old: Workload
    new: Workload
    replicas: int
    extra: int


@dataclass(frozen=True)
class Case:
    """A cluster, what is to run on it, and what happens to it.

    Attributes:
        seed: what it was made from
        nodes: before anything is lost
        demand: how many pods of each workload there are at most
        event: what happens once all stand
        lost: the nodes that are lost
        update: the rolling update
    """

    seed: int
    nodes: tuple[Node, ...]
    demand: Demand
    event: Event
    lost: frozenset[str]
    update: Update | None


def make_case(seed: int) -> Case:
    """The case of a seed."""
    rng = Random(seed)  # noqa: S311 - no secret
    groups = ["general"]
    groups += ["burst"] if rng.random() < _HAS_BURST else []
    groups += ["jobs"] if rng.random() < _HAS_JOBS else []
    taints = {group: _taints(group, rng) for group in groups}
    nodes = [node for group in groups for node in _nodes(group, taints[group], rng)]
    workloads = [_workload(number, groups, taints, rng) for number in range(rng.randint(1, _MOST_WORKLOADS))]
    event: Event = rng.choices(EVENTS, _EVENT_WEIGHTS)[0]
    lost: frozenset[str] = frozenset()
    if event in {"node lost", "zone lost"}:
        lost = rng.choice(list((node_losses if event == "node lost" else zone_losses)(nodes).values()))
    left = [node for node in nodes if node.name not in lost]
    demand = _counts(workloads, left, rng.uniform(*_LOAD), rng)
    if event != "rolling update":
        return Case(seed, tuple(nodes), demand, event, lost, None)
    return _with_update(seed, nodes, demand, rng)


def _with_update(seed: int, nodes: Sequence[Node], demand: Demand, rng: Random) -> Case:
    new, replicas = rng.choice(demand)
    leaving = rng.randint(0, replicas)
    pods = rolling_update(new, replicas, max_surge=1, leaving=leaving)
    others = [each for each in demand if each[0] != new]
    update = Update(pods[0][0], new, replicas, min(1 + leaving, replicas))
    return Case(seed, tuple(nodes), [*others, *pods], "rolling update", frozenset(), update)


def _taints(group: str, rng: Random) -> tuple[Taint, ...]:
    if group == "general":
        return ()
    return (Taint("for", group, rng.choice(("NoSchedule", "NoExecute", "PreferNoSchedule"))),)


def _nodes(group: str, taints: tuple[Taint, ...], rng: Random) -> list[Node]:
    offers = allocatable(instance_type(rng.choice(_TYPES)))
    less = Resources(
        offers.cpu_millicores - _DAEMONS.cpu_millicores,
        offers.memory_mib - _DAEMONS.memory_mib,
        offers.pods - _DAEMONS.pods,
    )
    first, zones = rng.randrange(len(_ZONES)), rng.choice((1, 2, 3, 3))
    return [
        Node(f"{group}-{number}", group, _ZONES[(first + number) % zones], less, taints)
        for number in range(rng.randint(1, _MOST_NODES))
    ]


def _workload(number: int, groups: Sequence[str], taints: dict[str, tuple[Taint, ...]], rng: Random) -> Workload:
    group = rng.choice(groups) if rng.random() < _IS_BOUND else None
    spread = SERVICE_SPREAD
    if rng.random() < _SPREAD_IS_REQUIRED:
        over: Literal["zone", "node"] = rng.choice(("zone", "node"))
        required = Spread(over, rng.choice((1, 1, 2)), required=True)
        spread = (required, *(each for each in SERVICE_SPREAD if each.over != over))
    requests = Resources(rng.choices(_CPU, _CPU_WEIGHTS)[0], rng.choices(_MEMORY, _MEMORY_WEIGHTS)[0], 1)
    tolerates = taints[group] if group and rng.random() < _TOLERATES else ()
    return Workload(f"service-{number}", requests, group, tolerates, spread)


def _counts(workloads: Sequence[Workload], nodes: Sequence[Node], load: float, rng: Random) -> Demand:
    """One pod more again and again, until some nodes would be taken to more than the share `load`."""
    counts = dict.fromkeys(workloads, 1)
    weights = [rng.uniform(0.2, 1) for _ in workloads]
    while sum(counts.values()) < _MOST_PODS:
        workload = rng.choices(workloads, weights)[0]
        counts[workload] += 1
        if _most_taken(counts, nodes) > load:
            counts[workload] -= 1
            break
    return list(counts.items())


def _most_taken(counts: dict[Workload, int], nodes: Sequence[Node]) -> float:
    """The largest share of what some workload's nodes offer that pods ask for that can run nowhere else."""
    usable = {each: {node.name for node in nodes if each.may_run_on(node)} for each in counts}
    most = 0.0
    for mine in usable.values():
        offers = [_amounts(node.offers) for node in nodes if node.name in mine]
        asked = [[count * each for each in _amounts(w.requests)] for w, count in counts.items() if usable[w] <= mine]
        if offers:
            taken = (sum(a) / sum(o) for a, o in zip(zip(*asked, strict=True), zip(*offers, strict=True), strict=True))
            most = max(most, *taken)
    return most


def _amounts(resources: Resources) -> tuple[int, int, int]:
    return (resources.cpu_millicores, resources.memory_mib, resources.pods)
