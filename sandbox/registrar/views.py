"""The parts of Kubernetes objects that the registrar looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.kubernetes.api_types import Object, condition_of

_SERVICE_LABEL = "kubernetes.io/service-name"
"""https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetesioservice-name"""


@dataclass(frozen=True)
class Condition:
    """A condition of a pod."""

    status: str
    reason: str
    message: str


@dataclass(frozen=True)
class Pod:
    """A pod.

    Attributes:
        leaving: whether it was deleted and is only finishing.
        containers_ready: whether all its containers are, whatever its readiness gates say.
        gates: the conditions that it waits for besides, with their state where they have one.
    """

    namespace: str
    name: str
    uid: str
    ip: str
    leaving: bool
    containers_ready: bool
    gates: Mapping[str, Condition | None]


def pod_of(thing: Object) -> Pod:
    """A pod as the API server shows it."""
    metadata, spec = thing["metadata"], thing["spec"]
    gates = [str(gate["conditionType"]) for gate in spec.get("readinessGates") or ()]
    return Pod(
        metadata["namespace"],
        metadata["name"],
        metadata["uid"],
        thing.get("status", {}).get("podIP", ""),
        "deletionTimestamp" in metadata,
        _status(thing, "ContainersReady") == "True",
        {gate: _condition(condition_of(thing, gate)) for gate in gates},
    )


def _condition(told: Object | None) -> Condition | None:
    return None if told is None else Condition(told["status"], told.get("reason", ""), told.get("message", ""))


def _status(thing: Object, kind: str) -> str:
    told = condition_of(thing, kind)
    return "" if told is None else str(told["status"])


def node_status_of(thing: Object) -> str:
    """Whether a node is ready: `True`, `False`, or `Unknown` when it has not been heard of for a while."""
    return _status(thing, "Ready")


@dataclass(frozen=True)
class Endpoint:
    """A pod behind a service.

    Attributes:
        ready: whether the service sends it requests.
        uid: the pod's.
    """

    ip: str
    ready: bool
    terminating: bool
    pod: str
    uid: str
    node: str
    zone: str


@dataclass(frozen=True)
class Slice:
    """Some of the pods behind a service, with the ports they listen on by the names of the service's ports."""

    service: str
    ports: Mapping[str, int]
    endpoints: tuple[Endpoint, ...]


def slice_of(thing: Object) -> Slice:
    """An EndpointSlice as the API server shows it.

    https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoint-slice-v1/
    """
    metadata = thing["metadata"]
    service = str(metadata.get("labels", {}).get(_SERVICE_LABEL, ""))
    return Slice(
        f"{metadata['namespace']}/{service}",
        {str(port.get("name") or ""): int(port["port"]) for port in thing.get("ports") or () if "port" in port},
        tuple(
            _endpoint(each)
            for each in thing.get("endpoints") or ()
            if each.get("addresses") and each.get("targetRef", {}).get("kind") == "Pod"
        ),
    )


def _endpoint(told: Mapping[str, Any]) -> Endpoint:
    conditions, pod = told.get("conditions", {}), told["targetRef"]
    return Endpoint(
        str(told["addresses"][0]),
        conditions.get("ready") is True,
        conditions.get("terminating") is True,
        f"{pod['namespace']}/{pod['name']}",
        str(pod.get("uid", "")),
        str(told.get("nodeName", "")),
        str(told.get("zone", "")),
    )


def service_ports_of(thing: Object) -> dict[int | str, str]:
    """The names of a service's ports, by number and by name; a single port may have none."""
    ports: list[Object] = thing["spec"].get("ports") or []
    by_number: dict[int | str, str] = {int(port["port"]): str(port.get("name") or "") for port in ports}
    return by_number | {str(port["name"]): str(port["name"]) for port in ports if port.get("name")}


@dataclass(frozen=True)
class Binding:
    """A TargetGroupBinding.

    Attributes:
        version: its resource version.
        observed: the generation that was acted on last; 0 for none.
        service: `namespace/name`.
        port: the number or the name of the service's port.
        group_arn: the target group's ARN, or nothing where it is named.
        group_name: the target group's name, or nothing.
        target_type: `ip`, `instance`, or nothing where it is to be as the target group has it.
    """

    namespace: str
    name: str
    version: str
    generation: int
    observed: int
    deleting: bool
    service: str
    port: int | str
    group_arn: str = ""
    group_name: str = ""
    target_type: str = ""
    finalizers: tuple[str, ...] = field(default=())

    @property
    def key(self) -> str:
        """`namespace/name`."""
        return f"{self.namespace}/{self.name}"


def binding_of(thing: Object) -> Binding:
    """A TargetGroupBinding as the API server shows it."""
    metadata, spec = thing["metadata"], thing["spec"]
    return Binding(
        namespace=metadata["namespace"],
        name=metadata["name"],
        version=metadata["resourceVersion"],
        generation=int(metadata.get("generation", 0)),
        observed=int(thing.get("status", {}).get("observedGeneration", 0)),
        deleting="deletionTimestamp" in metadata,
        service=f"{metadata['namespace']}/{spec['serviceRef']['name']}",
        port=spec["serviceRef"]["port"],
        group_arn=spec.get("targetGroupARN", ""),
        group_name=spec.get("targetGroupName", ""),
        target_type=spec.get("targetType", ""),
        finalizers=tuple(metadata.get("finalizers") or ()),
    )
