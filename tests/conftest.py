"""What tests of several tiers share."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from pathlib import Path

import pytest

from sandbox.fork_client import SOCKET_VARIABLE
from sandbox.forking import forked_processes
from tests.failure_reason import reason

_MOST_SHOWN = 4


def pytest_configure() -> None:
    """A shell lets what it runs in the background ignore Ctrl-C, and so would each process that a test interrupts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None]:
    """Say last of all why tests failed: of a long log, people and CI look at the end."""
    yield
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(session.config, "workerinput"):
        return
    failed = [*reporter.stats.get("failed", ()), *reporter.stats.get("error", ())]
    # A fixture that fails does so for each of its tests.
    firsts: dict[str, pytest.TestReport] = {}
    for report in failed:
        firsts.setdefault(reason(report.longreprtext), report)
    for why, report in list(firsts.items())[:_MOST_SHOWN]:
        reporter.write_line(f"\n{report.nodeid}: {report.when}\n{why}")


@pytest.fixture(scope="session", autouse=True)
def roomy_heaps() -> Generator[None]:
    """Pulumi's engine and Kubernetes' programs, all in Go, collect garbage seldom: their runs are short here.

    https://go.dev/doc/gc-guide#GOGC
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOGC", "400")
        yield


@pytest.fixture(scope="session", autouse=True)
def no_machine_images() -> Generator[None]:
    """moto fills each pretended EC2 with 1,300 machine images, twice; no test looks at one.

    https://docs.getmoto.org/en/latest/docs/configuration/environment_variables.html
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        yield


@pytest.fixture(scope="session")
def fork_server() -> Generator[str]:
    """One for all tests of a worker: the Python processes of their commands are copies of it, imports and all."""
    with forked_processes() as path:
        # Only tiers that ask for it are to use it.
        del os.environ[SOCKET_VARIABLE]
        yield str(path)


@pytest.fixture(scope="session")
def stack_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where stacks are kept that all tests and workers of a run copy from."""
    # With xdist the base directory of a worker lies in that of the whole run.
    base = tmp_path_factory.getbasetemp()
    cache = (base.parent if base.name.startswith("popen-") else base) / "stacks"
    cache.mkdir(exist_ok=True)
    return cache


@pytest.fixture
def own_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands of this test start each process as people's do: it is about these processes, or kills them."""
    monkeypatch.delenv(SOCKET_VARIABLE, raising=False)
