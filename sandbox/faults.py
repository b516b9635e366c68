"""Faults on demand: what goes wrong in a real deployment, made to happen at a chosen call.

A specification reads `operation:type:nth=effect`, for instance `create:aws:eks/nodeGroup:NodeGroup:1=kill`: at the
first create of a node group since the provider process started. Effects:

- `fail`: AWS answers with an internal error; nothing was done.
- `throttle` or `throttle*5`: that many attempts (2 unless told) are throttled; the provider waits and tries again.
- `kill`: the provider process dies once the thing exists in AWS, before the engine hears of it: an orphan.
- `hang`: the call never answers.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

KILLED: Final = 137
"""The exit status of a process that a `kill` fault ended, as after `kill -9`."""


class Effect(Enum):
    """What a fault does."""

    FAIL = "fail"
    THROTTLE = "throttle"
    KILL = "kill"
    HANG = "hang"


@dataclass(frozen=True)
class Fault:
    """One fault: at the `nth` call (from 1) of `operation` on `type`, `effect` happens, `times` over."""

    operation: str
    type: str
    nth: int
    effect: Effect
    times: int = 1


_FORM: Final = re.compile(
    r"(?P<operation>create|read|update|delete):(?P<type>[^=\s:]+:[^=\s:]+:[^=\s:]+):(?P<nth>\d+)=(?P<effect>[a-z]+)(?:\*(?P<times>\d+))?"
)


def parse_fault(specification: str) -> Fault:
    """Read one specification.

    Raises:
        ValueError: it is not of the form `operation:type:nth=effect`.
    """
    match = _FORM.fullmatch(specification.strip())
    effects = {effect.value: effect for effect in Effect}
    if match is None or match["effect"] not in effects or int(match["nth"]) < 1:
        raise ValueError(
            f"{specification!r} is no fault: expected operation:type:nth=effect, such as"
            " create:aws:eks/nodeGroup:NodeGroup:1=fail; operations are create, read, update and delete,"
            f" nth counts from 1, effects are {', '.join(effects)}"
        )
    effect = effects[match["effect"]]
    if match["times"] is not None and effect is not Effect.THROTTLE:
        raise ValueError(f"{specification!r}: only throttle can be repeated")
    times = int(match["times"]) if match["times"] is not None else 2 if effect is Effect.THROTTLE else 1
    return Fault(match["operation"], match["type"], int(match["nth"]), effect, times)


class Faults:
    """Counts the calls and says which of them go wrong.

    Args:
        faults: the faults, each of which happens once.
    """

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._faults = list(faults)
        self._calls: Counter[tuple[str, str]] = Counter()

    def at_this_call(self, operation: str, type_token: str) -> Fault | None:
        """Count one call, and return the fault that it meets, if any."""
        self._calls[operation, type_token] += 1
        count = self._calls[operation, type_token]
        for fault in self._faults:
            if (fault.operation, fault.type, fault.nth) == (operation, type_token, count):
                return fault
        return None


def parse_faults(specifications: Iterable[str]) -> Faults:
    """Read a list of specifications.

    Raises:
        ValueError: one of them is not of the form `operation:type:nth=effect`.
    """
    return Faults(parse_fault(specification) for specification in specifications)
