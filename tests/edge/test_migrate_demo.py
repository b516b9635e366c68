"""`make migrate-demo` from its first line to Ctrl-C."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from sandbox import local_haproxy
from sandbox.loopback_ports import LOOPBACK, free_port
from tests.edge.edge_system import ask, wait_until
from tests.says import Says

pytestmark = pytest.mark.edge

COMMAND = [sys.executable, "-m", "sandbox.migrate_demo"]


def words(site: int, statistics: int) -> list[str]:
    return [*COMMAND, "--site", str(site), "--statistics", str(statistics)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "killed"])
def test_it_serves_and_leaves_nothing_behind(number: int) -> None:
    site, statistics = free_port(), free_port()
    with subprocess.Popen(words(site, statistics), stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        said = ""
        while "Ctrl-C" not in said:
            line = demo.stdout.readline()
            assert line, "it ended"
            said += line
        assert f"http://localhost:{site}/" in said
        folder = Path(re.search(r"configuration (\S+)", said)[1]).parent  # type: ignore[index]
        found = Counter(ask(site, Host=f"localhost:{site}").headers["x-side"] for _ in range(20))
        assert found == {"new": 10, "old": 10}
        assert ask(statistics).status == 401
        demo.send_signal(number)
        assert demo.wait(20) == (0 if number == signal.SIGINT else -number)
    wait_until(lambda: not folder.exists(), 30)
    for port in (site, statistics):
        with pytest.raises(ConnectionError):
            ask(port)


def test_a_taken_port_is_said() -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = subprocess.run(words(port, free_port()), check=False, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == Says(f"port {port}", "--site", "--statistics")
    assert "Traceback" not in ended.stderr


def test_a_missing_haproxy_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(local_haproxy, "USUAL_FOLDERS", "")
    with pytest.raises(local_haproxy.Refusal, match="not installed"):
        local_haproxy.haproxy_program()
