"""A cluster with a real API server, whose objects are handled as Pulumi's own Kubernetes provider handles them.

https://github.com/pulumi/pulumi-kubernetes/blob/master/provider/pkg/provider/provider.go
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sandbox.difference import INPUTS_KEY, merged_outputs
from sandbox.kubernetes.api_server import ApiServer
from sandbox.kubernetes.api_types import KindUnknownError, Object
from sandbox.kubernetes.awaiting.readiness import (
    DEFAULT_SECONDS,
    annotation,
    is_awaited,
    limit,
    readiness,
    skips_await,
)  # fmt: skip
from sandbox.kubernetes.awaiting.waiting import NotReadyError, Waiting, get
from sandbox.kubernetes.back_end import Seen, Target
from sandbox.kubernetes.checkpoint import (
    MANAGER_KEY,
    checkpoint,
    expected,
    expected_after_update,
    wanted_object,
)  # fmt: skip
from sandbox.kubernetes.claim import claimed
from sandbox.kubernetes.connection import ClusterUnreachableError, Connection, Messages, RefusedError
from sandbox.kubernetes.deletion import Deletion
from sandbox.kubernetes.drift import imported_inputs, seen_inputs
from sandbox.kubernetes.objects import RELEASE_TYPE, id_of, preview_object
from sandbox.kubernetes.options import Options
from sandbox.kubernetes.ownership import taken_over, without_ignored
from sandbox.kubernetes.releases import Releases
from sandbox.partial_failure import PartialFailureError
from sandbox.values import as_map, contains_unknown, revealed

RETRIES: Final = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between attempts to make an object whose namespace or kind is not there yet.

https://github.com/pulumi/pulumi-kubernetes/blob/master/provider/pkg/await/await.go (`Creation`)
"""

_LATER: Final = frozenset({"NotFound", "KindUnknown"})
"""Refusals that may pass: what the object needs is made by the same update."""

_UNFORESEEABLE: Final = _LATER | {"AlreadyExists", "Forbidden", "Conflict"}
"""Refusals that say nothing of the real run: the object may be one that is about to be replaced."""


@dataclass(frozen=True)
class ApiCluster:
    """The cluster behind a real API server.

    Args:
        connection: its API server.
        waiting: waits for its objects.
        releases: its Helm releases.
        options: how the provider was configured.
        messages: where messages for people go.
        retries: seconds between attempts to make an object whose namespace or kind is not there yet.
    """

    connection: Connection
    waiting: Waiting
    releases: Releases
    options: Options
    messages: Messages
    retries: Sequence[float] = RETRIES

    async def preview_create(self, target: Target, inputs: dict[str, Any]) -> dict[str, Any]:
        """Say what would be known of a new object, by a dry run where everything it needs is there already.

        Raises:
            KubernetesError: the API server would refuse it.
        """
        guess = preview_object(target.type, inputs)
        if target.type == RELEASE_TYPE or contains_unknown(inputs):
            return guess
        wanted = wanted_object(target.type, inputs)
        try:
            answer = await self.connection.ask(
                f"creating {_what(target, inputs)}",
                lambda api: api.create(wanted, _new_manager(), dry_run=True),
                inputs,
            )
        except (ClusterUnreachableError, RefusedError) as error:
            if isinstance(error, ClusterUnreachableError) or error.kind_of_refusal in _UNFORESEEABLE:
                return guess
            raise
        return expected(answer.body, inputs)

    async def create(self, target: Target, inputs: dict[str, Any]) -> Seen:
        """Make an object and wait until it is ready.

        Raises:
            KubernetesError: the API server refuses it, or does not answer.
            PartialFailureError: it exists but does not get ready.
        """
        if target.type == RELEASE_TYPE:
            return await self.releases.create(target, inputs)
        wanted = wanted_object(target.type, inputs)
        manager = annotation(wanted, "pulumi.com/patchFieldManager") or _new_manager()
        applied = await self._created(target, wanted, inputs, manager)
        live = await self._until_ready(target, applied, inputs, lambda live: checkpoint(live, inputs, manager))
        return Seen(_id(live), checkpoint(live, inputs, manager), inputs)

    async def _created(self, target: Target, wanted: Object, inputs: dict[str, Any], manager: str) -> Object:
        def send(api: ApiServer) -> Any:
            if self.options.upserts:
                return api.apply(wanted, manager, force=self.options.forces(inputs))
            return api.create(wanted, manager)

        what = f"creating {_what(target, inputs)}"
        for delay in self.retries:
            try:
                answer = await self.connection.ask(what, send, inputs)
                break
            except RefusedError as error:
                if error.kind_of_refusal not in _LATER or self.waiting.cancelled.is_set():
                    raise
                await self._progress(target, f"will be tried again: {error.reason}")
                await asyncio.sleep(delay)
        else:
            answer = await self.connection.ask(what, send, inputs)
        await self._warn(target, answer.warnings)
        return answer.body

    async def _until_ready(
        self, target: Target, applied: Object, inputs: Mapping[str, Any], state: Callable[[Object], dict[str, Any]]
    ) -> Object:
        if not is_awaited(applied) or skips_await(revealed(dict(inputs))):
            return applied
        seconds = limit(target.seconds, revealed(dict(inputs)), DEFAULT_SECONDS)
        try:
            return await self.waiting.until_ready(
                applied, seconds, lambda text: self.messages.progress(target.urn, text)
            )
        except NotReadyError as error:
            first = (
                f"the Kubernetes API server reported that {_id(error.live)!r} failed to fully initialize or become live"
            )
            raise PartialFailureError(_id(error.live), state(error.live), [first, *error.reasons]) from error

    async def read(self, target: Target, id_: str, state: dict[str, Any], inputs: dict[str, Any]) -> Seen | None:
        """Look at an object; `None` where it is gone.

        Raises:
            KubernetesError: the API server does not answer.
            PartialFailureError: it is there but not ready.
        """
        try:
            if target.type == RELEASE_TYPE:
                return await self.releases.read(target, id_, state, inputs)
            live = await self._find(target, id_, state, "reading")
        except ClusterUnreachableError as error:
            await self._forget_unreachable(target, error)
            return None
        if live is None:
            return None
        seen = seen_inputs(inputs, live) if inputs else imported_inputs(live)
        kept = checkpoint(live, seen, _manager(state), state)
        if inputs and is_awaited(live) and not skips_await(revealed(inputs)):
            try:
                await self.waiting.check(live)
            except NotReadyError as error:
                raise PartialFailureError(id_, kept, error.reasons, seen) from error
        return Seen(id_, kept, seen)

    async def has_failed(self, target: Target, id_: str, state: dict[str, Any]) -> bool:
        """Whether an object is there, and waiting for it any longer is in vain; one nobody can look at has not.

        Raises:
            KubernetesError: the API server refuses to say.
        """
        try:
            live = await self._find(target, id_, state, "reading")
        except ClusterUnreachableError:
            return False
        return live is not None and readiness(live).final

    async def _find(self, target: Target, id_: str, state: Mapping[str, Any], doing: str) -> Object | None:
        like = _like(target, id_)

        def look(api: ApiServer) -> Object | None:
            try:
                return get(api, like)
            except KindUnknownError:
                return None  # its definition is gone, and all objects with it

        return await self.connection.ask(f"{doing} {target.kind} {id_!r}", look, as_map(state.get(INPUTS_KEY)))

    async def preview_update(
        self, target: Target, state: dict[str, Any], inputs: dict[str, Any], ignored: Sequence[str]
    ) -> dict[str, Any]:
        """Say what would be known of a changed object, by a dry run where everything is known.

        Raises:
            KubernetesError: the API server would refuse it.
        """
        guess = {**merged_outputs(state, inputs), INPUTS_KEY: inputs}
        if target.type == RELEASE_TYPE or contains_unknown(inputs):
            return guess
        wanted, manager = wanted_object(target.type, inputs), _manager(state)

        def rehearse(api: ApiServer) -> Object | None:
            live = get(api, wanted)
            if live is None:
                return None
            force = self.options.forces(inputs) or taken_over(live, manager) is not None
            return api.apply(without_ignored(wanted, live, manager, ignored), manager, dry_run=True, force=force).body

        try:
            body = await self.connection.ask(f"updating {_what(target, inputs)}", rehearse, inputs)
        except (ClusterUnreachableError, RefusedError) as error:
            unforeseeable = _UNFORESEEABLE - {"Conflict"}
            if isinstance(error, ClusterUnreachableError) or error.kind_of_refusal in unforeseeable:
                return guess
            raise
        if body is None:
            return guess
        return {**expected_after_update(body, inputs), INPUTS_KEY: inputs, MANAGER_KEY: manager}

    async def update(
        self, target: Target, id_: str, state: dict[str, Any], inputs: dict[str, Any], ignored: Sequence[str]
    ) -> dict[str, Any]:
        """Change an object by server-side apply and wait until it is ready again.

        Raises:
            KubernetesError: it is gone, or the API server refuses the change or does not answer.
            PartialFailureError: it is changed but does not get ready.
        """
        if target.type == RELEASE_TYPE:
            return await self.releases.update(target, id_, state, inputs, ignored)
        wanted = wanted_object(target.type, inputs)
        manager = annotation(wanted, "pulumi.com/patchFieldManager") or _manager(state)
        force = self.options.forces(inputs)

        def send(api: ApiServer) -> Any:
            live = claimed(api, wanted, manager)
            return api.apply(without_ignored(wanted, live, manager, ignored), manager, force=force)

        answer = await self.connection.ask(f"updating {_what(target, inputs)}", send, inputs)
        await self._warn(target, answer.warnings)
        live = await self._until_ready(
            target, answer.body, inputs, lambda live: checkpoint(live, inputs, manager, state)
        )
        return checkpoint(live, inputs, manager, state)

    async def delete(self, target: Target, id_: str, state: dict[str, Any]) -> None:
        """Delete an object and wait until it is gone; what is gone already counts as deleted.

        Raises:
            KubernetesError: it does not go, or the API server refuses or does not answer.
        """
        try:
            if target.type == RELEASE_TYPE:
                await self.releases.delete(target, id_, state)
            elif (live := await self._find(target, id_, state, "deleting")) is not None:
                deletion = Deletion(self.connection, self.waiting, self.messages)
                await deletion.delete(target, live, as_map(state.get(INPUTS_KEY)))
        except ClusterUnreachableError as error:
            await self._forget_unreachable(target, error)

    def cancel(self) -> None:
        """End all waits, which then say how far they are."""
        self.waiting.cancelled.set()

    async def _forget_unreachable(self, target: Target, error: ClusterUnreachableError) -> None:
        """https://www.pulumi.com/registry/packages/kubernetes/installation-configuration/ (`deleteUnreachable`)."""
        if not self.options.deletes_unreachable:
            hint = "if the cluster was deleted, PULUMI_K8S_DELETE_UNREACHABLE=true removes its objects from the state"
            raise ClusterUnreachableError(f"{error.reason}; {hint}", emulated=False) from error
        text = f"{error.reason}; deleting the unreachable resource from Pulumi's state"
        await asyncio.to_thread(self.messages.warn, target.urn, text)

    async def _warn(self, target: Target, warnings: Sequence[str]) -> None:
        for warning in warnings:
            await asyncio.to_thread(self.messages.warn, target.urn, warning)

    async def _progress(self, target: Target, text: str) -> None:
        await asyncio.to_thread(self.messages.progress, target.urn, text)


def _new_manager() -> str:
    return f"pulumi-kubernetes-{secrets.token_hex(4)}"


def _manager(state: Mapping[str, Any]) -> str:
    known = state.get(MANAGER_KEY)
    return known if isinstance(known, str) else _new_manager()


def _what(target: Target, inputs: Mapping[str, Any]) -> str:
    return f"{target.kind} {id_of(target.type, revealed(dict(inputs)))!r}"


def _id(live: Object) -> str:
    metadata = as_map(live.get("metadata"))
    return "/".join(str(part) for part in (metadata.get("namespace"), metadata.get("name")) if part)


def _like(target: Target, id_: str) -> Object:
    namespace, _, name = id_.rpartition("/")
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": target.api_version, "kind": target.kind, "metadata": metadata}
