"""Ctrl-C in the middle of the tests: what they started ends with them, and the next run begins from nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.fork_client import SOCKET_VARIABLE
from tests.engine.processes import kill_group, processes_of, wait_until
from tests.engine.sandbox_stack import CHECKOUT
from tests.says import Says

pytestmark = pytest.mark.engine


def test_ctrl_c_ends_all_that_the_tests_started(tmp_path: Path) -> None:
    base = tmp_path / "run"
    own = {name: value for name, value in os.environ.items() if name != SOCKET_VARIABLE and "PYTEST" not in name}
    words = [sys.executable, "-m", "tools.run_tests", "engine", "--", "-k", "test_dev_comes_up", f"--basetemp={base}"]
    log = tmp_path / "log"
    with log.open("w") as output:
        run = subprocess.Popen(words, cwd=CHECKOUT, env=own, stdout=output, stderr=output, start_new_session=True)
    assert wait_until(lambda: any("pulumi" in each for each in processes_of(base / "stacks")), 240), log.read_text()
    kill_group(run, signal.SIGINT)
    assert run.returncode == 130
    assert Says("test engine", "interrupted") == log.read_text()
    assert wait_until(lambda: not processes_of(base)), processes_of(base)
