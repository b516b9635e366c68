"""The proof of `capacity.blocking` for all pods of a system at once, quick enough for hundreds of services."""

from collections.abc import Sequence
from dataclasses import replace

from capacity.allocatable import Resources
from capacity.blocking import always_placed
from capacity.workloads import Demand, Node, Workload


def proven_to_fit(nodes: Sequence[Node], demand: Demand) -> bool:
    """Whether the proof of `capacity.blocking` holds for every pod; it needs no scheduler, and holds after losses too.

    If it holds for a pod that requests the most CPU and the most memory of all that may run in the same places, it
    holds for each of these. Only where that is too much to ask, they are asked one by one.
    """
    merged = _merged(demand)
    largest: dict[object, Workload] = {}
    for workload, _ in merged:
        if any(spread.required for spread in workload.spread):
            largest[workload] = workload
            continue
        place = (workload.node_group, workload.tolerates)
        other = largest.setdefault(place, workload)
        largest[place] = replace(workload, name="largest", requests=_at_most(workload.requests, other.requests))
    if all(always_placed(each, nodes, [*merged, (each, 1)]) for each in largest.values()):
        return True
    return all(always_placed(workload, nodes, merged) for workload, _ in merged)


def _at_most(one: Resources, other: Resources) -> Resources:
    return Resources(
        cpu_millicores=max(one.cpu_millicores, other.cpu_millicores),
        memory_mib=max(one.memory_mib, other.memory_mib),
        pods=max(one.pods, other.pods),
    )


def _merged(demand: Demand) -> Demand:
    """What requests the same and may run in the same places, as one workload.

    Wishes of how to spread play no part in the proof; where a spread is required, a workload stays by itself.
    """
    merged: dict[Workload, int] = {}
    for workload, pods in demand:
        required = any(spread.required for spread in workload.spread)
        alike = workload if required else replace(workload, name="", spread=())
        merged[alike] = merged.get(alike, 0) + pods
    return list(merged.items())
