"""Runs of programs in turn, compared pair by pair: those at the same place were made right after each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median

from bench.sandboxed import Cost

Figure = Callable[[Cost], float]


def seconds(cost: Cost) -> float:
    """From start to end."""
    return cost.seconds


def cpu_seconds(cost: Cost) -> float:
    """Of all cores together."""
    return cost.cpu_seconds


def ratios(one: Sequence[Cost], other: Sequence[Cost], of: Figure, less: Sequence[Cost] | None = None) -> list[float]:
    """`one` by `other`, pair by pair; `less` is subtracted from both before."""
    base = [of(cost) for cost in less] if less else [0.0] * len(one)
    return [(of(a) - b) / (of(c) - b) for a, c, b in zip(one, other, base, strict=True)]


def spread(values: Sequence[float]) -> str:
    """The median, and the least to the most."""
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"
