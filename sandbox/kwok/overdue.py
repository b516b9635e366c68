"""Which pods should have got further by now: kwok does not look again at what it heard of too early or failed to tell.

A kubelet looks at each of its pods every minute, changed or not (`syncFrequency`), and tries again what failed.
https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
kwok looks at a pod when it changes only. It passes over a change that it hears of before it sees that it holds the
node's lease, and drops a step that the API server answers with an error other than "unavailable" or "too many".
https://github.com/kubernetes-sigs/kwok/blob/v0.8.0/pkg/kwok/controllers/pod_controller.go (watchResources, playStage)
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from sandbox.kubernetes.api_types import Object, condition_of
from sandbox.kwok.model import APP_LABEL, JOB_LABEL, Model
from sandbox.values import as_map, at_path, objects

PATIENCE: Final = 10.0
"""Seconds that kwok may be late before it is asked the first time; doubled each time that this changes nothing."""

_CREATION: Final = 0.5


@dataclass(frozen=True)
class _Waiting:
    """A pod with which something is to happen next.

    Attributes:
        pod: as it is
        since: when it became so, in seconds
        asked: how often kwok was asked to look at it since the pod was last as it should be
    """

    pod: Object
    since: float
    asked: int = 0


class Overdue:
    """The pods that are not yet as they should be.

    Args:
        clock: the time in seconds
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waiting: dict[tuple[str, str], _Waiting] = {}

    def saw(self, model: Model, pod: Object) -> None:
        """Take in a pod as it is now."""
        key, known = _key(pod), self._waiting.get(_key(pod))
        if due_seconds(model, pod) is None:
            self._waiting.pop(key, None)
        elif known is None or at_path(known.pod, "metadata.uid") != at_path(pod, "metadata.uid"):
            self._waiting[key] = _Waiting(pod, self._clock())
        elif at_path(known.pod, "metadata.resourceVersion") != at_path(pod, "metadata.resourceVersion"):
            self._waiting[key] = replace(known, pod=pod, since=self._clock())

    def forget(self, key: tuple[str, str]) -> None:
        """A pod, by its namespace and name, is gone."""
        self._waiting.pop(key, None)

    def take(self, model: Model) -> list[tuple[str, str]]:
        """The pods, by namespace and name, that kwok is to be asked to look at now."""
        late: list[tuple[str, str]] = []
        for key, each in self._waiting.items():
            due, now = due_seconds(model, each.pod), self._clock()
            if due is not None and now - each.since > due + PATIENCE * 2**each.asked:
                late.append(key)
                self._waiting[key] = replace(each, since=now, asked=each.asked + 1)
        return late


def due_seconds(model: Model, pod: Object) -> float | None:
    """How long after its last change a pod takes its next step; `None` for one that stays as it is, or may.

    Left out is what waits for a time of its own, however long: a pod that crashes, or pulls what no registry has.
    """
    deletion = at_path(pod, "metadata.deletionTimestamp")
    if deletion is not None:
        held = at_path(pod, "metadata.finalizers")
        return None if held else float(at_path(pod, "metadata.deletionGracePeriodSeconds") or 0)
    status = as_map(pod.get("status"))
    containers = objects(status.get("containerStatuses"))
    if status.get("phase") == "Pending":
        return _pending(model, pod, containers)
    if status.get("phase") != "Running" or any(at_path(each, "state.waiting") for each in containers):
        return None
    if at_path(pod, "spec.restartPolicy") != "Always":
        return _job_seconds(model, pod)
    return _until_ready(model, pod, containers)


def _pending(model: Model, pod: Object, containers: list[Object]) -> float | None:
    spec = as_map(pod.get("spec"))
    images = [str(each.get("image")) for key in ("containers", "initContainers") for each in objects(spec.get(key))]
    if any(bad in image for bad in model.bad_images for image in images):
        return None
    return _CREATION if containers else 0.0


def _job_seconds(model: Model, pod: Object) -> float:
    job = str(as_map(at_path(pod, "metadata.labels")).get(JOB_LABEL, ""))
    known = [name for name in model.jobs if job.startswith(name)]
    return (model.jobs[max(known, key=len)] if known else model.other_jobs).seconds


def _until_ready(model: Model, pod: Object, containers: list[Object]) -> float | None:
    service = model.service(str(as_map(at_path(pod, "metadata.labels")).get(APP_LABEL, "")))
    if service.crash is not None or not service.ready or (condition_of(pod, "Ready") or {}).get("status") == "True":
        return None
    if not all(each.get("ready") for each in containers):
        return service.startup_seconds
    gates = [str(each.get("conditionType")) for each in objects(at_path(pod, "spec.readinessGates"))]
    is_open = all((condition_of(pod, gate) or {}).get("status") == "True" for gate in gates)
    return 0.0 if is_open else None


def _key(pod: Object) -> tuple[str, str]:
    return str(at_path(pod, "metadata.namespace")), str(at_path(pod, "metadata.name"))
