"""The HAProxy of unit tests answers what a real one answers: the same commands, told to both through their sockets."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.fleet import SocketFleet, Trouble, read
from ops.haproxy_runtime import Servers
from tests.edge.edge_system import OLD, edge_system, wait_until
from tests.unit.ops.haproxys_in_memory import MemoryHaproxy, served

pytestmark = pytest.mark.edge

SCRIPT = [
    [],
    ["weight 20", "state drain"],
    ["state maint"],
    ["state ready", "weight 0"],
    ["weight 100"],
]


def seen(path: Path) -> Servers:
    servers = read(SocketFleet([path]))[str(path)]
    assert isinstance(servers, dict), servers
    return servers


def checked(path: Path) -> bool:
    return "UNCHECKED" not in {server.state for server in seen(path).values()}


def play(path: Path, server: str, words: list[str]) -> list[object]:
    """What is answered to the words, and what stands once each side was checked."""
    answers = SocketFleet([path]).ask([f"set server service-shop/{server} {each}" for each in words]) if words else {}
    wait_until(lambda: checked(path))
    stands = {name: (each.state, each.well, each.weight, each.takes_requests) for name, each in seen(path).items()}
    return [list(answers.values()), stands]


def test_both_answer_the_same(tmp_path: Path) -> None:
    memory = MemoryHaproxy.of("shop")
    with edge_system() as system, served(memory, tmp_path / "memory") as pretended:
        real = system.haproxy.files.socket
        for server in ("aws", "old", "another"):
            for words in SCRIPT:
                assert play(pretended, server, words) == play(real, server, words), (server, words)
        system.old.kill()
        system.haproxy.wait_for(OLD, "DOWN")
        memory.down.add(("shop", "old"))
        for words in SCRIPT:
            assert play(pretended, "old", words) == play(real, "old", words), words
        system.haproxy.kill()
        assert read(SocketFleet([real])) == {str(real): Trouble("Connection refused")}
