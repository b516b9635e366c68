"""What happens to pods and nodes that stand: a node or a zone is lost, a new revision rolls out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import floor

from capacity.workloads import Demand, Node, Workload


def node_losses(nodes: Sequence[Node]) -> Mapping[str, frozenset[str]]:
    """One node lost: for each kind of node that differs, the names of those lost, by what to call it.

    Nodes of the same group, zone and offer are alike, so one of them stands for all.
    """
    losses: dict[str, frozenset[str]] = {}
    seen: set[Node] = set()
    for node in nodes:
        alike = replace(node, name="")
        if alike not in seen:
            seen.add(alike)
            losses[f"a node of {node.group} in {node.zone}"] = frozenset({node.name})
    return losses


def zone_losses(nodes: Sequence[Node]) -> Mapping[str, frozenset[str]]:
    """One zone lost: for each zone, the names of the nodes lost."""
    return {
        f"zone {zone}": frozenset(node.name for node in nodes if node.zone == zone)
        for zone in sorted({node.zone for node in nodes})
    }


def rolling_update(workload: Workload, replicas: int, max_surge: int, leaving: int) -> Demand:
    """The pods of a Deployment that there are at most while a new revision rolls out.

    Of both revisions there are at most `replicas + max_surge` that are not on their way out. Those that are still hold
    what they requested until they are gone, and the Deployment does not wait for that.
    https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment

    A required spread counts each revision by itself, so the new one has to begin where the old one left room, and which
    old pods leave first is anybody's guess: all of them are taken to be still there.

    Args:
        workload: the new revision; the old one is taken to request as much
        replicas: how many pods the Deployment has
        max_surge: how many more it may have meanwhile; 0 where it is replaced by stopping first (`Recreate`)
        leaving: how many pods are on their way out at once; see `most_leaving`
    """
    old = replace(workload, name=f"{workload.name} (old revision)")
    remaining = min(max_surge + leaving, replicas)
    if remaining and any(spread.required for spread in workload.spread):
        remaining = replicas
    return [*([(old, remaining)] if remaining else []), (workload, replicas)]


def most_leaving(
    replicas: int, max_surge: int, max_unavailable: int, seconds_until_ready: float, seconds_until_gone: float
) -> int:
    """How many pods of a Deployment are on their way out at once while it rolls out, at most.

    At most `max_surge + max_unavailable` new pods start at once, and a further old one leaves only when one is ready.

    Args:
        replicas: how many pods the Deployment has
        max_surge: how many more it may have meanwhile
        max_unavailable: how many may be missing meanwhile
        seconds_until_ready: how long a new pod takes at least; more than 0
        seconds_until_gone: how long an old pod takes at most, its grace period
    """
    rounds = floor(seconds_until_gone / seconds_until_ready) + 1
    return min((max_surge + max_unavailable) * rounds, replicas)
