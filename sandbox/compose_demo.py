"""The configuration of `docs/migrate-demo/compose.yaml`, for those who have a container engine.

`python -m sandbox.compose_demo` writes it anew; a test sees to it that it is what the one function renders.
"""

from __future__ import annotations

import json
from ipaddress import IPv4Network
from typing import Final

from infra.haproxy_configuration import Place, haproxy_configuration
from infra.haproxy_settings import HaproxySettings
from infra.shutdown import ShutdownTimes
from sandbox.demo_server import HEALTH_PATH
from sandbox.loopback_ports import LOOPBACK
from sandbox.state import CHECKOUT

FILE: Final = CHECKOUT / "docs" / "migrate-demo" / "haproxy.cfg"
# From where a published port is reached in a container; on the machine only its loopback is published.
_ENGINE_NETWORKS: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
_DRAIN_SECONDS: Final = 30


def compose_configuration() -> str:
    """HAProxy's configuration beside the containers `new` and `old`."""
    side = {"port": 8000, "protocol": "HTTP", "maxConnections": 100, "slowStartSeconds": 0}
    values = {
        "kind": "haproxy",
        "new": {"address": "new", **side},
        "old": {"address": "old", **side},
        "routes": {"demo": {"hosts": ["localhost", LOOPBACK], "newPercent": 50, "checkPath": HEALTH_PATH}},
        "statistics": {"user": "operator", "allowedCidrs": _ENGINE_NETWORKS},
        "checkSeconds": 1,
        "resolveSeconds": 1,
        "holdSeconds": 10,
        "maxConnections": 1000,
    }
    place = Place(
        front_cidrs=[IPv4Network(each) for each in _ENGINE_NETWORKS],
        socket="/tmp/admin.sock",  # noqa: S108  # alone in its container
        state_file="/tmp/server-state",  # noqa: S108
        site="*:8000",
        nameservers=(),
        user=None,
    )
    settings = HaproxySettings.model_validate_json(json.dumps(values), strict=True)
    return haproxy_configuration(settings, ShutdownTimes(_DRAIN_SECONDS), place)


if __name__ == "__main__":
    FILE.write_text(compose_configuration())
