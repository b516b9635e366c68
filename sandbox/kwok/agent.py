"""Keeps kwok's instructions as the model of services says, while both the model and the pods change."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final

from sandbox.kubernetes.api_server import ApiServer
from sandbox.kubernetes.api_types import ApiServerError, KindUnknownError, Object, UnreachableError
from sandbox.kwok.definitions import API_VERSION, MANAGER, install_definitions
from sandbox.kwok.model import Model, ModelError, load_model
from sandbox.kwok.overdue import Overdue
from sandbox.kwok.stages import stages
from sandbox.kwok.usage import PodFacts, facts_of, metric, usages

NUDGE_ANNOTATION: Final = "slipway.sandbox/model"
"""Set on a pod when the model of it changed, or it is overdue: kwok looks at a pod again only when the pod changes."""

_LOG: Final = logging.getLogger(__name__)
_LOST: Final = (ApiServerError, UnreachableError, KindUnknownError)

# Seconds between two looks at the model's file.
_PERIOD: Final = 0.5
# Looks at the file for each look at the pods: metrics-server asks every 10 s at the most, so 2 s are soon enough.
_LOOKS: Final = 4
# Seconds until kwok certainly has heard of new stages, which it watches.
_HEARING: Final = 1.0
# Seconds until the next try when the API server is not there.
_PAUSE: Final = 1.0
_WATCH_SECONDS: Final = 300


def nudged(before: Model, after: Model, pods: Iterable[PodFacts]) -> list[PodFacts]:
    """The pods that kwok has to look at again after a change of the model.

    What they use is not a reason, since that takes effect anyway, and neither is the start-up time, which holds for
    containers that start later.
    """

    def behaviour(model: Model, pod: PodFacts) -> tuple[object, ...]:
        service = model.service(pod.app)
        images = model.bad_images if pod.phase == "Pending" else ()
        return service.ready, service.crash, images

    jobs_changed = (before.jobs, before.other_jobs) != (after.jobs, after.other_jobs)
    return [pod for pod in pods if behaviour(before, pod) != behaviour(after, pod) or (jobs_changed and pod.job)]


class KwokAgent:
    """Applies the stages and usages that follow from the model and the pods.

    It installs what kwok needs, follows the model's file, shares the load of a service anew among its ready pods
    within two seconds of a change, and has kwok look again at pods that should have got further. It makes one request
    for each object that changes.
    """

    def __init__(self, api: ApiServer, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._path = path
        self._model = Model()
        self._applied: dict[tuple[str, str], Object | None] = {}
        self._pods: dict[tuple[str, str], PodFacts] = {}
        self._overdue = Overdue(clock)
        self._asked = 0
        self._lock = threading.Lock()
        self._complaint = ""

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        while not stop.is_set():
            try:
                self.prepare(stop)
                break
            except _LOST as error:
                _LOG.info("waiting for the API server: %s", error)
                stop.wait(_PAUSE)
        threading.Thread(target=self._watch, args=(stop,), daemon=True, name="kwok-agent-pods").start()
        looks = 0
        while not stop.wait(_PERIOD):
            looks += 1
            try:
                self.follow(stop)
                if looks % _LOOKS == 0:
                    self.share()
                    self.remind()
            except _LOST as error:
                _LOG.info("trying again: %s", error)
                stop.wait(_PAUSE)

    def prepare(self, stop: threading.Event) -> None:
        """Install kwok's kinds, the metric, and the stages of the model as it is; forget what others left behind.

        Raises:
            ApiServerError: the API server refused something.
            UnreachableError: it is not there.
        """
        install_definitions(self._api, stop)
        for existing in self._api.list(API_VERSION, "ClusterResourceUsage"):
            self._applied["ClusterResourceUsage", str(existing["metadata"]["name"])] = None
        self._read()
        self._bring("Metric", {"kubelet-resource": metric()})
        self._bring("Stage", _named(stages(self._model)))

    def _read(self) -> None:
        """Take the model from its file; one that cannot be read leaves the last one in force."""
        try:
            self._model = load_model(self._path)
            self._complaint = ""
        except (ModelError, OSError) as error:
            if str(error) != self._complaint:
                self._complaint = str(error)
                _LOG.warning("the model stays as it was: %s", error)

    def follow(self, stop: threading.Event) -> None:
        """Act on a change of the model's file, if there was one.

        Raises:
            ApiServerError: the API server refused something; the next call tries all of it again.
            UnreachableError: it is not there; likewise.
        """
        before = self._model
        self._read()
        if self._model == before:
            return
        after = self._model
        try:
            self._bring("Stage", _named(stages(after)))
            self.share()
            pods = nudged(before, after, self._known())
            if pods:
                stop.wait(_HEARING)
                digest = hashlib.sha256(repr(after).encode()).hexdigest()[:12]
                self._nudge([(pod.namespace, pod.name) for pod in pods], digest)
        except _LOST:
            self._model = before  # all of it again
            raise

    def remind(self) -> None:
        """Have kwok look again at pods that should have got further.

        Raises:
            ApiServerError: the API server refused something.
            UnreachableError: it is not there.
        """
        with self._lock:
            late = self._overdue.take(self._model)
        if late:
            self._asked += 1
            _LOG.warning("kwok is to look again at %s", ", ".join("/".join(key) for key in late))
            self._nudge(late, f"overdue-{self._asked}")

    def _nudge(self, pods: Iterable[tuple[str, str]], value: str) -> None:
        change = {"metadata": {"annotations": {NUDGE_ANNOTATION: value}}}
        for namespace, name in pods:
            try:
                self._api.patch("v1", "Pod", name, namespace, change=change)
            except ApiServerError as error:
                if error.status != HTTPStatus.NOT_FOUND:
                    raise

    def share(self) -> None:
        """Bring what the pods use up to date.

        Raises:
            ApiServerError: the API server refused something.
            UnreachableError: it is not there.
        """
        self._bring("ClusterResourceUsage", usages(self._model, self._known()))

    def _bring(self, kind: str, wanted: Mapping[str, Object]) -> None:
        """Apply what changed and delete what is not wanted any more."""
        for name, thing in wanted.items():
            if self._applied.get((kind, name)) != thing:
                self._api.apply(thing, MANAGER)
                self._applied[kind, name] = thing
        for known_kind, name in list(self._applied):
            if known_kind == kind and name not in wanted:
                self._api.delete(API_VERSION, kind, name)
                del self._applied[kind, name]

    def _known(self) -> list[PodFacts]:
        with self._lock:
            return list(self._pods.values())

    def _watch(self, stop: threading.Event) -> None:
        """Keep the facts of all pods on nodes up to date."""
        while not stop.is_set():
            try:
                self.watch_pods(stop)
            except _LOST as error:
                _LOG.info("looking at all pods again: %s", error)
            stop.wait(_PAUSE)

    def watch_pods(self, stop: threading.Event) -> None:
        """Follow the pods on nodes until `stop` is set or the API server ends the watch, as it does now and then.

        Raises:
            ApiServerError: the API server refused to.
            UnreachableError: it is not there.
        """
        # What has no node yet uses nothing. https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
        placed = {"fieldSelector": "spec.nodeName!="}
        listed = self._api.request("GET", self._api.collection("v1", "Pod").path(), placed).body
        facts = [facts_of(pod) for pod in listed["items"]]
        with self._lock:
            for gone in self._pods.keys() - {(each.namespace, each.name) for each in facts}:
                self._overdue.forget(gone)
            self._pods = {(each.namespace, each.name): each for each in facts}
            for pod in listed["items"]:
                self._overdue.saw(self._model, pod)
        since = str(listed["metadata"]["resourceVersion"])
        for event, pod in self._api.watch("v1", "Pod", since=since, seconds=_WATCH_SECONDS, **placed):
            if stop.is_set():
                return
            each = facts_of(pod)
            with self._lock:
                if event == "DELETED":
                    self._pods.pop((each.namespace, each.name), None)
                    self._overdue.forget((each.namespace, each.name))
                else:
                    self._pods[each.namespace, each.name] = each
                    self._overdue.saw(self._model, pod)


def _named(things: Iterable[Object]) -> dict[str, Object]:
    return {str(thing["metadata"]["name"]): thing for thing in things}
