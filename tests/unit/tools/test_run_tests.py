"""Which tests are run with what, and what a person is told whose machine lacks something."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.engine.processes import wait_until
from tests.says import Says
from tests.stack_values import ROOT
from tools import prerequisites, run_tests
from tools.prerequisites import AB, CHROMIUM, GIT, GO, HAPROXY, POSTGRESQL, Program

pytestmark = pytest.mark.unit


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that were run, each of them a success; the machine lacks nothing."""
    ran: list[list[str]] = []

    def run(words: Sequence[str]) -> int:
        ran.append(list(words))
        return 0

    monkeypatch.setattr(run_tests, "_run", run)
    monkeypatch.setattr(prerequisites, "missing", lambda _: [])
    return ran


def lacking(monkeypatch: pytest.MonkeyPatch, *programs: Program, root: bool) -> None:
    def missing(asked: Sequence[Program]) -> list[Program]:
        return [each for each in asked if each in programs]

    monkeypatch.setattr(prerequisites, "missing", missing)
    monkeypatch.setattr(prerequisites.os, "geteuid", lambda: 0 if root else 1000)
    monkeypatch.setattr(prerequisites.shutil, "which", lambda name: f"/usr/bin/{name}")


def modules(steps: Sequence[Sequence[str]]) -> list[str]:
    """What each command runs, without Python before it."""
    return [" ".join(words[words.index("-m") + 1 :]) for words in steps]


def test_the_quick_tests_build_no_tool_and_name_what_they_leave_out(
    steps: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_tests.main(["--", "-k", "drift"]) == 0
    assert modules(steps) == [
        "sandbox.setup --for-tests",
        "tools.iam_decisions",
        "pytest -n auto --dist worksteal tests/engine/test_short_round.py tests/unit tests/program -k drift",
    ]
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("not run")]
    assert told == [Says(f"make test-{name}", "make test-all", at="not run") for name in ("engine", "cluster", "edge")]


def test_all_tiers_are_run_one_by_one_after_all_tools_are_there(steps: list[list[str]]) -> None:
    assert run_tests.main(["all"]) == 0
    ran = modules(steps)
    assert ran[2:5] == [f"sandbox.go_tools {each}" for each in ("images", "cluster", "lint")]
    assert [each.split()[-1] for each in ran[5:]] == [f"tests/{tier.name}" for tier in run_tests.TIERS]


def test_every_folder_of_tests_is_a_tier() -> None:
    tests = Path(__file__).parents[2]
    folders = {f"tests/{file.relative_to(tests).parts[0]}" for file in tests.rglob("test_*.py")}
    assert folders == {path for tier in run_tests.TIERS for path in tier.paths}
    assert all((tests.parent / path).exists() for path in run_tests.QUICK.paths)


def test_a_failed_tier_does_not_hide_the_next(
    monkeypatch: pytest.MonkeyPatch, steps: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    def run(words: Sequence[str]) -> int:
        steps.append(list(words))
        return int("tests/unit" in words)

    monkeypatch.setattr(run_tests, "_run", run)
    assert run_tests.main(["unit", "program"]) == 1
    assert [words[-1] for words in steps[-2:]] == ["tests/unit", "tests/program"]
    assert Says("test unit", "failed", "1") == capsys.readouterr().out


def test_after_ctrl_c_nothing_more_is_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], steps: list[list[str]]
) -> None:
    def run(words: Sequence[str]) -> int:
        steps.append(list(words))
        return 130

    monkeypatch.setattr(run_tests, "_run", run)
    assert run_tests.main(["all"]) == 130
    assert modules(steps) == ["sandbox.setup --for-tests"]
    assert Says("set up Python and pulumi", "interrupted") == capsys.readouterr().out


@pytest.mark.parametrize(("codes", "ended"), [((5, 0), 0), ((5, 5), 1), ((0, 1), 1)])
def test_a_tier_without_a_selected_test_is_no_failure_where_another_has_some(
    monkeypatch: pytest.MonkeyPatch, steps: list[list[str]], codes: tuple[int, int], ended: int
) -> None:
    def run(words: Sequence[str]) -> int:
        steps.append(list(words))
        return codes["tests/program" in words] if "pytest" in words else 0

    monkeypatch.setattr(run_tests, "_run", run)
    assert run_tests.main(["unit", "program", "--", "-k", "drift"]) == ended


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_running_is_interrupted_with_the_tests(tmp_path: Path, number: int) -> None:
    """Ctrl-C reaches a whole group; who ends the runner alone ends what it runs too."""
    child = tmp_path / "child.py"
    child.write_text(
        f"import pathlib, time\npathlib.Path({str(tmp_path / 'began')!r}).touch()\n"
        f"try:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    pathlib.Path({str(tmp_path / 'ended')!r}).touch()\n"
    )
    code = (
        "import signal, sys; from tools import run_tests as r; signal.signal(signal.SIGTERM, r._terminate); "
        f"sys.exit(r._run([sys.executable, {str(child)!r}]))"
    )
    runner = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, start_new_session=True)
    assert wait_until((tmp_path / "began").exists)
    if number == signal.SIGINT:
        os.killpg(runner.pid, number)
    else:
        runner.send_signal(number)
    assert runner.wait(30) == 130
    assert (tmp_path / "ended").exists()


def test_whoever_is_not_root_is_told_all_that_is_missing_before_anything_is_run(
    monkeypatch: pytest.MonkeyPatch, steps: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    lacking(monkeypatch, HAPROXY, AB, POSTGRESQL, CHROMIUM, root=False)
    assert run_tests.main(["all"]) == 1
    assert steps == []
    told = capsys.readouterr().err
    assert Says("haproxy", "ab", "initdb", "chromium", at="test") == told
    command = "sudo apt-get install --yes haproxy apache2-utils postgresql chromium"
    assert [line for line in told.splitlines() if "install" in line] == [Says(command, at="Install with")]


def test_root_installs_what_is_missing_first(monkeypatch: pytest.MonkeyPatch, steps: list[list[str]]) -> None:
    lacking(monkeypatch, HAPROXY, CHROMIUM, root=True)
    assert run_tests.main(["edge"]) == 0
    assert modules(steps)[0] == "tools.prerequisites haproxy chromium"


@pytest.mark.parametrize("root", [True, False])
def test_go_is_never_debians(
    monkeypatch: pytest.MonkeyPatch, steps: list[list[str]], capsys: pytest.CaptureFixture[str], *, root: bool
) -> None:
    lacking(monkeypatch, GIT, GO, root=root)
    monkeypatch.setattr(run_tests, "GROUPS", {"images": (NOT_BUILT,)})
    assert run_tests.main(["engine"]) == 1
    assert steps == []
    assert Says("https://go.dev/dl/", "git") == capsys.readouterr().err


def test_where_the_tools_are_there_nothing_is_built_and_go_is_not_needed(
    monkeypatch: pytest.MonkeyPatch, steps: list[list[str]]
) -> None:
    lacking(monkeypatch, GO, root=False)
    monkeypatch.setattr(run_tests, "GROUPS", {"images": ()})
    assert run_tests.main(["engine"]) == 0
    assert steps


class _NotBuilt:
    commands = ("regctl",)
    found: Callable[[str], None] = staticmethod(lambda _: None)


NOT_BUILT = _NotBuilt()


@pytest.mark.parametrize(
    ("system", "command"), [("linux", "sudo apt-get install --yes haproxy"), ("darwin", "brew install haproxy")]
)
def test_the_line_that_installs_them_is_the_systems(system: str, command: str) -> None:
    assert prerequisites.message([HAPROXY, AB] if system == "darwin" else [HAPROXY], system).endswith(command)


@pytest.mark.parametrize(
    ("version", "enough"), [("go1.26.8 linux/amd64", True), ("go1.21.0", True), ("go1.19.8", False), ("none", False)]
)
def test_a_go_that_fetches_no_newer_one_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, *, enough: bool
) -> None:
    go = tmp_path / "go"
    go.write_text(f"#!/bin/sh\necho go version {version}\n")
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert (prerequisites.missing([GO]) == []) is enough


def test_an_unknown_tier_is_refused(steps: list[list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_tests.main(["edges"]) == 2
    assert Says("edges", "edge", "cluster", "all") == capsys.readouterr().err
    assert steps == []
