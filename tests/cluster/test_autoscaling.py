"""The front end's replicas under load, with the real autoscaler and the real metrics-server."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.kwok.commands import set_load, set_service
from sandbox.values import at_path
from tests.cluster.cluster_stack import NAMESPACE, ClusterStack, PodWatch
from tests.engine.sandbox_stack import succeeded
from tests.stack_values import stack_config

pytestmark = pytest.mark.cluster

_FRONTEND = "slipway:services.frontend"
_QUICK = {
    f"{_FRONTEND}.autoscaling.scaleDownStabilizationSeconds": 5,
    "slipway:drainSeconds": 5,
    "slipway:rolloutSeconds": 120,
}


def _autoscaler(stack: ClusterStack) -> dict[str, Any]:
    found = stack.api.get("autoscaling/v2", "HorizontalPodAutoscaler", "frontend", NAMESPACE)
    assert found is not None
    return found


def _percent(stack: ClusterStack) -> int | None:
    """The reading of `kubectl get hpa`: CPU in per cent of the request."""
    metrics = _autoscaler(stack)["status"].get("currentMetrics") or ()
    # Before the first reading there is one entry, without a resource.
    readings = (at_path(metric, "resource.current.averageUtilization") for metric in metrics)
    return next(readings, None)


def test_load_takes_the_front_end_from_two_to_eight_and_its_end_back_to_two(
    on_cluster: Callable[[str], ClusterStack],
) -> None:
    stack = on_cluster("dev")
    model = stack.control_plane.model
    # SYSTEM.md: 60m requested; 2 % of it idle, and 28m under load, which `kubectl get hpa` shows as 47%/10%. The
    # autoscaler rounds each pod's figure up to whole millicores, which is more than one per cent.
    set_service(model, "frontend", idle_millicores=1.0)
    succeeded(stack.up(set=_QUICK))
    stack.wait_for("a reading of 2 %", lambda: _percent(stack) in {1, 2, 3})
    assert len(stack.ready("frontend")) == 2

    set_load(model, "frontend", per_pod=26.9)
    stack.wait_for("a reading of 47 %", lambda: _percent(stack) in {46, 47, 48})
    stack.wait_for("8 ready pods", lambda: len(stack.ready("frontend")) == 8, 180)
    shown = stack.kubectl("get", "hpa", "frontend")
    assert re.search(r"cpu: 4[678]%/10% +2 +8 +8 ", shown), shown

    # What the autoscaler decided is nobody else's business, neither a comparison's nor an update's.
    assert [str(step) for step in stack.up(set=_QUICK).changes] == []
    with PodWatch(stack.api, "frontend") as watch:
        succeeded(stack.up(set={**_QUICK, f"{_FRONTEND}.environment": {"COLOUR": "green"}}))
    assert min(watch.ready) >= 6  # 8, of which a quarter may be unavailable
    assert stack.deployment("frontend")["spec"]["replicas"] == 8

    set_load(model, "frontend", per_pod=0.0)
    stack.wait_for("2 replicas", lambda: stack.deployment("frontend")["spec"]["replicas"] == 2, 240)


def test_adding_an_autoscaler_to_a_running_service_never_drops_its_replicas(
    on_cluster: Callable[[str], ClusterStack],
) -> None:
    stack = on_cluster("dev")
    services = stack_config("dev")["slipway:services"]
    autoscaling = services["frontend"]["autoscaling"]
    fixed = {key: value for key, value in services["frontend"].items() if key != "autoscaling"}
    without = {"slipway:services": {**services, "frontend": {**fixed, "replicas": 4}}, "slipway:drainSeconds": 5}
    # Enough load that four are what the autoscaler wants as well: 10 % of 60m each.
    set_service(stack.control_plane.model, "frontend", idle_millicores=0.1, load_millicores_total=23.0)
    succeeded(stack.up(set=without))
    assert len(stack.ready("frontend")) == 4
    stack.wait_for("its figures", lambda: stack.kubectl("top", "pods", "-l", "app=frontend").count("frontend") == 4)
    with PodWatch(stack.api, "frontend") as watch:
        outcome = stack.up(
            set={
                "slipway:services": {**services, "frontend": {**fixed, "autoscaling": autoscaling}},
                "slipway:drainSeconds": 5,
            }
        )
        assert outcome.exit_code == 0, outcome.output
        stack.wait_for("a reading", lambda: _percent(stack) is not None)
    assert [step.op for step in outcome.changes] == ["create"]
    assert min(watch.ready) == 4
    assert max(watch.present) == 4
