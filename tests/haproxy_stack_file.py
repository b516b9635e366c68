"""A sound migration by HAProxy as a stack file says it, and the settings of dev with one."""

from typing import Any

from infra.haproxy_migration_settings import HaproxyMigrationSettings
from infra.problems import SettingsError
from infra.settings import Settings
from infra.stack_file import parse_settings
from tests.stack_values import as_values, stack_config

# A made-up hash of the right form, of no password.
PASSWORD_HASH = "$6$saltsaltsalt$" + "a" * 86


def side(**parts: Any) -> dict[str, Any]:
    return {"address": "old.example.net", "port": 443, "protocol": "HTTPS", **limits(), **parts}


def limits() -> dict[str, Any]:
    return {"maxConnections": 200, "slowStartSeconds": 30}


def haproxy(**parts: Any) -> dict[str, Any]:
    """The value of `slipway:migration`, sound but for these parts."""
    return {
        "kind": "haproxy",
        "old": side(),
        "new": limits(),
        "services": {"frontend": {"newPercent": 5, "checkPath": "/"}},
        "fleet": {"instanceType": "t3.small", "machines": 2},
        "statistics": {"user": "operator", "passwordHash": PASSWORD_HASH},
        "checkSeconds": 2,
        "resolveSeconds": 5,
        "holdSeconds": 60,
        "maxConnections": 20000,
        **parts,
    }


def settings_with(migration: Any, **more: Any) -> Settings:
    config = {**stack_config("dev"), "slipway:migration": migration, **more}
    return parse_settings("slipway", "dev", as_values(config))


def migration_with(**parts: Any) -> tuple[Settings, HaproxyMigrationSettings]:
    settings = settings_with(haproxy(**parts))
    assert isinstance(settings.migration, HaproxyMigrationSettings)
    return settings, settings.migration


def problems(migration: Any, **more: Any) -> list[str]:
    try:
        settings_with(migration, **more)
    except SettingsError as error:
        return [str(problem) for problem in error.problems]
    return []
