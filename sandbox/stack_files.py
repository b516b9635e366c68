"""The work copy of a stack file that one command runs on.

`pulumi` writes into a stack file (a salt, secrets), and what it would encrypt with the sandbox's
throw-away passphrase has no place in a shipped file. So every command gets a copy, made afresh from the
checkout's file: the sandbox's salt in place of the file's own, a throw-away value for each secret, and
the values of `--set`.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sandbox.configuration_paths import ConfigurationPath, parse_path, put, secure_paths
from sandbox.refusal import Refusal

# How a stack's secrets are encrypted; the work copy says `encryptionsalt` instead.
# https://www.pulumi.com/docs/iac/concepts/projects/stack-settings-file/
_ENCRYPTION = ("encryptionsalt", "encryptedkey", "secretsprovider")


@dataclass(frozen=True)
class Project:
    """A Pulumi project: the directory with `Pulumi.yaml`, and what that file says."""

    directory: Path
    name: str
    configuration: Mapping[str, Any]

    def stack_file(self, stack: str) -> Path:
        """The path of the stack's file in the checkout."""
        return self.directory / f"Pulumi.{stack}.yaml"

    def stacks(self) -> list[str]:
        """The names of the stacks that have a file."""
        files = self.directory.glob("Pulumi.*.yaml")
        return sorted(file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in files)


def find_project(directory: Path) -> Project:
    """The project that `pulumi` finds from `directory`: there or in the nearest directory above.

    Raises:
        Refusal: there is none, or its file cannot be read.
    """
    for candidate in (directory, *directory.parents):
        file = candidate / "Pulumi.yaml"
        if file.is_file():
            content = _load(file)
            name = content.get("name")
            if not isinstance(name, str):
                raise Refusal(f"{file}: the project has no name")
            return Project(candidate, name, _map(content.get("config")))
    raise Refusal(f"no Pulumi project (Pulumi.yaml) in {directory} or above")


def _load(file: Path) -> dict[str, Any]:
    # YAML 1.2, as Pulumi reads it: `22:00` is a text and no number, `on` is no truth value.
    try:
        content: Any = _yaml().load(file)
    except (OSError, YAMLError) as error:
        raise Refusal(f"{file}: {error}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise Refusal(f"{file}: has to be a map")
    return cast("dict[str, Any]", content)


def _yaml() -> YAML:
    yaml = YAML()
    yaml.width = 4096  # no line is ever folded
    return yaml


@dataclass
class Vault:
    """The salt and ciphertexts of one stack, kept between commands.

    The plain values are random, made once and known to nobody; keeping the ciphertext is what keeps a
    second `up` free of changes.
    """

    file: Path
    salt: str
    secrets: dict[str, str]

    @classmethod
    def load(cls, file: Path) -> Vault:
        """Read the vault; an empty one if there is none yet."""
        if not file.exists():
            return cls(file, "", {})
        content = json.loads(file.read_text())
        return cls(file, content["salt"], content["secrets"])

    def save(self) -> None:
        """Write the vault in one step."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        partial = self.file.with_suffix(".partial")
        partial.write_text(json.dumps({"salt": self.salt, "secrets": self.secrets}, indent=1))
        partial.replace(self.file)


@dataclass(frozen=True)
class Plan:
    """A stack's configuration for one command, complete but for the ciphertexts.

    Attributes:
        document: the stack file as it will be
        secrets: where a throw-away secret goes
    """

    document: dict[str, Any]
    secrets: tuple[ConfigurationPath, ...]


def plan(project: Project, stack: str, overlay: Sequence[str]) -> Plan:
    """Read the checkout's stack file and put the values of `--set` over it.

    Raises:
        Refusal: there is no such file, it cannot be read, or `overlay` does not fit it.
    """
    file = project.stack_file(stack)
    if not file.exists():
        known = ", ".join(project.stacks())
        raise Refusal(f"no stack {stack!r}: {file.name} is not in {project.directory} (there are: {known})")
    document = _load(file)
    for key in _ENCRYPTION:
        document.pop(key, None)
    configuration = _map(document.get("config"))
    document["config"] = configuration
    # The file's own ciphertexts belong to a key that the sandbox has not.
    secrets = list(secure_paths(configuration))
    for setting in overlay:
        path, value = _setting(setting, project.name)
        if path.rest and path.key not in configuration:
            _start_from_default(configuration, path.key, project)
        put(configuration, path, value)
        secrets = [each for each in secrets if each != path]
    secrets += [path for path in _wanted_secrets(project, configuration) if path not in secrets]
    return Plan(document, tuple(secrets))


def account_of(planned: Plan) -> str | None:
    """The AWS account that a stack is for, which the sandbox then pretends to be; nothing where it does not say."""
    configuration = planned.document["config"]
    for key, value in configuration.items():
        if key == "aws:allowedAccountIds" and isinstance(value, list) and value:
            return _account(cast("list[Any]", value)[0])
        if str(key).endswith(":account"):
            return _account(value)
    return None


def _account(value: Any) -> str | None:
    return str(value) if re.fullmatch(r"\d{12}", str(value)) else None


def _setting(text: str, namespace: str) -> tuple[ConfigurationPath, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise Refusal(f"--set {text}: expected KEY=VALUE")
    try:
        return parse_path(name, namespace), _yaml().load(value)
    except YAMLError as error:
        raise Refusal(f"--set {text}: the value is not YAML ({error})") from error


def _start_from_default(configuration: dict[str, Any], key: str, project: Project) -> None:
    # A key in a stack file hides the project's whole default for it, so a part is put into that default.
    for name in (key, key.removeprefix(f"{project.name}:")):
        declared = _map(project.configuration.get(name))
        for source in ("value", "default"):
            if declared.get(source) is not None:
                configuration[key] = _copy(declared[source])
                return


def _copy(value: Any) -> Any:
    text = io.StringIO()
    _yaml().dump(value, text)
    return _yaml().load(text.getvalue())


def _wanted_secrets(project: Project, configuration: dict[str, Any]) -> list[ConfigurationPath]:
    """The secrets that the project asks for and the stack does not give."""
    wanted: list[ConfigurationPath] = []
    for name, declaration in project.configuration.items():
        key = name if ":" in name else f"{project.name}:{name}"
        declared = _map(declaration)
        if not declared.get("secret") or "default" in declared or declared.get("type") == "object":
            continue
        if key not in configuration:
            wanted.append(ConfigurationPath(key))
    passwords = f"{project.name}:databasePasswords"
    if {"databasePasswords", passwords}.intersection(project.configuration):
        given = _map(configuration.get(passwords))
        for service, settings in _map(configuration.get(f"{project.name}:services")).items():
            if _map(settings).get("database") and service not in given:
                wanted.append(ConfigurationPath(passwords, (service,)))
    server = _map(configuration.get(f"{project.name}:database"))
    if server and "password" not in _map(server.get("administrator")):
        wanted.append(ConfigurationPath(f"{project.name}:database", ("administrator", "password")))
    return wanted


def _map(value: Any) -> dict[str, Any]:
    """`value` when it is a map; what is no map has no entries."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def missing_ciphertexts(planned: Plan, vault: Vault) -> list[str]:
    """The names of the secrets that still have to be made and encrypted."""
    return [str(path) for path in planned.secrets if str(path) not in vault.secrets]


def write_work_copy(planned: Plan, vault: Vault, target: Path) -> None:
    """Write the stack file that `pulumi` gets, in one step."""
    for path in planned.secrets:
        if path.rest and planned.document["config"].get(path.key) is None:
            planned.document["config"][path.key] = {}
        put(planned.document["config"], path, {"secure": vault.secrets[str(path)]})
    planned.document["encryptionsalt"] = vault.salt
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    with partial.open("w") as file:
        _yaml().dump(planned.document, file)
    partial.replace(target)
