"""The manifests of a stack's Kubernetes objects, as `kubectl` takes them, for another stack that is otherwise alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_RELEASE = "kubernetes:helm.sh/v3:Release"
_SECRET_SIGNATURE = "4dabf18193072939515e22adb298388d"  # noqa: S105  # marks one, and is none itself


def objects_in(resources: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What the program asked for of Kubernetes, in the order in which it was made; the Helm release left out.

    Args:
        resources: of an exported stack

    Raises:
        ValueError: one holds a secret, which an export does not show.
    """
    found: list[dict[str, Any]] = []
    for each in resources:
        type_ = str(each["type"])
        if type_.startswith("kubernetes:") and type_ != _RELEASE:
            inputs: dict[str, Any] = each["inputs"]
            if _holds_secret(inputs):
                raise ValueError(f"{each['urn']} holds a secret")
            found.append(inputs)
    return found


def translation(one: Sequence[Mapping[str, Any]], other: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The ids and ARNs of one stack, each with that of the same resource in another stack."""
    others = {str(each["urn"]): each for each in other}
    return {
        before: after
        for each in one
        if str(each["type"]).startswith("aws:") and each["urn"] in others
        for before, after in zip(_names(each), _names(others[str(each["urn"])]), strict=True)
        if before and before != after
    }


def translated(value: Any, words: Mapping[str, str]) -> Any:
    """A value with each text that is one of `words` replaced."""
    if isinstance(value, str):
        return words.get(value, value)
    if isinstance(value, dict):
        return {key: translated(item, words) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [translated(item, words) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def _names(resource: Mapping[str, Any]) -> tuple[str, str]:
    return str(resource.get("id", "")), str(resource.get("outputs", {}).get("arn", ""))


def _holds_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return _SECRET_SIGNATURE in value or any(map(_holds_secret, value.values()))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return isinstance(value, list) and any(map(_holds_secret, value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
