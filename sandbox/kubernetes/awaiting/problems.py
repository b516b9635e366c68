"""Why a pod does not run or is not ready, in the words of whoever knows.

https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sandbox.kubernetes.api_types import Object, condition_of
from sandbox.values import as_map, at_path, objects

_HARMLESS: Final = frozenset({"ContainerCreating", "PodInitializing"})
"""Reasons for which every container waits once."""

_CRASHED, _REFUSED, _UNSCHEDULED, _UNREADY, _STARTING = 5, 4, 3, 2, 1


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong with a pod.

    Attributes:
        severity: the higher, the more it explains.
        text: the reason in words.
    """

    severity: int
    text: str


def problem_of(pod: Object) -> Problem | None:
    """Return the worst that is wrong with a pod; `None` for one that is ready, done or on its way out."""
    if at_path(pod, "metadata.deletionTimestamp") or at_path(pod, "status.phase") == "Succeeded":
        return None
    ready = condition_of(pod, "Ready")
    if ready is not None and ready.get("status") == "True":
        return None
    found = [*_of_pod(pod), *_of_containers(pod)]
    if not found:
        found = list(_unready(pod, ready))
    return max(found, default=None)


def _of_pod(pod: Object) -> Iterator[Problem]:
    scheduled = condition_of(pod, "PodScheduled")
    if scheduled is not None and scheduled.get("status") == "False":
        yield Problem(_UNSCHEDULED, f"{scheduled.get('reason')}: {scheduled.get('message')}")
    status = as_map(pod.get("status"))
    if status.get("phase") == "Failed" and (status.get("message") or status.get("reason")):
        yield Problem(_REFUSED, _joined(status.get("reason"), status.get("message")))


def _of_containers(pod: Object) -> Iterator[Problem]:
    statuses = as_map(pod.get("status"))
    for status in [*objects(statuses.get("initContainerStatuses")), *objects(statuses.get("containerStatuses"))]:
        name = f"container {status.get('name')!r}"
        waiting, ended = as_map(at_path(status, "state.waiting")), as_map(at_path(status, "state.terminated"))
        last = as_map(at_path(status, "lastState.terminated"))
        reason = waiting.get("reason")
        if reason == "CrashLoopBackOff" and last:
            yield Problem(_CRASHED, f"{name}: CrashLoopBackOff: it {_end(last)}")
        elif reason and reason not in _HARMLESS:
            yield Problem(_REFUSED, f"{name}: {_joined(reason, waiting.get('message'))}")
        elif ended.get("exitCode"):
            yield Problem(_CRASHED, f"{name} {_end(ended)}")
        elif last.get("exitCode"):
            yield Problem(_CRASHED, f"{name} was restarted: it {_end(last)}")
        elif reason:
            yield Problem(_STARTING, f"{name}: {reason}")


def _end(terminated: dict[str, Any]) -> str:
    reason = terminated.get("reason")
    text = f"ended with exit code {terminated.get('exitCode')}" + (f" ({reason})" if reason else "")
    return f"{text}: {terminated['message']}" if terminated.get("message") else text


def _unready(pod: Object, ready: Object | None) -> Iterator[Problem]:
    containers = condition_of(pod, "ContainersReady")
    if containers is not None and containers.get("status") == "False" and containers.get("message"):
        yield Problem(_UNREADY, str(containers["message"]))
        return
    for gate in objects(at_path(pod, "spec.readinessGates")):
        kind = str(gate.get("conditionType"))
        condition = condition_of(pod, kind)
        if condition is None:
            yield Problem(_UNREADY, f"readiness gate {kind}: nobody has set it")
        elif condition.get("status") != "True":
            why = _joined(condition.get("reason"), condition.get("message"))
            yield Problem(_UNREADY, f"readiness gate {kind}: {why or condition.get('status')}")
    if ready is not None and ready.get("message"):
        yield Problem(_STARTING, str(ready["message"]))
    elif at_path(pod, "status.phase") == "Pending":
        yield Problem(_STARTING, "it is pending: no node has started it yet")


def _joined(reason: Any, message: Any) -> str:
    return ": ".join(str(part) for part in (reason, message) if part)


def summary(pods: list[Object], most: int = 3) -> list[str]:
    """Return what is wrong with pods in a few lines, the same for several pods once and the worst first."""
    by_problem: dict[Problem, list[str]] = {}
    for pod in pods:
        problem = problem_of(pod)
        if problem is not None:
            by_problem.setdefault(problem, []).append(str(at_path(pod, "metadata.name")))
    worst = sorted(by_problem.items(), key=lambda each: (each[0].severity, len(each[1])), reverse=True)
    return [_line(names, len(pods), problem.text) for problem, names in worst[:most]]


def _line(names: list[str], total: int, text: str) -> str:
    who = f"pod {names[0]}" if len(names) == 1 else f"{len(names)} of {total} pods, such as {names[0]}"
    return f"{who}: {text}"
