"""Runs one control plane in the foreground: `python -m sandbox.control_plane --directory DIR --account FILE`."""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from sandbox.control_plane.layout import PACES, Directory
from sandbox.control_plane.supervisor import Plan, Supervisor
from sandbox.go_tools import control_plane_binaries
from sandbox.refusal import Refusal
from sandbox.toolchain import ToolMissing


def main(words: Sequence[str]) -> int:
    """Run it until it is told to stop; gives back the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.control_plane")
    parser.add_argument("--directory", type=Path, required=True, help="where everything is kept; must not exist yet")
    parser.add_argument("--account", type=Path, required=True, help="the SQLite file of the pretended account")
    parser.add_argument("--token-file", type=Path, help="what `aws eks get-token` answers")
    parser.add_argument("--pace", choices=sorted(PACES), default="real")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input ends")
    options = parser.parse_args(words)
    try:
        token = options.token_file.read_text().strip() if options.token_file else secrets.token_urlsafe(24)
        plan = Plan(
            Directory(options.directory.resolve()),
            options.account.resolve(),
            control_plane_binaries(),
            token,
            options.pace,
            options.with_parent,
        )
        Supervisor(plan).run(lambda endpoint: print(f"ready: {endpoint}", flush=True))
    except (Refusal, ToolMissing, OSError) as error:
        print(f"control plane: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
