"""What a real HAProxy 2.6 answered: both sides up; new drained, old killed; new switched on, old in maintenance."""

from __future__ import annotations

from pathlib import Path

from ops.haproxy_runtime import Servers, servers_of

_FOLDER = Path(__file__).parent / "captured"
CAPTURED = ("both-up", "new-drained-old-down", "new-unchecked-old-maint")


def captured(name: str) -> tuple[str, str]:
    """The answers to `show stat` and `show servers state`."""
    return (_FOLDER / f"{name}.stat.csv").read_text(), (_FOLDER / f"{name}.state.txt").read_text()


def captured_servers(name: str) -> Servers:
    return servers_of(*captured(name))
