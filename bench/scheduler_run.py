"""Plays a case on a real scheduler: nodes and pods as they come and go, and which pods found no node.

Several cases run at once in one cluster. A case's pods select its nodes by a label, so no other case's matter to it: in
spreading, too, the scheduler counts only selected nodes (`nodeAffinityPolicy: Honor`).
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from http import HTTPStatus
from random import Random
from typing import Any, Final

from bench.capacity_cases import Case, Update
from capacity.allocatable import Resources
from capacity.workloads import Demand, Node, Spread, Workload
from infra.nodes import NODE_GROUP_LABEL
from sandbox.kubernetes.api_server import ApiServer
from sandbox.kubernetes.api_types import ApiServerError, Object, condition_of

_RUN_LABEL: Final = "truth/run"
_NAMESPACE: Final = "default"
_PODS: Final = f"/api/v1/namespaces/{_NAMESPACE}/pods"
_NODES: Final = "/api/v1/nodes"
_TOPOLOGY: Final = {"zone": "topology.kubernetes.io/zone", "node": "kubernetes.io/hostname"}
_UNTIL_SEEN: Final = 0.3
"""Seconds in which the scheduler mostly sees that a node is gone; a pod that still lands there is lost again."""
_LIMIT: Final = 60.0
"""Seconds in which the scheduler has decided on each pod, or it hangs."""


class PodWatch:
    """Follows where the scheduler puts pods, of all runs together."""

    def __init__(self, api: ApiServer) -> None:
        self._api = api
        self._decided: dict[str, str | None] = {}
        self._changed = threading.Condition()
        self._failure: BaseException | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> PodWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True

    def _follow(self) -> None:
        since = ""
        try:
            # The server ends a watch when it likes: the next one goes on from there, or begins anew with all there are.
            while not self._ended:
                try:
                    for kind, pod in self._api.watch("v1", "Pod", _NAMESPACE, since=since, seconds=3600):
                        if self._ended:
                            return
                        since = str(pod["metadata"]["resourceVersion"])
                        self._take(kind, pod)
                except ApiServerError as error:
                    if error.status != HTTPStatus.GONE:
                        raise
                    since = ""
        except BaseException as error:  # shown by whoever waits
            with self._changed:
                self._failure = error
                self._changed.notify_all()

    def _take(self, kind: str, pod: Object) -> None:
        name, node = str(pod["metadata"]["name"]), pod["spec"].get("nodeName")
        scheduled = condition_of(pod, "PodScheduled")
        with self._changed:
            if kind == "DELETED":
                self._decided.pop(name, None)
            elif node is not None or (scheduled is not None and scheduled.get("reason") == "Unschedulable"):
                self._decided[name] = node
            else:
                return
            self._changed.notify_all()

    def nodes_of(self, pods: Iterable[str]) -> dict[str, str | None]:
        """Wait until the scheduler has decided on each pod; gives back the node of each, `None` for a pending one."""
        names = list(pods)
        with self._changed:
            self._wait(lambda: all(name in self._decided for name in names), f"a decision on {names}")
            return {name: self._decided[name] for name in names}

    def wait_for_node(self, pod: str) -> None:
        """Wait until a pod has a node."""
        with self._changed:
            self._wait(lambda: self._decided.get(pod) is not None, f"a node for {pod}")

    def forget(self, pods: Iterable[str]) -> list[str]:
        """No longer remember pods; gives back which of them have no node, but exist."""
        with self._changed:
            return [pod for pod in pods if self._decided.pop(pod, "") is None]

    def _wait(self, condition: Callable[[], bool], what: str) -> None:
        if not self._changed.wait_for(lambda: self._failure is not None or condition(), _LIMIT):
            raise TimeoutError(f"not within {_LIMIT:.0f} s: {what}")
        if self._failure is not None:
            raise self._failure


class Run:
    """One case in one order of arrival.

    Args:
        api: of a cluster that has a scheduler and nothing else
        watch: of its pods
        case: what to play
        name: unique among runs; part of the names of nodes and pods
    """

    def __init__(self, api: ApiServer, watch: PodWatch, case: Case, name: str) -> None:
        self._api, self._watch, self._case, self._name = api, watch, case, name
        self._made = 0
        self._workloads: dict[str, Workload] = {}

    def pending(self, arrivals: Demand) -> int:
        """Play the case with pods coming in an order; gives back how many found no node in the end, and cleans up."""
        try:
            self._join()
            pods = self._watch.nodes_of(self._create(arrivals))
            if self._case.lost:
                pods = self._lose(pods, arrivals)
            return sum(node is None for node in pods.values())
        finally:
            self._clean()

    def pending_in_update(self, update: Update, arrivals: Demand, rng: Random) -> int:
        """Play a rolling update once pods stand; gives back how many pods found no node when they came.

        Args:
            update: the update
            arrivals: the order in which pods came before it, those of its old revision among them
            rng: which old pod is the next to leave
        """
        try:
            self._join()
            pods = self._watch.nodes_of(self._create(arrivals))
            unplaced = sum(node is None for node in pods.values())
            if unplaced:
                return unplaced
            old = [pod for pod in pods if self._workloads[pod] == update.old]
            rng.shuffle(old)
            leaving: list[str] = []
            for number in range(1, update.replicas + 1):
                # One more than there are to be, those on their way out apart.
                while len(old) > update.replicas + 1 - number:
                    leaving.append(old.pop())
                    self._delete(leaving[-1], seconds=3600)
                while len(old) + len(leaving) > update.replicas + update.extra - number:
                    self._delete(leaving.pop(0) if leaving else old.pop(), seconds=0)
                new = self._watch.nodes_of(self._create([(update.new, 1)]))
                unplaced += sum(node is None for node in new.values())
            return unplaced
        finally:
            self._clean()

    def _join(self) -> None:
        """Make the nodes, and wait until the scheduler knows of the last one, and so of all.

        Pods and nodes reach it on different ways: without that, the first pods would find some of the nodes only.
        """
        for node in self._case.nodes:
            self._api.request("POST", _NODES, None, self._node(node))
        name = f"{self._name}-first"
        pod = self._pod(name, Workload("first", Resources(1, 1, 1), None, (), ()))
        pod["spec"]["nodeSelector"][_TOPOLOGY["node"]] = f"{self._name}-{self._case.nodes[-1].name}"
        pod["spec"]["tolerations"] = [{"operator": "Exists"}]
        self._api.request("POST", _PODS, None, pod)
        self._watch.wait_for_node(name)
        self._delete(name, seconds=0)

    def _create(self, arrivals: Demand) -> list[str]:
        names: list[str] = []
        for workload, count in arrivals:
            for _ in range(count):
                self._made += 1
                names.append(f"{self._name}-{self._made}")
                self._workloads[names[-1]] = workload
                self._api.request("POST", _PODS, None, self._pod(names[-1], workload))
        return names

    def _lose(self, pods: dict[str, str | None], arrivals: Demand) -> dict[str, str | None]:
        lost = {f"{self._name}-{node}" for node in self._case.lost}
        for node in lost:
            self._api.request("DELETE", f"{_NODES}/{node}")
        time.sleep(_UNTIL_SEEN)
        while gone := [pod for pod, node in pods.items() if node in lost]:
            for pod in gone:
                self._delete(pod, seconds=0)
            left = Counter(self._workloads[pod] for pod in gone)
            again: list[tuple[Workload, int]] = []
            for workload, count in arrivals:
                again.append((workload, min(count, left[workload])))
                left[workload] -= again[-1][1]
            pods = self._watch.nodes_of([*(pod for pod in pods if pod not in gone), *self._create(again)])
        return pods

    def _delete(self, pod: str, seconds: int) -> None:
        options: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": seconds}
        self._api.request("DELETE", f"{_PODS}/{pod}", None, options)

    def _clean(self) -> None:
        """Take the nodes away, and the pods that would be tried again and again; the others are in nobody's way."""
        for pod in self._watch.forget(self._workloads):
            self._delete(pod, seconds=0)
        self._api.request("DELETE", _NODES, {"labelSelector": f"{_RUN_LABEL}={self._name}"})

    def _node(self, node: Node) -> Object:
        name, offers = f"{self._name}-{node.name}", node.offers
        room = {"cpu": f"{offers.cpu_millicores}m", "memory": f"{offers.memory_mib}Mi", "pods": str(offers.pods)}
        labels = {
            _RUN_LABEL: self._name,
            NODE_GROUP_LABEL: node.group,
            _TOPOLOGY["zone"]: node.zone,
            _TOPOLOGY["node"]: name,
        }
        taints = [{"key": each.key, "value": each.value, "effect": each.effect} for each in node.taints]
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": labels},
            "spec": {"taints": taints},
            "status": {"capacity": room, "allocatable": room},
        }

    def _pod(self, name: str, workload: Workload) -> Object:
        """A pod as `apps/pod.py` declares it, as far as the scheduler looks at it."""
        labels = {"app": f"{self._name}-{workload.name.partition(' ')[0]}", "pod-template-hash": _revision(workload)}
        requests = {"cpu": f"{workload.requests.cpu_millicores}m", "memory": f"{workload.requests.memory_mib}Mi"}
        group = {NODE_GROUP_LABEL: workload.node_group} if workload.node_group else {}
        spec: dict[str, Any] = {
            "containers": [{"name": "app", "image": "registry/app:1", "resources": {"requests": requests}}],
            "nodeSelector": {_RUN_LABEL: self._name, **group},
            "tolerations": [
                {"key": each.key, "operator": "Equal", "value": each.value, "effect": each.effect}
                for each in workload.tolerates
            ],
            "topologySpreadConstraints": [spread_constraint(each, labels["app"]) for each in workload.spread],
        }
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": {**labels, _RUN_LABEL: self._name}},
            "spec": spec,
        }


def _revision(workload: Workload) -> str:
    """What tells the pods of one revision from those of another."""
    return "old" if workload.name.endswith("(old revision)") else "new"


def spread_constraint(spread: Spread, app: str) -> Object:
    """A topology spread constraint on the pods of one service, each revision by itself."""
    return {
        "maxSkew": spread.max_skew,
        "topologyKey": _TOPOLOGY[spread.over],
        "whenUnsatisfiable": "DoNotSchedule" if spread.required else "ScheduleAnyway",
        "labelSelector": {"matchLabels": {"app": app}},
        "matchLabelKeys": ["pod-template-hash"],
    }
