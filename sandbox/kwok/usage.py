"""What the pods use: the figures that kwok gives metrics-server in the place of kubelets.

A `Metric` says under which path and names a node's figures are served, `ClusterResourceUsage` objects say how much the
containers of certain pods use. https://kwok.sigs.k8s.io/docs/user/resource-usage-configuration/

The latter name their pods rather than compute from labels: kwok would compile the expression anew for each container at
each look, and it takes the first that fits in no order, so no two may fit the same pod.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sandbox.kubernetes.api_types import Object, condition_of
from sandbox.kwok.configuration import metrics_path
from sandbox.kwok.definitions import API_VERSION
from sandbox.kwok.model import APP_LABEL, JOB_LABEL, Model

# What any further container of a pod uses, a sidecar database for instance.
_SIDECAR_MILLICORES: Final = 1.0
_SIDECAR_MEBIBYTES: Final = 16.0
_MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True)
class PodFacts:
    """What has to be known of a pod to say what it uses.

    Attributes:
        namespace: of the pod
        name: of the pod
        app: its service, empty where it has none
        job: its Job's name, empty where it has none
        container: the name of its first container, which does the service's work
        phase: of the pod
        serves: whether traffic goes to it: it is ready, and not leaving
    """

    namespace: str
    name: str
    app: str
    job: str
    container: str
    phase: str
    serves: bool


def facts_of(pod: Object) -> PodFacts:
    """The facts of a pod."""
    metadata: Object = pod["metadata"]
    labels: dict[str, str] = metadata.get("labels") or {}
    leaves = metadata.get("deletionTimestamp") is not None
    return PodFacts(
        str(metadata["namespace"]),
        str(metadata["name"]),
        labels.get(APP_LABEL, ""),
        labels.get(JOB_LABEL, ""),
        str(pod["spec"]["containers"][0]["name"]),
        str(pod.get("status", {}).get("phase", "")),
        not leaves and (condition_of(pod, "Ready") or {}).get("status") == "True",
    )


def metric() -> Object:
    """What each node serves: the names that metrics-server reads from a kubelet's `/metrics/resource`.

    https://kubernetes.io/docs/reference/instrumentation/metrics/ (those of the kubelet's resource endpoint)
    """
    pod = {"namespace": "pod.metadata.namespace", "pod": "pod.metadata.name"}
    container = {"container": "container.name", **pod}
    return {
        "apiVersion": API_VERSION,
        "kind": "Metric",
        "metadata": {"name": "kubelet-resource"},
        "spec": {
            "path": metrics_path("{nodeName}"),
            "metrics": [
                _figure("container_cpu_usage_seconds_total", "counter", container,
                        'pod.CumulativeUsage("cpu", container.name)'),
                _figure("container_memory_working_set_bytes", "gauge", container,
                        'pod.Usage("memory", container.name)'),
                # Long ago: kwok counts CPU from the first time it is asked, and not from the container's start, so a
                # share of the time since then would be too small.
                _figure("container_start_time_seconds", "gauge", container, "1"),
                # A machine without a pod uses something too; metrics-server leaves out a node where either is zero.
                # https://github.com/kubernetes-sigs/metrics-server/blob/v0.9.0/pkg/scraper/client/resource/decode.go
                _figure("node_cpu_usage_seconds_total", "counter", {}, 'node.CumulativeUsage("cpu") + 1.0'),
                _figure("node_memory_working_set_bytes", "gauge", {}, 'node.Usage("memory") + 536870912.0'),
            ],
        },
    }  # fmt: skip


def _figure(name: str, kind: str, labels: dict[str, str], value: str) -> Object:
    return {
        "name": name,
        "help": name.replace("_", " "),
        "kind": kind,
        "dimension": "container" if labels else "node",
        "labels": [{"name": label, "value": each} for label, each in labels.items()],
        "value": value,
    }


def millicores(model: Model, app: str, serving: int) -> float:
    """What the first container of a service's ready pod uses, where `serving` pods share the load."""
    service = model.service(app)
    shared = service.load_millicores_total / serving if serving else 0.0
    return service.idle_millicores + service.load_millicores_per_pod + shared


def usages(model: Model, pods: Iterable[PodFacts]) -> dict[str, Object]:
    """The `ClusterResourceUsage` objects by their names: one for each group of pods that use the same.

    A pod without running containers uses nothing, so metrics-server does not report it. The load that the pods of a
    service share is shared across namespaces, where it runs in more than one; what `other` says is for each service.
    """
    groups: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    serving: Counter[str] = Counter()
    for pod in pods:
        state = "gone" if pod.phase != "Running" else "serving" if pod.serves else "idle"
        serving[pod.app] += state == "serving"
        groups[pod.namespace, pod.app, pod.container, state].append(pod.name)
    made: dict[str, Object] = {}
    for key, names in sorted(groups.items()):
        namespace, app, container, state = key
        service = model.service(app)
        uses = {
            "gone": (0.0, 0.0),
            "idle": (service.idle_millicores, service.memory_mebibytes),
            "serving": (millicores(model, app, serving[app]), service.memory_mebibytes),
        }[state]
        sidecars = (0.0, 0.0) if state == "gone" else (_SIDECAR_MILLICORES, _SIDECAR_MEBIBYTES)
        name = _object_name(key)
        made[name] = {
            "apiVersion": API_VERSION,
            "kind": "ClusterResourceUsage",
            "metadata": {"name": name},
            "spec": {
                "selector": {"matchNamespaces": [namespace], "matchNames": sorted(names)},
                "usages": [{"containers": [container], **_usage(*uses)}, _usage(*sidecars)],
            },
        }
    return made


def _usage(cpu: float, memory: float) -> dict[str, Any]:
    """What a container uses, in millicores and MiB. https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/"""
    values = {"cpu": f"{round(cpu * 1000)}u", "memory": str(round(memory * _MEBIBYTE))}
    return {"usage": {resource: {"value": value} for resource, value in values.items()}}


def _object_name(key: tuple[str, ...]) -> str:
    """A name that reads well and is the key's alone."""
    digest = hashlib.sha256("/".join(key).encode()).hexdigest()[:8]
    words = re.sub(r"[^a-z0-9]+", "-", "-".join(key).lower()).strip("-")
    return f"{words}-{digest}"
