"""The chain of steps that no number of hands can shorten: each waits for the one before, and it takes longest.

What a graph's steps take is the sandbox's table of AWS's times (`sandbox/latency.py`); what waits for what is Pulumi's
own state: dependencies, the provider, and for a component that another one waits for, all that is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

from bench.fault_targets import goes_by_itself, is_made
from sandbox.urn import type_of


@dataclass(frozen=True)
class Task:
    """One step.

    Attributes:
        name: what it is told by; no two have the same
        seconds: how long it takes
        after: the names of those it waits for
    """

    name: str
    seconds: float
    after: tuple[str, ...] = ()


def critical_path(tasks: Iterable[Task]) -> list[Task]:
    """The longest chain, first step first; of chains of the same length any.

    Raises:
        graphlib.CycleError: tasks wait for each other.
        KeyError: one waits for a task that is not there.
    """
    by_name = {task.name: task for task in tasks}
    ends: dict[str, float] = {}
    before: dict[str, str | None] = {}
    for name in TopologicalSorter({task.name: task.after for task in by_name.values()}).static_order():
        task = by_name[name]
        last = max(task.after, key=lambda each: ends[each], default=None)
        before[name] = last
        ends[name] = task.seconds + (ends[last] if last is not None else 0.0)
    path: list[Task] = []
    step = max(ends, key=lambda each: ends[each], default=None)
    while step is not None:
        path.append(by_name[step])
        step = before[step]
    return path[::-1]


def length(path: Iterable[Task]) -> float:
    """How long a chain takes, in seconds."""
    return sum(task.seconds for task in path)


def creations(resources: Sequence[Mapping[str, Any]], seconds: Callable[[str, str], float]) -> list[Task]:
    """What `up` does from nothing, by a stack's state after it.

    Args:
        resources: those of the state (`pulumi stack export`)
        seconds: how long an operation on a type takes
    """
    children: dict[str, list[str]] = {}
    for each in resources:
        children.setdefault(each.get("parent", ""), []).append(each["urn"])
    return [
        Task(
            each["urn"],
            seconds("create", type_of(each["urn"])) if is_made(each) else 0.0,
            # A component is there once all that is in it is; nothing else waits for its parts because of it.
            tuple(sorted(_waits_for(each) if each["custom"] else {*children.get(each["urn"], ())})),
        )
        for each in resources
    ]


def deletions(resources: Sequence[Mapping[str, Any]], seconds: Callable[[str, str], float]) -> list[Task]:
    """What `destroy` does: everything goes before what it waited for when it was made."""
    made = creations(resources, seconds)
    by_urn = {each["urn"]: each for each in resources}
    followers: dict[str, set[str]] = {task.name: set() for task in made}
    for task in made:
        for earlier in task.after:
            followers[earlier].add(task.name)
    return [
        Task(
            urn,
            seconds("delete", type_of(urn)) if is_made(by_urn[urn]) and not goes_by_itself(by_urn[urn]) else 0.0,
            tuple(sorted(later)),
        )
        for urn, later in followers.items()
    ]


def deletion_rounds(resources: Sequence[Mapping[str, Any]], seconds: Callable[[str, str], float]) -> list[Task]:
    """What Pulumi's engine makes of a `destroy`: rounds, of which one begins when all of the one before is gone.

    What has nothing under it goes in the last round, what waited for that alone in the last but one, and so on; so a
    long deletion is waited for by all that stands nearer to the ground, whether or not it has to do with it.
    https://github.com/pulumi/pulumi/blob/v3.220.0/pkg/resource/deploy/step_generator.go (`ScheduleDeletes`)

    Returns:
        the longest step of each round, the first round first, each after the one before.
    """
    steps = {task.name: task for task in deletions(resources, seconds)}
    order = {each["urn"]: number for number, each in enumerate(resources)}
    inside = _inside(resources)
    above: dict[str, int] = {}
    for each in resources:
        named = {*_waits_for(each), each.get("parent", "")} & order.keys()
        parts = {part for one in _waits_for(each) for part in inside.get(one, ()) if order[part] < order[each["urn"]]}
        above[each["urn"]] = 1 + max((above[earlier] for earlier in named | parts), default=0)
    rounds: list[Task] = []
    for number in sorted(set(above.values()), reverse=True):
        longest = max((steps[urn] for urn, own in above.items() if own == number), key=lambda task: task.seconds)
        rounds.append(Task(longest.name, longest.seconds, tuple(task.name for task in rounds[-1:])))
    return rounds


def _inside(resources: Sequence[Mapping[str, Any]]) -> dict[str, set[str]]:
    """All that is in each component, and in those in it."""
    parents = {each["urn"]: each.get("parent", "") for each in resources}
    inside: dict[str, set[str]] = {each["urn"]: set() for each in resources if not each["custom"]}
    for urn, parent in parents.items():
        around = parent
        while around:
            if around in inside:
                inside[around].add(urn)
            around = parents.get(around, "")
    return inside


def _waits_for(resource: Mapping[str, Any]) -> set[str]:
    # A provider's reference is its URN and its id.
    provider = resource.get("provider", "").rpartition("::")[0]
    return {*resource.get("dependencies", ()), *([provider] if provider else [])}
