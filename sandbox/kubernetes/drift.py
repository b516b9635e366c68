"""What an object would be made from today: the program's inputs, with the live values where they really differ.

The cluster fills fields in and writes some values in its own way, which is no difference.
"""

import base64
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from sandbox.kubernetes.api_types import Object
from sandbox.kubernetes.ownership import scaled_by_autoscaler
from sandbox.values import Secret, is_list, is_map, revealed

_SUFFIXES: Final[Mapping[str, Decimal]] = {
    "": Decimal(1),
    **{suffix: Decimal(10) ** -power for suffix, power in (("n", 9), ("u", 6), ("m", 3))},
    **{suffix: Decimal(1000) ** (power + 1) for power, suffix in enumerate("kMGTPE")},
    **{f"{suffix}i": Decimal(1024) ** (power + 1) for power, suffix in enumerate("KMGTPE")},
}  # fmt: skip
"""https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/"""

_QUANTITY: Final = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([numkMGTPE]?|[KMGTPE]i)")

_HOLD_QUANTITIES: Final = frozenset({
    "requests", "limits", "hard", "capacity", "overhead", "sizeLimit", "divisor", "averageValue", "max", "min",
    "default", "defaultRequest", "maxLimitRequestRatio", "storage",
})  # fmt: skip
"""Fields that are quantities, or whose fields are."""

_Path = tuple[str, ...]


def quantity(value: Any) -> Decimal | None:
    """Return the number that a quantity such as `60m`, `0.06` or `1Gi` stands for; `None` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    match = _QUANTITY.fullmatch(str(value))
    if match is None:
        return None
    try:
        return Decimal(match[1]) * _SUFFIXES[match[2]]
    except InvalidOperation:
        return None


def seen_inputs(inputs: Object, live: Object) -> Object:
    """Return the inputs an object would be made from today.

    What only the cluster fills in is left out, and so is the number of replicas once an autoscaler sets it. Secret
    values stay marked where the program marked them.

    Args:
        inputs: what it was made from.
        live: the object as it is.
    """
    seen: Object = {}
    for key, value in inputs.items():
        if key == "stringData" and inputs.get("kind") == "Secret":
            data = _string_data(revealed(value), live.get("data"))
            seen[key] = Secret(data) if isinstance(value, Secret) else data
        else:
            found, current = _seen(value, live.get(key), (key,))
            if found:
                seen[key] = current
    if scaled_by_autoscaler(live) and is_map(seen.get("spec")) and "replicas" in inputs["spec"]:
        seen["spec"] = {**seen["spec"], "replicas": inputs["spec"]["replicas"]}
    return seen


_FROM_CLUSTER: Final = frozenset({
    "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields",
    "resourceVersion", "selfLink", "uid",
})  # fmt: skip


def imported_inputs(live: Object) -> Object:
    """Return the inputs for an object that the program has not made: all of it but what only the cluster fills in."""
    inputs = {key: value for key, value in live.items() if key != "status"}
    inputs["metadata"] = {key: value for key, value in live["metadata"].items() if key not in _FROM_CLUSTER}
    if live.get("kind") == "Secret" and "data" in inputs:
        inputs["data"] = Secret(inputs["data"])
    return inputs


def _string_data(given: Any, data: Any) -> Any:
    """The API server keeps `stringData` as `data`, encoded, and never shows it.

    https://kubernetes.io/docs/concepts/configuration/secret/#restriction-names-data
    """
    if not is_map(given):
        return given
    kept: Object = {}
    for key, value in given.items():
        encoded = data.get(key) if is_map(data) else None
        if encoded is not None:
            decoded = base64.b64decode(str(encoded)).decode(errors="replace")
            kept[key] = value if str(value) == decoded else decoded
    return kept


def _seen(value: Any, live: Any, path: _Path) -> tuple[bool, Any]:
    """Whether a value is still there, and what it is."""
    if isinstance(value, Secret):
        found, current = _seen(value.value, live, path)
        return found, Secret(current)
    if live is None:
        # Empty values are left out of what the API server shows.
        return not value, value
    if is_map(value) and is_map(live):
        kept: Object = {}
        for key, item in value.items():
            found, current = _seen(item, live.get(key), (*path, key))
            if found:
                kept[key] = current
        return True, kept
    if is_list(value) and is_list(live):
        return True, _seen_list(value, live, path)
    return True, value if _same(revealed(value), live, path) else live


def _seen_list(value: list[Any], live: list[Any], path: _Path) -> list[Any]:
    named = _by_name(live)
    if _by_name(value) is not None and named is not None:
        # Lists like that of containers are merged by name, so that others may add to them.
        pairs = [(item, named.get(revealed(item)["name"])) for item in value]
        return [_seen(item, other, path)[1] for item, other in pairs if other is not None]
    if len(value) == len(live):
        return [_seen(item, other, path)[1] for item, other in zip(value, live, strict=True)]
    return live


def _by_name(items: list[Any]) -> dict[str, Any] | None:
    plain = [revealed(item) for item in items]
    if not plain or not all(is_map(item) and isinstance(item.get("name"), str) for item in plain):
        return None
    named = {str(item["name"]): item for item in plain}
    return named if len(named) == len(items) else None


def _same(value: Any, live: Any, path: _Path) -> bool:
    if isinstance(value, bool) or isinstance(live, bool):
        return str(value).lower() == str(live).lower()
    if value == live or (type(value) is not type(live) and str(value) == str(live)):
        return True
    if path[0] != "spec" or not _HOLD_QUANTITIES.intersection(path):
        return False
    number = quantity(value)
    return number is not None and number == quantity(live)
