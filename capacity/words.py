"""Amounts and pods in words."""

from collections import Counter
from collections.abc import Iterable, Sequence

from capacity.allocatable import Resources
from capacity.assessment import NOTHING, Fill
from capacity.system_pods import ADD_ON_PREFIX


def listed(parts: Sequence[str]) -> str:
    """Such as `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def counted(number: int, noun: str) -> str:
    """Such as `1 node` and `2 nodes`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def amounts(resources: Resources) -> str:
    """Such as `120m CPU, 64 MiB memory and 2 pods`; what is zero is left out."""
    parts = [
        *([f"{resources.cpu_millicores}m CPU"] if resources.cpu_millicores else []),
        *([f"{resources.memory_mib} MiB memory"] if resources.memory_mib else []),
        *([counted(resources.pods, "pod")] if resources.pods else []),
    ]
    return listed(parts) if parts else "nothing"


def without_room(fill: Fill) -> str:
    """Who finds no room, and what is short by how much."""
    if not fill.pending:
        names = listed(sorted({_shown(workload.name) for workload in fill.tight}))
        return f"{names} may find no room, depending on the order in which pods come"
    pods: Counter[str] = Counter()
    for each in fill.pending:
        pods[_shown(each.workload.name)] += each.pods
    if not any(each.nodes for each in fill.pending):
        return f"there is no node for {listed(list(pods))}"
    find = "finds" if fill.pods_pending == 1 else "find"
    who = listed([f"{counted(number, 'pod')} of {name}" for name, number in pods.items()])
    return f"{who} {find} no room: {_what_is_short(fill)}"


def _shown(workload: str) -> str:
    return "add-ons" if workload.startswith(ADD_ON_PREFIX) else workload


def _what_is_short(fill: Fill) -> str:
    if fill.shortage != NOTHING:
        return f"{amounts(fill.shortage)} short"
    closest = next((each.short for each in fill.pending if each.short != NOTHING), None)
    if closest is not None:
        return f"there is room enough, but on no single node; the closest is {amounts(closest)} short"
    return "their spread over zones or nodes is in the way"


def group_sizes(counts: Iterable[tuple[str, int]]) -> str:
    """Such as `baseline has 3 nodes and burst has none`."""
    return listed([f"{group} has {counted(number, 'node') if number else 'none'}" for group, number in counts])
