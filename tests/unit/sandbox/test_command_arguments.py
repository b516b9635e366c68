"""What the sandbox reads from the words after `pulumi`."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.pulumi_arguments import parse
from sandbox.refusal import Refusal

pytestmark = pytest.mark.unit

HERE = Path("/somewhere")


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


@pytest.mark.parametrize("command", ["up", "update", "preview", "destroy", "refresh", "import", "config", "config get"])
def test_these_read_configuration(command: str) -> None:
    assert parse(command.split(), HERE).needs_configuration


@pytest.mark.parametrize("command", ["cancel", "stack", "stack output", "state", "about"])
def test_these_read_none(command: str) -> None:
    assert not parse(command.split(), HERE).needs_configuration


@pytest.mark.parametrize(
    "words",
    [
        "config set a b",
        "config rm a",
        "config set-all --plaintext a=b",
        "config refresh",
        "config env add x",
        "stack init prod",
        "stack select prod",
        "stack rename prod",
        "stack change-secrets-provider passphrase",
        "destroy --remove",
        "down --remove --yes",
        "login",
        "logout",
        "new",
        "up --config-file other.yaml",
    ],
)
def test_what_would_write_a_stack_file_or_leave_the_sandbox_is_refused(words: str) -> None:
    with pytest.raises(Refusal, match="pulumi"):
        parse(words.split(), HERE)


def test_help_about_a_refused_command_is_still_given() -> None:
    assert parse(["config", "set", "--help"], HERE).asks_for_help


def test_words_after_a_double_dash_are_not_looked_at() -> None:
    assert parse(["up", "--", "--stack", "prod"], HERE).stack == "dev"
