"""Looks for the processes of a sandbox, waits for them, and ends them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox.state import State

# Seconds; the engine writes at the begin and the end of each step, seconds apart when AWS is slow.
_QUIET = 0.5


def running_in(state: Path) -> Iterator[tuple[int, list[str]]]:
    """Id and command line of each running process that belongs to the sandbox in `state` (Linux only)."""
    wanted = str(state).encode()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            words, variables = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
        except OSError:  # it ended in between
            continue
        if words and (wanted in words or wanted in variables):
            yield int(entry.name), words.decode(errors="replace").rstrip("\0").split("\0")


def processes_of(state: Path) -> list[str]:
    """The command lines of these processes, to be shown."""
    return [" ".join(words) for _, words in running_in(state)]


def is_between_two_writes(state: Path) -> bool:
    """Whether the engine waits for AWS and writes no state: a kill in the middle of a write cuts the file."""
    written = [each.stat().st_mtime for each in (State(state).backend / ".pulumi" / "stacks").rglob("*.json")]
    return bool(written) and time.time() - max(written) > _QUIET


def wait_until(condition: Any, seconds: float = 20.0) -> bool:
    """Wait for `condition()` to be true, at most `seconds`; gives back whether it came true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return bool(condition())


def kill_group(process: subprocess.Popen[str], number: int = signal.SIGKILL) -> None:
    """End a command from `SandboxStack.start`, with everything in its process group."""
    os.killpg(process.pid, number)
    process.wait(timeout=60)
