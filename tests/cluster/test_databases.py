"""Back ends with a throw-away database stay alone; with an external one they scale; the front end serves throughout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.kwok.commands import set_job, set_load
from sandbox.kwok.model import JobModel
from tests.cluster.cluster_stack import NAMESPACE, ClusterStack, PodWatch
from tests.engine.sandbox_stack import succeeded
from tests.stack_values import stack_config

pytestmark = pytest.mark.cluster

_QUICK = {"slipway:drainSeconds": 5}


def test_a_back_end_moves_from_its_sidecar_to_an_external_database_and_then_scales(
    on_cluster: Callable[[str], ClusterStack],
) -> None:
    stack = on_cluster("dev")
    succeeded(stack.up(set=_QUICK))
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
        succeeded(stack.up(set={**_QUICK, **change}))
    assert min(watch.ready) == 2
    assert stack.deployment("thoughts-backend")["spec"]["strategy"]["type"] == "RollingUpdate"
    stack.wait_for("2 pods", lambda: len(stack.ready("thoughts-backend")) == 2)
    set_load(stack.control_plane.model, "thoughts-backend", per_pod=60.0)
    stack.wait_for("4 pods", lambda: len(stack.ready("thoughts-backend")) == 4)
    assert len(stack.ready("users-backend")) == 1


def test_a_database_is_made_and_migrated_before_its_pods_and_a_failing_job_leaves_the_old_ones_serving(
    on_cluster: Callable[[str], ClusterStack],
) -> None:
    stack = on_cluster("dev")
    managed = {**_QUICK, **_managed("dev")}
    with PodWatch(stack.api, "frontend") as watch:
        outcome = succeeded(stack.up(set=managed))
    assert min(watch.ready[watch.ready.index(2) :]) == 2
    order = [each for step in outcome.changes if (each := f"{step.type} {step.name}") in _ORDER]
    assert order == list(_ORDER)
    assert _jobs(stack) == {"slipway-dev-thoughts-database": 1, "thoughts-backend-migrate": 1}
    before = {pod["metadata"]["uid"] for pod in stack.ready("thoughts-backend")}
    assert len(before) == 2

    # The next version, whose migration fails.
    message = 'column "text" of relation "thoughts" contains null values'
    set_job(stack.control_plane.model, "thoughts-backend-migrate", JobModel(exit_code=1, message=message))
    next_version = {**managed, "slipway:images.thoughts_backend": {"tag": "git-0000002"}}
    with PodWatch(stack.api, "thoughts-backend") as watch:
        outcome = stack.up(set=next_version)
    assert outcome.exit_code != 0
    assert message in "\n".join(outcome.errors)
    assert "Traceback" not in outcome.output
    assert min(watch.ready) == 2
    assert {pod["metadata"]["uid"] for pod in stack.ready("thoughts-backend")} == before

    # What kept it from succeeding is mended, and nothing of the program changed.
    set_job(stack.control_plane.model, "thoughts-backend-migrate", JobModel())
    succeeded(stack.up(set=next_version))
    assert stack.deployment("thoughts-backend")["spec"]["template"]["spec"]["containers"][0]["image"].endswith(
        ":git-0000002"
    )

    # A new password: the job again, then new pods beside the old ones.
    names = _secrets(stack)
    rotated = {
        **next_version,
        "slipway:databasePasswords.thoughts": "a-second-password-of-thoughts",
        "slipway:services.thoughts.database.passwordVersion": 2,
    }
    with PodWatch(stack.api, "thoughts-backend") as watch:
        outcome = stack.up(set=rotated)
    assert outcome.exit_code == 0, outcome.output
    assert min(watch.ready) >= 2
    steps = [f"{step.op} {step.type} {step.name}" for step in outcome.changes]
    assert steps.index(f"create-replacement {_ORDER[1]}") < steps.index(f"update {_ORDER[3]}")
    assert not _secrets(stack) & names, "old pods keep the Secret that they were started with until they are gone"


_ORDER = (
    "aws:rds/instance:Instance slipway-dev-database",
    "kubernetes:batch/v1:Job slipway-dev-thoughts-database",
    "kubernetes:batch/v1:Job slipway-dev-thoughts-migration",
    "kubernetes:apps/v1:Deployment slipway-dev-thoughts-deployment",
)


def _managed(stack: str) -> dict[str, Any]:
    """The stack with a server of its own, and thoughts on it, migrated, in two pods."""
    prod, own = stack_config("prod"), stack_config(stack)
    thoughts = {
        **own["slipway:services"]["thoughts"],
        "replicas": 2,
        "database": prod["slipway:services"]["thoughts"]["database"],
        "migrateCommand": ["python", "manage.py", "migrate"],
    }
    images = {name: image for name, image in own["slipway:images"].items() if name != "thoughts_backend_db"}
    return {
        "slipway:services": {**own["slipway:services"], "thoughts": thoughts},
        "slipway:images": images,
        "slipway:database": {**prod["slipway:database"], "multiAz": False, "finalSnapshot": False},
    }


def _jobs(stack: ClusterStack) -> dict[str, int]:
    """How many pods of each job succeeded, by the job's name without what Pulumi or a digest adds to it."""
    return {
        job["metadata"]["name"].rpartition("-")[0]: job["status"].get("succeeded", 0)
        for job in stack.api.list("batch/v1", "Job", NAMESPACE)
    }


def _secrets(stack: ClusterStack) -> set[str]:
    names = {each["metadata"]["name"] for each in stack.api.list("v1", "Secret", NAMESPACE)}
    return {name for name in names if name.startswith("slipway-dev-thoughts-")}
