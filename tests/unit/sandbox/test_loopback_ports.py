"""A server that is told its port gets it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from sandbox import loopback_ports
from sandbox.loopback_ports import LOOPBACK, free_port, free_ports

pytestmark = pytest.mark.unit


def test_they_are_distinct_and_none_is_one_that_outgoing_connections_get(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = tmp_path / "ip_local_port_range"
    kernel.write_text("20000\t60999\n")
    monkeypatch.setattr(loopback_ports, "_EPHEMERAL", kernel)
    found = free_ports(50)
    assert len(set(found)) == 50
    assert all(1024 < each < 20000 for each in found)


def test_one_that_is_listened_on_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    port, another = free_ports(2)
    with socket.socket() as taken:
        taken.bind((LOOPBACK, port))
        taken.listen()
        drawn = iter([port, port, another])
        monkeypatch.setattr(loopback_ports.random, "choice", lambda _: next(drawn))
        assert free_port() == another
