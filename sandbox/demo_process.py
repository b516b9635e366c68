"""A demo server as a process of its own, which can fail its check, stop as it should, or be killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sandbox.loopback_ports import LOOPBACK, free_port
from sandbox.refusal import Refusal

_STOP_LIMIT: Final = 20.0


class DemoProcess:
    """One demo server, from `with` to its end; in between it may be started again."""

    def __init__(self, name: str, address: str = LOOPBACK, port: int = 0, certificate: Path | None = None) -> None:
        self.name, self.address, self.port = name, address, port or free_port()
        self._certificate = [str(certificate)] if certificate else []
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, and wait until it listens.

        Raises:
            Refusal: it does not.
        """
        self.kill()
        words = [sys.executable, "-m", "sandbox.demo_server", self.name, self.address, str(self.port)]
        # Its standard input ends with this process, and it with that; a group of its own hears no Ctrl-C.
        self._process = subprocess.Popen(
            [*words, *self._certificate], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, process_group=0
        )
        if self._process.stdout is None or self._process.stdout.readline() != b"ready\n":
            self.kill()
            raise Refusal(f"the demo server {self.name} did not start on {self.address}:{self.port}")

    def send(self, number: int) -> None:
        """Send it a signal: `sandbox/demo_server.py` says which it knows."""
        if self._process is not None:
            self._process.send_signal(number)

    def wait(self) -> int | None:
        """Wait until it has ended; its exit code."""
        return self._process.wait(_STOP_LIMIT) if self._process is not None else None

    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_STOP_LIMIT)
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._process = None
