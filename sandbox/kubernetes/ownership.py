"""Who owns which field of an object, and what that means for an update, as the real provider handles it.

https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
https://github.com/pulumi/pulumi-kubernetes/blob/master/provider/pkg/await/await.go
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from sandbox.kubernetes.api_types import Object
from sandbox.values import as_map, is_map, objects

_TAKEN_OVER: Final = (
    ("kubectl", "Apply"),
    ("kubectl", "Update"),
    ("before-first-apply", "Update"),
    ("pulumi-kubernetes", "Update"),
)
"""Beginnings of managers' names, with the operation, whose fields an update takes over before it applies."""

_STEP: Final = re.compile(r"""([^.\[\]"]+)|\[(\d+|\*)\]|\["((?:[^"\\]|\\.)*)"\]""")


def _entries(live: Object) -> list[dict[str, Any]]:
    return objects(as_map(live.get("metadata")).get("managedFields"))


def fields_of(live: Object, owns: Callable[[dict[str, Any]], bool]) -> Object:
    """Return the fields that some managers of an object own together, as a `fieldsV1` tree.

    Args:
        live: the object.
        owns: told an entry of `managedFields`, says whether it counts.
    """
    tree: Object = {}
    for entry in _entries(live):
        if owns(entry):
            tree = _union(tree, as_map(entry.get("fieldsV1")))
    return tree


def has_field(tree: Object, path: Sequence[str]) -> bool:
    """Whether a field, or something inside it, is in a `fieldsV1` tree."""
    for step in path:
        inner = tree.get(f"f:{step}")
        if not is_map(inner):
            return False
        tree = inner
    return True


def _union(one: Object, other: Object) -> Object:
    merged = dict(one)
    for key, value in other.items():
        before = merged.get(key)
        merged[key] = _union(before, value) if is_map(before) and is_map(value) else value
    return merged


def taken_over(live: Object, manager: str) -> list[Object] | None:
    """Return an object's `managedFields` with what `manager` may take over as its own; `None` for no change.

    A new object's fields belong to an update, not an apply; changes made with `kubectl` are undone without a conflict.
    """
    kept: list[Object] = []
    own: Object | None = None
    changed = False
    for entry in _entries(live):
        is_own = entry.get("manager") == manager and entry.get("operation") == "Apply"
        takes = not entry.get("subresource") and any(
            str(entry.get("manager")).startswith(name) and entry.get("operation") == operation
            for name, operation in _TAKEN_OVER
        )
        if not (is_own or takes):
            kept.append(entry)
            continue
        changed = changed or not is_own
        fields = _union(as_map((own or {}).get("fieldsV1")), as_map(entry.get("fieldsV1")))
        own = {**entry, "manager": manager, "operation": "Apply", "fieldsV1": fields}
    return [*kept, own] if changed and own is not None else None


def names_of(path: str) -> list[str]:
    """Split a property path such as `metadata.annotations["a.b/c"]` into names; empty where it goes into a list."""
    steps: list[tuple[str, str, str]] = _STEP.findall(path)
    if any(index for _, index, _ in steps):
        return []
    return [name or quoted.replace('\\"', '"') for name, _, quoted in steps]


def without_ignored(wanted: Object, live: Object, manager: str, ignored: Sequence[str]) -> Object:
    """Return what to apply where changes of some fields are to be ignored.

    A field that only others own is left to them; one that the manager owns keeps its live value, since a field that
    is not applied any more vanishes. Paths into lists are not understood, as by the real provider.

    Args:
        wanted: the object as the program wants it.
        live: the object as it is.
        manager: who applies it.
        ignored: property paths.
    """
    ours = fields_of(live, lambda entry: entry.get("manager") == manager)
    theirs = fields_of(live, lambda entry: entry.get("manager") != manager)
    for path in ignored:
        names = names_of(path)
        if not names:
            continue
        if has_field(theirs, names) and not has_field(ours, names):
            wanted = _without(wanted, names)
        else:
            found, value = _value_at(live, names)
            wanted = _with(wanted, names, value) if found else wanted
    return wanted


def _without(value: Object, names: Sequence[str]) -> Object:
    name, rest = names[0], names[1:]
    if not rest:
        return {key: item for key, item in value.items() if key != name}
    inner = value.get(name)
    return {**value, name: _without(inner, rest)} if is_map(inner) else value


def _with(value: Object, names: Sequence[str], new: Any) -> Object:
    name, rest = names[0], names[1:]
    return {**value, name: _with(as_map(value.get(name)), rest, new) if rest else new}


def _value_at(value: Any, names: Sequence[str]) -> tuple[bool, Any]:
    for name in names:
        if not is_map(value) or name not in value:
            return False, None
        value = value[name]
    return True, value


def scaled_by_autoscaler(live: Object) -> bool:
    """Whether a HorizontalPodAutoscaler has taken the number of replicas over.

    It changes it through the `scale` subresource, in the name of the controller manager.
    https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
    """
    autoscaler = fields_of(
        live,
        lambda entry: entry.get("manager") == "kube-controller-manager" and entry.get("subresource") == "scale",
    )
    return has_field(autoscaler, ["spec", "replicas"])
