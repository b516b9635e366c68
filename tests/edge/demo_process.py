"""A demo server as a process of its own, that can fail its check, stop as it should, or be killed."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    with socket.socket() as each:
        each.bind((LOOPBACK, 0))
        return each.getsockname()[1]


class DemoProcess:
    def __init__(self, name: str, address: str = LOOPBACK, port: int = 0, certificate: Path | None = None) -> None:
        self.name, self.address, self.port = name, address, port or free_port()
        self._certificate = [str(certificate)] if certificate else []
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> None:
        words = [sys.executable, "-m", "sandbox.demo_server", self.name, self.address, str(self.port)]
        # Its standard input ends with this process, and it with that.
        self.process = subprocess.Popen(
            [*words, *self._certificate], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"ready\n"

    def send(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def wait(self) -> int:
        assert self.process is not None
        return self.process.wait(20)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(5)
            for pipe in (self.process.stdin, self.process.stdout):
                assert pipe is not None
                pipe.close()
            self.process = None
