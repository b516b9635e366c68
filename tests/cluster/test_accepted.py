"""What every stack declares is what Kubernetes accepts, without a warning, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.cluster_stack import ClusterStack, cluster_stack
from tests.engine.sandbox_stack import succeeded

pytestmark = pytest.mark.cluster

# prod has most kinds of objects; dev is what nearly every other cluster test brings up.
_STACKS = ["dev", "staging", "prod"]

# The objects of a stack that land in the cluster: those of the three services and their namespace. A back end with an
# external database has its certificate authorities too, one with a managed one also its job and what that needs.
_OBJECTS = {"dev": 22, "staging": 26, "prod": 34}

# What a stack leaves on purpose.
_KEPT = {"prod": {("aws:rds/snapshot:Snapshot", "slipway-prod-database-final")}}

# A protected stack cannot be destroyed in the end.
_SETTINGS: dict[str, dict[str, Any]] = {"dev": {}, "staging": {}, "prod": {"slipway:protect": False}}


@pytest.fixture(scope="module", params=_STACKS)
def stack(request: pytest.FixtureRequest, stack_cache: Path) -> Generator[ClusterStack]:
    """Each stack, on a control plane of its own."""
    with cluster_stack(request.param, stack_cache) as made:
        yield made


def test_the_whole_life_of_a_stack(stack: ClusterStack) -> None:
    settings = _SETTINGS[stack.stack]
    outcome = succeeded(stack.up(set=settings))
    # Whose support ends depends on the day: tests/engine/test_version_upgrades.py.
    assert [each for each in outcome.warnings if "standard support" not in each] == []
    objects = [
        each for each in stack.resources() if each["type"].startswith("kubernetes:") and "helm.sh" not in each["type"]
    ]
    assert len(objects) == _OBJECTS[stack.stack]
    for each in objects:
        declared = each["outputs"]
        metadata = declared["metadata"]
        live = stack.api.get(declared["apiVersion"], declared["kind"], metadata["name"], metadata.get("namespace", ""))
        assert live is not None, each["urn"]
        assert live["metadata"]["uid"] == metadata["uid"]
    for app in ("frontend", "thoughts-backend", "users-backend"):
        wanted = stack.deployment(app)["spec"]["replicas"]
        assert stack.deployment(app)["status"]["readyReplicas"] == wanted
    assert _changes(stack, stack.up(set=settings)) == []
    assert _changes(stack, stack.refresh(set=settings)) == []

    succeeded(stack.destroy(set=settings))
    assert stack.resources() == []
    assert stack.existing() == stack.made_by_bootstrap() | _KEPT.get(stack.stack, set())
    assert stack.wait_for("no nodes", lambda: stack.nodes() == [])


def _changes(stack: ClusterStack, outcome: Any) -> list[str]:
    assert outcome.exit_code == 0, (stack.stack, outcome.output)
    return [str(step) for step in outcome.changes]
