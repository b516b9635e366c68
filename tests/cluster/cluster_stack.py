"""A stack whose cluster is a real Kubernetes control plane, in a pretended account of its own.

    with cluster_stack("dev", stack_cache) as stack:
        assert stack.up().exit_code == 0
        stack.wait_for("4 ready pods", lambda: len(stack.ready("frontend")) == 4)

Everything lies in one temporary directory, which goes with the control plane, also when the test run is killed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.control_plane import guardian
from sandbox.control_plane.layout import Directory
from sandbox.control_plane.running import find, make_token
from sandbox.kubernetes.api_server import ApiServer
from sandbox.kubernetes.api_types import ApiServerError, UnreachableError, condition_of
from sandbox.state import State
from tests.engine.sandbox_stack import CHECKOUT, SandboxStack, empty

NAMESPACE = "example"

# Seconds; what takes longer hangs.
_START_LIMIT = 120
_WAIT_LIMIT = 120

Pod = dict[str, Any]


class ClusterStack(SandboxStack):
    """One stack with its control plane.

    Attributes:
        control_plane: where the control plane keeps its files
        api: its API server, with an administrator's rights
    """

    def __init__(self, state: Path, stack: str, *, pace: str = "fast", project: Path = CHECKOUT) -> None:
        super().__init__(state, project, stack)
        sandbox = State(state)
        self.control_plane = Directory(sandbox.control_plane("slipway", stack))
        self._kubeconfig: str | None = None
        make_token(sandbox.token)
        words = [sys.executable, "-m", "sandbox.control_plane", "--directory", str(self.control_plane.path)]
        words += ["--account", str(sandbox.account), "--token-file", str(sandbox.token), "--pace", pace]
        words.append("--with-parent")
        self._errors = (state / "control-plane.log").open("w+")
        self.supervisor = subprocess.Popen(
            words,
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=self._errors,
            stderr=self._errors,
            start_new_session=True,
        )
        self.wait_for("a control plane", self._is_up, _START_LIMIT)
        self.api = ApiServer.of_kubeconfig(self.control_plane.admin_kubeconfig)

    def _is_up(self) -> bool:
        assert self.supervisor.poll() is None, self._shown()
        return find(self.control_plane.path) is not None

    def _shown(self) -> str:
        self._errors.seek(0)
        return self._errors.read()

    def end_control_plane(self) -> None:
        """End the control plane, as if the cluster were gone; the account stays."""
        if self.supervisor.stdin is not None:
            self.supervisor.stdin.close()
        self.supervisor.wait(60)
        self._errors.close()

    def pods(self, app: str) -> list[Pod]:
        """The pods of a service, those that are leaving included."""
        return self.api.list("v1", "Pod", NAMESPACE, labelSelector=f"app={app}")

    def ready(self, app: str) -> list[Pod]:
        """Those that are ready and not leaving."""
        return [pod for pod in self.pods(app) if is_ready(pod) and not is_leaving(pod)]

    def deployment(self, app: str) -> dict[str, Any]:
        """The Deployment of a service."""
        found = self.api.get("apps/v1", "Deployment", app, NAMESPACE)
        assert found is not None
        return found

    def targets(self) -> list[dict[str, Any]]:
        """The targets in all target groups of the account."""
        with closing(self.account()) as account:
            return [record.outputs for record in account.list(type="aws:lb/target")]

    def nodes(self) -> list[dict[str, Any]]:
        """The nodes of the cluster."""
        return self.api.list("v1", "Node")

    def kubectl(self, *words: str) -> str:
        """What `kubectl` shows in the services' namespace with the stack's exported kubeconfig; its errors included."""
        if self._kubeconfig is None:
            own = [sys.executable, "-m", "sandbox", "--state", str(self.state), "cluster", "kubeconfig"]
            shown = subprocess.run(
                [*own, "--stack", self.stack], cwd=CHECKOUT, capture_output=True, text=True, check=True
            )
            self._kubeconfig = shown.stdout.strip()
        command = ["kubectl", "--kubeconfig", self._kubeconfig, "--namespace", NAMESPACE, *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return done.stdout + done.stderr

    def wait_for(self, what: str, condition: Callable[[], Any], limit: float = _WAIT_LIMIT) -> Any:
        """Wait until `condition` gives something true, and give that back.

        Raises:
            AssertionError: it does not within `limit` seconds.
        """
        deadline = time.monotonic() + limit
        last: object = None
        while time.monotonic() < deadline:
            try:
                last = condition()
            except (ApiServerError, UnreachableError) as error:
                last = error
            else:
                if last:
                    return last
            time.sleep(0.25)
        raise AssertionError(f"not within {limit} s: {what}; the last answer was {last!r}")


@contextmanager
def cluster_stack(stack: str, cache: Path, *, pace: str = "fast") -> Generator[ClusterStack]:
    """A stack on a control plane of its own, its environment bootstrapped, not up yet.

    Args:
        stack: its name.
        cache: where the bootstrapped account is kept that it begins with.
        pace: of the control plane's clocks.
    """
    directory = Path(tempfile.mkdtemp(prefix=f"slipway-cluster-{stack}-"))
    # Removes the directory however this process ends.
    keeper = subprocess.Popen(
        [sys.executable, "-P", guardian.__file__, str(directory)], stdin=subprocess.PIPE, start_new_session=True
    )
    try:
        made = ClusterStack(empty(cache, CHECKOUT, stack).copy_to(directory / "sandbox").state, stack, pace=pace)
        try:
            yield made
        finally:
            made.end_control_plane()
    finally:
        keeper.kill()
        keeper.wait()
        shutil.rmtree(directory, ignore_errors=True)


class PodWatch:
    """Follows the pods of one service from a watch, and keeps what it saw after every change.

    Attributes:
        ready: how many were ready and not leaving, after each change
        present: how many had no deletion timestamp, after each change
        gone: when each pod that left was gone, by name, in seconds since 1970
        deleted: when each pod was first seen on its way out
    """

    def __init__(self, api: ApiServer, app: str, namespace: str = NAMESPACE) -> None:
        self.ready: list[int] = []
        self.present: list[int] = []
        self.gone: dict[str, float] = {}
        self.deleted: dict[str, float] = {}
        self._api, self._app, self._namespace = api, app, namespace
        self._pods: dict[str, Pod] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._failure: BaseException | None = None

    def _follow(self) -> None:
        try:
            listed = self._api.request(
                "GET", f"/api/v1/namespaces/{self._namespace}/pods", {"labelSelector": f"app={self._app}"}
            ).body
            for pod in listed["items"]:
                self._take("ADDED", pod)
            self._note()
            since = listed["metadata"]["resourceVersion"]
            while not self._end.is_set():
                # Short watches, so that the thread ends soon after it is asked to.
                for kind, pod in self._api.watch(
                    "v1", "Pod", self._namespace, since=since, seconds=2, labelSelector=f"app={self._app}"
                ):
                    since = pod["metadata"]["resourceVersion"]
                    self._take(kind, pod)
                    self._note()
        except BaseException as error:  # shown by the thread that ends this
            self._failure = error

    def _take(self, kind: str, pod: Pod) -> None:
        name = pod["metadata"]["name"]
        if is_leaving(pod):
            self.deleted.setdefault(name, time.time())
        if kind == "DELETED":
            self._pods.pop(name, None)
            self.gone[name] = time.time()
        else:
            self._pods[name] = pod

    def _note(self) -> None:
        pods = self._pods.values()
        self.ready.append(sum(is_ready(pod) and not is_leaving(pod) for pod in pods))
        self.present.append(sum(not is_leaving(pod) for pod in pods))

    def __enter__(self) -> PodWatch:
        self._thread.start()
        while not self.ready and self._failure is None:
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(10)
        if self._failure is not None:
            raise self._failure


class TargetWatch:
    """Looks at the account's targets again and again.

    Attributes:
        left: when each pod was taken out of its target group, by name, in seconds since 1970
    """

    def __init__(self, stack: ClusterStack) -> None:
        self.left: dict[str, float] = {}
        self._stack = stack
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def _follow(self) -> None:
        # Shorter than the shortest draining of a fast control plane.
        while not self._end.wait(0.1):
            for target in self._stack.targets():
                if target["state"] == "draining":
                    moment = datetime.fromisoformat(target["deregistered"]).timestamp()
                    self.left.setdefault(target["pod"].partition("/")[2], moment)

    def __enter__(self) -> TargetWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(10)


def is_ready(pod: Pod) -> bool:
    """Whether a pod's condition says that it is ready."""
    ready = condition_of(pod, "Ready")
    return ready is not None and ready["status"] == "True"


def is_leaving(pod: Pod) -> bool:
    """Whether a pod is on its way out."""
    return "deletionTimestamp" in pod["metadata"]


def label_of(thing: Mapping[str, Any], name: str) -> str | None:
    """A label of an object."""
    return thing["metadata"].get("labels", {}).get(name)
