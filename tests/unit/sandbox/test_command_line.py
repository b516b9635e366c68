"""The sandbox's own command line: one clear line and exit code 2 for what it does not understand."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.__main__ import main

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--nonsense", "pulumi", "up"],
        ["deploy"],
        ["--time-scale", "fast", "pulumi", "up"],
        ["--time-scale", "-1", "pulumi", "up"],
        ["--real", "aws", "pulumi", "up"],
        ["--real", "azure", "pulumi", "up"],
        ["--fault", "everything", "pulumi", "up"],
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    try:
        code: object = main(words)
    except SystemExit as end:
        code = end.code
    assert code == 2
    shown = capfd.readouterr()
    assert shown.out == ""
    assert len(shown.err.splitlines()) == 1


def test_the_word_pulumi_as_a_value_is_no_command_and_reset_of_nothing_is_fine(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["--state", str(tmp_path / "pulumi"), "reset"]) == 0
    assert capfd.readouterr().err == ""


def test_reset_removes_what_a_sandbox_made_and_nothing_else(tmp_path: Path) -> None:
    for name in ("backend", "home", "bin", "stacks"):
        (tmp_path / name).mkdir()
    (tmp_path / "account.sqlite").touch()
    (tmp_path / "account.sqlite-wal").touch()
    (tmp_path / "diary.txt").touch()
    assert main(["--state", str(tmp_path), "reset"]) == 0
    assert [each.name for each in tmp_path.iterdir()] == ["diary.txt"]
