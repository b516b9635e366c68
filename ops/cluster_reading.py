"""What `kubectl` says of a service and of the nodes at one moment.

`kubectl` and not a library: whoever looks at the cluster has it, and it understands every way in that a kubeconfig may
name, `aws eks get-token` with a profile included.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from ops.refusal import Refusal

_LIMIT: Final = 15.0
"""Seconds until a cluster that does not answer is given up for this time."""

_Object = Mapping[str, Any]


@dataclass(frozen=True)
class Reading:
    """A service and the nodes.

    Attributes:
        replicas: what the Deployment asks for
        ready: pods that serve
        utilization_percent: what the autoscaler reads, of the request; `None` while it has no reading
        target_percent: what it wants; `None` without an autoscaler
        limits: its minimum and maximum
        nodes: nodes that are ready
    """

    replicas: int
    ready: int
    utilization_percent: int | None
    target_percent: int | None
    limits: tuple[int, int] | None
    nodes: int


@dataclass(frozen=True)
class Cluster:
    """How a cluster is asked.

    Attributes:
        kubectl: where the program is
        kubeconfig: a file; `None` for kubectl's own choice
        namespace: of the service
        deployment: the service's name there
    """

    kubectl: str
    kubeconfig: Path | None
    namespace: str
    deployment: str

    @classmethod
    def of(cls, kubeconfig: Path | None, namespace: str, deployment: str) -> "Cluster":
        """A cluster.

        Raises:
            Refusal: kubectl is not installed.
        """
        kubectl = shutil.which("kubectl")
        if kubectl is None:
            raise Refusal("kubectl is not installed; without --stack and --kubeconfig the load is sent all the same")
        return cls(kubectl, kubeconfig, namespace, deployment)

    def read(self) -> Reading:
        """How it is now.

        Raises:
            Refusal: it does not answer, or has no such Deployment.
        """
        own = ("--namespace", self.namespace)
        kinds = f"deployment/{self.deployment}", f"hpa/{self.deployment}"
        deployment, *scalers = self._get(*own, "--ignore-not-found", *kinds) or [None]
        if deployment is None or deployment["kind"] != "Deployment":
            raise Refusal(f"there is no Deployment {self.deployment} in namespace {self.namespace}")
        return reading_of(deployment, scalers[0] if scalers else None, self._get("nodes"))

    def _get(self, *words: str) -> list[_Object]:
        where = ("--kubeconfig", str(self.kubeconfig)) if self.kubeconfig else ()
        command: Sequence[str] = (self.kubectl, *where, "get", *words, "--output", "json")
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_LIMIT, process_group=0)
        except subprocess.TimeoutExpired:
            raise Refusal(f"the cluster does not answer within {_LIMIT:.0f} s") from None
        if done.returncode != 0:
            last = [line for line in done.stderr.splitlines() if line.strip()][-1:]
            raise Refusal(f"kubectl: {last[0] if last else 'it says nothing'}")
        if not done.stdout.strip():
            return []
        answer = cast(dict[str, Any], json.loads(done.stdout))
        return cast(list[_Object], answer["items"]) if "items" in answer else [answer]


def reading_of(deployment: _Object, scaler: _Object | None, nodes: Sequence[_Object]) -> Reading:
    """The reading in these objects, as the API has them."""
    utilization = target = limits = None
    if scaler is not None:
        spec = scaler["spec"]
        limits = (int(spec.get("minReplicas", 1)), int(spec["maxReplicas"]))
        target = _cpu([each["resource"] for each in spec.get("metrics", ()) if "resource" in each], "target")
        current = scaler.get("status", {}).get("currentMetrics") or ()
        utilization = _cpu([each["resource"] for each in current if "resource" in each], "current")
    return Reading(
        replicas=int(deployment["spec"]["replicas"]),
        ready=int(deployment.get("status", {}).get("readyReplicas", 0)),
        utilization_percent=utilization,
        target_percent=target,
        limits=limits,
        nodes=sum(_is_ready(node) for node in nodes),
    )


def _cpu(metrics: Sequence[_Object], side: str) -> int | None:
    found = [each[side].get("averageUtilization") for each in metrics if each["name"] == "cpu"]
    return found[0] if found else None


def _is_ready(node: _Object) -> bool:
    conditions = node.get("status", {}).get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
