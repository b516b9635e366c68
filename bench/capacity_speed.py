"""Measures how long the check of many services on many nodes takes.

python -m bench.capacity_speed
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from random import Random
from statistics import median
from typing import Final

from capacity.allocatable import Resources, allocatable
from capacity.instance_types import instance_type
from capacity.placement import check
from capacity.workloads import Demand, Node, Taint, Workload

_TYPE: Final = "m5.large"
_SPOT: Final = Taint("capacity", "spot", "NoSchedule")
_LOADS: Final = (0.3, 0.5, 0.6, 0.7, 0.8, 1.2)
_ROUNDS: Final = 3


def cluster(nodes: int) -> list[Node]:
    """Nodes in three zones, a quarter of them in a tainted group."""
    offers = allocatable(instance_type(_TYPE))
    made: list[Node] = []
    for number in range(nodes):
        tainted = number % 4 == 3  # noqa: PLR2004 - every fourth
        group, taints = ("burst", (_SPOT,)) if tainted else ("general", ())
        made.append(Node(f"{group}-{number}", group, "abc"[number % 3], offers, taints))
    return made


def services(number: int, nodes: Sequence[Node], load: float) -> Demand:
    """Services of random sizes, with replicas so that they ask for a share of all CPU; a few run in one group only."""
    rng = Random(number)  # noqa: S311 - no secret
    workloads: list[Workload] = []
    for each in range(number):
        group = rng.choice((None, None, "general", "burst"))
        requests = Resources(rng.choice((25, 60, 100, 150, 200, 300)), rng.choice((64, 96, 128, 256, 512)), 1)
        workloads.append(Workload(f"service-{each}", requests, group, (_SPOT,) if group == "burst" else ()))
    counts = dict.fromkeys(workloads, 1)
    left = load * sum(node.offers.cpu_millicores for node in nodes)
    left -= sum(each.requests.cpu_millicores for each in workloads)
    while left > 0:
        workload = rng.choice(workloads)
        counts[workload] += 1
        left -= workload.requests.cpu_millicores
    return list(counts.items())


def report(number: int, nodes: Sequence[Node]) -> list[str]:
    """The table, as Markdown."""
    lines = ["| CPU asked for | pods | fits | the check, s | the check, CPU s |", "|---|---|---|---|---|"]
    for load in _LOADS:
        demand = services(number, nodes, load)
        seconds: list[float] = []
        cpu_seconds: list[float] = []
        fits = False
        for _ in range(_ROUNDS):
            begun, begun_cpu = time.perf_counter(), time.process_time()
            fits = check(nodes, demand).fits
            seconds.append(time.perf_counter() - begun)
            cpu_seconds.append(time.process_time() - begun_cpu)
        pods = sum(count for _, count in demand)
        answer = "yes" if fits else "no"
        lines.append(f"| {load:.0%} | {pods} | {answer} | {median(seconds):.2f} | {median(cpu_seconds):.2f} |")
    return lines


def main(words: Sequence[str]) -> int:
    """Measure, and print the table; gives back the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.capacity_speed", description=__doc__)
    parser.add_argument("--services", type=int, default=500, help="how many (default 500)")
    parser.add_argument("--nodes", type=int, default=200, help="how many (default 200)")
    options = parser.parse_args(words)
    nodes = cluster(options.nodes)
    print(f"{options.services} services on {options.nodes} nodes ({_TYPE}), medians of {_ROUNDS} runs:\n")
    print("\n".join(report(options.services, nodes)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
