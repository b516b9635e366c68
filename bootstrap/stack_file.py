"""From the values of `bootstrap/Pulumi.<stack>.yaml` to checked settings, or to every problem of the file at once."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pulumi
import yaml
from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from bootstrap.settings import PROGRAM, AccountSettings, EnvironmentSettings, is_account
from infra.problems import Problem, SettingsError
from infra.validation_messages import problem_of

Settings = AccountSettings | EnvironmentSettings

_REPOSITORY = Path(__file__).resolve().parent.parent
_PLAIN_TEXT = {"account", "domain"}
_OTHER_NAMESPACES = ("aws", "pulumi")
_NOT_SET = ("", "[]", "{}")
"""What `Pulumi.yaml` gives every stack for a key that its file does not set."""


def read_settings() -> Settings:
    """The settings of the stack that Pulumi is working on.

    Raises:
        pulumi.RunError: the stack file has problems; the message lists all of them. Nothing was created.
    """
    # The SDK offers no way to list keys, and an unknown key can only be refused by seeing it.
    runtime_config = pulumi.runtime.config
    values = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
    try:
        return parse_settings(pulumi.get_project(), pulumi.get_stack(), values, _REPOSITORY)
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None


def parse_settings(project: str, stack: str, values: Mapping[str, str], program: Path) -> Settings:
    """The settings in these configuration values, given as Pulumi gives them: text, or JSON for an object.

    Args:
        project: bootstrap's name, with which its keys begin
        stack: which of its stacks
        values: by key
        program: the directory with the stack files of the program, whose account, region and domain are the same

    Raises:
        SettingsError: with every problem found.
    """
    model = AccountSettings if is_account(stack) else EnvironmentSettings
    other = EnvironmentSettings if is_account(stack) else AccountSettings
    keys = _keys(model)
    given = {key.removeprefix(f"{project}:"): text for key, text in values.items() if key.startswith(f"{project}:")}
    problems = [
        Problem(namespace, f"is not a known namespace; expected {project}: for Slipway's own keys")
        for namespace in sorted({key.partition(":")[0] for key in values} - {project, *_OTHER_NAMESPACES})
    ]
    for alias in sorted(given.keys() - keys.keys()):
        if alias not in _keys(other):
            known = ", ".join(sorted(keys))
            problems.append(Problem(f"{project}:{alias}", f"is not a known key; expected one of {known}"))
        elif given[alias] not in _NOT_SET:
            whose = "an environment's stack" if is_account(stack) else "an account's stack"
            problems.append(Problem(f"{project}:{alias}", f"belongs to {whose}; expected it not to be set here"))
    document = {
        alias: text if alias in _PLAIN_TEXT else _from_json(text)
        for alias, text in given.items()
        if alias in keys and text not in _NOT_SET
    }
    document |= {"stack": stack, **({"region": values["aws:region"]} if values.get("aws:region") else {})}
    settings, sound = None, dict(document)
    try:
        settings = model.model_validate_json(json.dumps(document))
    except ValidationError as error:
        for detail in error.errors():
            alias, *inside = detail["loc"]
            sound.pop(str(alias), None)
            if detail["type"] == "too_short" and len(detail["input"]) >= detail.get("ctx", {})["min_length"]:
                continue  # its entries, told by themselves, do not count
            name = next(name for name, field in model.model_fields.items() if (field.alias or name) == alias)
            root = {"stack": "stack name", "region": "aws:region"}.get(name, f"{project}:{alias}")
            problems.append(problem_of({**detail, "loc": tuple(inside)}, root, name, model))
    problems += _tag_problems(project, sound.get("tags"))
    if not is_account(stack):
        problems += _differences(project, sound, program / f"Pulumi.{stack}.yaml")
    if isinstance(settings, EnvironmentSettings):
        problems += _rules(project, settings)
    if problems or settings is None:
        raise SettingsError(stack, problems)
    return settings


def _keys(model: type[Settings]) -> dict[str, str]:
    """The keys of bootstrap's own namespace, by the name they have in the file."""
    return {
        field.alias or to_camel(name): name
        for name, field in model.model_fields.items()
        if name not in {"stack", "region"}
    }


def _from_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text  # the type check will name it


def _tag_problems(project: str, tags: Any) -> Iterator[Problem]:
    """Every resource says whose it is; project and stack are known without being said."""
    if not isinstance(tags, dict):
        return
    given = cast(dict[str, Any], tags)
    if "owner" not in given:
        yield Problem(f"{project}:tags.owner", "is required; expected who is asked about these resources")
    for tag in sorted({"project", "stack"} & given.keys()):
        yield Problem(f"{project}:tags.{tag}", "is set by the program; expected other tags here")


def _rules(project: str, settings: EnvironmentSettings) -> Iterator[Problem]:
    """What joins several settings."""
    source = settings.promotes_from
    if source is not None and source.environment == settings.stack:
        yield Problem(
            f"{project}:promotesFrom.environment",
            f"is {source.environment}, this environment itself; expected the one before it",
        )


def _differences(project: str, document: Mapping[str, Any], file: Path) -> Iterator[Problem]:
    """Where an environment's two stack files do not say the same; the program's may still have to be written."""
    if not file.exists():
        return
    try:
        content: Any = yaml.safe_load(file.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        yield Problem(file.name, f"of {PROGRAM} cannot be read: {' '.join(str(error).split())}")
        return
    found: Any = cast(dict[str, Any], content).get("config") if isinstance(content, dict) else None
    config = cast(dict[str, Any], found) if isinstance(found, dict) else {}
    pairs = (("account", f"{PROGRAM}:account"), ("domain", f"{PROGRAM}:domain"), ("region", "aws:region"))
    for alias, theirs in pairs:
        if alias in document and theirs in config and document[alias] != config[theirs]:
            ours = "aws:region" if alias == "region" else f"{project}:{alias}"
            yield Problem(
                ours,
                f"is {json.dumps(document[alias])}; expected {json.dumps(config[theirs])}, "
                f"which {file.name} of {PROGRAM} has as {theirs}",
            )
