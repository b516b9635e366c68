"""Follows a cluster from a watch: when pods are made, get a node and are ready; when its audit log saw objects made."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.kubernetes.api_server import ApiServer
from sandbox.kubernetes.api_types import ApiServerError, UnreachableError, condition_of

_PAUSE = 0.5
_WATCH_SECONDS = 2  # short, so that the thread ends soon after it is asked to


@dataclass
class PodTimes:
    """When something was first seen of the pods of a namespace, in seconds since 1970, by pod.

    Attributes:
        app: the service
        made: it was there
        placed: it had a node
        ready: it was ready
    """

    app: dict[str, str] = field(default_factory=dict[str, str])
    made: dict[str, float] = field(default_factory=dict[str, float])
    placed: dict[str, float] = field(default_factory=dict[str, float])
    ready: dict[str, float] = field(default_factory=dict[str, float])

    def take(self, pod: Mapping[str, Any], now: float) -> None:
        """Take down what is new of a pod."""
        name = str(pod["metadata"]["name"])
        self.app.setdefault(name, str(pod["metadata"].get("labels", {}).get("app", "")))
        self.made.setdefault(name, now)
        if pod["spec"].get("nodeName"):
            self.placed.setdefault(name, now)
        ready = condition_of(pod, "Ready")
        if ready is not None and ready["status"] == "True":
            self.ready.setdefault(name, now)

    def services_ready(self) -> dict[str, float]:
        """When the last pod of each service was ready."""
        last: dict[str, float] = {}
        for name, moment in self.ready.items():
            last[self.app[name]] = max(moment, last.get(self.app[name], 0.0))
        return last


class PodWatch:
    """Follows the pods of one namespace, from `with` on until its end."""

    def __init__(self, api: ApiServer, namespace: str) -> None:
        self.times = PodTimes()
        self._api, self._namespace = api, namespace
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> PodWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(_WATCH_SECONDS + 5)

    def wait_for(self, pods: int, limit: float, look: Callable[[], None]) -> None:
        """Wait until so many pods have been ready; `look` is called meanwhile.

        Raises:
            RuntimeError: they were not in time.
        """
        deadline = time.monotonic() + limit
        while len(self.times.ready) < pods:
            if time.monotonic() > deadline:
                raise RuntimeError(f"after {limit:.0f} s {len(self.times.ready)} of {pods} pods are ready")
            look()
            time.sleep(0.05)

    def _follow(self) -> None:
        since = ""
        while not self._end.is_set():
            try:
                for _, pod in self._api.watch("v1", "Pod", self._namespace, since=since, seconds=_WATCH_SECONDS):
                    since = str(pod["metadata"]["resourceVersion"])
                    self.times.take(pod, time.time())
            except (ApiServerError, UnreachableError):
                since = ""
                self._end.wait(_PAUSE)


@dataclass(frozen=True)
class Written:
    """An object that somebody made.

    Attributes:
        kind: its resource, such as `deployments`
        begin: when the API server was asked, in seconds since 1970
        end: when it had answered
    """

    kind: str
    begin: float
    end: float


def written_in(lines: Iterable[str], namespace: str, client: Callable[[Mapping[str, Any]], bool]) -> list[Written]:
    """What a client made in a namespace, the namespace included, from the API server's audit log.

    https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/
    """
    found: list[Written] = []
    for line in lines:
        with suppress(ValueError):  # the last one may still be being written
            event = json.loads(line)
            reference = event.get("objectRef", {})
            ours = namespace in (reference.get("namespace"), reference.get("name"))
            if (
                ours
                and event["stage"] == "ResponseComplete"
                and event["verb"] in {"create", "patch"}
                and event["responseStatus"]["code"] < 300  # noqa: PLR2004  # HTTP's successes
                and "subresource" not in reference
                and client(event)
            ):
                begin, end = (_moment(event[key]) for key in ("requestReceivedTimestamp", "stageTimestamp"))
                found.append(Written(str(reference["resource"]), begin, end))
    return sorted(found, key=lambda each: each.begin)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
