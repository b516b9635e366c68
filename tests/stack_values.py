"""The configuration values of a shipped stack file, as Pulumi hands them to the program."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
STACKS = ("dev", "staging", "prod")
PASSWORDS = {"thoughts": "tell-no-one-of-thoughts", "users": "tell-no-two-of-users"}
ADMINISTRATOR_PASSWORD = "tell-no-three-of-all"


def project() -> dict[str, Any]:
    """`Pulumi.yaml`."""
    return yaml.safe_load((ROOT / "Pulumi.yaml").read_text())


def stack_config(stack: str) -> dict[str, Any]:
    """`Pulumi.<stack>.yaml` over the project's defaults, with passwords such as a person would have set."""
    declared = project()["config"].items()
    defaults = {key: deepcopy(entry["value"] if "value" in entry else entry["default"]) for key, entry in declared}
    shipped = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    config = {**defaults, **shipped, "slipway:databasePasswords": dict(PASSWORDS)}
    if config["slipway:database"]:
        config["slipway:database"]["administrator"] = {"password": ADMINISTRATOR_PASSWORD}
    return config


def as_values(config: dict[str, Any]) -> dict[str, str]:
    """Text stays text; anything else is JSON."""
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
