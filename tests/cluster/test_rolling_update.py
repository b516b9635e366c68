"""A new version of the front end while it serves: never too few, never too many, and a way back from a bad one."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from sandbox.kwok.commands import add_bad_image, set_startup
from tests.cluster.cluster_stack import ClusterStack, PodWatch, TargetWatch, cluster_stack
from tests.engine.sandbox_stack import succeeded

pytestmark = pytest.mark.cluster

# SYSTEM.md S12: 4 replicas, at most a quarter unavailable, at most 1 extra.
AT_FOUR = {
    "slipway:services.frontend.autoscaling.minReplicas": 4,
    "slipway:drainSeconds": 5,
    "slipway:rolloutSeconds": 60,
}
GOOD, BAD = {"slipway:images.frontend.tag": "git-0000002"}, {"slipway:images.frontend.tag": "git-badbad1"}


@pytest.fixture(scope="module")
def stack(stack_cache: Path) -> Generator[ClusterStack]:
    """The dev stack with four replicas of a front end that takes 5 s to start."""
    with cluster_stack("dev", stack_cache) as made:
        set_startup(made.control_plane.model, "frontend", 5)
        add_bad_image(made.control_plane.model, "git-badbad1")
        succeeded(made.up(set=AT_FOUR))
        made.wait_for("4 ready pods", lambda: len(made.ready("frontend")) == 4)
        yield made


def test_an_update_keeps_three_ready_and_makes_at_most_one_extra(stack: ClusterStack) -> None:
    before = {pod["metadata"]["name"] for pod in stack.pods("frontend")}
    with PodWatch(stack.api, "frontend") as watch:
        outcome = succeeded(stack.up(set={**AT_FOUR, **GOOD}))
        stack.wait_for("the old pods are gone", lambda: before <= watch.gone.keys())
    assert [(step.op, step.name) for step in outcome.changes] == [("update", "slipway-dev-frontend-deployment")]
    assert min(watch.ready) >= 3
    assert max(watch.present) <= 5
    assert len(stack.ready("frontend")) == 4


def test_a_pod_leaves_the_target_group_before_it_stops(stack: ClusterStack) -> None:
    before = {pod["metadata"]["name"] for pod in stack.pods("frontend")}
    with PodWatch(stack.api, "frontend") as watch, TargetWatch(stack) as targets:
        succeeded(stack.up(set={**AT_FOUR, "slipway:images.frontend.tag": "git-0000003"}))
        stack.wait_for("the old pods are gone", lambda: before <= watch.gone.keys())
    for pod in before:
        assert targets.left[pod] < watch.gone[pod] - 10
        # preStop: 10 s for the balancer to learn of it and 5 s of draining; see infra/shutdown.py.
        assert watch.gone[pod] - watch.deleted[pod] >= 14


def test_a_bad_image_fails_with_its_reason_and_the_old_version_serves_on(stack: ClusterStack) -> None:
    with PodWatch(stack.api, "frontend") as watch:
        outcome = stack.up(set={**AT_FOUR, **BAD})
        assert outcome.exit_code != 0
        assert "git-badbad1" in outcome.output
        assert "ImagePullBackOff" in outcome.output or "ErrImagePull" in outcome.output
        assert min(watch.ready) >= 3
        succeeded(stack.up(set={**AT_FOUR, **GOOD}))
        stack.wait_for("4 of 4", lambda: len(stack.ready("frontend")) == 4)
    assert min(watch.ready) >= 3
    images = {
        container["image"].rsplit(":")[-1] for pod in stack.ready("frontend") for container in pod["spec"]["containers"]
    }
    assert images == {"git-0000002"}
