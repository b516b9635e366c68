"""Waits until objects are ready, or gone, without holding up anything else that goes on."""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.kubernetes.api_server import ApiServer
from sandbox.kubernetes.api_types import ApiServerError, KindUnknownError, Object, UnreachableError
from sandbox.kubernetes.awaiting.diagnosis import reasons
from sandbox.kubernetes.awaiting.lookout import Lookout
from sandbox.kubernetes.awaiting.readiness import Readiness, condition_text, readiness
from sandbox.values import as_map, at_path, objects

_FIRST_LOOKS: Final = (0.05, 0.1, 0.2, 0.3)
"""Seconds; most objects are gone at once."""

_LONGEST_SILENCE: Final = 30.0
"""Seconds for which an API server may be away, as while it is updated, before nobody waits for it any more."""

Tell = Callable[[str], None]
"""Is told, in words, what is being waited for."""


class NotReadyError(Exception):
    """An object is there but not ready.

    Attributes:
        live: the object as it is
        reasons: why, the main thing first
    """

    def __init__(self, live: Object, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.live = live
        self.reasons = reasons


@dataclass
class _Silence:
    """For how long an API server has not answered one wait."""

    longest: float
    since: float | None = None

    def end(self) -> None:
        self.since = None

    def goes_on(self, live: Object, error: Exception) -> None:
        """Give up once it is too long.

        Raises:
            NotReadyError: it is.
        """
        now = time.monotonic()
        self.since = now if self.since is None else self.since
        if now - self.since >= self.longest:
            raise NotReadyError(live, [f"{_name(live)}: configured Kubernetes cluster is unreachable: {error}"])


@dataclass(frozen=True)
class Waiting:
    """Waits for objects of one API server.

    Args:
        server: gives the API server.
        lookout: what all waits look at.
        cancelled: set when all waits are to end.
        longest_silence: seconds for which the API server may be away.
    """

    server: Callable[[], ApiServer]
    lookout: Lookout
    cancelled: threading.Event = field(default_factory=threading.Event)
    longest_silence: float = _LONGEST_SILENCE

    async def until_ready(self, applied: Object, seconds: float, tell: Tell) -> Object:
        """Wait until an object is ready and return it as it is then.

        Args:
            applied: the object as the API server answered when it was applied.
            seconds: how long it may take.
            tell: told what is waited for whenever that changes.

        Raises:
            NotReadyError: it is not ready in time, or never will be, or nobody wants to wait any longer.
        """
        end, live, said = time.monotonic() + seconds, applied, ""
        silence = _Silence(self.longest_silence)
        while True:
            state = await self._readiness(live)
            if state.ready:
                return live
            why = ""
            if state.final:
                why = "failed"
            elif self.cancelled.is_set():
                why = "is not ready yet, the operation was cancelled"
            elif time.monotonic() >= end:
                why = f"timed out waiting to be Ready after {seconds:.0f} s"
            if why:
                raise await self.failure(live, f"{_name(live)} {why}: {state.text}")
            if state.text != said:
                said = state.text
                await asyncio.to_thread(tell, said)
            live = await self._next(applied, live, silence)

    async def _next(self, applied: Object, live: Object, silence: _Silence) -> Object:
        """Look again; what is older than the applied object, or not there yet, is no news.

        Raises:
            NotReadyError: it was deleted, or nobody answers any more.
        """
        try:
            seen = await self.lookout.look(applied)
            if not _is_same(seen, applied):  # what was looked at may be older than the object
                seen = await asyncio.to_thread(get, self.server(), applied)
        except UnreachableError as error:
            silence.goes_on(live, error)
            return live
        except (ApiServerError, KindUnknownError):
            return live
        silence.end()
        if seen is None or not _is_same(seen, applied):
            raise NotReadyError(live, [f"{_name(live)} was deleted while it was waited for"])
        return seen if _generation(seen) >= _generation(applied) else live

    async def _readiness(self, live: Object) -> Readiness:
        if live.get("kind") != "Service":
            return readiness(live)
        try:
            return readiness(live, await asyncio.to_thread(self._endpoints, live))
        except (ApiServerError, UnreachableError) as error:
            return Readiness(ready=False, text=str(error))

    def _endpoints(self, service: Object) -> list[Object]:
        selector = f"kubernetes.io/service-name={at_path(service, 'metadata.name')}"
        namespace = str(at_path(service, "metadata.namespace"))
        return self.server().list("discovery.k8s.io/v1", "EndpointSlice", namespace, labelSelector=selector)

    async def check(self, live: Object) -> None:
        """Look once whether an object is ready.

        Raises:
            NotReadyError: it is not.
        """
        state = await self._readiness(live)
        if not state.ready:
            raise await self.failure(live, f"{_name(live)} is not ready: {state.text}")

    async def failure(self, live: Object, text: str) -> NotReadyError:
        """Return the error for an object that is not ready, with all that is known of why."""
        return NotReadyError(live, [text, *await asyncio.to_thread(reasons, self.server(), live)])

    async def until_gone(self, live: Object, seconds: float, tell: Tell) -> None:
        """Wait until an object is gone.

        Args:
            live: the object whose deletion has begun.
            seconds: how long it may take.
            tell: told what holds it up whenever that changes.

        Raises:
            NotReadyError: it is still there.
        """
        end, said, looks = time.monotonic() + seconds, "", 0
        silence = _Silence(self.longest_silence)
        while True:
            seen = await self._still(live, looks, silence)
            if seen is None or not _is_same(seen, live):
                return
            looks, why = looks + 1, "; ".join(_held_by(seen))
            if time.monotonic() >= end or self.cancelled.is_set():
                ended = "cancelled" if self.cancelled.is_set() else f"timed out after {seconds:.0f} s"
                text = f"{_name(live)}: {ended} waiting for deletion"
                raise NotReadyError(seen, [f"{text}: {why}" if why else text])
            if why and why != said:
                said = why
                await asyncio.to_thread(tell, said)

    async def _still(self, live: Object, looks: int, silence: _Silence) -> Object | None:
        try:
            if looks >= len(_FIRST_LOOKS):
                seen = await self.lookout.look(live)
            else:
                await asyncio.sleep(_FIRST_LOOKS[looks])
                seen = None
            seen = seen if seen is not None else await asyncio.to_thread(get, self.server(), live)
        except KindUnknownError:
            return None
        except UnreachableError as error:
            silence.goes_on(live, error)
            await asyncio.sleep(self.lookout.pause)
            return live
        except ApiServerError:
            await asyncio.sleep(self.lookout.pause)
            return live
        silence.end()
        return seen


def get(api: ApiServer, like: Object) -> Object | None:
    """Return an object of the same kind, name and namespace; `None` where there is none."""
    name, namespace = str(at_path(like, "metadata.name")), str(at_path(like, "metadata.namespace") or "")
    return api.get(str(like["apiVersion"]), str(like["kind"]), name, namespace)


def _is_same(seen: Object | None, live: Object) -> bool:
    return seen is not None and at_path(seen, "metadata.uid") == at_path(live, "metadata.uid")


def _generation(live: Object) -> int:
    value: Any = at_path(live, "metadata.generation")
    return 0 if value is None else int(value)


def _name(live: Object) -> str:
    metadata = as_map(live.get("metadata"))
    parts = [str(part) for part in (metadata.get("namespace"), metadata.get("name")) if part]
    return f"{live.get('kind')} {'/'.join(parts)}"


def _held_by(live: Object) -> list[str]:
    """What keeps an object that is being deleted.

    https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/
    https://kubernetes.io/docs/tasks/administer-cluster/namespaces/#deleting-a-namespace
    """
    finalizers: list[Any] = at_path(live, "metadata.finalizers") or []
    held = [f"finalizers {', '.join(str(each) for each in finalizers)}"] if finalizers else []
    bad = [each for each in objects(at_path(live, "status.conditions")) if each.get("status") == "True"]
    return held + [condition_text(each) for each in bad if live.get("kind") == "Namespace"]
