"""kube-scheduler's default profile, as far as it matters to pods that only request CPU and memory.

The filters are exact: node selector, taints, room (`NodeResourcesFit`), required spread. The scores are those of
version 1.36, computed in the same whole numbers, each with its default weight:

| plugin                          | weight | what it prefers                                                        |
|---------------------------------|--------|------------------------------------------------------------------------|
| NodeResourcesFit                | 1      | the least allocated node: mean of the free shares of CPU and memory     |
| NodeResourcesBalancedAllocation | 1      | a node whose shares of CPU and memory come closer to each other by it   |
| PodTopologySpread               | 2      | zones and nodes with fewer pods of the same workload (spread as a wish) |
| TaintToleration                 | 3      | nodes with fewer `PreferNoSchedule` taints that it does not tolerate    |

https://kubernetes.io/docs/reference/scheduling/config/#scheduling-plugins
https://github.com/kubernetes/kubernetes/blob/v1.36.4/pkg/scheduler/apis/config/v1/default_plugins.go

Among nodes of the same score the real one picks any; here it is the first, or any by a seeded generator. With more than
100 nodes the real one scores only some of them; here all are scored.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from capacity.allocatable import Resources
from capacity.workloads import Node, Workload

_BEST: Final = 100
_SPREAD_WEIGHT: Final = 2
_TAINT_WEIGHT: Final = 3


@dataclass(frozen=True)
class _Places:
    """Where pods with a node selector and tolerations may be, as far as nodes' labels and taints go.

    Attributes:
        open: nodes that let them in
        selected: nodes that the selector matches
        dislikes: for each node, how many of its taints would rather keep them off
    """

    open: list[int]
    selected: list[int]
    dislikes: list[int]


class Scheduler:
    """Nodes that fill up, pod by pod; they begin empty.

    Args:
        nodes: all of them
        ties: decides among nodes of the same score; without it the first one wins

    Attributes:
        nodes: all of them; elsewhere a node is its index in here
    """

    def __init__(self, nodes: Sequence[Node], ties: Random | None = None) -> None:
        self.nodes = tuple(nodes)
        self._ties = ties
        self._cpu = [node.offers.cpu_millicores for node in nodes]
        self._memory = [node.offers.memory_mib for node in nodes]
        self._pods = [node.offers.pods for node in nodes]
        self._zones = [node.zone for node in nodes]
        self._offers = [(node.offers.cpu_millicores, node.offers.memory_mib) for node in nodes]
        # By the workload's name, whose hash is at hand.
        self._workloads: dict[str, Workload] = {}
        self._standing: dict[str, list[int]] = {}
        self._in_zones: dict[str, Counter[str]] = {}
        self._places: dict[object, _Places] = {}

    def standing(self) -> dict[Workload, list[int]]:
        """How many pods of each workload stand on each node."""
        return {self._workloads[name]: counts for name, counts in self._standing.items()}

    def free(self, node: int) -> Resources:
        """What a node has left."""
        return Resources(self._cpu[node], self._memory[node], self._pods[node])

    def has_room(self, workload: Workload, node: int) -> bool:
        """Whether one more of its pods fits on a node, wherever it may run otherwise."""
        requests = workload.requests
        return (
            self._cpu[node] >= requests.cpu_millicores
            and self._memory[node] >= requests.memory_mib
            and self._pods[node] >= requests.pods
        )

    def open_nodes(self, workload: Workload) -> list[int]:
        """The nodes that pass all filters for one more of its pods."""
        return self._open(workload, self._candidates(workload))

    def takes(self, workload: Workload) -> bool:
        """Whether one more of its pods would find a node."""
        return bool(self.open_nodes(workload))

    def openness(self, workload: Workload) -> float:
        """How many of its pods would find room, in fractions of pods: 0 once none does."""
        requests = workload.requests
        return sum(
            min(
                (self._cpu[node] - requests.cpu_millicores + 1) / max(requests.cpu_millicores, 1),
                (self._memory[node] - requests.memory_mib + 1) / max(requests.memory_mib, 1),
                self._pods[node],
            )
            for node in self._candidates(workload)
        )

    def put(self, workload: Workload, node: int, pods: int = 1) -> None:
        """Let pods stand on a node, asking nobody; a negative number takes some away."""
        self._cpu[node] -= workload.requests.cpu_millicores * pods
        self._memory[node] -= workload.requests.memory_mib * pods
        self._pods[node] -= workload.requests.pods * pods
        self._counts(workload)[node] += pods
        self._in_zones[workload.name][self._zones[node]] += pods

    def schedule(self, workload: Workload, pods: int = 1) -> int:
        """Place pods one after the other.

        Returns:
            how many of them find no node
        """
        candidates = self._candidates(workload)
        scores = self._resource_scores(workload, candidates)
        for placed in range(pods):
            feasible = self._open(workload, candidates)
            if not feasible:
                return pods - placed
            node = self._choose(workload, feasible, scores)
            self.put(workload, node)
            if self.has_room(workload, node):
                scores[node] = self._resource_score(workload, node)
            else:
                candidates.remove(node)
        return 0

    def _counts(self, workload: Workload) -> list[int]:
        counts = self._standing.get(workload.name)
        if counts is None:
            counts = self._standing[workload.name] = [0] * len(self.nodes)
            self._in_zones[workload.name] = Counter(dict.fromkeys(self._zones, 0))
            self._workloads[workload.name] = workload
        return counts

    def _places_of(self, workload: Workload) -> _Places:
        key = (workload.node_group, workload.tolerates)
        if key not in self._places:
            self._places[key] = _Places(
                open=[index for index, node in enumerate(self.nodes) if workload.may_run_on(node)],
                selected=[index for index, node in enumerate(self.nodes) if workload.selects(node)],
                dislikes=[workload.dislikes(node) for node in self.nodes],
            )
        return self._places[key]

    def _candidates(self, workload: Workload) -> list[int]:
        cpu, memory = workload.requests.cpu_millicores, workload.requests.memory_mib
        free_cpu, free_memory, pods, needed = self._cpu, self._memory, self._pods, workload.requests.pods
        return [
            node
            for node in self._places_of(workload).open
            if free_cpu[node] >= cpu and free_memory[node] >= memory and pods[node] >= needed
        ]

    def _open(self, workload: Workload, candidates: list[int]) -> list[int]:
        """Those where one more pod breaks no required spread.

        Nodes that taints keep it off count as domains too: `nodeTaintsPolicy` is `Ignore`.
        """
        feasible = candidates
        for spread in workload.spread:
            if spread.required:
                counts, selected = self._counts(workload), self._places_of(workload).selected
                in_zones = self._in_zones[workload.name]
                if spread.over == "node":
                    most = min((counts[node] for node in selected), default=0) + spread.max_skew
                    feasible = [node for node in feasible if counts[node] < most]
                else:
                    most = min((in_zones[self._zones[node]] for node in selected), default=0) + spread.max_skew
                    feasible = [node for node in feasible if in_zones[self._zones[node]] < most]
        return feasible

    def _choose(self, workload: Workload, feasible: list[int], scores: dict[int, int]) -> int:
        if len(feasible) == 1:
            return feasible[0]
        totals = [scores[node] for node in feasible]
        if any(not spread.required for spread in workload.spread):
            raw = self._spread_scores(workload, feasible)
            most, least = max(raw), min(raw)
            if most:
                totals = [
                    total + _SPREAD_WEIGHT * (_BEST * (most + least - each) // most)
                    for total, each in zip(totals, raw, strict=True)
                ]
        dislikes = self._places_of(workload).dislikes
        if most_disliked := max(dislikes[node] for node in feasible):
            totals = [
                total + _TAINT_WEIGHT * (_BEST - _BEST * dislikes[node] // most_disliked)
                for total, node in zip(totals, feasible, strict=True)
            ]
        best = max(totals)
        if self._ties is None:
            return feasible[totals.index(best)]
        return self._ties.choice([node for total, node in zip(totals, feasible, strict=True) if total == best])

    def _spread_scores(self, workload: Workload, feasible: list[int]) -> list[int]:
        """The lower the better; a domain counts the more, the more domains there are.

        https://github.com/kubernetes/kubernetes/blob/v1.36.4/pkg/scheduler/framework/plugins/podtopologyspread/scoring.go
        """
        counts, zones = self._counts(workload), self._zones
        by_zone = dict.fromkeys(zones, 0.5)  # rounds in the end, since all is positive
        by_node = 0.0
        for spread in workload.spread:
            if spread.required:
                continue
            if spread.over == "node":
                by_node += math.log(len(feasible) + 2)
            else:
                weight = math.log(len({zones[node] for node in feasible}) + 2)
                for zone, count in self._in_zones[workload.name].items():
                    by_zone[zone] += count * weight
            by_zone = {zone: score + spread.max_skew - 1 for zone, score in by_zone.items()}
        return [int(by_zone[zones[node]] + by_node * counts[node]) for node in feasible]

    def _resource_scores(self, workload: Workload, nodes: list[int]) -> dict[int, int]:
        """The same for nodes that are alike, so each such score is computed once."""
        known: dict[object, int] = {}
        scores: dict[int, int] = {}
        for node in nodes:
            key = (self._cpu[node], self._memory[node], self._offers[node])
            if key not in known:
                known[key] = self._resource_score(workload, node)
            scores[node] = known[key]
        return scores

    def _resource_score(self, workload: Workload, node: int) -> int:
        requests, (all_cpu, all_memory) = workload.requests, self._offers[node]
        cpu_left, memory_left = self._cpu[node] - requests.cpu_millicores, self._memory[node] - requests.memory_mib
        least = (_BEST * cpu_left // all_cpu + _BEST * memory_left // all_memory) // 2
        before = _balance((all_cpu - self._cpu[node]) / all_cpu, (all_memory - self._memory[node]) / all_memory)
        after = _balance((all_cpu - cpu_left) / all_cpu, (all_memory - memory_left) / all_memory)
        return least + _BEST // 2 + (_BEST // 2 + after - before) // 2


def _balance(cpu: float, memory: float) -> int:
    """How close two shares are to each other: the standard deviation of two values is half their difference."""
    return int((1 - abs(cpu - memory) / 2) * _BEST)
