"""A search for a way in which pods fill nodes, within a budget: exact where `capacity.blocking` only has a bound.

A node is filled once its pods reach a threshold in CPU, in memory or in number. Only fillings without a pod too many
matter, since a pod less is a pod for another node.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from capacity.patience import Patience

Amounts = tuple[int, int, int]
"""CPU in millicores, memory in MiB, pods."""

# Two cores of a laptop take these in some ten milliseconds.
_MOST_FILLINGS: Final = 400
_MOST_STEPS: Final = 4000
# As in `capacity.blocking`.
_ROUNDING: Final = 1e-9


@dataclass(frozen=True)
class Room:
    """Nodes that are alike.

    Attributes:
        offers: what one node has
        threshold: from which load on it is filled
        nodes: how many there are
        admits: for each size of pods, whether such a pod may run there
        shares: for each size of pods, by how much of a node one pod fills it at most
    """

    offers: Amounts
    threshold: Amounts
    nodes: int
    admits: tuple[bool, ...]
    shares: tuple[float, ...]


class _BudgetSpentError(Exception):
    """It takes too long to be sure."""


def can_fill(
    rooms: Sequence[Room], sizes: Sequence[Amounts], counts: Sequence[int], patience: Patience | None = None
) -> bool:
    """Whether some of the pods can fill all nodes of all rooms at once; true also where that is not found out in time.

    Args:
        rooms: the nodes
        sizes: what pods request
        counts: how many pods there are of each size
        patience: what may be spent on it, beside a budget of its own
    """
    patience = Patience() if patience is None else patience
    try:
        fillings = [list(_fillings(room, sizes, counts, patience)) for room in rooms]
        return _Search(rooms, fillings, patience).fills(list(counts))
    except _BudgetSpentError:
        return True


def _fillings(
    room: Room, sizes: Sequence[Amounts], counts: Sequence[int], patience: Patience
) -> Iterator[tuple[tuple[int, int], ...]]:
    """All ways to fill one node without a pod too many: pairs of a size and how many pods of it."""
    order = sorted(
        (size for size, admitted in enumerate(room.admits) if admitted and counts[size]),
        key=lambda size: -room.shares[size],
    )
    steps = 0
    stack: list[tuple[int, tuple[tuple[int, int], ...], Amounts]] = [(0, (), (0, 0, 0))]
    found = 0
    while stack:
        place, chosen, load = stack.pop()
        steps += 1
        patience.step(1)
        if steps > _MOST_STEPS or found > _MOST_FILLINGS or patience.is_gone:
            raise _BudgetSpentError
        if _is_filled(load, room.threshold):
            if not any(_is_filled(_less(load, sizes[size]), room.threshold) for size, _ in chosen):
                found += 1
                yield chosen
            continue
        if place == len(order):
            continue
        size = order[place]
        stack.append((place + 1, chosen, load))
        for pods in range(1, counts[size] + 1):
            load = _more(load, sizes[size])
            if any(each > most for each, most in zip(load, room.offers, strict=True)):
                break
            stack.append((place + 1, (*chosen, (size, pods)), load))
            if _is_filled(load, room.threshold):
                break


def _is_filled(load: Amounts, threshold: Amounts) -> bool:
    return load[0] >= threshold[0] or load[1] >= threshold[1] or load[2] >= threshold[2]


def _more(load: Amounts, size: Amounts) -> Amounts:
    return (load[0] + size[0], load[1] + size[1], load[2] + size[2])


def _less(load: Amounts, size: Amounts) -> Amounts:
    return (load[0] - size[0], load[1] - size[1], load[2] - size[2])


class _Search:
    """Depth first: room by room, node by node, each node's filling no earlier in the list than the one before."""

    def __init__(
        self, rooms: Sequence[Room], fillings: Sequence[Sequence[tuple[tuple[int, int], ...]]], patience: Patience
    ) -> None:
        self._rooms = rooms
        self._patience = patience
        self._fillings = fillings
        self._steps = 0
        # By how much of a node of this room or a later one a pod of each size fills it at most.
        self._best = [
            [max(each) for each in zip(*(room.shares for room in rooms[place:]), strict=True)]
            for place in range(len(rooms))
        ]
        self._nodes_from = [sum(room.nodes for room in rooms[place:]) for place in range(len(rooms))]

    def fills(self, counts: list[int], place: int = 0, filled: int = 0, first: int = 0) -> bool:
        """Whether the pods left fill what is not filled yet."""
        if place == len(self._rooms):
            return True
        if filled == self._rooms[place].nodes:
            return self.fills(counts, place + 1)
        self._steps += 1
        self._patience.step(1)
        if self._steps > _MOST_STEPS or self._patience.is_gone:
            raise _BudgetSpentError
        reach = sum(count * share for count, share in zip(counts, self._best[place], strict=True))
        if reach < self._nodes_from[place] - filled - _ROUNDING:
            return False
        for number in range(first, len(self._fillings[place])):
            filling = self._fillings[place][number]
            if all(counts[size] >= pods for size, pods in filling):
                for size, pods in filling:
                    counts[size] -= pods
                if self.fills(counts, place, filled + 1, number):
                    return True
                for size, pods in filling:
                    counts[size] += pods
        return False
