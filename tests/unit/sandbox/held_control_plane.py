"""A control plane that only seems to run: its directory with the lock held, as its supervisor holds it."""

from __future__ import annotations

import contextlib
import fcntl
import json
from collections.abc import Generator
from pathlib import Path

from sandbox.control_plane.layout import Directory

ENDPOINT = "https://127.0.0.1:6443"


def describe(path: Path) -> Directory:
    """Make the directory as it is once all is ready, with nobody in it."""
    directory = Directory(path)
    directory.prepare()
    # No process has this id, should anything want to end it.
    directory.lock.write_text("4194305")
    directory.description.write_text(json.dumps({"endpoint": ENDPOINT, "certificateAuthority": "Q0E=", "pace": "real"}))
    return directory


@contextlib.contextmanager
def hold(directory: Directory) -> Generator[Directory]:
    """Hold the lock meanwhile."""
    with directory.lock.open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield directory
