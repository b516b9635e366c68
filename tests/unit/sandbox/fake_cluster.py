"""A cluster in memory that answers the registrar as an API server does, as far as the registrar asks."""

from __future__ import annotations

import copy
from collections.abc import Generator
from typing import Any

from sandbox.kubernetes.api_types import Answer, ApiServerError, Collection, KindUnknownError, UnreachableError

Thing = dict[str, Any]

_PLURALS = {
    "TargetGroupBinding": "targetgroupbindings",
    "Service": "services",
    "EndpointSlice": "endpointslices",
    "Pod": "pods",
    "Node": "nodes",
}


class FakeCluster:
    """Objects by kind and name, and the patches that were asked for."""

    def __init__(self) -> None:
        self.things: dict[tuple[str, str], Thing] = {}
        self.version = 0
        self.defined = True
        self.reachable = True
        self.patches: list[tuple[str, str, Thing]] = []

    # What the registrar calls.

    def collection(self, api_version: str, kind: str) -> Collection:
        if kind == "TargetGroupBinding" and not self.defined:
            raise KindUnknownError(f'no matches for kind "{kind}" in version "{api_version}"')
        return Collection(api_version, _PLURALS[kind], kind != "Node")

    def request(self, _method: str, path: str) -> Answer:
        self._answer()
        kind = next(kind for kind, plural in _PLURALS.items() if path.endswith(f"/{plural}"))
        items = [copy.deepcopy(thing) for (each, _), thing in self.things.items() if each == kind]
        return Answer({"metadata": {"resourceVersion": str(self.version)}, "items": items})

    def watch(self, *_: str, **__: Any) -> Generator[tuple[str, Thing]]:
        self._answer()
        yield from ()

    def patch(
        self, _api_version: str, kind: str, name: str, namespace: str, *, change: Thing, subresource: str, **__: str
    ) -> Thing:
        self._answer()
        thing = self.things.get((kind, f"{namespace}/{name}"))
        if thing is None:
            raise ApiServerError(404, "NotFound", f"{name} not found")
        metadata = change.get("metadata", {})
        for field in ("uid", "resourceVersion"):
            if field in metadata and metadata[field] != thing["metadata"][field]:
                raise ApiServerError(409, "Conflict", f"{name} has changed")
        self.patches.append((kind, f"{namespace}/{name}", change))
        if subresource == "status":
            self._set_status(thing, change["status"])
        else:
            thing["metadata"]["finalizers"] = metadata["finalizers"]
        self._touch(thing)
        if "deletionTimestamp" in thing["metadata"] and not thing["metadata"].get("finalizers"):
            del self.things[kind, f"{namespace}/{name}"]
        return copy.deepcopy(thing)

    def list(self, _api_version: str, kind: str, *, labelSelector: str) -> list[Thing]:  # noqa: N803  # the API's name
        self._answer()
        name, _, value = labelSelector.partition("=")
        things = [copy.deepcopy(thing) for (each, _), thing in self.things.items() if each == kind]
        return [thing for thing in things if thing["metadata"].get("labels", {}).get(name) == value]

    def _answer(self) -> None:
        if not self.reachable:
            raise UnreachableError("connection refused")

    @staticmethod
    def _set_status(thing: Thing, status: Thing) -> None:
        known = thing.setdefault("status", {})
        for condition in status.pop("conditions", ()):
            others = [each for each in known.get("conditions", ()) if each["type"] != condition["type"]]
            known["conditions"] = [*others, condition]
        known.update(status)

    def _touch(self, thing: Thing) -> None:
        self.version += 1
        thing["metadata"]["resourceVersion"] = str(self.version)

    # What a test does to it.

    def put(self, kind: str, name: str, namespace: str = "example", **content: Any) -> Thing:
        metadata = {"name": name, "uid": f"uid of {name}", "generation": 1, **content.pop("metadata", {})}
        if kind != "Node":
            metadata["namespace"] = namespace
        thing = {"metadata": metadata, **content}
        self._touch(thing)
        self.things[kind, f"{namespace}/{name}" if kind != "Node" else name] = thing
        return thing

    def get(self, kind: str, name: str, namespace: str = "example") -> Thing | None:
        return self.things.get((kind, f"{namespace}/{name}"))

    def delete(self, kind: str, name: str, namespace: str = "example") -> None:
        """Pods and what has finalizers only begin to go."""
        thing = self.things[kind, f"{namespace}/{name}"]
        if kind == "Pod" or thing["metadata"].get("finalizers"):
            thing["metadata"]["deletionTimestamp"] = "2026-11-23T08:00:00Z"
            self._touch(thing)
        else:
            del self.things[kind, f"{namespace}/{name}"]

    def gone(self, kind: str, name: str, namespace: str = "example") -> None:
        del self.things[kind, f"{namespace}/{name}"]

    def node(self, name: str, zone: str = "us-west-2a", ready: str = "True") -> None:
        conditions = [{"type": "Ready", "status": ready}]
        labels = {"topology.kubernetes.io/zone": zone}
        self.put("Node", name, metadata={"labels": labels}, status={"conditions": conditions})

    def service(self, name: str = "web") -> None:
        self.put("Service", name, spec={"ports": [{"name": "http", "port": 80, "targetPort": 8000}]})

    def binding(self, group_arn: str, name: str = "web", service: str = "web", **spec: Any) -> None:
        reference = {"name": service, "port": 80}
        wanted = {"targetGroupARN": group_arn, "serviceRef": reference, "targetType": "ip", **spec}
        self.put("TargetGroupBinding", name, spec=wanted)

    def pod(self, name: str, ip: str, *, ready: bool = True, gate: str = "web", node: str = "node-a") -> None:
        gates = [{"conditionType": f"target-health.elbv2.k8s.aws/{gate}"}] if gate else []
        conditions = [{"type": "ContainersReady", "status": "True" if ready else "False"}]
        self.put(
            *("Pod", name),
            spec={"nodeName": node, "readinessGates": gates},
            status={"podIP": ip, "conditions": conditions},
        )

    def gate(self, pod: str, gate: str = "web") -> str:
        """The status of a pod's readiness gate."""
        thing = self.things["Pod", f"example/{pod}"]
        told = {each["type"]: each["status"] for each in thing["status"]["conditions"]}
        return told.get(f"target-health.elbv2.k8s.aws/{gate}", "")

    def slice(self, service: str = "web") -> None:
        """What the EndpointSlice controller makes of all the pods."""
        endpoints = [self._endpoint(thing) for (kind, _), thing in self.things.items() if kind == "Pod"]
        labels = {"kubernetes.io/service-name": service}
        ports = [{"name": "http", "port": 8000}]
        self.put("EndpointSlice", f"{service}-x", metadata={"labels": labels}, ports=ports, endpoints=endpoints)

    def _endpoint(self, pod: Thing) -> Thing:
        metadata, node = pod["metadata"], pod["spec"]["nodeName"]
        told = {each["type"]: each["status"] == "True" for each in pod["status"]["conditions"]}
        gates = [told.get(gate["conditionType"], False) for gate in pod["spec"]["readinessGates"]]
        alive = self.things["Node", node]["status"]["conditions"][0]["status"] == "True"
        leaving = "deletionTimestamp" in metadata
        ready = told["ContainersReady"] and all(gates) and alive and not leaving
        return {
            "addresses": [pod["status"]["podIP"]],
            "conditions": {"ready": ready, "terminating": leaving},
            "targetRef": {
                "kind": "Pod", "name": metadata["name"], "namespace": metadata["namespace"], "uid": metadata["uid"],
            },
            "nodeName": node,
            "zone": self.things["Node", node]["metadata"]["labels"]["topology.kubernetes.io/zone"],
        }  # fmt: skip
