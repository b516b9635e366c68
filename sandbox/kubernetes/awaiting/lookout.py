"""What many waits at once look at: the objects of a kind, listed once for all of them.

A hundred Deployments that come up together then cost two requests a second, not two hundred.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sandbox.kubernetes.api_server import ApiServer
from sandbox.kubernetes.api_types import Object
from sandbox.values import at_path

PAUSE: Final = 0.5
"""Seconds between two looks at a kind."""

_NEVER: Final = float("-inf")


@dataclass
class _Kind:
    lock: threading.Lock = field(default_factory=threading.Lock)
    taken: float = _NEVER
    by_key: dict[tuple[str, str], Object] = field(default_factory=dict[tuple[str, str], Object])


@dataclass
class Lookout:
    """The objects of every kind that somebody waits for. It may be shared by threads.

    Args:
        server: gives the API server.
        pause: seconds between two looks at a kind.
    """

    server: Callable[[], ApiServer]
    pause: float = PAUSE
    _kinds: dict[tuple[str, str], _Kind] = field(default_factory=dict[tuple[str, str], _Kind])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def look(self, like: Object) -> Object | None:
        """Return an object as it was a pause ago or later; `None` where none was seen.

        Args:
            like: an object of the same kind, name and namespace.

        Raises:
            ApiServerError: the kind cannot be listed.
            UnreachableError: nobody answers.
        """
        await asyncio.sleep(self.pause)
        kind = self._kind(str(like["apiVersion"]), str(like["kind"]))
        if time.monotonic() - kind.taken >= self.pause:
            await asyncio.to_thread(self._take, kind, str(like["apiVersion"]), str(like["kind"]))
        return kind.by_key.get(_key(like))

    def _kind(self, api_version: str, kind: str) -> _Kind:
        with self._lock:
            return self._kinds.setdefault((api_version, kind), _Kind())

    def _take(self, kind: _Kind, api_version: str, name: str) -> None:
        if not kind.lock.acquire(blocking=kind.taken == _NEVER):
            return  # somebody else is looking; threads are few, and what was seen last is old by a pause or two
        try:
            if time.monotonic() - kind.taken < self.pause:
                return  # somebody else has just looked
            # Version 0: from the API server's cache, which may lag a little and costs it little.
            # https://kubernetes.io/docs/reference/using-api/api-concepts/#semantics-for-get-and-list
            found = self.server().list(api_version, name, resourceVersion="0")
            kind.by_key = {_key(each): each for each in found}
            kind.taken = time.monotonic()
        finally:
            kind.lock.release()


def _key(thing: Object) -> tuple[str, str]:
    return str(at_path(thing, "metadata.namespace") or ""), str(at_path(thing, "metadata.name"))
