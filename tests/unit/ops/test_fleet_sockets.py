"""HAProxys on this machine, asked through real sockets: what answers, and what is no HAProxy."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from ops import fleet as fleet_module
from ops.fleet import SocketFleet, Trouble, read
from tests.unit.ops.captured_answers import captured_servers
from tests.unit.ops.haproxys_in_memory import MemoryHaproxy, served

pytestmark = pytest.mark.unit


def test_sockets_answer_each_for_itself(tmp_path: Path) -> None:
    haproxy = MemoryHaproxy.of("shop")
    file = tmp_path / "file"
    file.write_text("no socket")
    with served(haproxy, tmp_path / "one") as one:
        fleet = SocketFleet([one, tmp_path / "none", file])
        assert fleet.instances() == [str(one), str(tmp_path / "none"), str(file)]
        seen = read(fleet)
        assert fleet.ask(["set server service-shop/aws weight 7"])[str(one)] == [""]
    assert haproxy.told == ["set server service-shop/aws weight 7"]
    assert seen == {
        str(one): captured_servers("both-up"),
        str(tmp_path / "none"): Trouble("No such file or directory"),
        str(file): Trouble("Connection refused"),
    }


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (b"", "gave 0 answers to 2 commands: ''"),
        (b"a\n\nb\n\n", "tells the state of its servers in an unknown form: 'b'"),
    ],
)
def test_a_socket_of_something_else(tmp_path: Path, answer: bytes, trouble: str) -> None:
    assert read(SocketFleet([tmp_path / "one"])) == {str(tmp_path / "one"): Trouble("No such file or directory")}
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "one"))
        listening.listen()

        def once() -> None:
            connection, _ = listening.accept()
            with connection:
                while connection.recv(4096):
                    pass
                connection.sendall(answer)

        thread = threading.Thread(target=once)
        thread.start()
        assert read(SocketFleet([tmp_path / "one"])) == {str(tmp_path / "one"): Trouble(trouble)}
        thread.join()


def test_a_socket_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_module, "_SECONDS", 0.05)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "one"))
        listening.listen()
        assert read(SocketFleet([tmp_path / "one"])) == {str(tmp_path / "one"): Trouble("did not answer within 0 s")}
