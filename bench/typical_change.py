"""The change of prod at which updates are let fail: what a team does in a quarter, in one go.

It touches whatever the program can update in place by settings alone; nothing in it makes, replaces or deletes.
"""

from __future__ import annotations

from typing import Any, Final

UNPROTECTED: Final[dict[str, Any]] = {"slipway:protect": False}
"""Without this prod cannot be taken down."""

TYPICAL_CHANGE: Final[dict[str, Any]] = {
    **UNPROTECTED,
    "slipway:drainSeconds": 45,
    "slipway:cluster.logRetentionDays": 180,
    "slipway:cluster.publicAccessCidrs": ["203.0.113.0/24", "198.51.100.0/24"],
    "slipway:network.flowLogRetentionDays": 180,
    "slipway:loadBalancer.accessLogRetentionDays": 180,
    "slipway:nodeGroups.baseline.labels": {"capacity": "steady"},
    "slipway:nodeGroups.baseline.diskSizeGiB": 80,
    "slipway:nodeGroups.burst.policies.cpu.cpuPercent": 55,
    "slipway:database.backupRetentionDays": 21,
    "slipway:observability.budget.monthlyUsd": 1600,
    "slipway:observability.latencyMilliseconds": 900,
    "slipway:services.frontend.autoscaling.maxReplicas": 14,
    "slipway:services.frontend.resources.limits.cpuMillicores": 80,
    "slipway:services.thoughts.autoscaling.maxReplicas": 14,
}
