"""Why a rollout fails is what `pulumi up` says in the end, in the words of whoever refused or gave up."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from sandbox.kwok.commands import set_job, set_ready
from sandbox.kwok.model import JobModel
from tests.cluster.cluster_stack import NAMESPACE, ClusterStack, cluster_stack
from tests.engine.sandbox_stack import SandboxStack, succeeded
from tests.says import Says

pytestmark = pytest.mark.cluster

_SERVICES = "slipway:services"
_QUICK = {"slipway:drainSeconds": 5, "slipway:rolloutSeconds": 60}


@pytest.fixture(scope="module")
def stack(stack_cache: Path) -> Generator[ClusterStack]:
    """The dev stack, up."""
    with cluster_stack("dev", stack_cache) as made:
        succeeded(made.up(set=_QUICK))
        yield made


def _pod_by_hand(node: str) -> dict[str, Any]:
    """What the stack file knows nothing of, so that its own check of the room finds enough."""
    container = {"name": "stranger", "image": "registry/stranger:1", "resources": {"requests": {"cpu": "1500m"}}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"stranger-on-{node}", "namespace": "default"},
        "spec": {"nodeName": node, "containers": [container], "terminationGracePeriodSeconds": 0},
    }


def test_probes_room_and_quota_are_named(stack: ClusterStack) -> None:
    strangers = [_pod_by_hand(node["metadata"]["name"]) for node in stack.nodes()]
    for each in strangers:
        stack.api.create(each)
    set_ready(stack.control_plane.model, "frontend", ready=False)
    # What runs already may stay; no further pod of users has room in it.
    used = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "tight", "namespace": NAMESPACE}}
    memory = "900Mi"
    stack.api.create({**used, "spec": {"hard": {"limits.memory": memory}}})
    outcome = stack.up(
        set={
            **_QUICK,
            "slipway:images.frontend.tag": "git-0000002",
            f"{_SERVICES}.thoughts.resources.requests.cpuMillicores": 400,
            f"{_SERVICES}.thoughts.resources.limits.cpuMillicores": 400,
            f"{_SERVICES}.users.resources.limits.memoryMiB": 800,
        }
    )
    assert outcome.exit_code != 0
    errors = "\n".join(outcome.errors)
    assert Says("unready status: [frontend]", "0/2 nodes", "2 Insufficient cpu", "quota: tight") == errors
    assert "Traceback" not in outcome.output

    stack.api.delete("v1", "ResourceQuota", "tight", NAMESPACE)
    for each in strangers:
        stack.api.delete("v1", "Pod", each["metadata"]["name"], "default")
    set_ready(stack.control_plane.model, "frontend", ready=True)
    succeeded(stack.up(set=_QUICK))
    assert len(stack.ready("frontend")) == 2


def test_a_failed_job_ends_with_its_termination_message(stack: ClusterStack) -> None:
    message = 'relation "thoughts" already exists'
    set_job(stack.control_plane.model, "migration", JobModel(exit_code=3, message=message))
    job = SandboxStack(stack.state, Path(__file__).parent / "programs" / "job")
    given = {"job:kubeconfig": str(stack.control_plane.admin_kubeconfig)}
    outcome = job.up(set=given)
    assert outcome.exit_code != 0
    assert message in "\n".join(outcome.errors)

    set_job(stack.control_plane.model, "migration", JobModel())
    succeeded(job.destroy(set=given))
    succeeded(job.up(set=given))
