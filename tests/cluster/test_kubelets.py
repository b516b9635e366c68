"""kwok and the model of services stand in for kubelets: what the API server, its controllers and metrics-server see.

One bare control plane, without a stack, with three nodes.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from kubernetes.utils.quantity import parse_quantity

from sandbox.control_plane.layout import Directory
from sandbox.control_plane.running import find
from sandbox.kubernetes.api_server import ApiServer
from sandbox.kubernetes.api_types import ApiServerError, condition_of
from sandbox.kwok import commands
from sandbox.kwok.configuration import DEAD_LABEL
from sandbox.kwok.model import Crash, JobModel
from tests.cluster.plain_objects import Object, deployment, job, node
from tests.engine.sandbox_stack import CHECKOUT
from tests.says import Says

pytestmark = pytest.mark.cluster

GATE = "example.com/gate"
STRATEGIC = "application/strategic-merge-patch+json"


class Cluster:
    """The control plane, spoken to in the words of these tests."""

    def __init__(self, directory: Directory) -> None:
        self.api = ApiServer.of_kubeconfig(directory.admin_kubeconfig)
        self.model = directory.model

    def pods(self, app: str) -> list[Object]:
        return self.api.list("v1", "Pod", "default", labelSelector=f"app={app}")

    def the_pod(self, app: str) -> Object:
        (pod,) = wait_for("one pod", lambda: found if len(found := self.pods(app)) == 1 else None)
        return pod

    def ready(self, app: str) -> list[str]:
        return [
            pod["metadata"]["name"]
            for pod in self.pods(app)
            if (condition_of(pod, "Ready") or {}).get("status") == "True" and not is_leaving(pod)
        ]

    def set_gate(self, name: str, status: str) -> None:
        change = {"status": {"conditions": [{"type": GATE, "status": status}]}}
        self.api.patch("v1", "Pod", name, "default", change=change, subresource="status", content_type=STRATEGIC)

    def measured(self) -> list[Object]:
        """The pods that metrics-server knows."""
        return self.api.request("GET", "/apis/metrics.k8s.io/v1beta1/namespaces/default/pods").body["items"]

    def used(self, app: str) -> dict[str, float]:
        """The CPU of each pod that metrics-server knows, in millicores, without sidecars."""
        return {
            item["metadata"]["name"]: float(parse_quantity(container["usage"]["cpu"])) * 1000
            for item in self.measured()
            for container in item["containers"]
            if container["name"] == app
        }


def is_leaving(pod: Object) -> bool:
    return pod["metadata"].get("deletionTimestamp") is not None


def wait_for(what: str, condition: Callable[[], Any], limit: float = 40) -> Any:
    deadline = time.monotonic() + limit
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {limit} s: {what}"
        time.sleep(0.1)
    return found


@pytest.fixture(scope="module")
def cluster() -> Generator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="slipway-kubelets-") as place:
        directory = Directory(Path(place) / "control-plane")
        words = [sys.executable, "-m", "sandbox.control_plane", "--directory", str(directory.path)]
        words += ["--account", str(Path(place) / "account.sqlite"), "--pace", "fast", "--with-parent"]
        with subprocess.Popen(words, cwd=CHECKOUT, stdin=subprocess.PIPE) as supervisor:
            wait_for("a control plane", lambda: find(directory.path) or supervisor.poll() is not None, 120)
            made = Cluster(directory)
            for number in (1, 2, 3):
                made.api.create(node(number))
            yield made


def test_a_node_is_ready_with_the_room_that_its_node_says(cluster: Cluster) -> None:
    def ready() -> bool:
        return (condition_of(cluster.api.get("v1", "Node", "node-1") or {}, "Ready") or {}).get("status") == "True"

    wait_for("a ready node", ready)
    found = cluster.api.get("v1", "Node", "node-1") or {}
    assert found["status"]["allocatable"] == {"cpu": "1930m", "memory": "3Gi", "pods": "29"}
    assert {each["address"] for each in found["status"]["addresses"]} == {"10.10.32.1", "localhost"}
    assert found["status"]["daemonEndpoints"]["kubeletEndpoint"]["Port"] > 0


def test_a_pod_is_ready_after_its_start_up_and_once_its_gate_is_open(cluster: Cluster) -> None:
    commands.set_startup(cluster.model, "gated", 3.0)
    time.sleep(1.5)
    cluster.api.create(deployment("gated", readinessGates=[{"conditionType": GATE}]))
    wait_for("running containers", lambda: cluster.the_pod("gated")["status"]["phase"] == "Running")
    running = time.monotonic()
    pod = wait_for(
        "ready containers",
        lambda: (
            (condition_of(cluster.the_pod("gated"), "ContainersReady") or {}).get("status") == "True"
            and cluster.the_pod("gated")
        ),
    )
    assert time.monotonic() - running > 2.5
    name, ready = pod["metadata"]["name"], condition_of(pod, "Ready") or {}
    assert (ready["status"], ready["reason"]) == ("False", "ReadinessGatesNotReady")
    assert Says(f'readiness gate "{GATE}"') == ready["message"]
    cluster.set_gate(name, "True")
    wait_for("a ready pod", lambda: cluster.ready("gated"))
    cluster.set_gate(name, "False")
    wait_for("an unready pod", lambda: not cluster.ready("gated"))
    now = cluster.the_pod("gated")
    assert (condition_of(now, GATE) or {})["status"] == "False"
    assert (condition_of(now, "ContainersReady") or {})["status"] == "True"


def test_a_deleted_pod_stays_ready_until_its_hook_is_over(cluster: Cluster) -> None:
    cluster.api.create(deployment("leaving"))
    (name,) = wait_for("a ready pod", lambda: cluster.ready("leaving"))
    address = cluster.the_pod("leaving")["status"]["podIP"]
    cluster.api.delete("v1", "Pod", name, "default")
    deleted, seen = time.monotonic(), []
    while (pod := cluster.api.get("v1", "Pod", name, "default")) is not None:
        if pod["status"]["phase"] == "Running":
            seen.append((condition_of(pod, "Ready") or {})["status"])
        assert time.monotonic() - deleted < 40
        time.sleep(0.1)
    assert time.monotonic() - deleted > 2.9
    assert set(seen) == {"True"}
    # No other pod gets its address, so whoever still sends to it reaches nobody else.
    assert cluster.the_pod("leaving")["status"]["podIP"] != address


def test_an_image_that_is_not_there_holds_the_pod_until_it_is(cluster: Cluster) -> None:
    commands.add_bad_image(cluster.model, ":broken")
    time.sleep(1.5)
    cluster.api.create(deployment("imageless", image="registry/app:broken"))

    def waits() -> Object | None:
        statuses = cluster.the_pod("imageless")["status"].get("containerStatuses") or [{"state": {}}]
        waiting = statuses[0]["state"].get("waiting", {})
        return waiting if waiting.get("reason") == "ImagePullBackOff" else None

    assert Says('"registry/app:broken"', "ErrImagePull", "NotFound") == wait_for("a back-off", waits)["message"]
    commands.clear(cluster.model)
    wait_for("a ready pod", lambda: cluster.ready("imageless"))


def test_probes_that_never_succeed_keep_pods_unready_while_told_so(cluster: Cluster) -> None:
    cluster.api.create(deployment("moody"))
    wait_for("a ready pod", lambda: cluster.ready("moody"))
    commands.set_ready(cluster.model, "moody", ready=False)
    wait_for("an unready pod", lambda: not cluster.ready("moody"))
    commands.set_ready(cluster.model, "moody", ready=True)
    wait_for("a ready pod", lambda: cluster.ready("moody"))


def test_a_crash_leaves_its_message_and_starts_again_after_a_pause(cluster: Cluster) -> None:
    commands.set_crash(cluster.model, "crashing", Crash(3, "no database", 3.0))
    time.sleep(1.5)
    cluster.api.create(deployment("crashing"))

    def crashed() -> Object | None:
        pods = cluster.pods("crashing")
        statuses: list[Object] = pods[0]["status"].get("containerStatuses", []) if pods else []
        return statuses[0] if statuses and statuses[0]["lastState"] else None

    status = wait_for("a crash", crashed)
    assert status["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert Says("back-off 10s", "container=crashing") == status["state"]["waiting"]["message"]
    ended = status["lastState"]["terminated"]
    assert (ended["exitCode"], ended["reason"], ended["message"]) == (3, "Error", "no database")
    commands.set_crash(cluster.model, "crashing", None)
    wait_for("a ready pod", lambda: cluster.ready("crashing"))
    assert cluster.the_pod("crashing")["status"]["containerStatuses"][0]["restartCount"] == 1


def test_jobs_complete_fail_with_a_message_and_are_interrupted(cluster: Cluster) -> None:
    commands.set_job(cluster.model, "failing", JobModel(1.0, 2, "relation exists"))
    commands.set_job(cluster.model, "long", JobModel(600.0))
    time.sleep(1.5)
    for name in ("fine", "failing", "long"):
        cluster.api.create(job(name))

    def has(name: str, kind: str) -> Object | None:
        found = condition_of(cluster.api.get("batch/v1", "Job", name, "default") or {}, kind)
        return found if found and found["status"] == "True" else None

    wait_for("a Job that is done", lambda: has("fine", "Complete"))
    wait_for("a Job that failed", lambda: has("failing", "Failed"))
    status = cluster.the_pod("failing")["status"]
    assert status["containerStatuses"][0]["state"]["terminated"]["message"] == "relation exists"
    assert {each["name"]: each["state"]["terminated"]["exitCode"] for each in status["initContainerStatuses"]} == {
        "first": 0,
        "beside": 0,
    }
    wait_for("a Job at work", lambda: [pod for pod in cluster.pods("long") if pod["status"]["phase"] == "Running"])
    cluster.api.delete("v1", "Pod", cluster.the_pod("long")["metadata"]["name"], "default")
    # The Job counts the pod before it lets it go.
    wait_for("a Job that was interrupted", lambda: has("long", "Failed"))
    wait_for("the pod's end", lambda: not cluster.pods("long"))


def test_metrics_server_sees_each_pods_share_of_the_load(cluster: Cluster) -> None:
    commands.set_load(cluster.model, "loaded", total=300.0)
    cluster.api.create(deployment("loaded", 3))
    wait_for("ready pods", lambda: len(cluster.ready("loaded")) == 3)

    def shares(count: int, millicores: float) -> Callable[[], bool]:
        def seen() -> bool:
            used = list(cluster.used("loaded").values())
            return len(used) == count and all(abs(each - millicores) < 3 for each in used)

        return seen

    wait_for("a third for each", shares(3, 101.0), 60)
    cluster.api.patch("apps/v1", "Deployment", "loaded", "default", change={"spec": {"replicas": 2}})
    wait_for("a half for each", shares(2, 151.0), 60)
    # Also the one without a pod; its counter fell when the third went, which metrics-server sits out.
    nodes = "/apis/metrics.k8s.io/v1beta1/nodes"
    wait_for("all nodes", lambda: len(cluster.api.request("GET", nodes).body["items"]) == 3, 60)


def test_a_dead_node_is_found_out_and_its_pods_wait_for_its_end(cluster: Cluster) -> None:
    soon = [
        {"key": f"node.kubernetes.io/{reason}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 2}
        for reason in ("not-ready", "unreachable")
    ]
    cluster.api.create(deployment("mourning", 3, tolerations=soon))
    wait_for("ready pods", lambda: len(cluster.ready("mourning")) == 3)
    victim = cluster.pods("mourning")[0]["spec"]["nodeName"]
    lost = {pod["metadata"]["name"] for pod in cluster.pods("mourning") if pod["spec"]["nodeName"] == victim}
    cluster.api.patch("v1", "Node", victim, change={"metadata": {"labels": {DEAD_LABEL: "true"}}})

    def unknown() -> bool:
        return (condition_of(cluster.api.get("v1", "Node", victim) or {}, "Ready") or {}).get("status") == "Unknown"

    wait_for("an unreachable node", unknown)
    # A node is marked a moment before its pods are, so three ready ones may still be the old three.
    wait_for(
        "others in their place",
        lambda: len(ready := cluster.ready("mourning")) == 3 and lost.isdisjoint(ready),
    )
    left = {pod["metadata"]["name"] for pod in cluster.pods("mourning") if is_leaving(pod)}
    assert left == lost
    time.sleep(5)
    assert {pod["metadata"]["name"] for pod in cluster.pods("mourning") if is_leaving(pod)} == lost
    cluster.api.patch("v1", "Node", victim, change={"metadata": {"labels": {DEAD_LABEL: None}}})
    wait_for("a node that is back", lambda: not unknown())
    wait_for("the end of its pods", lambda: not [pod for pod in cluster.pods("mourning") if is_leaving(pod)])


def test_a_step_that_the_api_server_refused_is_tried_again(cluster: Cluster) -> None:
    """As by a kubelet. kwok forgets a step that is answered with this error."""
    # When it is first asked for a pod's figures, kwok looks at every pod once more.
    cluster.api.create(deployment("measured"))
    wait_for("a pod's figures", cluster.measured)
    for thing in _refused_status("refused"):
        cluster.api.create(thing)

    def is_refused() -> bool:
        change = {"status": {"message": "probe"}}
        try:
            cluster.api.patch("v1", "Pod", name, "default", change=change, subresource="status")
        except ApiServerError as error:
            return error.status == HTTPStatus.UNPROCESSABLE_ENTITY
        return False

    # On no node until the policy is in force.
    cluster.api.create(deployment("refused", schedulingGates=[{"name": GATE}]))
    name = cluster.the_pod("refused")["metadata"]["name"]
    wait_for("the policy in force", is_refused)
    cluster.api.patch("v1", "Pod", name, "default", change={"spec": {"schedulingGates": []}})
    wait_for("a pod on a node", lambda: cluster.the_pod("refused")["spec"].get("nodeName"))
    time.sleep(2)
    assert "containerStatuses" not in cluster.the_pod("refused")["status"]
    for thing in reversed(_refused_status("refused")):
        cluster.api.delete(thing["apiVersion"], thing["kind"], thing["metadata"]["name"])
    wait_for("a ready pod", lambda: cluster.ready("refused"))


def _refused_status(app: str) -> tuple[Object, Object]:
    """A policy that refuses every change of the status of a service's pods, and what puts it in force.

    https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
    """
    kind = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": f"{app}-status"}}
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["pods/status"]}
    # The scheduler's own word is let through: it puts the pod on its node.
    scheduler = "request.userInfo.username == 'system:kube-scheduler'"
    policy = {
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": f"object.metadata.labels.app != '{app}' || {scheduler}"}],
    }
    binding = {"policyName": f"{app}-status", "validationActions": ["Deny"]}
    return (
        {"kind": "ValidatingAdmissionPolicy", **kind, "spec": policy},
        {"kind": "ValidatingAdmissionPolicyBinding", **kind, "spec": binding},
    )
