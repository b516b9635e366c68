"""A command that shows its progress only to a terminal, run so that a program can read it."""

import os
import pty
import re
import subprocess
from collections.abc import Callable, Sequence

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_READ = 65536
_KEPT_LINES = 50


def run_on_a_terminal(words: Sequence[str], read: Callable[[str], None]) -> tuple[int, str]:
    """Run a command whose standard error is a terminal; gives back its exit code and the last lines it wrote there.

    Args:
        words: the command
        read: is given each line as it comes, without escape sequences
    """
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=theirs)
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    lines: list[str] = []
    try:
        partial = ""
        while part := _part(ours):
            *whole, partial = (partial + part).split("\n")
            for line in whole:
                plain = _ESCAPES.sub("", line).rstrip("\r")
                lines = [*lines[1 - _KEPT_LINES :], plain]
                read(plain)
        return process.wait(), "\n".join([*lines, _ESCAPES.sub("", partial)])
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        os.close(ours)


def _part(terminal: int) -> str:
    try:
        return os.read(terminal, _READ).decode(errors="replace")
    except OSError:  # what Linux answers once nobody has the other end open
        return ""
