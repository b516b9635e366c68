"""Nodes and zones that go, by choice or not: the services stand it."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.nodes.outages import fail_zone, kill_instance, restore_zone
from tests.cluster.cluster_stack import ClusterStack, PodWatch, cluster_stack, is_ready, label_of
from tests.engine.sandbox_stack import succeeded

pytestmark = pytest.mark.cluster

_APPS = ("frontend", "thoughts-backend", "users-backend")
_ZONE = "topology.kubernetes.io/zone"
_QUICK = {"slipway:drainSeconds": 5}


@pytest.fixture(scope="module")
def prod(stack_cache: Path) -> Generator[ClusterStack]:
    """Production, up: a node in each of three zones for it, four pods of each service."""
    with cluster_stack("prod", stack_cache) as made:
        succeeded(made.up(set=_QUICK))
        yield made


def _full_strength(stack: ClusterStack) -> bool:
    return all(len(stack.ready(app)) == 4 for app in _APPS) and all(is_ready(node) for node in stack.nodes())


def _zones(stack: ClusterStack, app: str) -> Counter[str | None]:
    """How many pods of a service are in each zone."""
    zones = {node["metadata"]["name"]: label_of(node, _ZONE) for node in stack.nodes()}
    return Counter(zones[pod["spec"]["nodeName"]] for pod in stack.ready(app))


def _node_of(stack: ClusterStack, app: str) -> str:
    return stack.ready(app)[0]["spec"]["nodeName"]


def test_pods_are_spread_over_zones(prod: ClusterStack) -> None:
    for app in _APPS:
        zones = _zones(prod, app)
        assert len(zones) == 3
        assert max(zones.values()) - min(zones.values()) <= 1


def test_a_drained_node_costs_no_service_more_than_its_budget(prod: ClusterStack) -> None:
    prod.wait_for("full strength", lambda: _full_strength(prod))
    node = _node_of(prod, "frontend")
    watches = {app: PodWatch(prod.api, app) for app in _APPS}
    for watch in watches.values():
        watch.__enter__()
    admin = str(prod.control_plane.admin_kubeconfig)
    try:
        words = ["kubectl", "--kubeconfig", admin, "drain", node, "--ignore-daemonsets", "--delete-emptydir-data"]
        done = subprocess.run([*words, "--timeout=120s"], capture_output=True, text=True, timeout=180, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        prod.wait_for("four of each again", lambda: all(len(prod.ready(app)) == 4 for app in _APPS))
    finally:
        for watch in watches.values():
            watch.__exit__()
    for app, watch in watches.items():
        # The budget: one at a time.
        assert min(watch.ready) >= 3, app
    assert not any(pod["spec"]["nodeName"] == node for app in _APPS for pod in prod.ready(app))
    subprocess.run(["kubectl", "--kubeconfig", admin, "uncordon", node], check=True, capture_output=True)


def test_a_node_that_dies_is_replaced_and_every_service_returns(prod: ClusterStack) -> None:
    prod.wait_for("full strength", lambda: _full_strength(prod))
    node = _node_of(prod, "frontend")
    with closing(prod.account()) as account:
        instance = next(
            record
            for record in account.list(type="aws:ec2/instance:Instance")
            if record.outputs["privateDnsName"] == node
        )
        kill_instance(account, instance.id)
    prod.wait_for("the dead node is gone", lambda: node not in {each["metadata"]["name"] for each in prod.nodes()})
    prod.wait_for("full strength", lambda: _full_strength(prod))
    assert len(prod.nodes()) == 4  # three of the baseline, one of burst: another took its place


def test_a_zone_that_fails_takes_nothing_with_it(prod: ClusterStack) -> None:
    prod.wait_for("full strength", lambda: _full_strength(prod))
    zone = next(iter(_zones(prod, "frontend")))
    assert zone is not None
    with PodWatch(prod.api, "frontend") as watch, closing(prod.account()) as account:
        fail_zone(account, zone)
        prod.wait_for("no node there", lambda: zone not in {label_of(node, _ZONE) for node in prod.nodes()})
        prod.wait_for("full strength", lambda: _full_strength(prod))
        assert zone not in _zones(prod, "frontend")
        restore_zone(account, zone)
    # Four pods over three zones: at most two of them were there.
    assert min(watch.ready) >= 2
