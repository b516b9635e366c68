"""The configuration values of a shipped stack file, as Pulumi hands them to the program."""

import json
from collections.abc import Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
STACKS = ("dev", "staging", "prod")
PASSWORDS = {"thoughts": "tell-no-one-of-thoughts", "users": "tell-no-two-of-users"}
ADMINISTRATOR_PASSWORD = "tell-no-three-of-all"


@cache
def _read(name: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / name).read_text())


def project() -> dict[str, Any]:
    """`Pulumi.yaml`."""
    return deepcopy(_read("Pulumi.yaml"))


def stack_config(stack: str, without: Sequence[str] = ()) -> dict[str, Any]:
    """`Pulumi.<stack>.yaml` over the project's defaults, with passwords such as a person would have set.

    Args:
        stack: whose file
        without: paths of keys that are taken out of the file; a default may take their place
    """
    declared = project()["config"].items()
    defaults = {key: deepcopy(entry["value"] if "value" in entry else entry["default"]) for key, entry in declared}
    shipped = deepcopy(_read(f"Pulumi.{stack}.yaml"))["config"]
    for path in without:
        take_out(shipped, path)
    config = {**defaults, **shipped, "slipway:databasePasswords": dict(PASSWORDS)}
    if config["slipway:database"]:
        config["slipway:database"]["administrator"] = {"password": ADMINISTRATOR_PASSWORD}
    return config


def take_out(config: dict[str, Any], path: str) -> None:
    """Take the key at a path out of a stack file's configuration; a path names keys, not indexes."""
    top, *way = path.split(".")
    holder, last = config, top
    for step in way:
        holder, last = holder[last], step
    del holder[last]


def as_values(config: dict[str, Any]) -> dict[str, str]:
    """Text stays text; anything else is JSON."""
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
