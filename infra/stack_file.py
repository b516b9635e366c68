"""From the values of `Pulumi.<stack>.yaml` to checked settings, or to every problem of the file at once."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from types import NoneType
from typing import Annotated, Any, cast, get_args, get_origin

import pulumi
from pydantic import TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from capacity.check import check_capacity
from infra.haproxy_migration_settings import HaproxyMigrationSettings, ServiceShareSettings
from infra.problems import Problem, SettingsError
from infra.settings import NetworkSettings, Settings
from infra.settings_rules import broken_rules
from infra.validation_messages import problem_of, what_is_allowed

PROJECT_KEYS = {
    field.alias or to_camel(name): name
    for name, field in Settings.model_fields.items()
    if name not in {"project", "stack", "region"}
}
"""Keys of the project's own namespace, by the name they have in the file."""

_OTHER_NAMESPACES = ("aws", "eks", "kubernetes", "pulumi")
"""Of the engine and of the providers, which read their keys themselves."""
_PLAIN_TEXT = {"account", "domain", "namespace"}


def read_settings(now: datetime) -> Settings:
    """The settings of the stack that Pulumi is working on, whose pods and nodes add up in the weeks after `now`.

    Raises:
        pulumi.RunError: the stack file has problems; the message lists all of them. Nothing was created.
    """
    # The SDK offers no way to list keys, and an unknown key can only be refused by seeing it.
    runtime_config = pulumi.runtime.config
    values = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
    try:
        settings = parse_settings(pulumi.get_project(), pulumi.get_stack(), values)
        _require_room(settings, now)
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None
    return settings


def _require_room(settings: Settings, now: datetime) -> None:
    """Warn of what may go wrong with these sizes, and refuse what cannot work.

    Raises:
        SettingsError: with every such problem.
    """
    findings = check_capacity(settings, now)
    for warning in findings.warnings:
        pulumi.log.warn(str(warning))
    if findings.errors:
        raise SettingsError(settings.stack, findings.errors)


def parse_settings(project: str, stack: str, values: Mapping[str, str]) -> Settings:
    """The settings in these configuration values, given as Pulumi gives them: text, or JSON for an object.

    Raises:
        SettingsError: with every problem found.
    """
    found: dict[str, Any] = {"project": project}
    incomplete: set[str] = set()
    problems: list[Problem] = []
    _take(found, problems, "stack", "stack name", stack)
    if region := values.get("aws:region"):
        _take(found, problems, "region", "aws:region", region)
    else:
        problems.append(Problem("aws:region", "is required; expected such as us-west-2"))
    problems += [
        Problem(namespace, f"is not a known namespace; expected {project}: for Slipway's own keys")
        for namespace in sorted({key.partition(":")[0] for key in values} - {project, *_OTHER_NAMESPACES})
    ]
    for key in sorted(key for key in values if key.startswith(f"{project}:")):
        name = key.removeprefix(f"{project}:")
        if name not in PROJECT_KEYS:
            problems.append(Problem(key, f"is not a known key; expected one of {', '.join(sorted(PROJECT_KEYS))}"))
    for alias, name in PROJECT_KEYS.items():
        text = values.get(f"{project}:{alias}")
        if not text:
            problems.append(Problem(f"{project}:{alias}", f"is required; expected {what_is_allowed(name)}"))
        else:
            before = len(problems)
            _take(found, problems, name, f"{project}:{alias}", text if name in _PLAIN_TEXT else _from_json(text))
            if len(problems) > before:
                incomplete.add(name)
    _write_out(found)
    problems += broken_rules(found, incomplete)
    if problems:
        raise SettingsError(stack, problems)
    return Settings.model_construct(**found)


def _from_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text  # the type check will name it; a text of a thousand brackets is no object either


def _take(found: dict[str, Any], problems: list[Problem], name: str, path: str, value: Any) -> None:
    """Check one top-level setting; entries of a mapping one by one, so that a bad one does not hide the others."""
    annotation = Settings.model_fields[name].annotation
    if value == {} and NoneType in get_args(annotation):
        found[name] = None  # what `Pulumi.yaml` has for a part that a stack may go without
        return
    adapter = _adapter(name)
    is_mapping = get_origin(annotation) is Mapping and isinstance(value, dict)
    parts: list[Any] = [{key: entry} for key, entry in cast(dict[str, Any], value).items()] if is_mapping else [value]
    for part in parts:
        try:
            checked = adapter.validate_json(json.dumps(part), strict=True)
        except ValidationError as error:
            problems += [problem_of(detail, path, name) for detail in error.errors() if not _told_by_entries(detail)]
        else:
            found[name] = {**found.get(name, {}), **checked} if is_mapping else checked
    if is_mapping:
        found.setdefault(name, {})


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    field = Settings.model_fields[name]
    return TypeAdapter(cast(Any, Annotated).__class_getitem__((field.annotation, *field.metadata, None)))


def _told_by_entries(detail: ErrorDetails) -> bool:
    """Whether a list is only found too short because some of its entries, told by themselves, do not count."""
    return detail["type"] == "too_short" and len(detail["input"]) >= detail.get("ctx", {})["min_length"]


def _write_out(found: dict[str, Any]) -> None:
    """Give hosts and zones their full names, so that nothing after this knows the short ones."""
    if "domain" in found:
        for name, service in found.get("services", {}).items():
            hosts = tuple(_in_full(host, found["domain"]) for host in service.hosts)
            found["services"][name] = service.model_copy(update={"hosts": hosts})
        if isinstance(migration := found.get("migration"), HaproxyMigrationSettings):
            shares = {name: _checked_in_full(share, found["domain"]) for name, share in migration.services.items()}
            found["migration"] = migration.model_copy(update={"services": shares})
    if "region" in found and "network" in found:
        network: NetworkSettings = found["network"]
        zones = tuple(zone if len(zone) > 1 else found["region"] + zone for zone in network.availability_zones)
        found["network"] = network.model_copy(update={"availability_zones": zones})


def _in_full(host: str, domain: str) -> str:
    return host if "." in host else f"{host}.{domain}"


def _checked_in_full(share: ServiceShareSettings, domain: str) -> ServiceShareSettings:
    if share.check_host is None:
        return share
    return share.model_copy(update={"check_host": _in_full(share.check_host, domain)})
