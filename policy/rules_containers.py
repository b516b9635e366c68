"""Every container is probed, bounded, and runs as a numbered user that is not root."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from policy.graph import UNKNOWN, Resource, Stack, Violation, at, items, shown, violation

CONTAINERS = "containers-are-bounded"

_TEMPLATE = ("spec", "template", "spec")
_POD_SPECS: dict[str, tuple[str, ...]] = {
    "Pod": ("spec",),
    "Deployment": _TEMPLATE,
    "StatefulSet": _TEMPLATE,
    "DaemonSet": _TEMPLATE,
    "ReplicaSet": _TEMPLATE,
    "ReplicationController": _TEMPLATE,
    "Job": _TEMPLATE,
    "CronJob": ("spec", "jobTemplate", *_TEMPLATE),
}
# They end by themselves: nothing sends them requests, and one that hangs is ended by its deadline.
_RUN_ONCE = frozenset(("Job", "CronJob"))
_ZERO = re.compile(r"0*\.?0*[A-Za-z]*")


def pod_spec(resource: Resource) -> tuple[str, Any] | None:
    """Where the pod's specification of a workload stands, and what it is; None for anything but a workload."""
    path = _POD_SPECS.get(resource.kind) if resource.type.startswith("kubernetes:") else None
    return (".".join(path), at(resource.inputs, *path)) if path else None


def containers(resource: Resource) -> Iterator[tuple[str, Any, bool]]:
    """The containers of a workload, each with its path and whether it runs as long as the pod.

    An init container that restarts always is a sidecar and takes probes; any other cannot have them.
    https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
    """
    found = pod_spec(resource)
    if found is None:
        return
    path, spec = found
    for group in ("initContainers", "containers"):
        for number, container in enumerate(items(at(spec, group))):
            name = at(container, "name")
            label = name if isinstance(name, str) else str(number)
            lasts = group == "containers" or at(container, "restartPolicy") == "Always"
            yield f"{path}.{group}[{label}]", container, lasts


def containers_are_bounded(resources: Sequence[Resource], _stack: Stack) -> Iterator[Violation]:
    """Probes, requests and limits, and a user, for every container of every workload.

    https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/
    https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
    """
    for resource in resources:
        for path, container, lasts in containers(resource):
            if lasts and resource.kind not in _RUN_ONCE:
                yield from _probes(resource, path, container)
            yield from _resources(resource, path, container)
            yield from _user(resource, path, container)


def _probes(resource: Resource, path: str, container: Any) -> Iterator[Violation]:
    for probe in ("livenessProbe", "readinessProbe"):
        if not at(container, probe):
            yield violation(CONTAINERS, resource, f"{path}.{probe}", "is missing", "a probe")


def _resources(resource: Resource, path: str, container: Any) -> Iterator[Violation]:
    for bound in ("requests", "limits"):
        for what in ("cpu", "memory"):
            amount = at(container, "resources", bound, what)
            if amount is UNKNOWN:
                continue
            if amount is None or _ZERO.fullmatch(str(amount)):
                yield violation(
                    CONTAINERS, resource, f"{path}.resources.{bound}.{what}", shown(amount), "an amount above zero"
                )


def _user(resource: Resource, path: str, container: Any) -> Iterator[Violation]:
    """The container's own user goes before the pod's.

    https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
    """
    user = at(container, "securityContext", "runAsUser")
    if user is None:
        _, spec = pod_spec(resource) or ("", None)
        user = at(spec, "securityContext", "runAsUser")
    if user is UNKNOWN or (isinstance(user, int) and not isinstance(user, bool) and user > 0):
        return
    yield violation(
        CONTAINERS,
        resource,
        f"{path}.securityContext.runAsUser",
        shown(user),
        "the number of a user that is not root, here or for the pod",
    )
