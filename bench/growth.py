"""How a cost grows with size: a straight line through measurements, and the power that fits them best."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

# Powers that are tried: 0.50, 0.51, … 2.50.
_POWERS = [hundredths / 100 for hundredths in range(50, 251)]


@dataclass(frozen=True)
class Line:
    """`fixed + each * size`.

    Attributes:
        fixed: the cost at size zero
        each: the cost of one more
        r_squared: how much of the differences between measurements the line explains; 1 is all of it
    """

    fixed: float
    each: float
    r_squared: float

    def at(self, size: float) -> float:
        """The cost at a size."""
        return self.fixed + self.each * size


def line_through(sizes: Sequence[float], costs: Sequence[float]) -> Line:
    """The line with the least squared distance."""
    each, fixed = statistics.linear_regression(sizes, costs)
    mean = statistics.fmean(costs)
    missed = sum((cost - fixed - each * size) ** 2 for size, cost in zip(sizes, costs, strict=True))
    spread = sum((cost - mean) ** 2 for cost in costs)
    return Line(fixed, each, 1 - missed / spread if spread else 1.0)


def best_power(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The p with which `fixed + each * size ** p` fits best: 1 is linear, 2 quadratic."""
    return max(_POWERS, key=lambda power: line_through([size**power for size in sizes], costs).r_squared)
