"""Measures what the capacity check adds to a preview of prod, and how long it takes with many services and nodes.

python -m bench.capacity_check
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from statistics import median
from typing import Final

from bench.sandboxed import CHECKOUT, Cost, Sandbox, Subject, sandbox
from capacity.assessment import offers_of
from capacity.check import check_capacity
from capacity.instance_types import instance_type
from infra.resource_settings import ResourceAmounts, ResourceSettings
from infra.service_settings import AutoscalingSettings, ServiceSettings
from infra.settings import Settings
from ops.stack_settings import settings_of

NOW: Final = datetime(2026, 6, 3, 12, tzinfo=UTC)
_LOADS: Final = (0.3, 0.6, 0.8, 1.2)
_ROUNDS: Final = 3

# A process of its own, which has read the settings' modules as the program has before it checks.
_ONCE: Final = """
import json, sys, time
import cronsim, infra.settings, pydantic
begun, begun_cpu = time.perf_counter(), time.process_time()
from capacity.check import check_capacity
imported, imported_cpu = time.perf_counter() - begun, time.process_time() - begun_cpu
from bench.capacity_check import NOW, prod
settings = prod()
begun, begun_cpu = time.perf_counter(), time.process_time()
check_capacity(settings, NOW)
print(json.dumps([imported + time.perf_counter() - begun, imported_cpu + time.process_time() - begun_cpu]))
"""


def prod() -> Settings:
    """The settings of prod as shipped."""
    return settings_of("prod", CHECKOUT)


def once() -> Cost:
    """The check of prod in a fresh process, the import of its modules included."""
    words = [sys.executable, "-c", _ONCE]
    done = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, check=True)  # noqa: S603 - its own words
    seconds, cpu_seconds = json.loads(done.stdout)
    return Cost(seconds, cpu_seconds)


def beside_a_preview(rounds: int) -> list[str]:
    """The table of the check beside whole previews, in turn, as Markdown."""
    previews: list[Cost] = []
    checks: list[Cost] = []
    with sandbox() as account:
        subject = Subject("prod", CHECKOUT, {})
        account.preview(subject)  # the first one does not count
        for number in range(rounds):
            previews.append(account.preview(subject))
            checks.append(once())
            print(f"bench: {number + 1} of {rounds} rounds", file=sys.stderr)
    pairs = list(zip(checks, previews, strict=True))
    share = median(check.seconds / preview.seconds for check, preview in pairs)
    cpu_share = median(check.cpu_seconds / preview.cpu_seconds for check, preview in pairs)
    return [
        f"| {Sandbox.stack} | seconds | CPU seconds |",
        "|---|---|---|",
        _row("preview", previews),
        _row("the check in it", checks),
        f"| share, pair by pair | {share:.1%} | {cpu_share:.1%} |",
    ]


def _row(name: str, costs: Sequence[Cost]) -> str:
    return f"| {name} | {median(c.seconds for c in costs):.3f} | {median(c.cpu_seconds for c in costs):.3f} |"


def grown(services: int, nodes: int, load: float) -> Settings:
    """Prod with so many services of random sizes, which at their most ask for a share of the CPU of so many nodes."""
    base = prod()
    rng = Random(services)  # noqa: S311 - no secret
    group = base.node_groups["baseline"]
    offered = nodes * offers_of(instance_type(group.instance_type)).cpu_millicores
    sizes = [(rng.choice((25, 60, 100, 150, 200)), rng.choice((64, 96, 128, 256))) for _ in range(services)]
    pods = max(round(load * offered / sum(cpu for cpu, _ in sizes)), 1)
    model = base.services["frontend"]
    made: dict[str, ServiceSettings] = {}
    for number, (cpu, memory) in enumerate(sizes):
        amounts = ResourceAmounts.model_construct(cpu_millicores=cpu, memory_mib=memory)
        made[f"service-{number}"] = model.model_copy(
            update={
                "resources": ResourceSettings.model_construct(requests=amounts, limits=amounts),
                "autoscaling": AutoscalingSettings.model_construct(
                    min_replicas=1, max_replicas=pods, cpu_percent=50, scale_down_stabilization_seconds=300
                ),
            }
        )
    size = group.size.model_copy(update={"min": nodes, "desired": nodes, "max": 450})
    groups = {"baseline": group.model_copy(update={"size": size})}
    return base.model_copy(update={"services": made, "node_groups": groups})


def with_many(services: int, nodes: int) -> list[str]:
    """The table of the check of many services on many nodes, as Markdown."""
    lines = ["| CPU asked for at most | pods at most | warnings | the check, s | CPU s |", "|---|---|---|---|---|"]
    for load in _LOADS:
        settings = grown(services, nodes, load)
        seconds: list[float] = []
        cpu_seconds: list[float] = []
        warnings = 0
        for _ in range(_ROUNDS):
            begun, begun_cpu = time.perf_counter(), time.process_time()
            warnings = len(check_capacity(settings, NOW).warnings)
            seconds.append(time.perf_counter() - begun)
            cpu_seconds.append(time.process_time() - begun_cpu)
        scalers = [each.autoscaling for each in settings.services.values()]
        pods = sum(each.max_replicas for each in scalers if each is not None)
        lines.append(f"| {load:.0%} | {pods} | {warnings} | {median(seconds):.2f} | {median(cpu_seconds):.2f} |")
    return lines


def main(words: Sequence[str]) -> int:
    """Measure, and print the tables; gives back the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.capacity_check", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="of previews (default 5)")
    parser.add_argument("--services", type=int, default=500, help="how many (default 500)")
    parser.add_argument("--nodes", type=int, default=200, help="how many (default 200)")
    options = parser.parse_args(words)
    print("\n".join(beside_a_preview(options.rounds)))
    print(f"\n{options.services} services on {options.nodes} nodes, medians of {_ROUNDS} runs:\n")
    print("\n".join(with_many(options.services, options.nodes)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
