"""What the tests of `sandbox.fork_server` let it run: says what it was given, ends as asked, or waits."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str]) -> None:
    """Do what the first argument says."""
    told = {
        "pid": os.getpid(),
        "arguments": list(arguments),
        "directory": str(Path.cwd()),
        "environment": dict(os.environ),
        "input": sys.stdin.read() if arguments[0] == "say" else "",
        "modules": sorted({name.partition(".")[0] for name in sys.modules}),
    }
    print(json.dumps(told), flush=True)
    if arguments[0] == "raise":
        raise ValueError("as asked")
    if arguments[0] == "exit":
        sys.exit(int(arguments[1]))
    if arguments[0] == "wait":
        time.sleep(60)
