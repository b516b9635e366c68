"""How much is tried for all questions of a preview together, so that it never takes longer than a moment."""

from __future__ import annotations

_LOOKS_OF_A_POD = 25
_LOOKS_OF_A_STEP = 8


class Patience:
    """What is left of it, in looks: a pod that looks at a node, some millionth of a second.

    Counted and not timed, so that the same stack file has the same answers on every machine.
    """

    def __init__(self, looks: float = float("inf")) -> None:
        self._left = looks

    @property
    def is_gone(self) -> bool:
        """Whether from now on only what is proven at once counts."""
        return self._left <= 0

    def place(self, pods: int, nodes: int) -> None:
        """Take off what it costs to place so many pods: each looks at all nodes, and costs as much again."""
        self._left -= pods * (nodes + _LOOKS_OF_A_POD)

    def step(self, steps: int) -> None:
        """Take off what so many steps of a proof cost."""
        self._left -= steps * _LOOKS_OF_A_STEP
