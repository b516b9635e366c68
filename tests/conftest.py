"""What tests of several tiers share."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

from sandbox.fork_client import SOCKET_VARIABLE
from sandbox.forking import forked_processes


@pytest.fixture(scope="session", autouse=True)
def roomy_heaps() -> Generator[None]:
    """Pulumi's engine and Kubernetes' programs, all in Go, collect garbage seldom: their runs are short here.

    https://go.dev/doc/gc-guide#GOGC
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOGC", "400")
        yield


@pytest.fixture(scope="session")
def fork_server() -> Generator[str]:
    """One for all tests of a worker: the Python processes of their commands are copies of it, imports and all."""
    with forked_processes() as path:
        # Only tiers that ask for it are to use it.
        del os.environ[SOCKET_VARIABLE]
        yield str(path)


@pytest.fixture
def own_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands of this test start each process as people's do: it is about these processes, or kills them."""
    monkeypatch.delenv(SOCKET_VARIABLE, raising=False)
