"""A real API server and a real scheduler, and nothing else: no controllers, no kubelets, so pods only get a node."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.sandboxed import CHECKOUT
from sandbox.control_plane import components, guardian
from sandbox.control_plane.layout import Directory, choose_ports
from sandbox.go_tools import control_plane_binaries
from sandbox.kubernetes.api_server import MERGE, ApiServer
from sandbox.kubernetes.api_types import ApiServerError, UnreachableError

_START_LIMIT: Final = 90.0  # seconds
_STOP_LIMIT: Final = 10.0

# Both wait for a controller: one taints new nodes until they are said to be ready, one wants a service account.
# https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
_WITHOUT_CONTROLLERS: Final = "--disable-admission-plugins=TaintNodesByCondition,ServiceAccount"

# So that neither the limits of the scheduler's client nor fairness among clients hold anything up.
_FAST_SCHEDULER: Final = ("--kube-api-qps=5000", "--kube-api-burst=5000")
_FAST_SERVER: Final = "--enable-priority-and-fairness=false"
# Less often collected memory is a third of the CPU: https://go.dev/doc/gc-guide#GOGC
_ENVIRONMENT: Final = {**os.environ, "GOGC": "400"}

_SCHEDULERS_ROLE: Final = "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:kube-scheduler"


@contextmanager
def local_scheduler() -> Generator[ApiServer]:
    """The API server, for an administrator; all ends and is gone afterwards, also when this process is killed.

    Raises:
        ToolMissing: a program is neither installed nor built yet.
        RuntimeError: one did not start; the text is what it said.
    """
    binaries = control_plane_binaries()
    with tempfile.TemporaryDirectory(prefix="slipway-scheduler-", ignore_cleanup_errors=True) as place:
        directory = Directory(Path(place) / "control-plane")
        words = [sys.executable, "-P", guardian.__file__, place]
        with subprocess.Popen(words, stdin=subprocess.PIPE, process_group=0) as keeper:  # noqa: S603
            children: list[subprocess.Popen[bytes]] = []
            try:
                yield _started(binaries, directory, keeper.pid, children)
            finally:
                for child in reversed(children):
                    _end(child)
                keeper.kill()


def _started(
    binaries: components.Binaries, directory: Directory, group: int, children: list[subprocess.Popen[bytes]]
) -> ApiServer:
    directory.prepare()
    files = components.write_files(directory, choose_ports(), "no-token-is-used")
    server = [word for word in components.api_server(binaries, files) if not word.startswith("--audit-")]
    children.append(_child("etcd", components.etcd(binaries, files), directory, group))
    children.append(_child("kube-apiserver", [*server, _WITHOUT_CONTROLLERS, _FAST_SERVER], directory, group))
    api = ApiServer.of_kubeconfig(directory.admin_kubeconfig)
    deadline = time.monotonic() + _START_LIMIT
    while not (api.is_ready() and _is_usable(api)):
        if time.monotonic() > deadline or any(child.poll() is not None for child in children):
            said = [log.read_text(errors="replace")[-2000:] for log in sorted(directory.logs.glob("*.log"))]
            raise RuntimeError("no API server: " + "\n".join(said))
        time.sleep(0.1)
    _keep_events_out(api)
    children.append(
        _child("kube-scheduler", [*components.scheduler(binaries, files), *_FAST_SCHEDULER], directory, group)
    )
    return api


def _is_usable(api: ApiServer) -> bool:
    """Whether there is what the API server makes itself a moment after it says that it is ready."""
    try:
        role = api.request("GET", _SCHEDULERS_ROLE).body
        return bool(role["rules"]) and api.get("v1", "Namespace", "default") is not None
    except (ApiServerError, UnreachableError):
        return False


def _keep_events_out(api: ApiServer) -> None:
    """Take the scheduler's right to write an event for each pod, which nobody reads: a fifth of all work."""
    role = api.request("GET", _SCHEDULERS_ROLE).body
    rules = [rule for rule in role["rules"] if "events" not in rule.get("resources", ())]
    api.request("PATCH", _SCHEDULERS_ROLE, None, {"rules": rules}, MERGE)


def _child(name: str, command: Sequence[str], directory: Directory, group: int) -> subprocess.Popen[bytes]:
    with (directory.logs / f"{name}.log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - words of the sandbox
            command,
            cwd=CHECKOUT,
            env=_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            process_group=group,
        )


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(_STOP_LIMIT)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
