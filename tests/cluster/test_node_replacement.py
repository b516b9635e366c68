"""Another instance type, in the two steps of docs/node-replacement.md, with the site up all the while."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cluster.cluster_stack import ClusterStack, PodWatch, label_of
from tests.engine.sandbox_stack import succeeded
from tests.stack_values import stack_config

pytestmark = pytest.mark.cluster


def test_new_nodes_join_pods_move_and_old_nodes_leave(on_cluster: Callable[[str], ClusterStack]) -> None:
    stack = on_cluster("dev")
    quick = {"slipway:drainSeconds": 5, "slipway:services.frontend.autoscaling.minReplicas": 4}
    groups = stack_config("dev")["slipway:nodeGroups"]
    succeeded(stack.up(set=quick))
    refused = stack.up(set={**quick, "slipway:nodeGroups.general.instanceType": "m6i.large"})
    assert refused.exit_code != 0
    assert "slipway:nodeGroups.general" in refused.output

    beside = {**groups, "general-m6i": {**groups["general"], "instanceType": "m6i.large"}}
    with PodWatch(stack.api, "frontend") as watch:
        succeeded(stack.up(set={**quick, "slipway:nodeGroups": beside}))
        assert _types(stack) == ["m5.large", "m5.large", "m6i.large", "m6i.large"]
        only = {name: one for name, one in beside.items() if name != "general"}
        succeeded(stack.up(set={**quick, "slipway:nodeGroups": only}))
        assert _types(stack) == ["m6i.large", "m6i.large"]
        stack.wait_for("4 ready pods", lambda: len(stack.ready("frontend")) == 4)
    assert min(watch.ready) >= 3
    nodes = {node["metadata"]["name"] for node in stack.nodes()}
    assert {pod["spec"]["nodeName"] for pod in stack.ready("frontend")} <= nodes


def _types(stack: ClusterStack) -> list[str | None]:
    return sorted(str(label_of(node, "node.kubernetes.io/instance-type")) for node in stack.nodes())
