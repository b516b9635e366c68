"""Reads from the words after `pulumi` what the sandbox has to know, and refuses what would do harm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.refusal import Refusal

DEFAULT_STACK = "dev"

# Options that take the next word as their value, as far as they can stand before a sub-command's name.
_VALUE_OPTIONS = frozenset(
    (
        *("-C", "--cwd", "-s", "--stack", "--config-file"),
        *("--color", "-v", "--verbose", "--profiling", "--tracing", "--memprofilerate", "--otel-traces"),
    )
)

# https://www.pulumi.com/docs/iac/cli/commands/ ; other names of a command included.
_WITH_CONFIGURATION = frozenset(
    ("up", "update", "preview", "pre", "destroy", "down", "dn", "refresh", "import", "watch", "logs", "log")
)
_WITHOUT_PROJECT = frozenset(("version", "whoami", "help", "gen-completion", "plugin", "schema", "policy", ""))

_EDIT = "the sandbox reads the project's stack files and never writes them: edit {file}"
_REFUSED = {
    "login": "the sandbox has a backend of its own; there is nothing to log in to",
    "logout": "the sandbox has a backend of its own; there is nothing to log out of",
    "new": "the sandbox runs this project only; use `pulumi new` outside it",
    "stack init": "the sandbox makes a stack at its first `up` or `preview`",
    "stack select": "the sandbox keeps no selected stack; name one with `--stack`",
    "stack rename": "the sandbox's stacks are named after the project's stack files",
    "stack change-secrets-provider": "the sandbox has a throw-away passphrase of its own",
}


@dataclass(frozen=True)
class PulumiArguments:
    """The words for `pulumi`, understood as far as needed.

    Attributes:
        words: all of them, as typed
        directory: where `pulumi` will look for its project
        command: the command's name, such as `up` or `config get`; empty when there is none
        stack: the stack it is about; `dev` when none was named
        names_stack: whether the words name it
    """

    words: tuple[str, ...]
    directory: Path
    command: str
    stack: str
    names_stack: bool

    @property
    def asks_for_help(self) -> bool:
        """Whether only help is wanted, for which nothing has to be prepared."""
        return self.command == "help" or bool({"-h", "--help", "--version"}.intersection(self.words))

    @property
    def needs_configuration(self) -> bool:
        """Whether the command reads the stack's configuration, and so takes `--config-file`."""
        return self.command in _WITH_CONFIGURATION or self.command in {"config", "config get"}

    @property
    def needs_project(self) -> bool:
        """Whether the command is about the project in `directory`."""
        return self.command.partition(" ")[0] not in _WITHOUT_PROJECT


def parse(words: Sequence[str], current: Path) -> PulumiArguments:
    """Understand `words`, typed in the directory `current`.

    Raises:
        Refusal: they ask for something that the sandbox does not do.
    """
    names: list[str] = []
    values: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        if word == "--":
            break
        if word.startswith("-"):
            name, given, value = word.partition("=")
            if not given and name in _VALUE_OPTIONS:
                value = next(rest, "")
            elif not given and len(name) > 2 and name[:2] in {"-C", "-s"} and name[1] != "-":  # noqa: PLR2004  # `-sdev`
                name, value = name[:2], name[2:]
            values[name] = value
        else:
            names.append(word)
    command = _command(names)
    stack = values.get("--stack", values.get("-s"))
    arguments = PulumiArguments(
        words=tuple(words),
        directory=(current / values.get("--cwd", values.get("-C", "."))).resolve(),
        command=command,
        # A qualified name (`organization/project/stack`) means the same stack.
        stack=(DEFAULT_STACK if stack is None else stack).rpartition("/")[2],
        names_stack=stack is not None,
    )
    if not arguments.asks_for_help:
        _refuse_harm(arguments, values)
    return arguments


def _command(names: Sequence[str]) -> str:
    if not names:
        return ""
    first = {"cfg": "config", "conf": "config", "init": "stack init"}.get(names[0], names[0])
    return " ".join([first, *names[1:2]]) if first in {"stack", "config"} else first


def _refuse_harm(arguments: PulumiArguments, values: dict[str, str]) -> None:
    file = f"Pulumi.{arguments.stack}.yaml"
    reason = _REFUSED.get(arguments.command)
    if arguments.command.startswith("config ") and arguments.command != "config get":
        reason = _EDIT.format(file=file) + ", or give a value for one command with `--set key=value`"
    if arguments.command in {"destroy", "down", "dn"} and "--remove" in values:
        reason = f"`--remove` would delete {file} too; use `destroy`, then `stack rm`"
    if "--config-file" in values:
        reason = "the sandbox makes the configuration file itself; use `--set key=value` to change a value"
    if reason is not None:
        raise Refusal(f"`pulumi {arguments.command}`: {reason}")
