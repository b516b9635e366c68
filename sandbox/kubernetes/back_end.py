"""What the Kubernetes provider asks of a cluster, be it emulated or real."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sandbox.kubernetes.objects import api_version_of, kind_of


@dataclass(frozen=True)
class Target:
    """What a call is about.

    Attributes:
        urn: the resource.
        type: its type token.
        name: its logical name.
        seconds: how long the program lets the call take; 0 where it does not say.
    """

    urn: str
    type: str
    name: str
    seconds: float = 0.0

    @property
    def kind(self) -> str:
        """The kind of object, such as `Deployment`."""
        return kind_of(self.type)

    @property
    def api_version(self) -> str:
        """The API version, such as `apps/v1`."""
        return api_version_of(self.type)


@dataclass(frozen=True)
class Seen:
    """An object as it is in its cluster.

    Attributes:
        id: what the engine knows it by.
        state: what the engine keeps of it.
        inputs: what it would be made from today.
    """

    id: str
    state: dict[str, Any]
    inputs: dict[str, Any]


class BackEnd(Protocol):
    """One cluster's objects. Everything raises `KubernetesError` where the cluster refuses."""

    async def preview_create(self, target: Target, inputs: dict[str, Any]) -> dict[str, Any]:
        """Say what would be known of a new object."""
        ...

    async def create(self, target: Target, inputs: dict[str, Any]) -> Seen:
        """Make an object."""
        ...

    async def read(self, target: Target, id_: str, state: dict[str, Any], inputs: dict[str, Any]) -> Seen | None:
        """Look at an object; `None` where it, or its cluster, is gone."""
        ...

    async def has_failed(self, target: Target, id_: str, state: dict[str, Any]) -> bool:
        """Whether an object is there, and waiting for it any longer is in vain."""
        ...

    async def preview_update(
        self, target: Target, state: dict[str, Any], inputs: dict[str, Any], ignored: Sequence[str]
    ) -> dict[str, Any]:
        """Say what would be known of a changed object."""
        ...

    async def update(
        self, target: Target, id_: str, state: dict[str, Any], inputs: dict[str, Any], ignored: Sequence[str]
    ) -> dict[str, Any]:
        """Change an object in place and return what the engine keeps of it."""
        ...

    async def delete(self, target: Target, id_: str, state: dict[str, Any]) -> None:
        """Delete an object; what is gone already counts as deleted."""
        ...

    def cancel(self) -> None:
        """Hurry what goes on to an end: somebody has pressed Ctrl-C."""
        ...
