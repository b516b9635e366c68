"""The checked settings of a stack file, read without Pulumi: for commands that only compute."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from infra.problems import SettingsError
from infra.settings import Settings
from infra.stack_file import parse_settings
from ops.refusal import Refusal

_PASSWORDS: Final = "databasePasswords"
_NOT_READ: Final = "a-secret-that-is-not-read-here"
_OF_A_FILE: Final = "compared"
"""The stack's name where a file is named that need not be one's."""
FILES: Final = (".yaml", ".yml")


def settings_of(stack_or_file: str, project: Path) -> Settings:
    """The settings of a stack of this project, or of any file like its stack files; secrets stay unread.

    Args:
        stack_or_file: a stack's name such as `prod`, or the path of a YAML file
        project: the directory with `Pulumi.yaml`

    Raises:
        Refusal: there is no such file, or it has problems; the message lists all of them.
    """
    path, stack = _named(stack_or_file, project)
    return _checked(path, project, stack, _config(path))


def settings_with(path: Path, project: Path, base: str) -> Settings:
    """The settings of a stack with the changes in another file.

    Args:
        path: a file like a stack's with what differs, at any depth; a key that is `null` there is taken away, as in a
            JSON merge patch: https://www.rfc-editor.org/rfc/rfc7396
        project: the directory with `Pulumi.yaml`
        base: the stack, by name or file

    Raises:
        Refusal: there is no such file, or it has problems; the message lists all of them.
    """
    base_path, stack = _named(base, project)
    return _checked(path, project, stack, _patched(_config(base_path), _config(path)))


def _patched(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    patched: dict[str, Any] = dict(base)
    for key, change in changes.items():
        if change is None:
            patched.pop(key, None)
        elif isinstance(change, Mapping):
            before: Any = patched.get(key) if isinstance(patched.get(key), Mapping) else {}
            patched[key] = _patched(cast(Mapping[str, Any], before), cast(Mapping[str, Any], change))
        else:
            patched[key] = change
    return patched


def _named(stack_or_file: str, project: Path) -> tuple[Path, str]:
    if stack_or_file.endswith(FILES):
        return Path(stack_or_file), _OF_A_FILE
    return project / f"Pulumi.{stack_or_file}.yaml", stack_or_file


def _config(path: Path) -> Mapping[str, Any]:
    given = _read(path).get("config")
    if not isinstance(given, Mapping):
        raise Refusal(f"{path} has no config; expected a mapping of settings")
    return cast(Mapping[str, Any], given)


def _checked(path: Path, project: Path, stack: str, config: Mapping[str, Any]) -> Settings:
    described = _read(project / "Pulumi.yaml")
    name = str(described.get("name"))
    defaults = {
        key: entry["value"] if "value" in entry else entry["default"]
        for key, entry in cast(Mapping[str, Any], described["config"]).items()
        if "value" in entry or "default" in entry
    }
    values = {key: _unlocked(value) for key, value in {**defaults, **config}.items()}
    # Of a migration nothing is asked here, and a placeholder is no hash of a password.
    values[f"{name}:migration"] = {}
    # Secrets that are set by a command, or will be.
    database: Any = values.get(f"{name}:database")
    if isinstance(database, Mapping) and database:
        values[f"{name}:database"] = {"administrator": {"password": _NOT_READ}, **cast(Mapping[str, Any], database)}
    services: Any = values.get(f"{name}:services")
    each = cast(Mapping[str, Any], services).items() if isinstance(services, Mapping) else ()
    values[f"{name}:{_PASSWORDS}"] = {
        service: _NOT_READ for service, of in each if isinstance(of, Mapping) and "database" in of
    }
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
    try:
        return parse_settings(name, stack, texts)
    except SettingsError as error:
        lines = "\n".join(f"  {problem}" for problem in error.problems)
        raise Refusal(f"{path} has problems:\n{lines}") from None


def _unlocked(value: Any) -> Any:
    """The value, with a placeholder for each secret in it: a mapping with nothing but `secure`, at whatever depth.

    https://www.pulumi.com/docs/iac/concepts/secrets/#secrets-in-a-stack-file
    """
    if isinstance(value, Mapping):
        entries = cast(Mapping[str, Any], value)
        if set(entries) == {"secure"}:
            return _NOT_READ
        return {key: _unlocked(entry) for key, entry in entries.items()}
    if isinstance(value, list):
        return [_unlocked(entry) for entry in cast(list[Any], value)]
    return value


def _read(path: Path) -> Mapping[str, Any]:
    try:
        content: Any = YAML(typ="safe").load(path.read_text())
    except FileNotFoundError:
        known = sorted(each.name.split(".")[1] for each in path.parent.glob("Pulumi.*.yaml"))
        hint = f"; the stacks here are {', '.join(known)}" if known else ""
        raise Refusal(f"there is no file {path}{hint}") from None
    except (OSError, YAMLError, UnicodeDecodeError) as error:
        raise Refusal(f"{path} cannot be read: {' '.join(str(error).split())}") from None
    if not isinstance(content, Mapping):
        raise Refusal(f"{path} is no mapping")
    return cast(Mapping[str, Any], content)
