"""Ends a control plane whose supervisor was killed.

It is the leader of the process group that all the control plane's processes belong to, and waits for its standard
input to end, whose other end only the supervisor holds. It is run as a file and uses the standard library only.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time

# Seconds.
_GRACE = 2.0
_REMOVAL = 20.0
_PAUSE = 0.1


def main(directory: str) -> None:
    """Wait for the supervisor's end, then end its processes and remove its directory."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.killpg(os.getpgid(0), signal.SIGTERM)  # which this process ignores
    time.sleep(_GRACE)
    deadline = time.monotonic() + _REMOVAL
    # Who is still ending may make a file while others are removed.
    while os.path.exists(directory) and time.monotonic() < deadline:  # noqa: PTH110  # as few imports as can be
        shutil.rmtree(directory, ignore_errors=True)
        time.sleep(_PAUSE)
    os.killpg(os.getpgid(0), signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1])
