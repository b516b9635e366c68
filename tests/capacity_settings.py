"""Settings of shipped stacks with some things changed, for the tests of capacity."""

from collections.abc import Callable
from typing import Any

from infra.settings import Settings
from infra.stack_file import parse_settings
from tests.stack_values import as_values, stack_config

Edit = Callable[[dict[str, Any]], object]


def settings_of(stack: str, edit: Edit | None = None, **capacity: Any) -> Settings:
    """The settings of a stack after an edit of its configuration, and with other keys of `slipway:capacity`."""
    config = stack_config(stack)
    config["slipway:capacity"] = {**config["slipway:capacity"], **capacity}
    if edit is not None:
        edit(config)
    return parse_settings("slipway", stack, as_values(config))


def frontend(config: dict[str, Any]) -> dict[str, Any]:
    return config["slipway:services"]["frontend"]


def general(config: dict[str, Any]) -> dict[str, Any]:
    return config["slipway:nodeGroups"]["general"]


def only_frontend(config: dict[str, Any]) -> None:
    """The demonstration's front end, and nothing else."""
    config["slipway:services"] = {"frontend": frontend(config)}
    config["slipway:images"] = {}
    config["slipway:databasePasswords"] = {}
