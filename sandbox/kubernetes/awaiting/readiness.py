"""When an object counts as ready, kind by kind, as Pulumi's Kubernetes provider decides it before it goes on.

https://github.com/pulumi/pulumi-kubernetes/tree/master/provider/pkg/await
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sandbox.kubernetes.api_types import Object, condition_of
from sandbox.values import as_map, at_path, objects

DEFAULT_SECONDS: Final = 600.0
"""How long a new or changed object may take where the program does not say: ten minutes, for every kind.

https://github.com/pulumi/pulumi-kubernetes/blob/master/provider/pkg/await/deployment.go, .../job.go, .../pod.go
"""


@dataclass(frozen=True)
class Readiness:
    """How far an object is.

    Attributes:
        ready: whether it does what it is for.
        text: what it waits for, or what went wrong.
        final: whether waiting any longer is in vain.
    """

    ready: bool
    text: str = ""
    final: bool = False


READY: Final = Readiness(ready=True)


def is_awaited(live: Object) -> bool:
    """Whether the provider waits for objects of that kind at all."""
    return str(live.get("kind")) in _CHECKS


def skips_await(inputs: Mapping[str, Any]) -> bool:
    """Whether the program says not to wait: the annotation `pulumi.com/skipAwait`."""
    return annotation(inputs, "pulumi.com/skipAwait") == "true"


def annotation(inputs: Mapping[str, Any], name: str) -> str:
    """Return an annotation's value; an empty string where there is none."""
    value = as_map(as_map(inputs.get("metadata")).get("annotations")).get(name)
    return "" if value is None else str(value)


def limit(seconds: float, inputs: Mapping[str, Any], otherwise: float) -> float:
    """Return how long to wait, in seconds.

    https://www.pulumi.com/docs/iac/concepts/options/customtimeouts/ comes first, then the annotation
    `pulumi.com/timeoutSeconds`.

    Args:
        seconds: the resource's custom time-out; 0 where it has none.
        inputs: the object.
        otherwise: for an object that says nothing.
    """
    if seconds > 0:
        return seconds
    given = annotation(inputs, "pulumi.com/timeoutSeconds")
    return float(given) if given.isdecimal() else otherwise


def readiness(live: Object, endpoints: Sequence[Object] = ()) -> Readiness:
    """Say how far an object is.

    Args:
        live: the object as it is.
        endpoints: for a Service, its EndpointSlices.
    """
    if live.get("kind") == "Service":
        return _service(live, endpoints)
    check = _CHECKS.get(str(live.get("kind")))
    return READY if check is None else check(live)


def _count(live: Object, path: str, otherwise: int = 0) -> int:
    value = at_path(live, path)
    return otherwise if value is None else int(value)


def _is_observed(live: Object) -> bool:
    return _count(live, "status.observedGeneration") >= _count(live, "metadata.generation")


_UNSEEN: Final = Readiness(ready=False, text="its controller has not seen the change yet")


def _is(live: Object, kind: str, status: str = "True") -> bool:
    condition = condition_of(live, kind)
    return condition is not None and condition.get("status") == status


def _deployment(live: Object) -> Readiness:
    """The new pods are there and available, the old ones on their way out, as `kubectl rollout status` sees it.

    A Deployment past its progress deadline may still get there, and so does not end the wait.
    https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#complete-deployment
    """
    if not _is_observed(live):
        return _UNSEEN
    wanted = _count(live, "spec.replicas", 1)
    updated, available = _count(live, "status.updatedReplicas"), _count(live, "status.availableReplicas")
    if updated < wanted or available < updated:
        missing = _count(live, "status.unavailableReplicas")
        text = f"{updated} of {wanted} pods are updated, {missing} are not available"
        return Readiness(ready=False, text=text)
    old = _count(live, "status.replicas") - updated
    if old > 0:
        return Readiness(ready=False, text=f"{old} old pods are still there")
    return READY if _is(live, "Available") else Readiness(ready=False, text="it is not available")


def _stateful_set(live: Object) -> Readiness:
    """https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#rolling-updates."""
    if not _is_observed(live):
        return _UNSEEN
    wanted, ready = _count(live, "spec.replicas", 1), _count(live, "status.readyReplicas")
    updated = _count(live, "status.updatedReplicas")
    if at_path(live, "spec.updateStrategy.type") == "OnDelete":
        updated = wanted
    kept = _count(live, "spec.updateStrategy.rollingUpdate.partition")
    if ready < wanted or updated < wanted - kept:
        return Readiness(ready=False, text=f"{min(ready, updated)} of {wanted} pods are updated and ready")
    return READY


def _daemon_set(live: Object) -> Readiness:
    """https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/."""
    if not _is_observed(live):
        return _UNSEEN
    wanted, available = _count(live, "status.desiredNumberScheduled"), _count(live, "status.numberAvailable")
    updated = _count(live, "status.updatedNumberScheduled")
    if at_path(live, "spec.updateStrategy.type") == "OnDelete":
        updated = wanted
    if updated < wanted or available < wanted:
        return Readiness(ready=False, text=f"{min(updated, available)} of {wanted} pods are updated and available")
    return READY


def _job(live: Object) -> Readiness:
    """https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup."""
    failed = condition_of(live, "Failed")
    if failed is not None and failed.get("status") == "True":
        return Readiness(ready=False, text=condition_text(failed), final=True)
    if _is(live, "Complete"):
        return READY
    wanted, done = _count(live, "spec.completions", 1), _count(live, "status.succeeded")
    return Readiness(ready=False, text=f"{done} of {wanted} pods have succeeded")


def _pod(live: Object) -> Readiness:
    """https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/."""
    phase = at_path(live, "status.phase")
    if phase == "Failed":
        return Readiness(ready=False, text="the pod failed", final=True)
    return READY if phase == "Succeeded" or _is(live, "Ready") else Readiness(ready=False, text="it is not ready")


def _definition(live: Object) -> Readiness:
    """https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/."""
    refused = condition_of(live, "NamesAccepted")
    if refused is not None and refused.get("status") == "False":
        return Readiness(ready=False, text=condition_text(refused), final=True)
    return READY if _is(live, "Established") else Readiness(ready=False, text="it is not established")


def _quota(live: Object) -> Readiness:
    wanted, set_ = as_map(at_path(live, "spec.hard")), as_map(at_path(live, "status.hard"))
    return READY if wanted == set_ else Readiness(ready=False, text="it is not in force")


def _service(live: Object, endpoints: Sequence[Object]) -> Readiness:
    """A balancer's address, or pods behind it; a Service without a selector or address has none of either.

    https://github.com/pulumi/pulumi-kubernetes/blob/master/provider/pkg/await/service.go
    """
    kind = at_path(live, "spec.type")
    if kind == "LoadBalancer" and not at_path(live, "status.loadBalancer.ingress"):
        return Readiness(ready=False, text="no balancer has given it an address")
    if kind == "ExternalName" or at_path(live, "spec.clusterIP") == "None" or not at_path(live, "spec.selector"):
        return READY
    behind = [address for each in endpoints for address in objects(each.get("endpoints"))]
    if any(at_path(address, "conditions.ready") is not False for address in behind):
        return READY
    return Readiness(ready=False, text="no ready pod is behind it")


_CHECKS: Final[Mapping[str, Callable[[Object], Readiness]]] = {
    "CustomResourceDefinition": _definition,
    "DaemonSet": _daemon_set,
    "Deployment": _deployment,
    "Job": _job,
    "Pod": _pod,
    "ResourceQuota": _quota,
    "Service": lambda live: _service(live, ()),
    "StatefulSet": _stateful_set,
}


def condition_text(condition: Mapping[str, Any]) -> str:
    """Return a condition in words: `[Reason] message`."""
    reason, message = condition.get("reason") or condition.get("type"), condition.get("message")
    return f"[{reason}] {message}" if message else f"[{reason}]"
