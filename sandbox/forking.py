"""Runs a server of `sandbox.fork_server` for the commands of this process."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sandbox import fork_client
from sandbox.child_process import end_child
from sandbox.fork_client import READY, SOCKET_VARIABLE
from sandbox.refusal import Refusal
from sandbox.state import CHECKOUT


def forked_module(name: str) -> list[str]:
    """The beginning of a command line that runs the `main` of a module of the checkout in a copy of the server."""
    return [sys.executable, "-I", "-S", fork_client.__file__, "--module", name]


@contextmanager
def forked_processes() -> Generator[Path]:
    """While it is open, commands of the sandbox that this process starts fork their Python processes.

    Gives the path of the server's socket.

    Raises:
        Refusal: the server could not start; the reason is on standard error.
    """
    # A socket's path has at most 107 characters, which a test's own directory may well exceed.
    with tempfile.TemporaryDirectory(prefix="slipway-fork-") as name:
        path = Path(name) / "socket"
        server = subprocess.Popen(
            [sys.executable, "-m", "sandbox.fork_server", str(path)],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,  # its end, also by this process's death, ends the server
            stdout=subprocess.PIPE,
            process_group=0,  # Ctrl-C is for the commands, which may still want something of it
        )
        assert server.stdout is not None  # noqa: S101  # it was asked for above
        try:
            if server.stdout.readline().decode().strip() != READY:
                raise Refusal("the server that forks processes did not start")
            os.environ[SOCKET_VARIABLE] = str(path)
            yield path
        finally:
            os.environ.pop(SOCKET_VARIABLE, None)
            end_child(server)
