"""What is said between the sandbox and a Kubernetes API server: objects, answers, refusals.

https://kubernetes.io/docs/reference/using-api/api-concepts/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

Object = dict[str, Any]
"""A Kubernetes object, or part of one."""


class ApiServerError(Exception):
    """The API server refused a request.

    Attributes:
        status: the HTTP status
        reason: the machine-readable reason, such as `NotFound`, `AlreadyExists`, `Invalid`, `Forbidden`
    """

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


class UnreachableError(Exception):
    """Nothing answers where the kubeconfig points."""


class KindUnknownError(Exception):
    """The API server serves no such kind."""


@dataclass(frozen=True)
class Answer:
    """What the API server answered.

    Attributes:
        body: the object
        warnings: what it warns of: https://kubernetes.io/blog/2020/09/03/warnings/
    """

    body: Object
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Collection:
    """Where the objects of a kind are: `deployments` of `apps/v1`, in namespaces or not."""

    api_version: str
    plural: str
    namespaced: bool

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """The path of the collection, in one namespace or all, or of one object in it."""
        group = f"/api/{self.api_version}" if "/" not in self.api_version else f"/apis/{self.api_version}"
        place = f"/namespaces/{quote(namespace)}" if self.namespaced and namespace else ""
        parts = [group + place, self.plural, *([quote(name)] if name else []), *([subresource] if subresource else [])]
        return "/".join(parts)


def condition_of(thing: Mapping[str, Any], kind: str) -> Object | None:
    """The condition of that type in an object's status, or `None`."""
    conditions: Sequence[Object] = thing.get("status", {}).get("conditions") or ()
    return next((each for each in conditions if each["type"] == kind), None)
