"""What the command line does with words it does not know, and how it calls Pulumi."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.__main__ import main
from ops.pulumi_command import PulumiCommand
from ops.refusal import Refusal
from tests.says import Says

pytestmark = pytest.mark.unit


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: slipway\n")
    for stack in ("dev", "prod"):
        (tmp_path / f"Pulumi.{stack}.yaml").write_text("config: {}\n")
    return tmp_path


@pytest.mark.parametrize(("words", "code"), [(["--help"], 0), (["-h"], 0), ([], 2)])
def test_help_and_no_command_list_the_commands(words: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == code
    assert capsys.readouterr().out == Says("python -m ops <command>", "affected", "migrate", "summarize")


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrat"]) == 2
    assert Says("migrat", "affected, capacity,", "migrate", at="ops") == capsys.readouterr().err.strip()


@pytest.mark.parametrize(
    ("words", "directory", "says"),
    [
        ("no-such-pulumi", ".", Says("install Pulumi", at="--pulumi 'no-such-pulumi'")),
        ("sh", "without-project", Says("without-project", "Pulumi.yaml")),
    ],
)
def test_a_program_and_a_project_have_to_be_there(project: Path, words: str, directory: str, says: Says) -> None:
    with pytest.raises(Refusal) as refused:
        PulumiCommand.of(words, project / directory)
    assert says == str(refused.value)


def test_an_unknown_stack_is_refused_with_those_there_are(project: Path) -> None:
    with pytest.raises(Refusal) as refused:
        PulumiCommand.of("sh", project).stack_file("qa")
    assert Says("stack qa", "Pulumi.qa.yaml", "dev, prod") == str(refused.value)
