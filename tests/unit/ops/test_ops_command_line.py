"""What the command line does with words it does not know, and how it calls Pulumi."""

from __future__ import annotations

import stat
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


def pulumi(project: Path, script: str) -> PulumiCommand:
    path = project / "pulumi"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return PulumiCommand.of(str(path), project)


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


def test_outputs_are_what_pulumi_says(project: Path) -> None:
    command = pulumi(project, """echo "$*" > words; echo '{"siteUrl": "https://example.com"}'""")
    assert command.outputs("dev") == {"siteUrl": "https://example.com"}
    assert (project / "words").read_text() == "stack output --json --stack dev\n"


def test_pulumis_own_words_are_told_when_it_fails(project: Path) -> None:
    command = pulumi(project, "echo starting >&2; echo 'error: no stack named dev' >&2; exit 255")
    with pytest.raises(Refusal, match=r" dev: error: no stack named dev$"):
        command.outputs("dev")


@pytest.mark.parametrize(("yes", "words"), [(True, "up --stack dev --yes --skip-preview"), (False, "up --stack dev")])
def test_up_asks_unless_it_is_told_not_to(project: Path, yes: bool, words: str) -> None:
    command = pulumi(project, 'echo "$*" > words; exit 3')
    assert command.up("dev", yes=yes) == 3
    assert (project / "words").read_text() == f"{words}\n"
