"""Sizes that do not add up: what is refused, and what is only warned of."""

from typing import Any

from tests.mistakes.mistake import Mistake
from tests.says import Says

GENERAL = "slipway:nodeGroups.general"
FRONTEND = "slipway:services.frontend"

# Without schedules what is told holds at any time, and no date stands in it.
ALWAYS: dict[str, Any] = {f"{GENERAL}.schedules": {}}


def size(nodes: int) -> dict[str, int]:
    return {"min": nodes, "desired": nodes, "max": 8}


def resources(cpu: int, memory: int) -> dict[str, Any]:
    amounts = {"cpuMillicores": cpu, "memoryMiB": memory}
    return {"requests": amounts, "limits": amounts}


def pods(least: int, most: int) -> dict[str, int]:
    return {"minReplicas": least, "maxReplicas": most, "cpuPercent": 10, "scaleDownStabilizationSeconds": 300}


CAPACITY: tuple[Mistake, ...] = (
    Mistake(
        "instance type that nobody knows",
        {f"{GENERAL}.instanceType": "m5.larg"},
        (
            Says(
                "m5.larg",
                "capacity/instance_types.json",
                "m5.large",
                "m5n.large",
                "m5d.large",
                "python -m tools.instance_types",
                at=f"{GENERAL}.instanceType",
            ),
        ),
    ),
    Mistake(
        "nodes too small for the add-ons",
        {f"{GENERAL}.instanceType": "t3.micro"},
        (
            Says(
                "t3.micro",
                "450m",
                "153 MiB",
                "5 pods",
                f"{GENERAL}.instanceType t3.small",
                at=f"{GENERAL}.instanceType",
            ),
        ),
    ),
    Mistake(
        "pod that no node has room for",
        {f"{FRONTEND}.resources": resources(1900, 64)},
        (
            Says(
                "1900m",
                "64 MiB",
                "m5.large",
                "general",
                "1480m",
                "6750 MiB",
                "24 pods",
                f"{GENERAL}.instanceType m5.xlarge",
                at=FRONTEND,
            ),
        ),
    ),
    Mistake(
        "more CPU at the least than one node has",
        {**ALWAYS, f"{GENERAL}.size": size(1), f"{FRONTEND}.autoscaling": pods(10, 10)},
        (Says("1 node", "1 pod of users", "40m", "desired 2", f"{GENERAL}.size", at=f"{GENERAL}.size"),),
    ),
    Mistake(
        "more memory at the least than two nodes have",
        {**ALWAYS, f"{FRONTEND}.resources": resources(60, 2500), f"{FRONTEND}.autoscaling": pods(6, 6)},
        (Says("2 nodes", "2 pods of frontend", "2808 MiB", "desired 3", f"{GENERAL}.size", at=f"{GENERAL}.size"),),
    ),
    Mistake(
        "more pods at the least than the addresses suffice for",
        {**ALWAYS, f"{GENERAL}.instanceType": "t3.small", f"{GENERAL}.size": size(1)},
        (
            Says(
                "1 node",
                "1 pod of add-ons",
                "2 pods of frontend",
                "1 pod of thoughts",
                "1 pod of users",
                "171 MiB",
                "5 pods",
                "desired 2",
                f"{GENERAL}.size",
                at=f"{GENERAL}.size",
            ),
        ),
    ),
    Mistake(
        "room only in pieces",
        {**ALWAYS, f"{FRONTEND}.resources": resources(800, 64), f"{FRONTEND}.autoscaling": pods(3, 3)},
        (Says("2 nodes", "1 pod of frontend", "360m", "desired 4", f"{GENERAL}.size", at=f"{GENERAL}.size"),),
    ),
    Mistake(
        "service bound to an empty group",
        {
            **ALWAYS,
            "slipway:nodeGroups.spare": {
                **{"instanceType": "m5.large", "capacityType": "SPOT", "diskSizeGiB": 40},
                "size": size(0),
            },
            f"{FRONTEND}.nodeGroup": "spare",
        },
        (
            Says(
                "spare",
                "none",
                "frontend",
                "desired 1",
                "slipway:nodeGroups.spare.size",
                at="slipway:nodeGroups.spare.size",
            ),
        ),
    ),
    Mistake(
        "group that is made empty",
        {f"{GENERAL}.size": size(0)},
        (
            Says(
                "first schedule",
                "none",
                "add-ons, frontend, thoughts and users",
                "desired 1",
                f"{GENERAL}.size",
                at=f"{GENERAL}.size",
            ),
        ),
    ),
)
"""Refused: services find no room at their least."""

WARNED: tuple[Mistake, ...] = (
    Mistake(
        "more pods at the most than nodes have room for",
        {**ALWAYS, f"{FRONTEND}.autoscaling": pods(2, 50)},
        (
            Says(
                "2 nodes",
                "12 pods of frontend",
                "1 pod of thoughts",
                "1 pod of users",
                "960m",
                "11 pods",
                "desired 3",
                f"{GENERAL}.size",
                f"{FRONTEND}.autoscaling.maxReplicas 31",
                at=f"{GENERAL}.size",
            ),
        ),
    ),
    Mistake(
        "policy, update, idle group and headroom at once",
        {
            **ALWAYS,
            f"{GENERAL}.size": {"min": 1, "desired": 1, "max": 1},
            f"{GENERAL}.policies": {"cpu": {"kind": "targetTracking", "cpuPercent": 90}},
            f"{FRONTEND}.resources": resources(240, 64),
            f"{FRONTEND}.autoscaling": pods(2, 2),
            "slipway:capacity": {"headroomPercent": 20, "survives": "node"},
            "slipway:nodeGroups.gpu": {
                **{"instanceType": "m5.xlarge", "capacityType": "SPOT", "diskSizeGiB": 40, "size": size(1)},
                "taints": [{"key": "gpu", "value": "yes", "effect": "NO_SCHEDULE"}],
            },
        },
        (
            Says("1 node", "slipway:services.<service>.nodeGroup gpu", "no taints", at="slipway:nodeGroups.gpu"),
            Says("90", "1 node", "m5.large", "69 %", "68", at=f"{GENERAL}.policies.cpu.cpuPercent"),
            Says("20", "5.4 %", "general", "max 2", f"{GENERAL}.size", at="slipway:capacity.headroomPercent"),
            Says(
                "1 node",
                "update",
                "2 pods",
                "1 pod of frontend",
                "160m",
                "min 2, desired 2 and max 2",
                f"{GENERAL}.size",
                at=f"{GENERAL}.size",
            ),
            Says(
                "node",
                "general",
                "us-west-2a",
                "add-ons, frontend, thoughts and users",
                "min 2, desired 2 and max 2",
                f"{GENERAL}.size",
                at="slipway:capacity.survives",
            ),
        ),
    ),
)
"""Only warned of: the preview goes on."""
