"""Loads that take an autoscaler through all that it decides, each over a minute and a half.

Two looks are a little more than 2 s apart, so windows of whole pairs of seconds never end with a look; a change is
remembered from when it was written, so periods of policies are odd. Else it would be a matter of milliseconds whether
something still counts.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from capacity.horizontal_autoscaler import (
    DEFAULT_SCALE_DOWN,
    DEFAULT_SCALE_UP,
    Autoscaler,
    ScalingPolicy,
    ScalingRules,
)

SECONDS: Final = 90.0
IDLE: Final = 1.0
"""What a pod uses that serves nothing."""

Demand = Callable[[float], float]


@dataclass(frozen=True)
class Curve:
    """A load, and the autoscaler that meets it.

    Attributes:
        name: also the Deployment's
        says: what it is
        demand: millicores at so many seconds since the beginning
        autoscaler: how it is set
        replicas: to begin with
        request: of each pod, in millicores
    """

    name: str
    says: str
    demand: Demand
    autoscaler: Autoscaler
    replicas: int
    request: int = 100


def _autoscaler(low: int, high: int, percent: int, down: int = 10) -> Autoscaler:
    return Autoscaler(low, high, percent, scale_down=replace(DEFAULT_SCALE_DOWN, stabilization_seconds=down))


def _steps(*levels: float) -> Demand:
    """Equally long levels, one after the other."""
    return lambda second: levels[min(int(second / SECONDS * len(levels)), len(levels) - 1)]


def _ramp(start: float, top: float) -> Demand:
    """Up to the middle, then down."""
    return lambda second: top - (top - start) * abs(2 * second / SECONDS - 1)


def _noise(seed: int, low: float, high: float) -> Demand:
    """Another level every four seconds."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    levels = [chance.uniform(low, high) for _ in range(int(SECONDS / 4) + 1)]
    return lambda second: levels[min(int(second / 4), len(levels) - 1)]


_SLOW: Final = ScalingRules((ScalingPolicy("Pods", 2, 5), ScalingPolicy("Percent", 20, 5)), 0)
_PATIENT: Final = replace(DEFAULT_SCALE_UP, stabilization_seconds=12)
_HALF: Final = _autoscaler(2, 12, 50)

CURVES: Final = (
    Curve("step", "one step up and down", _steps(80, 450, 80), _HALF, 2),
    Curve("ramp", "slowly up and down", _ramp(60, 520), _HALF, 2),
    Curve("spike", "ten seconds of much", _steps(90, 90, 90, 900, 90, 90, 90, 90, 90), _HALF, 2),
    Curve("teeth", "up and down faster than it shrinks", _steps(*(420, 100) * 6), _autoscaler(2, 12, 50, 20), 2),
    Curve("day", "a wave", lambda second: 290 - 240 * math.cos(2 * math.pi * second / SECONDS), _HALF, 2),
    Curve("stairs", "step by step, up and down", _steps(90, 190, 290, 390, 490, 340, 240, 140, 90), _HALF, 2),
    Curve("noise", "at random", _noise(8, 80, 560), _HALF, 2),
    Curve("calm", "near the target, at random", _noise(3, 92, 109), _HALF, 2),
    Curve("flood", "more than it may grow to", _steps(50, 4000, 4000, 50), _autoscaler(1, 16, 50), 1),
    Curve("front", "SYSTEM.md's front end: 10 % of 60m", _steps(10, 170, 170, 10), _autoscaler(2, 8, 10), 2, 60),
    Curve("slow", "two pods or a fifth in 5 s, both ways", _steps(90, 600, 600, 90),
          replace(_HALF, scale_up=_SLOW, scale_down=replace(_SLOW, select="Min")), 2),
    Curve("patient", "grows by the lowest of 12 s", _noise(5, 60, 700), replace(_HALF, scale_up=_PATIENT), 2),
)  # fmt: skip
