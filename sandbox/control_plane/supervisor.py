"""Starts the processes of a control plane in order, watches over them, and stops them all.

One process that dies takes the control plane with it, the way a crash of the supervisor does: half a control plane
would only puzzle people.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Any, Final

from sandbox.control_plane import components, guardian
from sandbox.control_plane.kubeconfig import base64_of
from sandbox.control_plane.layout import PACES, Directory, Ports, choose_ports
from sandbox.kubernetes.api_server import ApiServer
from sandbox.kubernetes.api_types import ApiServerError, UnreachableError, condition_of
from sandbox.kwok.configuration import kwok_command
from sandbox.kwok.definitions import definitions
from sandbox.refusal import Refusal
from sandbox.state import CHECKOUT

_START_LIMIT: Final = 90.0
# What is stored goes anyway, so nobody is given time to finish.
_STOP_LIMIT: Final = 2.0
_POLL: Final = 0.1
_LAST_LINES: Final = 12


class StoppedError(Exception):
    """It was asked to stop."""


class ChildEndedError(Exception):
    """A process of the control plane ended by itself."""


@dataclass(frozen=True)
class Plan:
    """What to run.

    Attributes:
        directory: where everything is kept; must not exist yet
        account: the SQLite file of the pretended account, for the agents
        binaries: the programs
        token: what `aws eks get-token` answers
        pace: a name in `layout.PACES`
        with_parent: end when standard input ends
    """

    directory: Directory
    account: Path
    binaries: components.Binaries
    token: str
    pace: str
    with_parent: bool


@dataclass
class Supervisor:
    """One control plane's processes."""

    plan: Plan
    _children: list[tuple[str, subprocess.Popen[bytes]]] = field(
        default_factory=list[tuple[str, "subprocess.Popen[bytes]"]]
    )
    _guardian: subprocess.Popen[bytes] | None = None
    _lock: IO[str] | None = None
    _stopping: bool = False

    def run(self, ready: Callable[[str], None]) -> None:
        """Run until told to stop; `ready` is called with the endpoint once all is up.

        Raises:
            Refusal: the directory is in use, or a process did not start or ended by itself.
        """
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)
        try:
            self.plan.directory.prepare()
        except FileExistsError:
            raise Refusal(f"{self.plan.directory.path} exists already") from None
        try:
            self._hold()
            self._start(ready)
            while True:
                self._check()
                time.sleep(_POLL)
        except StoppedError:
            pass
        except ChildEndedError as error:
            raise Refusal(str(error)) from error
        finally:
            self._end()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _hold(self) -> None:
        self._lock = self.plan.directory.lock.open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._lock.write(str(os.getpid()))
        self._lock.flush()
        if self.plan.with_parent:
            os.set_blocking(sys.stdin.fileno(), False)
        words = [sys.executable, "-P", guardian.__file__, str(self.plan.directory.path)]
        self._guardian = subprocess.Popen(words, stdin=subprocess.PIPE, process_group=0)

    def _start(self, ready: Callable[[str], None]) -> None:
        directory, binaries, pace = self.plan.directory, self.plan.binaries, PACES[self.plan.pace]
        ports = choose_ports()
        files = components.write_files(directory, ports, self.plan.token)
        admin = directory.admin_kubeconfig
        self._spawn("etcd", components.etcd(binaries, files))
        self._spawn("kube-apiserver", components.api_server(binaries, files))
        api = ApiServer.of_kubeconfig(admin)
        self._wait_for("kube-apiserver", api.is_ready)
        self._spawn("kube-controller-manager", components.controller_manager(binaries, files, pace))
        self._spawn("kube-scheduler", components.scheduler(binaries, files))
        for each in definitions():
            api.apply(each, "sandbox")
        self._spawn("kwok", self._kwok(ports, files, pace.node_grace))
        self._spawn("metrics-server", components.metrics_server(binaries, files, pace))
        for each in components.metrics_objects(ports.metrics_server, base64_of(files.authority)):
            api.apply(each, "sandbox")
        self._spawn("agents", self._agents(pace.time_scale))
        self._wait_for("kube-controller-manager", lambda: api.get("v1", "ServiceAccount", "default", "default"))
        self._wait_for("metrics-server", lambda: _is_available(api, "v1beta1.metrics.k8s.io"))
        description = {
            "endpoint": files.endpoint,
            "certificateAuthority": base64_of(files.authority),
            "pace": self.plan.pace,
        }
        partial = directory.description.with_suffix(".partial")
        partial.write_text(json.dumps(description))
        partial.replace(directory.description)
        ready(files.endpoint)

    def _kwok(self, ports: Ports, files: components.ControlPlaneFiles, node_grace: int) -> list[str]:
        return kwok_command(
            self.plan.binaries.kwok,
            files.kubeconfigs["kwok"],
            self.plan.directory.path,
            ports.kubelets,
            files.flags["kubelets.crt"],
            files.flags["kubelets.key"],
            node_grace,
        )

    def _agents(self, time_scale: float) -> list[str]:
        words = [sys.executable, "-m", "sandbox.agents", "--account", str(self.plan.account)]
        return [*words, "--control-plane", str(self.plan.directory.path), "--time-scale", str(time_scale)]

    def _spawn(self, name: str, command: Sequence[str]) -> None:
        assert self._guardian is not None  # noqa: S101  # made first
        with (self.plan.directory.logs / f"{name}.log").open("wb") as log:
            child = subprocess.Popen(
                command,
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=self._guardian.pid,
            )
        self._children.append((name, child))

    def _wait_for(self, name: str, condition: Callable[[], Any]) -> None:
        deadline = time.monotonic() + _START_LIMIT
        while True:
            self._check()
            with contextlib.suppress(ApiServerError, UnreachableError):
                if condition():
                    return
            if time.monotonic() > deadline:
                raise ChildEndedError(f"{name} was not ready after {_START_LIMIT:.0f} s\n{self._tail(name)}")
            time.sleep(_POLL)

    def _check(self) -> None:
        if self._stopping or (self.plan.with_parent and _has_ended(sys.stdin.fileno())):
            raise StoppedError
        if self._guardian is not None and self._guardian.poll() is not None:
            raise ChildEndedError("the guardian of the control plane ended")
        for name, child in self._children:
            code = child.poll()
            if code is not None:
                raise ChildEndedError(f"{name} ended with exit code {code}\n{self._tail(name)}")

    def _tail(self, name: str) -> str:
        lines = (self.plan.directory.logs / f"{name}.log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-_LAST_LINES:])

    def _end(self) -> None:
        for _, child in reversed(self._children):
            with contextlib.suppress(ProcessLookupError):
                child.terminate()
        deadline = time.monotonic() + _STOP_LIMIT
        for _, child in reversed(self._children):
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        shutil.rmtree(self.plan.directory.path, ignore_errors=True)
        if self._guardian is not None:
            self._guardian.kill()
            self._guardian.wait()
        if self._lock is not None:
            self._lock.close()


def _is_available(api: ApiServer, service: str) -> bool:
    found = api.get("apiregistration.k8s.io/v1", "APIService", service)
    available = condition_of(found, "Available") if found else None
    return available is not None and available["status"] == "True"


def _has_ended(descriptor: int) -> bool:
    try:
        return os.read(descriptor, 1024) == b""
    except BlockingIOError:
        return False
