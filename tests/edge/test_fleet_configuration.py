"""HAProxy takes what a fleet of each shipped stack would get."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from infra.haproxy_migration_settings import NEW_SIDE_PORT, HaproxyMigrationSettings
from infra.haproxy_place import fleet_configuration
from infra.stack_file import parse_settings
from sandbox.local_haproxy import haproxy_program, problems_of
from tests.stack_values import STACKS, as_values, stack_config

pytestmark = pytest.mark.edge

# An address as AWS gives them to balancers; nobody waits for names that do not exist.
ADDRESS = "internal-slipway-dev-in-1234567890.us-west-2.elb.amazonaws.com"
ENVIRONMENT = {"RES_OPTIONS": "attempts:1 timeout:1"}
OLD = {"address": "old.example.com", "maxConnections": 500, "slowStartSeconds": 30}


def migration(services: list[str], password_hash: str, **old: Any) -> dict[str, Any]:
    return {
        "kind": "haproxy",
        "old": {**OLD, **old},
        "new": {"maxConnections": 500, "slowStartSeconds": 0},
        "services": {name: {"newPercent": 5, "checkPath": "/health", "stickySeconds": 3600} for name in services},
        "fleet": {"instanceType": "m7g.large", "machines": 2},
        "statistics": {"user": "operator", "passwordHash": password_hash, "allowedCidrs": ["10.0.0.0/8"]},
        "checkSeconds": 2,
        "resolveSeconds": 10,
        "holdSeconds": 60,
        "maxConnections": 20000,
    }


@pytest.mark.parametrize(("port", "protocol"), [(8080, "HTTP"), (443, "HTTPS")])
@pytest.mark.parametrize("stack", STACKS)
def test_it_is_taken(stack: str, port: int, protocol: str, tmp_path: Path) -> None:
    made = subprocess.run(["openssl", "passwd", "-6", "thrown-away"], capture_output=True, text=True, check=True)
    config = stack_config(stack)
    public = [name for name, service in config["slipway:services"].items() if service.get("hosts")]
    config["slipway:migration"] = migration(public, made.stdout.strip(), port=port, protocol=protocol)
    settings = parse_settings("slipway", stack, as_values(config))
    assert isinstance(settings.migration, HaproxyMigrationSettings)
    text = fleet_configuration(settings, settings.migration, ADDRESS)
    for name in public:
        assert f"backend service-{name}" in text
    assert f"server aws {ADDRESS}:{NEW_SIDE_PORT} " in text
    assert problems_of(haproxy_program(), text, tmp_path, ENVIRONMENT) == ""
