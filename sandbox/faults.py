"""Faults on demand: what goes wrong in a real deployment, made to happen at a chosen call.

A specification reads `operation:type:nth=effect`, for instance `create:aws:eks/nodeGroup:NodeGroup:1=kill`: at the
first create of a node group since the provider process started. In place of `nth` may stand the resource's name, with
`*` for any text: every such call is meant. Effects:

- `fail`: AWS answers with an internal error; nothing was done.
- `throttle` or `throttle*5`: that many attempts (2 unless told) are throttled; the provider waits and tries again.
- `kill`: the provider process dies once the thing exists in AWS, before the engine hears of it: an orphan.
- `hang`: the call never answers.
- `late*5`: the call reaches AWS five seconds later; what depends on it has to wait, and what should but does not comes
  before it.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase
from typing import Final

KILLED: Final = 137
"""The exit status of a process that a `kill` fault ended, as after `kill -9`."""


class Effect(Enum):
    """What a fault does."""

    FAIL = "fail"
    THROTTLE = "throttle"
    KILL = "kill"
    HANG = "hang"
    LATE = "late"


@dataclass(frozen=True)
class Fault:
    """One fault: at certain calls of `operation` on `type`, `effect` happens.

    Attributes:
        operation: of the call.
        type: what the call is about.
        nth: at which call, from 1; 0 where the name tells.
        effect: what happens.
        times: how many attempts are throttled, or how many seconds late the call is.
        name: the name of what the call is about, with `*` for any text; empty where the count tells.
    """

    operation: str
    type: str
    nth: int
    effect: Effect
    times: int = 1
    name: str = ""

    def concerns(self, operation: str, type_token: str, name: str, count: int) -> bool:
        """Whether it happens at a call, which is the `count`-th on its type."""
        here = fnmatchcase(name, self.name) if self.name else count == self.nth
        return here and (operation, type_token) == (self.operation, self.type)


_FORM: Final = re.compile(
    r"(?P<operation>create|read|update|delete):(?P<type>[^=\s:]+:[^=\s:]+:[^=\s:]+)"
    r":(?:(?P<nth>\d+)|(?P<name>[\w.*-]+))=(?P<effect>[a-z]+)(?:\*(?P<times>\d+))?"
)


def parse_fault(specification: str) -> Fault:
    """Read one specification.

    Raises:
        ValueError: it is not of the form `operation:type:nth=effect` or `operation:type:name=effect`.
    """
    match = _FORM.fullmatch(specification.strip())
    effects = {effect.value: effect for effect in Effect}
    if match is None or match["effect"] not in effects or match["nth"] == "0":
        raise ValueError(
            f"{specification!r} is no fault: expected operation:type:nth=effect, such as"
            " create:aws:eks/nodeGroup:NodeGroup:1=fail; operations are create, read, update and delete,"
            f" nth counts from 1 or is a name, effects are {', '.join(effects)}"
        )
    effect = effects[match["effect"]]
    if match["times"] is not None and effect not in {Effect.THROTTLE, Effect.LATE}:
        raise ValueError(f"{specification!r}: only throttle can be repeated, and only late has seconds")
    times = int(match["times"]) if match["times"] is not None else 2 if effect is Effect.THROTTLE else 1
    return Fault(match["operation"], match["type"], int(match["nth"] or 0), effect, times, match["name"] or "")


class Faults:
    """Counts the calls and says which of them go wrong.

    Args:
        faults: the faults; one given by its number happens once.
    """

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._faults = list(faults)
        self._calls: Counter[tuple[str, str]] = Counter()

    def at_this_call(self, operation: str, type_token: str, name: str) -> Fault | None:
        """Count one call, and return the fault that it meets, if any."""
        self._calls[operation, type_token] += 1
        count = self._calls[operation, type_token]
        return next((fault for fault in self._faults if fault.concerns(operation, type_token, name, count)), None)


def parse_faults(specifications: Iterable[str]) -> Faults:
    """Read a list of specifications.

    Raises:
        ValueError: one of them is not of the form `operation:type:nth=effect`.
    """
    return Faults(parse_fault(specification) for specification in specifications)
