"""The configuration of a system with any number of services: copies of one of prod's, without a database."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, cast

from ruamel.yaml import YAML

from bench.sandboxed import CHECKOUT

MOST_SERVICES = 100
"""One rule of the balancer's listener for each, and it takes no more."""

_COPIED, _IMAGE = "users", "users_backend"


def settings_of(services: int, stack: str) -> dict[str, Any]:
    """Settings, by path, with which `stack` has this many services, each with an image and a host name.

    Raises:
        ValueError: one balancer does not take that many.
    """
    if services > MOST_SERVICES:
        raise ValueError(f"{services} services: expected at most {MOST_SERVICES}")
    document: Any = YAML(typ="safe").load(CHECKOUT / f"Pulumi.{stack}.yaml")
    configuration = cast("dict[str, Any]", document["config"])
    names = [f"copy-{number:03}" for number in range(1, services + 1)]
    copied = {key: value for key, value in configuration["slipway:services"][_COPIED].items() if key != "database"}
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
