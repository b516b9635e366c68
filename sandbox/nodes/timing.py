"""How long things take around nodes, in seconds."""

import threading
from dataclasses import dataclass, field
from typing import Final

DRAIN_LIMIT: Final = 900.0
"""Pods are asked to leave for 15 minutes when a group shrinks or evens out its zones; then their node goes regardless
of them and of their budgets. https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html"""

DELETION_DRAIN_LIMIT: Final = 300.0
"""And for 5 minutes when their node group is deleted.
https://docs.aws.amazon.com/eks/latest/userguide/delete-managed-node-group.html"""

RETRY: Final = 5.0
"""How long `kubectl drain` waits before it asks again for a pod that a budget keeps.
https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/kubectl/pkg/drain/drain.go"""


@dataclass(frozen=True)
class Timing:
    """The node agent's times, in seconds.

    Attributes:
        poll: between two looks at the inventory.
        look: between two looks at the nodes while nothing happens.
        drain_limit: see `DRAIN_LIMIT`.
        deletion_drain_limit: see `DELETION_DRAIN_LIMIT`.
        retry: between two requests to evict the same pod.
    """

    poll: float = 0.5
    look: float = 5.0
    drain_limit: float = DRAIN_LIMIT
    deletion_drain_limit: float = DELETION_DRAIN_LIMIT
    retry: float = RETRY


def scaled(time_scale: float) -> Timing:
    """The agent's times where the limits of AWS are reached sooner: 1 takes as long as AWS does."""
    return Timing(drain_limit=DRAIN_LIMIT * time_scale, deletion_drain_limit=DELETION_DRAIN_LIMIT * time_scale)


@dataclass(frozen=True)
class Waits:
    """How long creating and deleting a node group waits, in seconds.

    Attributes:
        join: for the nodes of a new group; joining takes seconds here.
        leave: for those of a deleted one; longer than draining may take (`DELETION_DRAIN_LIMIT`).
        poll: between two looks.
        cancelled: set when all waits are to end.
    """

    join: float = 300.0
    leave: float = DELETION_DRAIN_LIMIT + 120.0
    poll: float = 0.2
    cancelled: threading.Event = field(default_factory=threading.Event)

    def until(self, limit: float) -> str:
        """How long it was waited, in words: to the end, or until it was cancelled."""
        return "until it was cancelled" if self.cancelled.is_set() else f"for {limit:g} s"
