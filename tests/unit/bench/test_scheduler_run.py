"""How a case is played, on an API server that is only pretended and puts pods on the first node with CPU for them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Mapping
from random import Random
from typing import Any, cast

import pytest

from bench.capacity_cases import Case, Update
from bench.scheduler_run import PodWatch, Run
from capacity.allocatable import Resources
from capacity.workloads import Demand, Node, Workload
from sandbox.kubernetes.api_server import ApiServer
from sandbox.kubernetes.api_types import ApiServerError

pytestmark = pytest.mark.unit

Object = dict[str, Any]
EVENTS_OF_A_WATCH = 7
WEB = Workload("web", Resources(400, 10, 1), None)
OLD = Workload("web (old revision)", Resources(400, 10, 1), None)


class PretendedServer:
    """Nodes and pods; each watch ends after a few events, every other one because it is too old."""

    def __init__(self) -> None:
        self.nodes: dict[str, Object] = {}
        self.pods: dict[str, Object] = {}
        self.most_pods = 0
        self._watches = 0
        self._events: queue.Queue[tuple[str, Object]] = queue.Queue()
        self._lock = threading.Lock()

    def request(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Object | None = None
    ) -> None:
        collection, _, name = path.removeprefix("/api/v1/").removeprefix("namespaces/default/").partition("/")
        with self._lock:
            if method == "POST" and body is not None:
                things = self.nodes if collection == "nodes" else self.pods
                assert body["metadata"]["name"] not in things
                things[body["metadata"]["name"]] = body
                if collection == "pods":
                    self._schedule(body)
                    self.most_pods = max(self.most_pods, len(self.pods))
            elif collection == "nodes":
                run = (query or {}).get("labelSelector", "=").partition("=")[2]
                gone = [each for each, node in self.nodes.items() if run in node["metadata"]["labels"].values()]
                for each in [name] if name else gone:
                    del self.nodes[each]
            elif (body or {})["gracePeriodSeconds"] == 0 or "nodeName" not in self.pods[name]["spec"]:
                self._events.put(("DELETED", self.pods.pop(name)))

    def _schedule(self, pod: Object) -> None:
        pod["metadata"]["resourceVersion"] = "1"
        self._events.put(("ADDED", {**pod, "spec": dict(pod["spec"])}))
        for name, node in self.nodes.items():
            labels, used = node["metadata"]["labels"], 0
            for other in self.pods.values():
                used += cpu(other) if other["spec"].get("nodeName") == name else 0
            room = int(node["status"]["allocatable"]["cpu"].rstrip("m")) - used
            if pod["spec"]["nodeSelector"].items() <= labels.items() and cpu(pod) <= room:
                pod["spec"]["nodeName"] = name
                break
        else:
            condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
            pod["status"] = {"conditions": [condition]}
        self._events.put(("MODIFIED", pod))

    def watch(self, *_: str, **__: object) -> Generator[tuple[str, Object]]:
        for _event in range(EVENTS_OF_A_WATCH):
            yield self._events.get(timeout=20)
        self._watches += 1
        if self._watches % 2:
            raise ApiServerError(410, "Expired", "too old resource version")


def cpu(pod: Object) -> int:
    return int(pod["spec"]["containers"][0]["resources"]["requests"]["cpu"].rstrip("m"))


def case(nodes: int, demand: Demand, *lost: str) -> Case:
    made = tuple(Node(f"node-{each}", "general", "a", Resources(1000, 1000, 10)) for each in range(nodes))
    return Case(7, made, demand, "none", frozenset(lost), None)


def test_pods_that_find_no_node_are_counted_and_taken_away() -> None:
    server = PretendedServer()
    played = case(2, [(WEB, 5)])
    with PodWatch(cast("ApiServer", server)) as watch:
        assert Run(cast("ApiServer", server), watch, played, "one").pending([(WEB, 3), (WEB, 2)]) == 1
        assert Run(cast("ApiServer", server), watch, played, "two").pending([(WEB, 4)]) == 0
    assert server.nodes == {}
    assert all("nodeName" in pod["spec"] for pod in server.pods.values())


def test_pods_of_a_lost_node_come_again() -> None:
    server = PretendedServer()
    with PodWatch(cast("ApiServer", server)) as watch:
        assert Run(cast("ApiServer", server), watch, case(3, [], "node-0"), "one").pending([(WEB, 4)]) == 0
        assert {pod["spec"]["nodeName"] for pod in server.pods.values()} == {"one-node-1", "one-node-2"}
        assert Run(cast("ApiServer", server), watch, case(3, [], "node-0"), "two").pending([(WEB, 6)]) == 2


@pytest.mark.parametrize(("extra", "unplaced"), [(1, False), (2, False), (3, True)])
def test_old_pods_hold_their_room_while_they_leave(extra: int, unplaced: bool) -> None:
    """Six pods fit: four new ones and two more."""
    server = PretendedServer()
    update = Update(OLD, WEB, replicas=4, extra=extra)
    with PodWatch(cast("ApiServer", server)) as watch:
        run = Run(cast("ApiServer", server), watch, case(3, []), "one")
        assert (run.pending_in_update(update, [(OLD, 4)], Random(1)) > 0) == unplaced
    assert server.most_pods == 4 + extra


def test_what_does_not_stand_before_an_update_is_counted() -> None:
    server = PretendedServer()
    with PodWatch(cast("ApiServer", server)) as watch:
        run = Run(cast("ApiServer", server), watch, case(1, []), "one")
        assert run.pending_in_update(Update(OLD, WEB, 3, 1), [(OLD, 3)], Random(1)) == 1
