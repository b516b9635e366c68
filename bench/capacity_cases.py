"""Random cases for `bench.capacity_truth`: small clusters, and as many pods as about fill them.

A case comes from its seed alone, so one that is in doubt can be run again.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from capacity.allocatable import Resources, allocatable
from capacity.instance_types import instance_type
from capacity.workloads import SERVICE_SPREAD, Node, Spread, Taint, Workload

Event = Literal["none", "node lost", "zone lost", "rolling update"]

_TYPES: Final = ("t3.medium", "m5.large", "c5.large", "r5.large", "m5.xlarge")
_ZONES: Final = ("a", "b", "c")
_CPU: Final = (25, 50, 60, 100, 150, 200, 250, 400, 500, 750, 1000, 1500)
_MEMORY: Final = (32, 64, 96, 128, 192, 256, 512, 768, 1024, 2048, 3072)
# What aws-node, kube-proxy and the Pod Identity agent ask for on each node, about.
_DAEMONS: Final = Resources(cpu_millicores=150, memory_mib=128, pods=3)
_MOST_PODS: Final = 60


@dataclass(frozen=True)
class Case:
    """A cluster, what is to run on it, and what happens to it.

    Attributes:
        seed: what it was made from
        nodes: before anything is lost
        demand: how many pods of each workload; those of an old revision come first and stand already
        event: what happens once they stand
        lost: the nodes that are lost
        old: the workloads of the old revisions, whose pods are on their way out, but still there
    """

    seed: int
    nodes: tuple[Node, ...]
    demand: tuple[tuple[Workload, int], ...]
    event: Event
    lost: frozenset[str]


def make_case(seed: int) -> Case:
    """The case of a seed."""
    rng = Random(seed)  # noqa: S311 - no secret
    groups = ["general", *(["burst"] if rng.random() < 0.4 else []), *(["jobs"] if rng.random() < 0.15 else [])]
    taints = {group: _taints(group, rng) for group in groups}
    nodes = [node for group in groups for node in _nodes(group, taints[group], rng)]
    workloads = [_workload(number, groups, taints, rng) for number in range(rng.randint(1, 7))]
    event: Event = rng.choices(("none", "node lost", "zone lost", "rolling update"), (4, 2, 2, 2))[0]
    lost = _lost(event, nodes, rng)
    left = [node for node in nodes if node.name not in lost]
    demand = _counts(workloads, left, rng.uniform(0.4, 1.35), rng)
    return Case(seed, tuple(nodes), tuple(demand), event, frozenset(lost))


def _taints(group: str, rng: Random) -> tuple[Taint, ...]:
    if group == "general":
        return ()
    effect = rng.choice(("NoSchedule", "NoExecute", "PreferNoSchedule"))
    return (Taint("for", group, effect),)


def _nodes(group: str, taints: tuple[Taint, ...], rng: Random) -> list[Node]:
    type_ = rng.choice(_TYPES)
    offers = allocatable(instance_type(type_))
    less = Resources(
        offers.cpu_millicores - _DAEMONS.cpu_millicores,
        offers.memory_mib - _DAEMONS.memory_mib,
        offers.pods - _DAEMONS.pods,
    )
    first = rng.randrange(3)
    zones = rng.choice((1, 2, 3, 3))
    return [
        Node(f"{group}-{number}", group, _ZONES[(first + number) % zones], less, taints)
        for number in range(rng.randint(1, 6))
    ]


def _workload(number: int, groups: list[str], taints: dict[str, tuple[Taint, ...]], rng: Random) -> Workload:
    group = rng.choice(groups) if rng.random() < 0.6 else None
    spread = SERVICE_SPREAD
    if rng.random() < 0.15:
        over: Literal["zone", "node"] = "zone" if rng.random() < 0.6 else "node"
        spread = (Spread(over, rng.choice((1, 1, 2)), required=True), *(s for s in SERVICE_SPREAD if s.over != over))
    requests = Resources(rng.choice(_CPU), rng.choice(_MEMORY), 1)
    tolerates = taints[group] if group and rng.random() < 0.9 else ()
    return Workload(f"service-{number}", requests, group, tolerates, spread)


def _lost(event: Event, nodes: list[Node], rng: Random) -> set[str]:
    if event == "node lost" and len(nodes) > 1:
        return {rng.choice(nodes).name}
    if event == "zone lost":
        zone = rng.choice(nodes).zone
        lost = {node.name for node in nodes if node.zone == zone}
        return lost if len(lost) < len(nodes) else set()
    return set()


def _counts(workloads: list[Workload], nodes: list[Node], load: float, rng: Random) -> list[tuple[Workload, int]]:
    """Add pods, until the scarcest thing of some workload's nodes is taken to the share `load`."""
    counts = {workload: 1 for workload in workloads}
    weights = [rng.uniform(0.2, 1) for _ in workloads]

    def share() -> float:
        worst = 0.0
        for workload in workloads:
            usable = [node for node in nodes if workload.may_run_on(node)]
            if not usable:
                continue
            inside = [w for w in workloads if all(n in usable for n in nodes if w.may_run_on(n))]
            for what in ("cpu_millicores", "memory_mib", "pods"):
                offered = sum(getattr(node.offers, what) for node in usable)
                asked = sum(getattr(w.requests, what) * counts[w] for w in inside)
                worst = max(worst, asked / offered)
        return worst

    while sum(counts.values()) < _MOST_PODS:
        workload = rng.choices(workloads, weights)[0]
        counts[workload] += 1
        if share() > load:
            counts[workload] -= 1
            break
    return list(counts.items())
