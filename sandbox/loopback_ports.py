"""Ports on loopback for servers that are told their port before they start."""

from __future__ import annotations

import random
import socket
from pathlib import Path
from typing import Final

LOOPBACK: Final = "127.0.0.1"

_FIRST: Final = 15000
_EPHEMERAL: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
# Where there is no such file: https://www.rfc-editor.org/rfc/rfc6335#section-6
_FIRST_DYNAMIC: Final = 49152


def free_ports(count: int) -> tuple[int, ...]:
    """Ports that nothing listens on now; somebody may be quicker, though no connection of this machine's own.

    Below the range from which the kernel takes a port for each connection that goes out: on a busy machine such a
    connection now and then takes a port between the moment it is found free and the moment its server listens.
    """
    found: set[int] = set()
    ports = range(_FIRST, max(_first_ephemeral(), _FIRST + 1000))
    while len(found) < count:
        port = random.choice(ports)  # noqa: S311  # no secret
        if port not in found and _is_free(port):
            found.add(port)
    return tuple(found)


def free_port() -> int:
    """One such port."""
    return free_ports(1)[0]


def _is_free(port: int) -> bool:
    with socket.socket() as each:
        try:
            each.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _first_ephemeral() -> int:
    return int(_EPHEMERAL.read_text().split()[0]) if _EPHEMERAL.exists() else _FIRST_DYNAMIC
