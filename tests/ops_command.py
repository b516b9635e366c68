"""How tests run `python -m ops`."""

from __future__ import annotations

import os
import sys

from sandbox.fork_client import SOCKET_VARIABLE
from sandbox.forking import forked_module


def own_process(*words: str) -> list[str]:
    """The command line as people type it."""
    return [sys.executable, "-P", "-m", "ops", *words]


def forked(*words: str) -> list[str]:
    """The same as a copy of the server that the environment names, imports and all; without one, as people type it."""
    if SOCKET_VARIABLE not in os.environ:
        return own_process(*words)
    return [*forked_module("ops.__main__"), *words]
