"""The proof of `capacity.blocking` for all pods of a system at once, with what is alike counted together."""

from collections.abc import Sequence
from dataclasses import replace

from capacity.blocking import unproven
from capacity.patience import Patience
from capacity.workloads import Demand, Node, Workload


def proven_to_fit(nodes: Sequence[Node], demand: Demand, patience: Patience | None = None) -> bool:
    """Whether it is proven that every pod finds a node; it needs no scheduler, and holds after losses too."""
    return not unproven(nodes, _merged(demand), patience)


def _merged(demand: Demand) -> Demand:
    """What requests the same and may run in the same places, as one workload.

    The fewer sizes there are, the fewer ways to fill a node, and the more is proven. Wishes of how to spread play no
    part in the proof; where a spread is required, a workload stays by itself.
    """
    merged: dict[Workload, int] = {}
    for workload, pods in demand:
        required = any(spread.required for spread in workload.spread)
        alike = workload if required else replace(workload, name="", spread=())
        merged[alike] = merged.get(alike, 0) + pods
    return list(merged.items())
