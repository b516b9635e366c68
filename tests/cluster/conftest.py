"""What the cluster tests share: stacks on control planes of their own."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sandbox.fork_client import SOCKET_VARIABLE
from sandbox.go_tools import path_of
from tests.cluster.cluster_stack import ClusterStack, cluster_stack


@pytest.fixture(scope="package", autouse=True)
def forked(fork_server: str) -> Generator[None]:
    """The commands of these tests fork their Python processes, but for those that ask for `own_processes`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SOCKET_VARIABLE, fork_server)
        yield


@pytest.fixture(scope="package", autouse=True)
def kubectl_on_path() -> Generator[None]:
    """`kubectl` is the one of the control plane's release, whatever else this machine has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(path_of("kubectl").parent), prepend=os.pathsep)
        yield


@pytest.fixture
def on_cluster(stack_cache: Path) -> Generator[Callable[[str], ClusterStack]]:
    """Gives a stack that is not up yet on a control plane of its own: `on_cluster("dev")`."""
    with ExitStack() as stack:
        yield lambda name: stack.enter_context(cluster_stack(name, stack_cache))
