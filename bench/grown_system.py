"""A system with any number of services: copies of one of prod's, without a database."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML

from bench.sandboxed import CHECKOUT
from tests.engine.edited_program import program_with

MOST_SERVICES = 100
"""One rule of the balancer's listener for each, and it takes no more."""

_COPIED, _IMAGE = "users", "users_backend"
# Of a m5.4xlarge, which has room for 26 of the twelve pods of 60m that a service has at most.
_SERVICES_ON_A_NODE = 8


def settings_of(services: int, stack: str) -> dict[str, Any]:
    """Settings, by path, with which `stack` has this many services, each with an image and a host name.

    Raises:
        ValueError: one balancer does not take that many.
    """
    if services > MOST_SERVICES:
        raise ValueError(f"{services} services: expected at most {MOST_SERVICES}")
    configuration = _shipped(stack)
    names = [f"copy-{number:03}" for number in range(1, services + 1)]
    copied = _copied(configuration)
    domain = configuration["slipway:domain"]
    return {
        "slipway:services": {name: {**deepcopy(copied), "hosts": [f"{name}.{domain}"]} for name in names},
        "slipway:images": dict.fromkeys(names, configuration["slipway:images"][_IMAGE]),
        "slipway:databasePasswords": {},
    }


def nodes_for(services: int) -> dict[str, Any]:
    """Settings, by path, with which prod has room for so many services: without it the capacity check refuses them.

    A service has twelve pods of 60m at most, for which one m5.large is more than enough.
    """
    return {"slipway:nodeGroups.baseline.size": dict.fromkeys(("min", "desired", "max"), services + 3)}


def write_with_internal(services: int, stack: str, directory: Path) -> Path:
    """Copy the program, with so many services more in the stack file of `stack`, none of them public; say where it is.

    Such a file is longer than a command line may be, so that it cannot be set from there.
    """
    project = program_with(directory)
    configuration = _shipped(stack)
    names = [f"internal-{number:04}" for number in range(1, services + 1)]
    copied: dict[str, Any] = {**_copied(configuration), "hosts": []}
    configuration["slipway:services"] |= {name: deepcopy(copied) for name in names}
    configuration["slipway:images"] |= dict.fromkeys(names, configuration["slipway:images"][_IMAGE])
    group = configuration["slipway:nodeGroups"]["baseline"]
    size = services // _SERVICES_ON_A_NODE + 5
    group |= {"instanceType": "m5.4xlarge", "size": {"min": size, "desired": size, "max": size}}
    YAML().dump({"config": configuration}, project / f"Pulumi.{stack}.yaml")
    return project


def _shipped(stack: str) -> dict[str, Any]:
    document: Any = YAML(typ="safe").load(CHECKOUT / f"Pulumi.{stack}.yaml")
    return cast("dict[str, Any]", document["config"])


def _copied(configuration: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in configuration["slipway:services"][_COPIED].items() if key != "database"}
