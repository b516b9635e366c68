"""What the API server holds of one kind, kept at hand: listed once, then watched.

https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, Generic, TypeVar

from sandbox.kubernetes.api_server import ApiServer
from sandbox.kubernetes.api_types import ApiServerError, KindUnknownError, Object, UnreachableError

_log = logging.getLogger(__name__)

_RETRY_SECONDS: Final = 0.5
_WATCH_SECONDS: Final = 60
"""How long one watch lasts; the next goes on where it ended."""

View = TypeVar("View")


class Mirror(Generic[View]):
    """The objects of a kind in all namespaces.

    Args:
        api: the API server.
        api_version: such as `discovery.k8s.io/v1`.
        kind: such as `EndpointSlice`.
        view: takes from an object what is kept of it.
        changed: called after every change.
    """

    def __init__(
        self,
        api: ApiServer,
        api_version: str,
        kind: str,
        view: Callable[[Object], View],
        changed: Callable[[], None],
    ) -> None:
        self._api, self._api_version, self._kind = api, api_version, kind
        self._view, self._changed = view, changed
        self._lock = threading.Lock()
        self._held: dict[str, tuple[int, View]] = {}
        self._complete = False

    @property
    def complete(self) -> bool:
        """Whether everything was listed once, so that what is not held does not exist."""
        return self._complete

    def held(self) -> dict[str, View]:
        """What there is, by `namespace/name`, or by name for what is in no namespace."""
        with self._lock:
            return {key: view for key, (_, view) in self._held.items()}

    def put(self, thing: Object) -> None:
        """Take in the answer to a change, ahead of the watch, unless a newer state is held or the object is gone."""
        with self._lock:
            if _key(thing) in self._held:
                self._take_in(thing)

    def _take_in(self, thing: Object) -> None:
        """Keep the newer state; the watch may still tell of one that an answer has overtaken.

        https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
        """
        key, version = _key(thing), int(thing["metadata"]["resourceVersion"])
        held = self._held.get(key)
        if held is None or held[0] < version:
            self._held[key] = version, self._view(thing)

    def run(self, stop: threading.Event) -> None:
        """Follow the API server until told to stop, however often it goes away."""
        told = ""
        while not stop.is_set():
            try:
                version = self.read()
                told = ""
                while not stop.is_set():
                    version = self._watch(version, stop)
            except (ApiServerError, UnreachableError, KindUnknownError) as error:
                expired = isinstance(error, ApiServerError) and error.status == HTTPStatus.GONE
                if not expired and str(error) != told:
                    told = str(error)
                    _log.info("waiting for %s: %s", self._kind, error)
                stop.wait(_RETRY_SECONDS)

    def read(self) -> str:
        """List everything; returns the version from which a watch may go on.

        Raises:
            ApiServerError: it was refused.
            UnreachableError: nobody answered.
            KindUnknownError: the API server does not serve the kind yet.
        """
        path = self._api.collection(self._api_version, self._kind).path()
        answer = self._api.request("GET", path).body
        listed: list[Object] = answer["items"]
        with self._lock:
            self._held = {
                _key(thing): (int(thing["metadata"]["resourceVersion"]), self._view(thing)) for thing in listed
            }
            self._complete = True
        self._changed()
        return str(answer["metadata"]["resourceVersion"])

    def _watch(self, version: str, stop: threading.Event) -> str:
        """Follow the changes after a version; returns the version of the last one."""
        changes = self._api.watch(
            self._api_version, self._kind, since=version, seconds=_WATCH_SECONDS, allowWatchBookmarks="true"
        )
        for change, thing in changes:
            version = str(thing["metadata"]["resourceVersion"])
            if change == "BOOKMARK":
                continue
            with self._lock:
                if change == "DELETED":
                    self._held.pop(_key(thing), None)
                else:
                    self._take_in(thing)
            self._changed()
            if stop.is_set():
                break
        return version


def _key(thing: Object) -> str:
    metadata = thing["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if "namespace" in metadata else str(metadata["name"])
