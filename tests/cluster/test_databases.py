"""Back ends with a throw-away database stay alone; with an external one they scale; the front end serves throughout."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.kwok.commands import set_load
from tests.cluster.cluster_stack import NAMESPACE, ClusterStack, PodWatch
from tests.stack_values import stack_config

pytestmark = pytest.mark.cluster

_QUICK = {"slipway:drainSeconds": 5}


def test_a_back_end_moves_from_its_sidecar_to_an_external_database_and_then_scales(
    on_cluster: Callable[[str], ClusterStack],
) -> None:
    stack = on_cluster("dev")
    outcome = stack.up(set=_QUICK)
    assert outcome.exit_code == 0, outcome.output
    assert stack.deployment("thoughts-backend")["spec"]["strategy"]["type"] == "Recreate"
    (pod,) = stack.ready("thoughts-backend")
    assert [container["name"] for container in pod["spec"]["containers"]] == ["thoughts-backend", "database"]
    assert stack.api.get("autoscaling/v2", "HorizontalPodAutoscaler", "thoughts-backend", NAMESPACE) is None

    # As in staging, but for the autoscaler's patience.
    external = dict(stack_config("staging")["slipway:services"]["thoughts"])
    external["serviceType"] = "NodePort"
    external["autoscaling"] = {**external["autoscaling"], "scaleDownStabilizationSeconds": 5}
    config = stack_config("dev")
    change = {
        "slipway:services": {**config["slipway:services"], "thoughts": external},
        "slipway:images": {k: v for k, v in config["slipway:images"].items() if k != "thoughts_backend_db"},
    }
    with PodWatch(stack.api, "frontend") as watch:
        outcome = stack.up(set={**_QUICK, **change})
        assert outcome.exit_code == 0, outcome.output
    assert min(watch.ready) == 2
    assert stack.deployment("thoughts-backend")["spec"]["strategy"]["type"] == "RollingUpdate"
    stack.wait_for("2 pods", lambda: len(stack.ready("thoughts-backend")) == 2)
    set_load(stack.control_plane.model, "thoughts-backend", per_pod=60.0)
    stack.wait_for("4 pods", lambda: len(stack.ready("thoughts-backend")) == 4)
    assert len(stack.ready("users-backend")) == 1
