"""What the registrar keeps at hand of an API server, however that one behaves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from queue import Queue
from typing import Any

import pytest

from sandbox.kubernetes.api_types import Answer, ApiServerError, Collection, UnreachableError
from sandbox.registrar.mirror import Mirror

pytestmark = pytest.mark.unit

Thing = dict[str, Any]


def _thing(name: str, version: int, namespace: str = "example") -> Thing:
    metadata = {"name": name, "resourceVersion": str(version)}
    return {"metadata": {**metadata, "namespace": namespace} if namespace else metadata}


class _Api:
    """Lists what it is told to, and gives its watches what a test puts into the queue; an error ends a watch."""

    def __init__(self) -> None:
        self.listed: list[Thing] = []
        self.changes: Queue[tuple[str, Thing] | Exception] = Queue()
        self.lists = 0
        self.since: list[str] = []

    def collection(self, api_version: str, _kind: str) -> Collection:
        return Collection(api_version, "pods", namespaced=True)

    def request(self, _method: str, _path: str) -> Answer:
        self.lists += 1
        return Answer({"metadata": {"resourceVersion": "10"}, "items": list(self.listed)})

    def watch(self, _api_version: str, _kind: str, *, since: str, **_: Any) -> Generator[tuple[str, Thing]]:
        self.since.append(since)
        while True:
            change = self.changes.get(timeout=5)
            if isinstance(change, StopIteration):
                return
            if isinstance(change, Exception):
                raise change
            yield change


class _Running:
    """A mirror of versions that follows an API server in a thread."""

    def __init__(self, api: _Api) -> None:
        self.api, self.stop = api, threading.Event()
        self.changed = threading.Condition()
        any_api: Any = api
        self.mirror = Mirror(any_api, "v1", "Pod", lambda thing: int(thing["metadata"]["resourceVersion"]), self._tell)
        self.thread = threading.Thread(target=self.mirror.run, args=(self.stop,), daemon=True)

    def _tell(self) -> None:
        with self.changed:
            self.changed.notify_all()

    def until(self, holds: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(holds, 5)


@pytest.fixture
def running() -> Iterator[_Running]:
    api = _Api()
    api.listed = [_thing("old", 3)]
    running = _Running(api)
    running.thread.start()
    yield running
    running.stop.set()
    api.changes.put(StopIteration())
    running.thread.join(5)
    assert not running.thread.is_alive()


def test_it_lists_and_then_follows(running: _Running) -> None:
    running.until(lambda: running.mirror.complete)
    assert running.mirror.held() == {"example/old": 3}
    running.api.changes.put(("ADDED", _thing("new", 11)))
    running.until(lambda: running.mirror.held() == {"example/old": 3, "example/new": 11})
    running.api.changes.put(("DELETED", _thing("old", 12)))
    running.until(lambda: running.mirror.held() == {"example/new": 11})


def test_a_watch_that_ends_goes_on_where_it_was(running: _Running) -> None:
    running.api.changes.put(("ADDED", _thing("new", 11)))
    running.api.changes.put(("BOOKMARK", {"metadata": {"resourceVersion": "17"}}))
    running.api.changes.put(StopIteration())
    running.api.changes.put(("MODIFIED", _thing("new", 18)))
    running.until(lambda: running.mirror.held().get("example/new") == 18)
    assert running.api.since == ["10", "17"]
    assert running.api.lists == 1


@pytest.mark.parametrize("error", [ApiServerError(410, "Expired", "too old"), UnreachableError("refused")])
def test_what_was_missed_is_listed_anew(running: _Running, error: Exception) -> None:
    running.until(lambda: running.mirror.complete)
    running.api.listed = [_thing("other", 20)]
    running.api.changes.put(error)
    running.until(lambda: running.mirror.held() == {"example/other": 20})


def test_an_answer_overtakes_the_watch_but_brings_nothing_back() -> None:
    api = _Api()
    api.listed = [_thing("pod", 3)]
    running = _Running(api)
    running.mirror.read()
    running.mirror.put(_thing("pod", 7))
    assert running.mirror.held() == {"example/pod": 7}
    running.mirror.put(_thing("pod", 5))
    assert running.mirror.held() == {"example/pod": 7}
    running.mirror.put(_thing("gone", 8))
    assert running.mirror.held() == {"example/pod": 7}


def test_what_is_in_no_namespace_goes_by_its_name() -> None:
    api = _Api()
    api.listed = [_thing("node", 3, namespace="")]
    running = _Running(api)
    running.mirror.read()
    assert running.mirror.held() == {"node": 3}
