"""The configuration of a system that fills a cluster: many services with two or three pods each, and one node group."""

from __future__ import annotations

from typing import Any

from bench.grown_system import settings_of


def cluster_settings(services: int, nodes: int, stack: str) -> tuple[dict[str, Any], int]:
    """Settings, by path, and how many pods the services have together.

    Raises:
        ValueError: one balancer does not take so many services.
    """
    settings = settings_of(services, stack)
    pods = 0
    for number, service in enumerate(settings["slipway:services"].values()):
        service["autoscaling"]["minReplicas"] = 2 + number % 2
        pods += 2 + number % 2
    size = {"min": nodes, "desired": nodes, "max": nodes}
    group = {"instanceType": "m5.large", "capacityType": "ON_DEMAND", "diskSizeGiB": 60, "size": size}
    return {**settings, "slipway:nodeGroups": {"general": group}}, pods
