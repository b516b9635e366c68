"""Nothing is changed before a person said so; and Ctrl-C is for the program that works."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from ops.confirmation import confirm
from ops.interruption import left_to_the_child
from ops.refusal import Refusal

pytestmark = pytest.mark.unit


class Terminal:
    """A person who types a line."""

    def __init__(self, line: str) -> None:
        self._line = line

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        return self._line


@pytest.mark.parametrize("line", ["y\n", "yes\n", " YES \n"])
def test_yes(line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(line))
    confirm(yes=False)
    assert capsys.readouterr().out == "Go on? [y/N] "


@pytest.mark.parametrize("line", ["n\n", "\n", "", "yess\n"])
def test_anything_else(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(line))
    with pytest.raises(Refusal, match="changed"):
        confirm(yes=False)


def test_nobody_is_asked_who_said_it_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    confirm(yes=True)


def test_an_interruption_reaches_the_child_and_not_us() -> None:
    """The child interrupts us as a terminal would, and itself ends in its own time."""
    child = (
        "import os, signal, sys, time\n"
        "assert signal.getsignal(signal.SIGINT) is signal.default_int_handler\n"
        "os.kill(os.getppid(), signal.SIGINT)\n"
        "time.sleep(1)\n"
        "sys.exit(7)\n"
    )
    before = signal.getsignal(signal.SIGINT)
    with left_to_the_child():
        done = subprocess.run([sys.executable, "-c", child], check=False)
    assert done.returncode == 7
    assert signal.getsignal(signal.SIGINT) is before
