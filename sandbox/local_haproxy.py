"""A real HAProxy on this machine: started, asked, reloaded, and never left behind.

It runs as a master with a worker, as on a machine of the fleet. All of its processes are in the group of a guardian
that ends them when this process is gone, even when it was killed.
https://docs.haproxy.org/2.6/management.html (3, 4 and 9.3)
"""

from __future__ import annotations

import contextlib
import csv
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sandbox.control_plane import guardian
from sandbox.refusal import Refusal

USUAL_FOLDERS = "/usr/sbin:/usr/local/sbin"
"""Where it is, beside the PATH: that of an unprivileged person may lack it."""
_START_LIMIT: Final = 20.0
_STOP_LIMIT: Final = 5.0
_POLL: Final = 0.02


def haproxy_program() -> str:
    """The program's path.

    Raises:
        Refusal: it is not installed.
    """
    found = shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:{USUAL_FOLDERS}")
    if found is None:
        raise Refusal("haproxy is not installed; on Debian and Ubuntu: apt-get install haproxy")
    return found


def has_prometheus_exporter(program: str) -> bool:
    """Whether this HAProxy can serve metrics."""
    told = subprocess.run([program, "-vv"], capture_output=True, text=True, check=True).stdout
    return "prometheus-exporter" in told


def problems_of(program: str, configuration: str, directory: Path, environment: Mapping[str, str]) -> str:
    """What HAProxy itself has against a configuration; nothing where it takes it."""
    file = directory / "checked.cfg"
    file.write_text(configuration)
    variables = {**os.environ, **environment}
    checked = subprocess.run(
        [program, "-c", "-f", str(file)], capture_output=True, text=True, check=False, env=variables
    )
    return "" if checked.returncode == 0 else checked.stderr


@dataclass(frozen=True)
class Files:
    """What one HAProxy keeps in its directory."""

    directory: Path

    @property
    def configuration(self) -> Path:
        """What it reads when it starts and at each reload."""
        return self.directory / "haproxy.cfg"

    @property
    def socket(self) -> Path:
        """The runtime API's."""
        return self.directory / "admin.sock"

    @property
    def master_socket(self) -> Path:
        """The master's own."""
        return self.directory / "master.sock"

    @property
    def state(self) -> Path:
        """Of the servers, from before a reload."""
        return self.directory / "server-state"

    @property
    def log(self) -> Path:
        """All that it says."""
        return self.directory / "log"


class LocalHaproxy:
    """One HAProxy, from `with` to its end."""

    def __init__(self, program: str, configuration: Callable[[Files], str], environment: Mapping[str, str]) -> None:
        # A short path: that of a Unix socket has at most 107 characters.
        self.files = Files(Path(tempfile.mkdtemp(prefix="slipway-haproxy-")))
        self._program, self._environment = program, environment
        self._configuration = configuration
        self._guardian: subprocess.Popen[bytes] | None = None
        self._master: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        words = [sys.executable, "-P", guardian.__file__, str(self.files.directory)]
        self._guardian = subprocess.Popen(words, stdin=subprocess.PIPE, process_group=0)
        try:
            # As `show servers state` begins; HAProxy warns of a file that says no version.
            self.files.state.write_text("1\n")
            self.files.configuration.write_text(self._configuration(self.files))
            with self.files.log.open("ab") as log:
                self._master = subprocess.Popen(
                    [self._program, "-W", "-S", str(self.files.master_socket), "-f", str(self.files.configuration)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={**os.environ, **self._environment},
                    process_group=self._guardian.pid,
                )
            self._wait_for(self._is_ready, "start")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all of its processes and remove its directory."""
        if self._guardian is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._guardian.pid, signal.SIGKILL)
            for process in (self._master, self._guardian):
                if process is not None:
                    process.wait(_STOP_LIMIT)
            if self._guardian.stdin is not None:
                self._guardian.stdin.close()
        shutil.rmtree(self.files.directory, ignore_errors=True)

    def is_running(self) -> bool:
        """Whether it has not ended by itself."""
        return self._master is not None and self._master.poll() is None

    def ask(self, command: str) -> str:
        """What the runtime API answers to one command."""
        return _answer(self.files.socket, command)

    def _is_ready(self) -> bool:
        """Whether the worker serves, and the master hears signals: an earlier one would be lost."""
        try:
            return bool(_answer(self.files.master_socket, "show proc")) and self.worker() is not None
        except OSError:
            return False

    def tell(self, command: str) -> None:
        """Give a command that is answered by nothing when it was obeyed.

        Raises:
            Refusal: it was not.
        """
        if answer := self.ask(command).strip():
            raise Refusal(f"HAProxy was told '{command}' and answered: {answer}")

    def servers(self) -> dict[tuple[str, str], dict[str, str]]:
        """The columns of the statistics page, by back end and server."""
        lines = self.ask("show stat").removeprefix("# ").splitlines()
        return {(row["pxname"], row["svname"]): row for row in csv.DictReader(lines)}

    def master(self) -> int:
        """The process that hears signals: SIGUSR2 is a reload.

        Raises:
            Refusal: it was not started.
        """
        if self._master is None:
            raise Refusal("HAProxy was not started")
        return self._master.pid

    def worker(self) -> int | None:
        """The process that answers the runtime API; another one after a reload."""
        try:
            found = re.search(r"^Pid: (\d+)$", self.ask("show info"), re.MULTILINE)
        except OSError:
            return None
        return int(found[1]) if found else None

    def reload(self, configuration: str | None = None) -> None:
        """Go on with another configuration, or the same: a new worker serves, the old one ends what it has.

        Raises:
            Refusal: HAProxy does not take it; the old worker serves on.
        """
        master = self.master()
        before = self.worker()
        wanted = configuration or self.files.configuration.read_text()
        if told := problems_of(self._program, wanted, self.files.directory, self._environment):
            raise Refusal(f"HAProxy does not take this configuration:\n{told}")
        self.files.state.write_text(self.ask("show servers state"))
        self.files.configuration.write_text(wanted)
        os.kill(master, signal.SIGUSR2)
        self._wait_for(lambda: self._is_ready() and self.worker() not in {None, before}, "reload")

    def kill(self) -> None:
        """End master and workers at once, as a crash would."""
        if self._guardian is not None and self._master is not None:
            for process in _group_of(self._guardian.pid) - {self._guardian.pid}:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            self._master.wait(_STOP_LIMIT)

    def _wait_for(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _START_LIMIT
        while not condition():
            if not self.is_running() or time.monotonic() > deadline:
                raise Refusal(f"HAProxy did not {what}:\n{self.files.log.read_text()}")
            time.sleep(_POLL)


def _answer(path: Path, command: str) -> str:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_STOP_LIMIT)
        connection.connect(str(path))
        connection.sendall(f"{command}\n".encode())
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


def _group_of(leader: int) -> set[int]:
    told = subprocess.run(["ps", "-A", "-o", "pid=,pgid="], capture_output=True, text=True, check=True)  # noqa: S607
    pairs = (line.split() for line in told.stdout.splitlines())
    return {int(pid) for pid, group in pairs if int(group) == leader}
