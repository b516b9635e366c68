"""What the engine keeps of an object in a real cluster.

https://github.com/pulumi/pulumi-kubernetes/blob/master/provider/pkg/provider/provider.go: the live object, with the
inputs, the first API version and the field manager beside it.
"""

from collections.abc import Mapping
from typing import Any, Final

from sandbox.difference import INPUTS_KEY
from sandbox.kubernetes.api_types import Object
from sandbox.kubernetes.objects import name_and_namespace
from sandbox.values import UNKNOWN, Secret, as_map, is_list, is_map, leaves, objects, revealed

MANAGER_KEY: Final = "__fieldManager"
_VERSION_KEY: Final = "__initialApiVersion"

_SHORTEST_SECRET: Final = 3
"""Characters; anything shorter would turn up everywhere in a text by chance."""


def wanted_object(type_token: str, inputs: Mapping[str, Any]) -> Object:
    """Return the object to send to the API server, secrets revealed, in its namespace."""
    wanted: Object = {
        key: value for key, value in revealed(dict(inputs)).items() if value is not None and not key.startswith("__")
    }
    _, namespace = name_and_namespace(type_token, wanted)
    metadata = {key: value for key, value in as_map(wanted.get("metadata")).items() if value is not None}
    return {**wanted, "metadata": {**metadata, **({"namespace": namespace} if namespace else {})}}


def checkpoint(live: Object, inputs: Mapping[str, Any], manager: str, state: Mapping[str, Any] | None = None) -> Object:
    """Return what the engine keeps of an object.

    Args:
        live: the object as it is.
        inputs: what it is made from, secrets marked.
        manager: who applies it.
        state: what was kept of it before.
    """
    version = (state or {}).get(_VERSION_KEY, live.get("apiVersion"))
    return {**shown(live, inputs), INPUTS_KEY: dict(inputs), MANAGER_KEY: manager, _VERSION_KEY: version}


def shown(live: Object, inputs: Mapping[str, Any]) -> Object:
    """Return an object as a program sees it: what is secret marked, and without the list of who owns which field."""
    metadata = {key: value for key, value in live["metadata"].items() if key != "managedFields"}
    marked = as_map(_marked({**live, "metadata": metadata}, inputs))
    if live.get("kind") == "Secret":
        marked.update({key: Secret(live[key]) for key in {"data", "stringData"} & live.keys()})
    return marked


def _marked(value: Any, like: Any) -> Any:
    """Mark every part of a live value as secret that the inputs mark; a whole list where its parts cannot be told."""
    if isinstance(like, Secret):
        return Secret(value)
    if is_map(value) and is_map(like):
        return {key: _marked(item, like.get(key)) for key, item in value.items()}
    if is_list(value) and is_list(like):
        if len(value) == len(like):
            return [_marked(item, other) for item, other in zip(value, like, strict=True)]
        return Secret(value) if _holds_secret(like) else value
    return value


def _holds_secret(value: Any) -> bool:
    if isinstance(value, Secret):
        return True
    parts = value.values() if is_map(value) else value if is_list(value) else ()
    return any(_holds_secret(part) for part in parts)


def expected(dry_run: Object, inputs: Mapping[str, Any]) -> Object:
    """Return what a preview knows of a new object from a dry run, which makes up what only the real run decides."""
    made_up = dict.fromkeys(("uid", "resourceVersion", "generation", "creationTimestamp"), UNKNOWN)
    foreseen = {**dry_run, "metadata": {**dry_run["metadata"], **made_up}, "status": UNKNOWN}
    if dry_run.get("kind") == "Service":
        foreseen["spec"] = _service_spec(as_map(dry_run.get("spec")), as_map(revealed(inputs.get("spec"))))
    return shown(foreseen, inputs)


def expected_after_update(dry_run: Object, inputs: Mapping[str, Any]) -> Object:
    """Return what a preview knows of a changed object from a dry run."""
    moved = dict.fromkeys(("resourceVersion", "generation"), UNKNOWN)
    return shown({**dry_run, "metadata": {**dry_run["metadata"], **moved}}, inputs)


def _service_spec(spec: Object, given: Object) -> Object:
    """Addresses and node ports are allocated, in a dry run others than later."""
    allocated = {key: UNKNOWN for key in ("clusterIP", "clusterIPs", "healthCheckNodePort") if key in spec}
    ports = [{**port, **({"nodePort": UNKNOWN} if "nodePort" in port else {})} for port in objects(spec.get("ports"))]
    known = {key: value for key, value in given.items() if key in allocated}
    return {**spec, **allocated, **known, **({"ports": ports} if "ports" in spec and "ports" in given else {})}


def without_secrets(text: str, inputs: Mapping[str, Any]) -> str:
    """Return a text of the API server's without any secret value of the inputs."""
    for secret in sorted(_secret_texts(dict(inputs)), key=len, reverse=True):
        text = text.replace(secret, "[secret]")
    return text


def _secret_texts(value: Any) -> set[str]:
    if isinstance(value, Secret):
        texts = {str(leaf) for _, leaf in leaves(value.value)}
        return {text for text in texts if len(text) >= _SHORTEST_SECRET}
    parts = value.values() if is_map(value) else value if is_list(value) else ()
    return {text for part in parts for text in _secret_texts(part)}
