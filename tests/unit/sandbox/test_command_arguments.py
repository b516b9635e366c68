"""What the sandbox reads from the words after `pulumi`."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.pulumi_arguments import parse
from sandbox.refusal import Refusal
from tests.says import Says

pytestmark = pytest.mark.unit

HERE = Path("/somewhere")
_WRITES_SETTINGS = [("set", "a b"), ("rm", "a"), ("set-all", "--plaintext a=b"), ("refresh", ""), ("env", "add x")]


@pytest.mark.parametrize(
    ("words", "command", "stack", "directory"),
    [
        ("up", "up", "dev", "/somewhere"),
        ("up --stack prod --yes", "up", "prod", "/somewhere"),
        ("--stack=prod up", "up", "prod", "/somewhere"),
        ("-s prod up", "up", "prod", "/somewhere"),
        ("-sprod up", "up", "prod", "/somewhere"),
        ("up -s organization/slipway/prod", "up", "prod", "/somewhere"),
        ("-C bootstrap preview", "preview", "dev", "/somewhere/bootstrap"),
        ("--cwd=/elsewhere preview", "preview", "dev", "/elsewhere"),
        ("--color never stack output frontend", "stack output", "dev", "/somewhere"),
        ("stack --show-urns", "stack", "dev", "/somewhere"),
        ("config get slipway:domain", "config get", "dev", "/somewhere"),
        ("cfg", "config", "dev", "/somewhere"),
        ("--version", "", "dev", "/somewhere"),
    ],
)
def test_words_are_understood(words: str, command: str, stack: str, directory: str) -> None:
    arguments = parse(words.split(), HERE)
    assert (arguments.command, arguments.stack, str(arguments.directory)) == (command, stack, directory)


@pytest.mark.parametrize(
    ("needed", "commands"),
    [
        (True, ["up", "update", "preview", "destroy", "refresh", "import", "config", "config get"]),
        (False, ["cancel", "stack", "stack output", "state", "about"]),
    ],
)
def test_what_reads_configuration(needed: bool, commands: list[str]) -> None:
    assert {each: parse(each.split(), HERE).needs_configuration for each in commands} == dict.fromkeys(commands, needed)


@pytest.mark.parametrize(
    ("command", "rest", "remedies"),
    [
        *(("config " + word, rest, ["Pulumi.dev.yaml", "`--set key=value`"]) for word, rest in _WRITES_SETTINGS),
        ("stack init", "prod", ["`up`", "`preview`"]),
        ("stack select", "prod", ["`--stack`"]),
        ("stack rename", "prod", ["stack files"]),
        ("stack change-secrets-provider", "passphrase", ["passphrase"]),
        ("destroy", "--remove", ["`--remove`", "Pulumi.dev.yaml", "`stack rm`"]),
        ("down", "--remove --yes", ["`--remove`", "Pulumi.dev.yaml", "`stack rm`"]),
        ("login", "", ["backend"]),
        ("logout", "", ["backend"]),
        ("new", "", ["`pulumi new`"]),
        ("up", "--config-file other.yaml", ["`--set key=value`"]),
    ],
)
def test_what_would_write_a_stack_file_or_leave_the_sandbox_is_refused(
    command: str, rest: str, remedies: list[str]
) -> None:
    with pytest.raises(Refusal) as refused:
        parse([*command.split(), *rest.split()], HERE)
    assert Says(*remedies, at=f"`pulumi {command}`") == str(refused.value)


def test_help_about_a_refused_command_is_still_given() -> None:
    assert parse(["config", "set", "--help"], HERE).asks_for_help


def test_words_after_a_double_dash_are_not_looked_at() -> None:
    assert parse(["up", "--", "--stack", "prod"], HERE).stack == "dev"
