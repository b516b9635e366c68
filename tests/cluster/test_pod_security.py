"""What Kubernetes refuses, and what people see of a stack in it."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from sandbox.kubernetes.api_types import ApiServerError
from tests.cluster.cluster_stack import NAMESPACE, ClusterStack, cluster_stack
from tests.engine.sandbox_stack import succeeded

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def dev(stack_cache: Path) -> Generator[ClusterStack]:
    """The dev stack, up."""
    with cluster_stack("dev", stack_cache) as made:
        succeeded(made.up())
        yield made


def _pod(dev: ClusterStack, **security: Any) -> dict[str, Any]:
    """A pod like the front end's, but for the named parts of its container's security context."""
    template = dev.deployment("frontend")["spec"]["template"]
    container = template["spec"]["containers"][0]
    changed = {**container["securityContext"], **security}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "candidate", "namespace": NAMESPACE},
        "spec": {
            **template["spec"],
            "containers": [
                {**container, "securityContext": {key: value for key, value in changed.items() if value is not None}}
            ],
        },
    }


@pytest.mark.parametrize(
    ("security", "reason"),
    [
        ({"allowPrivilegeEscalation": True}, r"violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation"),
        ({"capabilities": {"drop": []}}, r"violates PodSecurity \"restricted:latest\": unrestricted capabilities"),
        ({"privileged": True, "allowPrivilegeEscalation": True}, r"violates PodSecurity"),
        ({"runAsUser": 0}, r"violates PodSecurity \"restricted:latest\": runAsUser=0"),
        ({"runAsNonRoot": False}, r"violates PodSecurity \"restricted:latest\": runAsNonRoot"),
        # The name that the image gives its user; only a number can be checked.
        ({"runAsUser": "uwsgi"}, r"cannot unmarshal string into Go struct field .*runAsUser of type int64"),
        ({"runAsUsr": 1000}, r"strict decoding error: unknown field \"spec.containers\[0\].securityContext.runAsUsr\""),
    ],
)
def test_a_pod_that_breaks_the_rules_is_refused(dev: ClusterStack, security: dict[str, Any], reason: str) -> None:
    with pytest.raises(ApiServerError, match=reason):
        dev.api.create(_pod(dev, **security))


def test_the_same_pod_is_accepted_as_the_program_declares_it(dev: ClusterStack) -> None:
    answer = dev.api.create(_pod(dev))
    assert answer.warnings == ()
    dev.api.delete("v1", "Pod", "candidate", NAMESPACE, gracePeriodSeconds=0)


def test_people_see_what_they_see_on_eks(dev: ClusterStack) -> None:
    shown = dev.kubectl("get", "deploy,hpa,pdb,pods")
    for name in ("deployment.apps/frontend", "horizontalpodautoscaler.autoscaling/frontend", "poddisruptionbudget"):
        assert name in shown
    top = dev.wait_for("metrics of three services", lambda: _three(dev.kubectl("top", "pods")))
    assert "frontend" in top


def _three(shown: str) -> str | None:
    return shown if all(name in shown for name in ("frontend", "thoughts-backend", "users-backend")) else None
