"""What pods need to start: nodes, and whatever their specification mentions."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sandbox.kubernetes.objects import RELEASE_TYPE, kind_of
from sandbox.kubernetes.rules.request import Request
from sandbox.values import as_map, at_path, is_map, objects

WORKLOADS: Final = frozenset({"Deployment", "StatefulSet"})


def pod_spec(request: Request) -> dict[str, Any]:
    """Return the specification of a workload's pods; an empty one where there is none."""
    spec = at_path(request.inputs, "spec.template.spec")
    return spec if is_map(spec) else {}


def awaits(request: Request) -> bool:
    """Whether Pulumi waits until the object is ready."""
    annotations = at_path(request.inputs, "metadata.annotations")
    return not (is_map(annotations) and annotations.get("pulumi.com/skipAwait") == "true")


def has_nodes(request: Request) -> None:
    """Pods need a node to run on, or they stay pending until Pulumi's wait ends."""
    helm = request.type == RELEASE_TYPE and not request.inputs.get("skipAwait")
    workload = kind_of(request.type) in WORKLOADS and at_path(request.inputs, "spec.replicas") != 0 and awaits(request)
    if not (helm or workload):
        return
    groups = request.inventory.list(type="aws:eks/nodeGroup:NodeGroup")
    if not any(group.inputs.get("clusterName") == request.cluster for group in groups):
        request.refuse("timed out waiting to be Ready: 0/0 nodes are available, the cluster has no node group")


def _mentions(spec: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every ConfigMap and Secret that pods cannot start without, as (kind, name)."""
    for container in [*objects(spec.get("containers")), *objects(spec.get("initContainers"))]:
        for source in objects(container.get("envFrom")):
            yield from _named(source, (("Secret", "secretRef", "name"), ("ConfigMap", "configMapRef", "name")))
        for variable in objects(container.get("env")):
            yield from _named(
                as_map(variable.get("valueFrom")),
                (("Secret", "secretKeyRef", "name"), ("ConfigMap", "configMapKeyRef", "name")),
            )
    for volume in objects(spec.get("volumes")):
        yield from _named(volume, (("Secret", "secret", "secretName"), ("ConfigMap", "configMap", "name")))


def _named(holder: Mapping[str, Any], places: tuple[tuple[str, str, str], ...]) -> Iterator[tuple[str, str]]:
    for kind, field, key in places:
        reference = holder.get(field)
        if is_map(reference) and reference.get("optional") is not True and isinstance(reference.get(key), str):
            yield kind, reference[key]


def mentioned_exist(request: Request) -> None:
    """Pods that mention a Secret, ConfigMap or ServiceAccount that does not exist never start."""
    if kind_of(request.type) not in WORKLOADS:
        return
    spec = pod_spec(request)
    account = spec.get("serviceAccountName")
    if account not in {None, "default"} and not request.exists("kubernetes:core/v1:ServiceAccount", str(account)):
        request.refuse(f'pods are forbidden: error looking up service account: serviceaccount "{account}" not found')
    for kind, name in _mentions(spec):
        if not request.exists(f"kubernetes:core/v1:{kind}", name):
            request.refuse(f'CreateContainerConfigError: {kind.lower()} "{name}" not found')
