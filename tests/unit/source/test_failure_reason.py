"""What is said last of a failed test run."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.failure_reason import reason

pytestmark = pytest.mark.unit

_PULUMI = """
dev = <ClusterStack>
>       assert outcome.exit_code == 0, outcome.output
E       AssertionError: Updating (dev):
E          +  aws:ec2:Vpc network created (0.1s)
E         Diagnostics:
E           kubernetes:apps/v1:Deployment (users-deployment):
E             error: timed out: pod users-1: container 'users': CrashLoopBackOff
E
E         Outputs:
E             siteUrl: "https://dev.example.com"
E       assert 255 == 0
tests/cluster/test_pod_security.py:21: AssertionError
"""


def test_a_command_of_pulumi_that_failed_is_told_by_its_diagnostics() -> None:
    assert [line.strip() for line in reason(_PULUMI).splitlines()] == [
        "kubernetes:apps/v1:Deployment (users-deployment):",
        "error: timed out: pod users-1: container 'users': CrashLoopBackOff",
    ]


def test_any_other_failure_is_told_by_the_lines_of_its_error() -> None:
    report = (
        "    def test():\n>       assert 1 == 2, 'no'\nE       AssertionError: no\nE       assert 1 == 2\n\nx.py:1: E"
    )
    assert [line.strip() for line in reason(report).splitlines()] == ["AssertionError: no", "assert 1 == 2"]


def test_the_reasons_stand_at_the_end_each_of_them_once(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_sessionfinish\n")
    (tmp_path / "test_it.py").write_text(
        textwrap.dedent("""
        import pytest

        @pytest.fixture
        def broken():
            raise RuntimeError("it is broken")

        @pytest.mark.parametrize("number", range(3))
        def test_with_it(broken, number):
            pass

        def test_alone():
            assert 1 == 2
        """)
    )
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={tmp_path}", str(tmp_path)]
    shown = subprocess.run(words, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False).stdout
    end = shown[shown.index("1 failed, 3 errors") :].splitlines()[1:]
    told = [line.strip() for line in end if line.strip()]
    assert told[0].endswith("::test_alone: call")
    assert told[1] == "assert 1 == 2"
    assert told[2].endswith("::test_with_it[0]: setup")
    assert told[3:] == ["RuntimeError: it is broken"]
