"""Which pods kwok is asked to look at again, and when."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.kwok.model import Crash, JobModel, Model, ServiceModel
from sandbox.kwok.overdue import PATIENCE, Overdue, due_seconds

pytestmark = pytest.mark.unit

_MODEL = Model(
    services={
        "slow": ServiceModel(startup_seconds=40.0),
        "broken": ServiceModel(ready=False),
        "crashing": ServiceModel(crash=Crash()),
    },
    jobs={"migrate": JobModel(seconds=20.0), "migrate-users": JobModel(seconds=60.0)},
    bad_images=("example/none",),
)
_TIME = "2026-11-30T00:00:00Z"
_RUNS = {"state": {"running": {}}, "ready": False}
_IS_READY = {"type": "Ready", "status": "True"}


def _pod(
    app: str = "users",
    *,
    phase: str = "Running",
    containers: list[dict[str, Any]] | None = None,
    conditions: tuple[dict[str, Any], ...] = (),
    version: int = 1,
    uid: str = "a",
    **more: dict[str, Any],
) -> dict[str, Any]:
    return {
        "metadata": {
            **{"namespace": "example", "name": app, "uid": uid, "resourceVersion": str(version)},
            **{"labels": {"app": app}, **more.get("metadata", {})},
        },
        "spec": {"restartPolicy": "Always", "containers": [{"image": "example/users"}], **more.get("spec", {})},
        "status": {
            "phase": phase,
            "conditions": list(conditions),
            "containerStatuses": [_RUNS] if containers is None else containers,
        },
    }


@pytest.mark.parametrize(
    ("due", "pod"),
    [
        pytest.param(0.0, _pod(phase="Pending", containers=[]), id="arrived"),
        pytest.param(
            0.5, _pod(phase="Pending", containers=[{"state": {"waiting": {"reason": "ContainerCreating"}}}]), id="made"
        ),
        pytest.param(
            None,
            _pod(phase="Pending", spec={"containers": [{"image": "example/none:1"}]}),
            id="image that is not there",
        ),
        pytest.param(1.0, _pod(), id="starts"),
        pytest.param(40.0, _pod("slow"), id="starts slowly"),
        pytest.param(None, _pod("broken"), id="never ready"),
        pytest.param(None, _pod("crashing"), id="crashes by itself"),
        pytest.param(None, _pod(conditions=(_IS_READY,), containers=[{**_RUNS, "ready": True}]), id="ready"),
        pytest.param(0.0, _pod(containers=[{**_RUNS, "ready": True}]), id="ready but for saying so"),
        pytest.param(
            None,
            _pod(containers=[{**_RUNS, "ready": True}], spec={"readinessGates": [{"conditionType": "target"}]}),
            id="waits for its gate",
        ),
        pytest.param(
            0.0,
            _pod(
                containers=[{**_RUNS, "ready": True}],
                spec={"readinessGates": [{"conditionType": "target"}]},
                conditions=({"type": "target", "status": "True"},),
            ),
            id="its gate is open",
        ),
        pytest.param(None, _pod(containers=[{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}]), id="backs off"),
        pytest.param(None, _pod(phase="Succeeded"), id="done"),
        pytest.param(
            1.0,
            _pod(spec={"restartPolicy": "Never"}, metadata={"labels": {"batch.kubernetes.io/job-name": "other"}}),
            id="some job",
        ),
        pytest.param(
            60.0,
            _pod(
                spec={"restartPolicy": "OnFailure"},
                metadata={"labels": {"batch.kubernetes.io/job-name": "migrate-users-1"}},
            ),
            id="the job whose name fits best",
        ),
        pytest.param(
            30.0,
            _pod(metadata={"deletionTimestamp": "2026-11-30T00:00:00Z", "deletionGracePeriodSeconds": 30}),
            id="stops",
        ),
        pytest.param(None, _pod(metadata={"deletionTimestamp": _TIME, "finalizers": ["batch"]}), id="held"),
    ],
)
def test_a_pod_takes_its_next_step_when_the_model_says(due: float | None, pod: dict[str, Any]) -> None:
    assert due_seconds(_MODEL, pod) == due


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def _late(overdue: Overdue, clock: _Clock, until: float, model: Model = _MODEL) -> list[float]:
    """When kwok is asked, looked at each second."""
    asked: list[float] = []
    while clock.now < until:
        clock.now += 1.0
        asked += [clock.now] if overdue.take(model) else []
    return asked


def test_kwok_is_asked_more_and_more_seldom() -> None:
    clock = _Clock()
    overdue = Overdue(clock)
    overdue.saw(_MODEL, _pod())
    # Due after a second, and then 10, 20, 40 and 80 seconds of patience, each counted from the time before.
    assert _late(overdue, clock, 160) == [12.0, 34.0, 76.0, 158.0]


def test_a_pod_that_gets_further_has_its_whole_time_again_but_is_not_asked_for_as_soon() -> None:
    clock = _Clock()
    overdue = Overdue(clock)
    overdue.saw(_MODEL, _pod(phase="Pending", containers=[]))
    assert _late(overdue, clock, 12) == [11.0]
    overdue.saw(_MODEL, _pod(version=2))  # also what the reminder itself brings about
    assert _late(overdue, clock, 40) == [34.0]


def test_the_same_state_told_again_is_no_progress() -> None:
    clock = _Clock()
    overdue = Overdue(clock)
    for clock.now in (0.0, 5.0, 10.0):
        overdue.saw(_MODEL, _pod())
    assert _late(overdue, clock, 15) == [12.0]


def test_nobody_asks_for_what_is_ready_gone_or_another_by_now() -> None:
    clock = _Clock()
    overdue = Overdue(clock)
    overdue.saw(_MODEL, _pod("users"))
    overdue.saw(_MODEL, _pod("frontend"))
    overdue.saw(_MODEL, _pod("thoughts"))
    clock.now = PATIENCE
    overdue.saw(_MODEL, _pod("users", version=2, conditions=(_IS_READY,)))
    overdue.forget(("example", "frontend"))
    overdue.saw(_MODEL, _pod("thoughts", uid="b"))
    assert _late(overdue, clock, 20) == []


def test_a_model_that_changes_counts_at_once() -> None:
    clock = _Clock()
    overdue = Overdue(clock)
    overdue.saw(_MODEL, _pod())
    assert _late(overdue, clock, 100, Model(services={"users": ServiceModel(startup_seconds=60.0)})) == [71.0]
