"""Prod in an emulated account with a real control plane of its own, for one measurement."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from bench.sandboxed import CHECKOUT, Sandbox, run
from sandbox.child_process import end_child
from sandbox.control_plane import guardian
from sandbox.control_plane.layout import Directory
from sandbox.control_plane.running import find, make_token
from sandbox.kubernetes.api_server import ApiServer
from sandbox.state import State

_START_LIMIT = 120.0  # seconds
_STOP_LIMIT = 60.0  # after which its guardian ends the rest

SERVICES = "urn:pulumi:prod::slipway::slipway:apps:Site$**$kubernetes:**"
"""All that is in the cluster for the site: its namespace and the services' objects, but no Helm release."""

STATE_ONCE = {"PULUMI_SKIP_CHECKPOINTS": "true"}
"""Lets the engine write its state in the end only: https://github.com/pulumi/pulumi/issues/10668"""


class LocalCluster:
    """An account with a control plane; nothing but `bootstrap/` is up.

    Attributes:
        directory: where all of it lies, with room for more
        api: the API server, with an administrator's rights
        supervisor: the leader of the session in which all processes of the control plane are
    """

    def __init__(self, directory: Path, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self.directory = directory
        self._state = directory / "sandbox"
        self._sandbox = Sandbox(self._state)
        self.control_plane, self.supervisor = self._start()
        self.api = ApiServer.of_kubeconfig(self.control_plane.admin_kubeconfig)

    def _start(self) -> tuple[Directory, subprocess.Popen[bytes]]:
        state = State(self._state)
        directory = Directory(state.control_plane("slipway", Sandbox.stack))
        make_token(state.token)
        words = [sys.executable, "-m", "sandbox.control_plane", "--directory", str(directory.path)]
        words += ["--account", str(state.account), "--token-file", str(state.token), "--pace", "fast", "--with-parent"]
        log = self._state / "control-plane.log"
        with log.open("wb") as said:
            supervisor = subprocess.Popen(  # noqa: S603 - words of this module
                words, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=said, stderr=said, start_new_session=True
            )
        try:
            deadline = time.monotonic() + _START_LIMIT
            while find(directory.path) is None:
                if supervisor.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"no control plane: {log.read_text()}")
                time.sleep(0.1)
        except BaseException:
            end_child(supervisor, _STOP_LIMIT)
            raise
        return directory, supervisor

    def end(self) -> None:
        """End the control plane."""
        end_child(self.supervisor, _STOP_LIMIT)

    def up(self, *arguments: str) -> list[str]:
        """The command line of an `up` of prod with the settings."""
        words = ("up", "--yes", "--skip-preview", "--suppress-outputs", *arguments)
        return self._sandbox.words(CHECKOUT, *words, settings=self._settings)

    def prepare(self) -> None:
        """Bring up everything but what the cluster holds for the site: its nodes have joined afterwards."""
        run(self.up("--exclude", SERVICES), STATE_ONCE)

    def resources(self) -> list[dict[str, Any]]:
        """The resources in Pulumi's state."""
        return self._sandbox.resources()

    def audit(self) -> Iterator[str]:
        """The API server's audit log so far, by lines."""
        for path in sorted(self.control_plane.logs.glob("audit*.log")):
            with path.open() as log:
                yield from log


@contextmanager
def local_cluster(settings: Mapping[str, Any]) -> Generator[LocalCluster]:
    """A fresh account with a fresh control plane, both gone afterwards, also when this process is killed."""
    with tempfile.TemporaryDirectory(prefix="slipway-bench-", ignore_cleanup_errors=True) as directory:
        words: Sequence[str] = [sys.executable, "-P", guardian.__file__, directory]
        keeper = subprocess.Popen(words, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603
        try:
            cluster = LocalCluster(Path(directory), settings)
            try:
                yield cluster
            finally:
                cluster.end()
        finally:
            with suppress(ProcessLookupError):
                keeper.kill()
            keeper.wait()
