"""What the engine tests share: stacks in sandboxes of their own."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.fork_client import SOCKET_VARIABLE
from tests.engine.sandbox_stack import CHECKOUT, PROGRAMS, SandboxStack, empty, upped


@pytest.fixture(scope="package", autouse=True)
def forked(fork_server: str) -> Generator[None]:
    """The commands of these tests fork their Python processes, but for those that ask for `own_processes`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SOCKET_VARIABLE, fork_server)
        yield


@pytest.fixture
def new_stack(tmp_path: Path) -> Callable[..., SandboxStack]:
    """Makes a stack that does not exist yet, in an empty account: `new_stack(project, stack)`."""

    def make(project: Path = CHECKOUT, stack: str = "dev") -> SandboxStack:
        return SandboxStack(tmp_path / "sandbox", project, stack)

    return make


@pytest.fixture
def upped_stack(tmp_path: Path, stack_cache: Path) -> Callable[..., SandboxStack]:
    """Gives a stack that is up, to do with as one likes: `upped_stack(project, stack, set={...})`.

    The first `up` is run once for all tests and workers; each test gets a copy of its account.
    """

    def copy(
        project: Path = CHECKOUT,
        stack: str = "dev",
        set: Mapping[str, Any] | None = None,  # noqa: A002
    ) -> SandboxStack:
        return upped(stack_cache, project, stack, set).copy_to(tmp_path / f"{project.name}-{stack}")

    return copy


@pytest.fixture
def small(tmp_path: Path, stack_cache: Path) -> SandboxStack:
    """The small fixture program, not up yet."""
    return empty(stack_cache, PROGRAMS / "small", "dev").copy_to(tmp_path / "small")


@pytest.fixture
def small_up(upped_stack: Callable[..., SandboxStack]) -> SandboxStack:
    """The small fixture program, up."""
    return upped_stack(PROGRAMS / "small")


@pytest.fixture
def system(upped_stack: Callable[..., SandboxStack]) -> Callable[[str], SandboxStack]:
    """The whole system, up, with the bootstrap of its environment before it: `system("dev")`."""
    return lambda stack: upped_stack(CHECKOUT, stack)


@pytest.fixture
def before_first_up(tmp_path: Path, stack_cache: Path) -> Callable[[str], SandboxStack]:
    """The system before its first `up`: an account with nothing but the environment's bootstrap."""
    return lambda stack: empty(stack_cache, CHECKOUT, stack).copy_to(tmp_path / f"before-{stack}")
