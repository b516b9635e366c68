"""The graphs of the shipped stack files, each recorded once."""

from functools import cache

import pytest

from tests.program.recorded_graph import Graph, record
from tests.stack_values import STACKS


@cache
def shipped(stack: str) -> Graph:
    """The graph that a shipped stack file declares."""
    return record(stack)


@pytest.fixture(params=STACKS)
def graph(request: pytest.FixtureRequest) -> Graph:
    """The graph of every stack, one after the other."""
    return shipped(request.param)


@pytest.fixture
def dev() -> Graph:
    """The graph of dev."""
    return shipped("dev")


@pytest.fixture
def prod() -> Graph:
    """The graph of prod."""
    return shipped("prod")
