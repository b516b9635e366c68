"""A process that is forked is to its caller what a process of its own is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sandbox import fork_client
from sandbox import fork_server as fork_server_module
from sandbox.fork_client import SOCKET_VARIABLE
from sandbox.forking import forked_module, forked_processes
from sandbox.state import CHECKOUT
from tests.engine.processes import wait_until

pytestmark = pytest.mark.unit

CLIENT = forked_module("tests.unit.sandbox.forked_process")


def environment(server: str) -> dict[str, str]:
    # Without a locale Python sets one for itself.
    return {"COLOUR": "green", "LC_ALL": "C.UTF-8", SOCKET_VARIABLE: server}


def run(server: str, directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*CLIENT, *words],
        cwd=directory,
        env=environment(server),
        input="what is typed",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_has_its_callers_arguments_directory_environment_and_streams(fork_server: str, tmp_path: Path) -> None:
    done = run(fork_server, tmp_path, "say", "two words", "é")
    told: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert told["arguments"] == ["say", "two words", "é"]
    assert told["directory"] == str(tmp_path)
    assert told["environment"] == environment(fork_server)
    assert told["input"] == "what is typed"


def test_a_command_of_the_checkout_has_libraries_and_modules(fork_server: str, tmp_path: Path) -> None:
    modules = set(json.loads(run(fork_server, tmp_path, "say").stdout)["modules"])
    assert modules >= {"pulumi", "pulumi_aws", "pulumi_eks", "pulumi_kubernetes", "ops", "infra", "apps", "capacity"}


def test_a_file_has_the_libraries_and_nothing_of_the_checkout_and_is_not_buffered(
    fork_server: str, tmp_path: Path
) -> None:
    """As the language host and a policy pack need it: their first line tells the engine that they listen."""
    file = tmp_path / "program.py"
    file.write_text(
        "import json, sys, time\n"
        "told = {'arguments': sys.argv, 'modules': list(sys.modules), 'path': sys.path}\n"
        "sys.stdout.buffer.write(json.dumps(told).encode() + b'\\n')\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, fork_client.__file__, str(file), "two words"],
        cwd=tmp_path,
        env=environment(fork_server),
        stdout=subprocess.PIPE,
    ) as caller:
        assert caller.stdout is not None
        told = json.loads(caller.stdout.readline())
        assert caller.poll() is None
        caller.terminate()
    assert told["arguments"] == [str(file), "two words"]
    assert {"pulumi", "pulumi_aws", "pulumi_policy"} <= set(told["modules"])
    own = {"apps", "bootstrap", "infra", "ops", "policy", "sandbox"}
    assert own.isdisjoint(name.partition(".")[0] for name in told["modules"])
    assert str(CHECKOUT) not in told["path"]


def test_what_is_put_away_is_the_checkouts_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a program of another directory does not find it. What a module asks for has it back."""
    monkeypatch.setattr(fork_server_module, "_put_away", {})
    for name, file in (
        ("shop_program", tmp_path / "shop_program.py"),
        ("shop_kept.part", tmp_path / "shop_kept" / "part.py"),
        ("shop_library", tmp_path / "lib" / "site-packages" / "shop_library.py"),
        ("shop_elsewhere", tmp_path.parent / "shop_elsewhere.py"),
    ):
        module = ModuleType(name)
        module.__file__ = str(file)
        monkeypatch.setitem(sys.modules, name, module)
    fork_server_module._put_away_below(tmp_path, but="shop_kept")
    assert {name for name in sys.modules if name.startswith("shop_")} == {
        "shop_kept.part", "shop_library", "shop_elsewhere",
    }  # fmt: skip
    assert set(fork_server_module._put_away) == {"shop_program"}


@pytest.mark.parametrize("code", [0, 1, 77])
def test_its_exit_code_is_its_callers(fork_server: str, tmp_path: Path, code: int) -> None:
    assert run(fork_server, tmp_path, "exit", str(code)).returncode == code


def test_what_it_raises_is_on_standard_error(fork_server: str, tmp_path: Path) -> None:
    done = run(fork_server, tmp_path, "raise")
    assert done.returncode == 1
    assert "ValueError: as asked" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_it_ends_with_its_caller(fork_server: str, tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        [*CLIENT, "wait"], cwd=tmp_path, env=environment(fork_server), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as caller:
        assert caller.stdout is not None
        process = json.loads(caller.stdout.readline())["pid"]
        assert is_there(process)
        caller.send_signal(number)
        assert caller.wait(20) != 0
    assert wait_until(lambda: not is_there(process))


def test_its_death_ends_its_caller(fork_server: str, tmp_path: Path) -> None:
    with subprocess.Popen(
        [*CLIENT, "wait"], cwd=tmp_path, env=environment(fork_server), stdout=subprocess.PIPE
    ) as caller:
        assert caller.stdout is not None
        os.kill(json.loads(caller.stdout.readline())["pid"], signal.SIGKILL)
        assert caller.wait(20) == 1


def test_the_server_ends_with_the_one_who_started_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SOCKET_VARIABLE, raising=False)
    with forked_processes() as path:
        assert os.environ[SOCKET_VARIABLE] == str(path)
        assert path.is_socket()
    assert SOCKET_VARIABLE not in os.environ
    assert not path.parent.exists()
