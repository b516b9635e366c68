"""A bare control plane whose autoscaler works as fast as a comparison needs, and what is seen of it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.autoscaler_curves import IDLE, Curve
from bench.sandboxed import CHECKOUT
from capacity.horizontal_autoscaler import Autoscaler, ControllerTimes, ScalingRules
from sandbox.control_plane.layout import PACES, Directory
from sandbox.control_plane.running import find
from sandbox.kubernetes.api_server import ApiServer
from sandbox.kubernetes.api_types import ApiServerError, UnreachableError, condition_of
from sandbox.kwok.configuration import METRICS_ANNOTATION, NODE_ANNOTATION, metrics_path

Object = dict[str, Any]

_PACE: Final = "autoscaler"
PERIOD: Final = float(PACES[_PACE].autoscaler_period)
TIMES: Final = ControllerTimes(PERIOD, PACES[_PACE].autoscaler_readiness_delay, PACES[_PACE].autoscaler_initialization)
_LIMIT: Final = 120.0
_WATCH_SECONDS: Final = 2


@dataclass
class Pod:
    """When a pod of an app was ready, and when it left; seconds since 1970."""

    app: str
    ready: float = float("inf")
    left: float = float("inf")


@dataclass
class Watch:
    """What watches of pods and Deployments saw, from `follow` on.

    Attributes:
        pods: by name, those that are gone too
        counts: of each Deployment's replicas: when they changed, and to what
    """

    api: ApiServer
    pods: dict[str, Pod] = field(default_factory=dict[str, Pod])
    counts: dict[str, list[tuple[float, int]]] = field(default_factory=dict[str, list[tuple[float, int]]])
    _end: threading.Event = field(default_factory=threading.Event)

    def usage(self, app: str, now: float, demand: float) -> dict[str, float]:
        """What each pod used a sync period before, where those that were ready then shared a demand."""
        then = now - PERIOD
        pods = {name: pod for name, pod in list(self.pods.items()) if pod.app == app and pod.left > now}
        ready = [name for name, pod in pods.items() if pod.ready <= then]
        each = demand / len(ready) if ready else 0.0
        return {name: max(each, IDLE) if name in ready else IDLE for name in pods}

    @contextmanager
    def follow(self) -> Generator[None]:
        """Watch until the end."""
        takes: tuple[tuple[str, str, Callable[[str, Object], None]], ...] = (
            ("v1", "Pod", self._take_pod),
            ("apps/v1", "Deployment", self._take_deployment),
        )
        threads = [threading.Thread(target=self._watch, args=words, daemon=True) for words in takes]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._end.set()
            for thread in threads:
                thread.join()

    def _watch(self, version: str, kind: str, take: Callable[[str, Object], None]) -> None:
        since = ""
        while not self._end.is_set():
            try:
                for event, thing in self.api.watch(version, kind, "default", since=since, seconds=_WATCH_SECONDS):
                    since = str(thing["metadata"]["resourceVersion"])
                    take(event, thing)
            except (ApiServerError, UnreachableError):
                since = ""  # everything is told again, which changes nothing

    def _take_pod(self, event: str, thing: Object) -> None:
        name, now = str(thing["metadata"]["name"]), time.time()
        pod = self.pods.setdefault(name, Pod(str(thing["metadata"]["labels"]["app"])))
        if (condition_of(thing, "Ready") or {}).get("status") == "True":
            pod.ready = min(pod.ready, now)
        if event == "DELETED" or "deletionTimestamp" in thing["metadata"]:
            pod.left = min(pod.left, now)

    def _take_deployment(self, _event: str, thing: Object) -> None:
        counts = self.counts.setdefault(str(thing["metadata"]["name"]), [])
        replicas = int(thing["spec"]["replicas"])
        if not counts or counts[-1][1] != replicas:
            counts.append((time.time(), replicas))


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for a condition.

    Raises:
        TimeoutError: it does not come.
    """
    deadline = time.monotonic() + _LIMIT
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the control plane does not come to rest")
        time.sleep(0.1)


@contextmanager
def control_plane(place: Path) -> Generator[Directory]:
    """A bare control plane, gone afterwards, also when this process is killed."""
    directory = Directory(place / "control-plane")
    words = [sys.executable, "-m", "sandbox.control_plane", "--directory", str(directory.path), "--pace", _PACE]
    words += ["--account", str(place / "account.sqlite"), "--with-parent"]
    with subprocess.Popen(words, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as supervisor:  # noqa: S603
        wait_until(lambda: find(directory.path) is not None or supervisor.poll() is not None)
        if supervisor.poll() is not None:
            raise RuntimeError("the control plane did not start")
        yield directory


def node(number: int) -> Object:
    """A Node with room for all."""
    name = f"node-{number}"
    room = {"cpu": "32", "memory": "64Gi", "pods": "110"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            # Without any label kwok passes it over.
            "labels": {"kubernetes.io/hostname": name},
            "annotations": {NODE_ANNOTATION[0]: NODE_ANNOTATION[1], METRICS_ANNOTATION: metrics_path(name)},
        },
        "status": {
            "capacity": room,
            "allocatable": room,
            "addresses": [{"type": "InternalIP", "address": f"10.10.32.{number + 1}"}],
        },
    }


def deployment(curve: Curve) -> Object:
    """The Deployment that meets a load."""
    container = {"name": curve.name, "image": "registry/app:1", "resources": {"requests": {"cpu": f"{curve.request}m"}}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": curve.name, "namespace": "default"},
        "spec": {
            "replicas": curve.replicas,
            "selector": {"matchLabels": {"app": curve.name}},
            "template": {
                "metadata": {"labels": {"app": curve.name}},
                "spec": {"containers": [container], "terminationGracePeriodSeconds": 1},
            },
        },
    }


def horizontal_pod_autoscaler(curve: Curve) -> Object:
    """Its autoscaler."""
    autoscaler: Autoscaler = curve.autoscaler
    target = {"type": "Utilization", "averageUtilization": autoscaler.cpu_percent}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": curve.name, "namespace": "default"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": curve.name},
            "minReplicas": autoscaler.min_replicas,
            "maxReplicas": autoscaler.max_replicas,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
            "behavior": {"scaleUp": _rules(autoscaler.scale_up), "scaleDown": _rules(autoscaler.scale_down)},
        },
    }


def _rules(rules: ScalingRules) -> Object:
    return {
        "stabilizationWindowSeconds": rules.stabilization_seconds,
        "selectPolicy": rules.select,
        "policies": [
            {"type": each.kind, "value": each.value, "periodSeconds": each.period_seconds} for each in rules.policies
        ],
    }
