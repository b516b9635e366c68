"""Stands for a process that `sandbox.fork_server` starts: it hands over its arguments, environment and streams, and
ends when that one does, with its exit code.

It is run as a file, without the libraries of the environment: `fork_client.py WORD …` is the language host with these
words, `fork_client.py --module NAME WORD …` the `main` of a module of the sandbox.
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
    module = arguments[1] if arguments[0] == "--module" else ""
    request = {
        "module": module,
        "arguments": list(arguments[2:] if module else arguments),
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
