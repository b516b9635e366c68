"""When an object counts as ready, and what is said of a pod that is not."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.kubernetes.awaiting.problems import problem_of, summary
from sandbox.kubernetes.awaiting.readiness import limit, readiness, skips_await
from tests.says import Says

pytestmark = pytest.mark.unit

_AVAILABLE = {"type": "Available", "status": "True"}


def _thing(kind: str, spec: dict[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": "web", "generation": 2}, "spec": spec or {}, "status": status}


def _deployment(**status: Any) -> dict[str, Any]:
    counts = dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas"), 2)
    whole = {"observedGeneration": 2, **counts, "conditions": [_AVAILABLE], **status}
    return _thing("Deployment", {"replicas": 2}, **whole)


@pytest.mark.parametrize(
    ("live", "facts"),
    [
        (_deployment(observedGeneration=1), ["controller"]),
        (_deployment(updatedReplicas=1), ["1 of 2", "updated"]),
        (_deployment(availableReplicas=1, unavailableReplicas=1), ["2 of 2", "updated", "1", "not available"]),
        (_deployment(replicas=3), ["1 old"]),
        (_deployment(conditions=[]), ["not available"]),
        (_thing("StatefulSet", {"replicas": 2}, observedGeneration=2, readyReplicas=1, updatedReplicas=2), ["1 of 2"]),
        (_thing("DaemonSet", observedGeneration=2, desiredNumberScheduled=3, updatedNumberScheduled=3), ["0 of 3"]),
        (_thing("Job", {"completions": 2}, succeeded=1), ["1 of 2", "succeeded"]),
        (_thing("Pod", phase="Running"), ["not ready"]),
        (_thing("CustomResourceDefinition"), ["established"]),
        (_thing("ResourceQuota", {"hard": {"pods": "5"}}), ["force"]),
        (_thing("Service", {"type": "LoadBalancer"}), ["balancer"]),
        (_thing("Service", {"selector": {"app": "web"}}), ["no", "pod"]),
    ],
)
def test_not_ready(live: dict[str, Any], facts: list[str]) -> None:
    state = readiness(live)
    assert (state.ready, state.final, state.text) == (False, False, Says(*facts))


@pytest.mark.parametrize(
    "live",
    [
        _deployment(),
        _thing("StatefulSet", {"replicas": 2}, observedGeneration=2, readyReplicas=2, updatedReplicas=2),
        _thing("Job", conditions=[{"type": "Complete", "status": "True"}]),
        _thing("Pod", phase="Succeeded"),
        _thing("Pod", phase="Running", conditions=[{"type": "Ready", "status": "True"}]),
        _thing("CustomResourceDefinition", conditions=[{"type": "Established", "status": "True"}]),
        _thing("ResourceQuota", {"hard": {"pods": "5"}}, hard={"pods": "5"}),
        _thing("Service", {"selector": {"app": "web"}, "clusterIP": "None"}),
        _thing("ConfigMap"),
    ],
)
def test_ready(live: dict[str, Any]) -> None:
    assert readiness(live).ready


def test_a_service_is_ready_with_a_ready_pod_behind_it() -> None:
    service = _thing("Service", {"selector": {"app": "web"}})
    assert not readiness(service, [{"endpoints": [{"conditions": {"ready": False}}]}]).ready
    assert readiness(service, [{"endpoints": [{"conditions": {"ready": True}}]}]).ready


def test_a_failed_job_and_a_failed_pod_never_get_ready() -> None:
    failed = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "too often"}
    state = readiness(_thing("Job", conditions=[failed]))
    assert (state.final, state.text) == (True, "[BackoffLimitExceeded] too often")
    state = readiness(_thing("Pod", phase="Failed"))
    assert (state.final, state.text) == (True, Says("failed"))


def test_how_long_to_wait() -> None:
    annotated = {"metadata": {"annotations": {"pulumi.com/timeoutSeconds": "30"}}}
    assert limit(5, annotated, 600) == 5
    assert limit(0, annotated, 600) == 30
    assert limit(0, {}, 600) == 600
    assert limit(0, {"metadata": {"annotations": {"pulumi.com/timeoutSeconds": "soon"}}}, 600) == 600
    assert skips_await({"metadata": {"annotations": {"pulumi.com/skipAwait": "true"}}})
    assert not skips_await({"metadata": {"annotations": {}}})


def _pod(*containers: dict[str, Any], **content: Any) -> dict[str, Any]:
    conditions = content.pop("conditions", [])
    status = {"phase": "Pending", "conditions": conditions, "containerStatuses": list(containers), **content}
    return {"metadata": {"name": "web-1"}, "spec": {}, "status": status}


def _waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"name": "web", "state": {"waiting": {"reason": reason, "message": message}}}


def _unmet(condition: str, reason: str, message: str) -> dict[str, Any]:
    return {"type": condition, "status": "False", "reason": reason, "message": message}


_CRASH = {"exitCode": 3, "reason": "Error", "message": "no database"}
_RUNNING = {"name": "web", "state": {"running": {}}}


@pytest.mark.parametrize(
    ("pod", "facts"),
    [
        (_pod(_waiting("ImagePullBackOff", "no such tag")), ["container 'web'", "ImagePullBackOff", "no such tag"]),
        (_pod(_waiting("CreateContainerConfigError", 'secret "s" not found')), ['secret "s" not found']),
        (
            _pod({**_waiting("CrashLoopBackOff", "back-off"), "lastState": {"terminated": _CRASH}}),
            ["CrashLoopBackOff", "3 (Error)", "no database"],
        ),
        (_pod({"name": "web", "state": {"terminated": _CRASH}}), ["3 (Error)", "no database"]),
        (_pod({**_RUNNING, "lastState": {"terminated": _CRASH}}), ["restarted", "3 (Error)"]),
        (_pod(conditions=[_unmet("PodScheduled", "Unschedulable", "0/3")]), ["Unschedulable", "0/3"]),
        (_pod(_RUNNING, conditions=[_unmet("ContainersReady", "", "unready: [web]")]), ["unready: [web]"]),
        (_pod(_waiting("ContainerCreating")), ["ContainerCreating"]),
        (_pod(phase="Failed", reason="Evicted", message="low on memory"), ["Evicted", "low on memory"]),
        (_pod(), ["no node"]),
    ],
)
def test_what_is_wrong_with_a_pod(pod: dict[str, Any], facts: list[str]) -> None:
    problem = problem_of(pod)
    assert problem is not None
    assert Says(*facts) == problem.text


def test_an_unmet_readiness_gate_is_named_with_its_reason() -> None:
    gate = "target-health.elbv2.k8s.aws/web"
    for conditions, reason in (([], "nobody"), ([_unmet(gate, "Elb.Initial", "wait")], "Elb.Initial: wait")):
        pod = _pod(phase="Running", conditions=conditions)
        pod["spec"]["readinessGates"] = [{"conditionType": gate}]
        problem = problem_of(pod)
        assert problem is not None
        assert Says(reason, at=f"readiness gate {gate}") == problem.text


def test_good_and_leaving_pods_have_no_problem() -> None:
    assert problem_of(_pod(conditions=[{"type": "Ready", "status": "True"}])) is None
    leaving = _pod(_waiting("ImagePullBackOff"))
    leaving["metadata"]["deletionTimestamp"] = "now"
    assert problem_of(leaving) is None


def test_the_same_problem_of_many_pods_is_said_once_and_the_worst_first() -> None:
    pods = [_pod(_waiting("ContainerCreating")), *[_pod(_waiting("ErrImagePull")) for _ in range(3)]]
    for number, pod in enumerate(pods):
        pod["metadata"]["name"] = f"web-{number}"
    assert summary(pods) == [
        Says("3 of 4 pods", "web-1", "container 'web'", "ErrImagePull"),
        Says("container 'web'", "ContainerCreating", at="pod web-0"),
    ]
