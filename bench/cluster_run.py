"""One way of bringing the services up on a fresh cluster, measured."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench.cluster_watch import PodTimes, PodWatch, Written, written_in
from bench.engine_events import EventLog, Step
from bench.local_cluster import LocalCluster, local_cluster
from bench.manifests import objects_in, translated, translation
from bench.processes import ProcessTimes
from bench.sandboxed import run

_LIMIT = 1800.0  # seconds
_READY_LIMIT = 300.0
_CPU_EVERY = 0.25  # seconds between two looks at all processes
_NAMESPACE = "example"  # as prod's stack file says
_DEPLOYMENT = "kubernetes:apps/v1:Deployment"


@dataclass(frozen=True)
class Way:
    """How the services come up.

    Attributes:
        name: in tables
        prepared: whether everything but what is in the cluster for the site is up before
        tool: `pulumi` or `kubectl`
        variables: of the environment
    """

    name: str
    prepared: bool
    tool: str
    variables: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Measured:
    """What one run took, in seconds.

    Attributes:
        way: its name
        load: the machine's load average just before
        phases: one after the other; see `phases`
        total: until the command had ended and all pods were ready
        from_first_object: until all pods were ready, from when the first object of the site was asked for
        rollouts: for the median service or pod, by part
        answers: how long the API server took for what the tool made, in all, by kind
        cpu: of each process
        steps: by the engine, as type, name, begin and end since the command's start
    """

    way: str
    load: float
    phases: dict[str, float]
    total: float
    from_first_object: float
    rollouts: dict[str, float]
    answers: dict[str, float]
    cpu: dict[str, float]
    steps: list[tuple[str, str, float, float]]


def phases(begin: float, written: Sequence[Written], ready: float, end: float) -> dict[str, float]:
    """The parts of one run, which follow each other.

    Args:
        begin: of the command
        written: what it made, in the order in which it was asked for
        ready: when the last pod was ready
        end: of the command
    """
    first = written[0].begin
    workloads = [each.begin for each in written if each.kind == "deployments"]
    return {
        "before the first object": first - begin,
        "until the first Deployment": workloads[0] - first,
        "until the last Deployment": workloads[-1] - workloads[0],
        "until all pods are ready": ready - workloads[-1],
        "until the command ends": max(0.0, end - ready),
    }


def rollouts(times: PodTimes, steps: Sequence[Step]) -> dict[str, float]:
    """Where the time of the median rollout goes; the services' Deployments are found by name."""
    parts = {
        "pod made, has a node": median(times.placed[pod] - times.made[pod] for pod in times.placed),
        "pod has a node, is ready": median(times.ready[pod] - times.placed[pod] for pod in times.ready),
    }
    deployments = [each for each in steps if each.type == _DEPLOYMENT]
    if deployments:
        services = times.services_ready()
        # The logical name is prefixed by project and stack, and ends in what it is.
        ends = {app: each.end for each in deployments for app in services if each.name.endswith(f"{app}-deployment")}
        parts["Deployment's step"] = median(each.seconds for each in deployments)
        parts["last pod ready, step ends"] = median(ends[app] - services[app] for app in ends)
    return parts


class Runner:
    """Measures ways with the same settings, each on a cluster of its own.

    Args:
        settings: of the stack, by path
        pods: how many they have together
    """

    def __init__(self, settings: Mapping[str, Any], pods: int) -> None:
        self._settings, self._pods = settings, pods
        self._example: list[dict[str, Any]] | None = None

    def measure(self, way: Way) -> Measured:
        """Bring up the services in one way on a fresh cluster.

        Raises:
            RuntimeError: it failed, or no Pulumi run came before a `kubectl` one, which takes its manifests from it.
        """
        with local_cluster(self._settings) as cluster:
            if way.prepared:
                cluster.prepare()
            measured = self._measure(way, cluster, cluster.directory)
            if way.tool == "pulumi" and self._example is None:
                self._example = cluster.resources()
            return measured

    def _measure(self, way: Way, cluster: LocalCluster, directory: Path) -> Measured:
        events, times = EventLog(directory / "events.json"), ProcessTimes()
        words = self._words(way, cluster, directory)
        leaders = [cluster.supervisor.pid]
        looked = 0.0
        times.look(leaders, new=False)

        def look(process: subprocess.Popen[bytes] | None = None) -> None:
            nonlocal looked
            events.look()
            if time.monotonic() - looked >= _CPU_EVERY:
                looked = time.monotonic()
                times.look([*leaders, *([process.pid] if process else [])])

        load = os.getloadavg()[0]
        with PodWatch(cluster.api, _NAMESPACE) as watch:
            begin = time.time()
            run(words, {**way.variables, "PULUMI_DEBUG_COMMANDS": "true"}, look, _LIMIT)
            end = time.time()
            watch.wait_for(self._pods, _READY_LIMIT, look)
        look()
        ready = max(watch.times.ready.values())
        steps = events.steps()
        written = written_in(cluster.audit(), _NAMESPACE, _made_by(way))
        answers: dict[str, float] = {}
        for each in written:
            answers[each.kind] = answers.get(each.kind, 0.0) + each.end - each.begin
        return Measured(
            way=way.name,
            load=load,
            phases=phases(begin, written, ready, end),
            total=max(ready, end) - begin,
            from_first_object=ready - written[0].begin,
            rollouts=rollouts(watch.times, steps),
            answers=answers,
            cpu=dict(times.by_name()),
            steps=[(each.type, each.name, each.begin - begin, each.end - begin) for each in steps],
        )

    def _words(self, way: Way, cluster: LocalCluster, directory: Path) -> list[str]:
        if way.tool == "pulumi":
            return cluster.up("--event-log", str(directory / "events.json"))
        kubectl = shutil.which("kubectl")
        if self._example is None or kubectl is None:
            raise RuntimeError("kubectl is not on PATH" if kubectl is None else "there is no Pulumi run to learn from")
        items = translated(objects_in(self._example), translation(self._example, cluster.resources()))
        file = directory / "manifests.json"
        file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
        config = str(cluster.control_plane.admin_kubeconfig)
        # Of its own, so that what an earlier run learnt of an API server is not taken for this one's.
        cache = f"--cache-dir={directory / 'cache'}"
        return [kubectl, "--kubeconfig", config, cache, "apply", "--server-side", "-f", str(file)]


def _made_by(way: Way) -> Callable[[Mapping[str, Any]], bool]:
    """Tells what a tool did from what controllers and the sandbox did, by the audit log."""

    def by_kubectl(event: Mapping[str, Any]) -> bool:
        return str(event["userAgent"]).startswith("kubectl/")

    def by_pulumi(event: Mapping[str, Any]) -> bool:
        return event["user"]["username"] == "sandbox:deploy-role"

    return by_kubectl if way.tool == "kubectl" else by_pulumi
