"""What the tests with real registries share."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from sandbox.fork_client import SOCKET_VARIABLE
from tests.edge.image_project import ImageProject
from tests.edge.registry_server import RegistryServer


@pytest.fixture
def forked_commands(fork_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that `tests.ops_command` gives are copies of a process that has imported everything."""
    monkeypatch.setenv(SOCKET_VARIABLE, fork_server)


@pytest.fixture
def dev_registry(tmp_path: Path) -> Generator[RegistryServer]:
    with RegistryServer(tmp_path / "registry-dev", user="developer", password="thrown-away-1") as registry:
        yield registry


@pytest.fixture
def prod_registry(tmp_path: Path) -> Generator[RegistryServer]:
    with RegistryServer(tmp_path / "registry-prod", user="releaser", password="thrown-away-2") as registry:
        yield registry


@pytest.fixture
def images(
    tmp_path: Path,
    dev_registry: RegistryServer,
    prod_registry: RegistryServer,
    forked_commands: None,  # noqa: ARG001  # the environment that the project's commands have
) -> ImageProject:
    """Stacks dev and staging in one registry, prod in another one; nothing pushed yet."""
    return ImageProject(tmp_path / "project", dev_registry, prod_registry)
