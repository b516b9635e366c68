"""Looks for the processes of a sandbox, waits for them, and ends them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any


def processes_of(state: Path) -> list[str]:
    """The command lines of running processes that belong to the sandbox in `state` (Linux only)."""
    found: list[str] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            variables = (entry / "environ").read_bytes()
        except OSError:  # it ended in between
            continue
        wanted = str(state).encode()
        if any(wanted in word for word in words) or wanted in variables:
            found.append(b" ".join(words).decode(errors="replace").strip())
    return [words for words in found if words]


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
