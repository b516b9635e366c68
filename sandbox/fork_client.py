"""Stands for a process that `sandbox.fork_server` starts: it hands over its arguments, environment and streams, and
ends when that one does, with its exit code.

It is run as a file, without the libraries of the environment: `fork_client.py FILE WORD …` stands for `python -u FILE
WORD …`, `fork_client.py --module NAME WORD …` for the `main` of a module of the checkout.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections.abc import Sequence

SOCKET_VARIABLE = "SLIPWAY_FORK_SERVER"
"""Names the socket of the server to use."""

READY = "ready"
"""What the server writes when it listens."""


def main(arguments: Sequence[str]) -> int:
    """Ask for the process, and wait for its end."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # with which the engine ends its plugins
    is_module = arguments[0] == "--module"
    name, *words = arguments[1:] if is_module else arguments
    request = {
        "module" if is_module else "file": name,
        "arguments": words,
        "directory": os.getcwd(),  # noqa: PTH109  # importing pathlib takes longer than all the rest
        "environment": dict(os.environ),
    }
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(os.environ[SOCKET_VARIABLE])
        text = json.dumps(request).encode() + b"\n"
        sent = socket.send_fds(connection, [text], [0, 1, 2])
        connection.sendall(text[sent:])
        # The copy holds the streams now: their ends are to be seen when it ends, not when this one does.
        for stream in (0, 1):
            os.close(stream)
        answer = connection.recv(1)
    return answer[0] if answer else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
