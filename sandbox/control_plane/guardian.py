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

_GRACE = 2.0


def main(directories: list[str]) -> None:
    """Wait for the supervisor's end, then end its processes and remove its directories."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.killpg(os.getpgid(0), signal.SIGTERM)  # which this process ignores
    time.sleep(_GRACE)
    for each in directories:
        shutil.rmtree(each, ignore_errors=True)
    os.killpg(os.getpgid(0), signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1:])
