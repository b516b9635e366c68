"""An API server in memory, as far as the Kubernetes provider needs one: create, apply, patch, delete, field ownership.

Lists are owned as a whole. Nothing happens by itself: a test plays the controllers with `play`, or writes objects.
"""

from __future__ import annotations

import copy
import re
import threading
from collections.abc import Callable, Generator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from sandbox.kubernetes.api_server import APPLY, ApiServer
from sandbox.kubernetes.api_types import Answer, ApiServerError, Object, UnreachableError

_BUILT_IN = {
    "v1": ("Namespace", "ConfigMap", "Secret", "Service", "Pod", "Event", "ResourceQuota", "Node"),
    "apps/v1": ("Deployment", "ReplicaSet", "StatefulSet"),
    "batch/v1": ("Job",),
    "discovery.k8s.io/v1": ("EndpointSlice",),
    "apiextensions.k8s.io/v1": ("CustomResourceDefinition",),
}
_CLUSTER_SCOPED = ("Namespace", "Node", "CustomResourceDefinition")
_PATH = re.compile(r"/(?:api|apis)/(?P<version>v1|[^/]+/[^/]+)(?:/namespaces/(?P<ns>[^/]+)(?=/))?(?P<rest>(?:/.+)?)")

Key = tuple[str, str, str]


class MemoryApiServer(ApiServer):
    """Objects by kind, namespace and name."""

    def __init__(self) -> None:
        self.endpoint = "https://127.0.0.1:6443"
        self._collections = {}
        self._lock = threading.Lock()
        self.objects: dict[Key, Object] = {}
        self.kinds = {version: list(kinds) for version, kinds in _BUILT_IN.items()}
        self.version = 0
        self.reachable = True
        self.warnings: tuple[str, ...] = ()
        self.refusal: ApiServerError | None = None
        self.requests: list[tuple[str, str]] = []
        self.deletions: list[Object] = []
        self.play: Callable[[Object], None] = lambda _: None
        self.put("v1", "Namespace", "default")

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Object | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        self.requests.append((method, path))
        if not self.reachable:
            raise UnreachableError(f"{self.endpoint}: connection refused")
        match = _PATH.fullmatch(path)
        if match is None:
            return Answer({})
        if not match["rest"]:
            return Answer({"resources": [self._resource(kind) for kind in self.kinds.get(match["version"], ())]})
        plural, _, name = match["rest"].strip("/").partition("/")
        kind = next(kind for kind in self.kinds[match["version"]] if f"{kind.lower()}s" == plural)
        key = (kind, match["ns"] or "", unquote(name))
        options = dict(query or {})
        if method == "GET":
            return Answer(self._get(match["version"], key, plural) if name else self._list(kind, key[1]))
        if self.refusal is not None:
            raise self.refusal
        if method == "DELETE":
            return Answer(self._delete(key, plural, body or {}))
        wanted = copy.deepcopy(body or {})
        if method == "PATCH" and content_type != APPLY:
            return Answer(self._merge(key, plural, wanted))
        if method == "POST":
            made = self._create((kind, key[1], str(wanted["metadata"]["name"])), plural, wanted, options)
        else:
            made = self._apply(key, plural, wanted, options)
        return Answer(made, self.warnings)

    def watch(
        self, api_version: str, kind: str, namespace: str = "", *, since: str = "", seconds: int = 300, **query: str
    ) -> Generator[tuple[str, Object]]:
        raise NotImplementedError

    @staticmethod
    def _resource(kind: str) -> Object:
        return {"name": f"{kind.lower()}s", "kind": kind, "namespaced": kind not in _CLUSTER_SCOPED}

    def _get(self, api_version: str, key: Key, plural: str) -> Object:
        return {"apiVersion": api_version, "kind": key[0], **copy.deepcopy(self._known(key, plural))}

    def _list(self, kind: str, namespace: str) -> Object:
        items = [each for (of, ns, _), each in self.objects.items() if of == kind and namespace in {"", ns}]
        return {"items": copy.deepcopy(items)}

    def _known(self, key: Key, plural: str) -> Object:
        if key not in self.objects:
            raise ApiServerError(HTTPStatus.NOT_FOUND, "NotFound", f'{plural} "{key[2]}" not found')
        return self.objects[key]

    def _create(self, key: Key, plural: str, wanted: Object, options: Mapping[str, str]) -> Object:
        if key[1] and ("Namespace", "", key[1]) not in self.objects:
            raise ApiServerError(HTTPStatus.NOT_FOUND, "NotFound", f'namespaces "{key[1]}" not found')
        if key in self.objects:
            raise ApiServerError(HTTPStatus.CONFLICT, "AlreadyExists", f'{plural} "{key[2]}" already exists')
        operation = "Apply" if "force" in options else "Update"
        owned = {"manager": options["fieldManager"], "operation": operation, "fieldsV1": _tree(wanted)}
        made = {**wanted, "metadata": {**wanted["metadata"], "uid": f"uid-{self.version}", "managedFields": [owned]}}
        return self._keep(key, made, options)

    def _apply(self, key: Key, plural: str, wanted: Object, options: Mapping[str, str]) -> Object:
        if key not in self.objects:
            return self._create(key, plural, wanted, options)
        live, manager = copy.deepcopy(self.objects[key]), options["fieldManager"]
        entries: list[Object] = live["metadata"]["managedFields"]
        own = next((each for each in entries if (each["manager"], each["operation"]) == (manager, "Apply")), None)
        others = [each for each in entries if each is not own]
        for path, value in _leaves(wanted):
            held_by = [each["manager"] for each in others if _has(each["fieldsV1"], path)]
            if held_by and _at(live, path) != value and options["force"] != "true":
                text = f'Apply failed with 1 conflict: conflict with "{held_by[0]}": .{".".join(path)}'
                raise ApiServerError(HTTPStatus.CONFLICT, "Conflict", text)
        for path in [] if own is None else _paths(own["fieldsV1"]):
            if _at(wanted, path) is None and not any(_has(each["fieldsV1"], path) for each in others):
                _remove(live, path)
        merged = _merged(live, wanted)
        applied = {"manager": manager, "operation": "Apply", "fieldsV1": _tree(wanted)}
        merged["metadata"]["managedFields"] = [*others, applied]
        return self._keep(key, merged, options)

    def _merge(self, key: Key, plural: str, change: Object) -> Object:
        live = self._known(key, plural)
        version = change.get("metadata", {}).pop("resourceVersion", None)
        if version is not None and version != live["metadata"]["resourceVersion"]:
            raise ApiServerError(HTTPStatus.CONFLICT, "Conflict", "the object has been modified")
        return self._keep(key, _merged(live, change), {})

    def _keep(self, key: Key, thing: Object, options: Mapping[str, str]) -> Object:
        before = self.objects.get(key)
        generation = 1
        if before is not None:
            generation = int(before["metadata"]["generation"]) + (before.get("spec") != thing.get("spec"))
        self.version += 1
        kept = {**thing, "metadata": {**thing["metadata"], "generation": generation}}
        kept["metadata"]["resourceVersion"] = str(self.version)
        if key[1]:
            kept["metadata"]["namespace"] = key[1]
        if "dryRun" not in options:
            self.objects[key] = kept
            answer = copy.deepcopy(kept)
            self.play(kept)
            return answer
        return copy.deepcopy(kept)

    def _delete(self, key: Key, plural: str, options: Object) -> Object:
        self.deletions.append(options)
        live = self._known(key, plural)
        if live["metadata"].get("finalizers"):
            live["metadata"]["deletionTimestamp"] = "2026-11-23T08:00:00Z"
        else:
            del self.objects[key]
        return live

    # What a test does to it.

    def put(self, api_version: str, kind: str, name: str, namespace: str = "", **content: Any) -> Object:
        """Add an object as it is."""
        metadata: Object = {"name": name, "managedFields": [], "uid": f"uid of {name}", "resourceVersion": "1"}
        metadata |= {"generation": 1, **({"namespace": namespace} if namespace else {}), **content.pop("metadata", {})}
        thing: Object = {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}
        self.objects[kind, namespace, name] = thing
        return thing

    def of(self, kind: str, name: str, namespace: str = "default") -> Object:
        """Return an object, to look at or to change."""
        return self.objects[kind, namespace, name]

    def edit(self, thing: Object, path: str, value: Any, manager: str = "kubectl-edit", subresource: str = "") -> None:
        """Change a field the way another manager does, which then owns it alone."""
        steps = path.split(".")
        inner = thing
        for step in steps[:-1]:
            inner = inner.setdefault(step, {})
        inner[steps[-1]] = value
        entries: list[Object] = thing["metadata"]["managedFields"]
        for entry in entries:
            _remove(entry["fieldsV1"], [f"f:{step}" for step in steps])
        tree: Object = {}
        for step in reversed(steps):
            tree = {f"f:{step}": tree}
        entries.append({
            "manager": manager, "operation": "Update", "fieldsV1": tree,
            **({"subresource": subresource} if subresource else {}),
        })  # fmt: skip
        self.version += 1
        thing["metadata"]["resourceVersion"] = str(self.version)


def rolled_out(thing: Object) -> None:
    """Play the Deployment controller where all goes well."""
    if thing.get("kind") == "Deployment":
        wanted = thing["spec"].get("replicas", 1)
        thing["status"] = {
            "observedGeneration": thing["metadata"]["generation"],
            **dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas", "readyReplicas"), wanted),
            "conditions": [{"type": "Available", "status": "True"}],
        }


def _leaves(value: Object, path: tuple[str, ...] = ()) -> Generator[tuple[tuple[str, ...], Any]]:
    for key, item in value.items():
        if (*path, key) in {("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")}:
            continue
        if isinstance(item, dict) and item:
            yield from _leaves(item, (*path, key))
        else:
            yield (*path, key), item


def _tree(wanted: Object) -> Object:
    tree: Object = {}
    for path, _ in _leaves(wanted):
        inner = tree
        for step in path:
            inner = inner.setdefault(f"f:{step}", {})
    return tree


def _paths(tree: Object, path: tuple[str, ...] = ()) -> Generator[tuple[str, ...]]:
    for key, inner in tree.items():
        yield from _paths(inner, (*path, key[2:])) if inner else iter([(*path, key[2:])])


def _has(tree: Object, path: tuple[str, ...]) -> bool:
    for step in path:
        if f"f:{step}" not in tree:
            return False
        tree = tree[f"f:{step}"]
    return True


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _remove(value: Object, path: list[str] | tuple[str, ...]) -> None:
    for step in path[:-1]:
        value = value.get(step, {})
    value.pop(path[-1], None)


def _merged(one: Object, other: Object) -> Object:
    merged = dict(one)
    for key, item in other.items():
        before = merged.get(key)
        merged[key] = _merged(before, item) if isinstance(before, dict) and isinstance(item, dict) else item
    return merged
