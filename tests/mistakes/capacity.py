"""Sizes that do not add up: what is refused, and what is only warned of."""

from typing import Any

from tests.mistakes.mistake import Mistake

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
            f"{GENERAL}.instanceType: is m5.larg, which capacity/instance_types.json does not know; the closest known "
            "ones are m5.large, m5n.large, m5d.large. A newer one comes with: python -m tools.instance_types",
        ),
    ),
    Mistake(
        "nodes too small for the add-ons",
        {f"{GENERAL}.instanceType": "t3.micro"},
        (
            f"{GENERAL}.instanceType: is t3.micro, on which the add-ons' pods leave no room: they request 450m CPU, "
            f"153 MiB memory and 5 pods of each node. Smallest change: {GENERAL}.instanceType t3.small",
        ),
    ),
    Mistake(
        "pod that no node has room for",
        {f"{FRONTEND}.resources": resources(1900, 64)},
        (
            f"{FRONTEND}: a pod requests 1900m CPU and 64 MiB memory, for which no node has room: m5.large of general "
            f"has 1480m CPU, 6750 MiB memory and 24 pods for services. Smallest change: {GENERAL}.instanceType "
            "m5.xlarge",
        ),
    ),
    Mistake(
        "more CPU at the least than one node has",
        {**ALWAYS, f"{GENERAL}.size": size(1), f"{FRONTEND}.autoscaling": pods(10, 10)},
        (
            f"{GENERAL}.size: at any time general has 1 node, and with every service at its least 1 pod of users finds "
            f"no room: 40m CPU short. Smallest change: desired 2 at {GENERAL}.size",
        ),
    ),
    Mistake(
        "more memory at the least than two nodes have",
        {**ALWAYS, f"{FRONTEND}.resources": resources(60, 2500), f"{FRONTEND}.autoscaling": pods(6, 6)},
        (
            f"{GENERAL}.size: at any time general has 2 nodes, and with every service at its least 2 pods of frontend "
            f"find no room: 2808 MiB memory short. Smallest change: desired 3 at {GENERAL}.size",
        ),
    ),
    Mistake(
        "more pods at the least than the addresses suffice for",
        {**ALWAYS, f"{GENERAL}.instanceType": "t3.small", f"{GENERAL}.size": size(1)},
        (
            f"{GENERAL}.size: at any time general has 1 node, and with every service at its least 1 pod of add-ons, 2 "
            "pods of frontend, 1 pod of thoughts and 1 pod of users find no room: 171 MiB memory and 5 pods short. "
            f"Smallest change: desired 2 at {GENERAL}.size",
        ),
    ),
    Mistake(
        "room only in pieces",
        {**ALWAYS, f"{FRONTEND}.resources": resources(800, 64), f"{FRONTEND}.autoscaling": pods(3, 3)},
        (
            f"{GENERAL}.size: at any time general has 2 nodes, and with every service at its least 1 pod of frontend "
            f"finds no room: 360m CPU short. Smallest change: desired 4 at {GENERAL}.size",
        ),
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
            "slipway:nodeGroups.spare.size: at any time spare has none, and with every service at its least there is "
            "no node for frontend. Smallest change: desired 1 at slipway:nodeGroups.spare.size",
        ),
    ),
    Mistake(
        "group that is made empty",
        {f"{GENERAL}.size": size(0)},
        (
            f"{GENERAL}.size: until the first schedule acts general has none, and with every service at its least "
            f"there is no node for add-ons, frontend, thoughts and users. Smallest change: desired 1 at {GENERAL}.size",
        ),
    ),
)
"""Refused: services find no room at their least."""

WARNED: tuple[Mistake, ...] = (
    Mistake(
        "more pods at the most than nodes have room for",
        {**ALWAYS, f"{FRONTEND}.autoscaling": pods(2, 50)},
        (
            f"{GENERAL}.size: at any time general has 2 nodes, and with every service at its most 12 pods of frontend, "
            "1 pod of thoughts and 1 pod of users find no room: 960m CPU and 11 pods short. Smallest change: desired 3 "
            f"at {GENERAL}.size, or {FRONTEND}.autoscaling.maxReplicas 31",
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
            "slipway:nodeGroups.gpu: has up to 1 node that nothing may run on: its taints keep every pod off, and no "
            "service is bound to it. Smallest change: slipway:services.<service>.nodeGroup gpu, or no taints",
            f"{GENERAL}.policies.cpu.cpuPercent: is 90, which is never reached: with every service at its most and "
            "every pod at its CPU limit, 1 node of m5.large would be at 69 %. Smallest change: 68",
            "slipway:capacity.headroomPercent: is 20, but at any time, with every service at its most, 5.4 % of the "
            f"CPU that general offers is free. Smallest change: max 2 at {GENERAL}.size",
            f"{GENERAL}.size: at any time general has 1 node, and an update of frontend cannot go on: of 2 pods none "
            "is taken down before a new one is ready, and 1 pod of frontend finds no room: 160m CPU short. "
            f"Smallest change: min 2, desired 2 and max 2 at {GENERAL}.size",
            "slipway:capacity.survives: is node, but at any time, with every service at its least, the loss of a node "
            "of general in us-west-2a leaves too little: there is no node for add-ons, frontend, thoughts and users. "
            f"Smallest change: min 2, desired 2 and max 2 at {GENERAL}.size",
        ),
    ),
)
"""Only warned of: the preview goes on."""
