"""A cluster that no longer answers blocks nothing for good, and the tier itself leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.control_plane.running import find
from tests.cluster.cluster_stack import ClusterStack
from tests.engine.sandbox_stack import CHECKOUT, succeeded
from tests.says import Says

pytestmark = pytest.mark.cluster


def test_destroy_without_a_cluster_empties_state_and_inventory_as_documented(
    on_cluster: Callable[[str], ClusterStack],
) -> None:
    stack = on_cluster("dev")
    succeeded(stack.up())
    stack.end_control_plane()

    changed = stack.up(set={"slipway:images.frontend.tag": "git-0000002"})
    assert changed.exit_code != 0
    assert Says("unreachable: https://127.0.0.1") == changed.output

    refused = stack.destroy()
    assert refused.exit_code != 0
    assert Says("PULUMI_K8S_DELETE_UNREACHABLE=true") == refused.output

    succeeded(stack.destroy(variables={"PULUMI_K8S_DELETE_UNREACHABLE": "true"}))
    assert stack.resources() == []
    assert stack.existing() == stack.made_by_bootstrap()


_RUN = """
import sys, time
from pathlib import Path
from tests.cluster.cluster_stack import cluster_stack
with cluster_stack("dev", Path(sys.argv[1])) as stack:
    print(stack.state.parent, flush=True)
    time.sleep(600)
"""


def test_a_killed_test_run_leaves_no_process_and_no_file(stack_cache: Path) -> None:
    words = [sys.executable, "-c", _RUN, str(stack_cache)]
    run = subprocess.Popen(words, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    directory = run.stdout.readline().strip()
    assert find(Path(directory) / "sandbox" / "control-planes" / "slipway-dev") is not None
    assert _processes(directory)
    run.send_signal(signal.SIGKILL)
    run.wait()
    _until_gone(directory)


def test_a_killed_supervisor_leaves_no_process_and_no_file(on_cluster: Callable[[str], ClusterStack]) -> None:
    stack = on_cluster("dev")
    os.kill(stack.supervisor.pid, signal.SIGKILL)
    stack.supervisor.wait()
    _until_gone(str(stack.control_plane.path))


def _processes(directory: str) -> list[str]:
    """The command lines of the processes that name a directory."""
    shown = subprocess.run(["ps", "-ww", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    return [line for line in shown.splitlines() if directory in line]


def _until_gone(directory: str) -> None:
    deadline = time.monotonic() + 30
    while _processes(directory) or Path(directory).exists():
        assert time.monotonic() < deadline, _processes(directory)
        time.sleep(0.2)
