"""Ends a child that serves until its standard input ends."""

from __future__ import annotations

import subprocess

_LIMIT = 10.0  # seconds, for calls under way


def end_child(process: subprocess.Popen[bytes], limit: float = _LIMIT) -> None:
    """Close the child's standard input, let it finish, and kill it where that takes more than `limit` seconds."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(limit)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
