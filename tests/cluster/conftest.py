"""What the cluster tests share: stacks on control planes of their own."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack

import pytest

from tests.cluster.cluster_stack import ClusterStack, cluster_stack


@pytest.fixture
def on_cluster() -> Generator[Callable[[str], ClusterStack]]:
    """Gives a stack that is not up yet on a control plane of its own: `on_cluster("dev")`."""
    with ExitStack() as stack:
        yield lambda name: stack.enter_context(cluster_stack(name))
