"""Faults on demand: what goes wrong in a real deployment, made to happen at a chosen call.

A specification reads `operation:type:nth=effect`, for instance `create:aws:eks/nodeGroup:NodeGroup:1=kill`: at the
first create of a node group since the provider process started. In place of `nth` may stand the resource's name, with
`*` for any text: every such call is meant. Effects:

- `fail`: AWS answers with an internal error; nothing was done.
- `throttle` or `throttle*5`: that many attempts (2 unless told) are throttled; the provider waits and tries again.
- `kill`: the provider process dies once the thing exists in AWS, before the engine hears of it: an orphan.
- `hang`: the call never answers.
- `late*5`: the call reaches AWS five seconds later; what depends on it has to wait, and what should but does not comes
  before it. `late*60@aws:eks/nodeGroup:NodeGroup` ends sooner, once there was a call about that type; a name may follow
  the type here too.

`any:20%=throttle` throttles a fifth of all attempts, whatever the call, by a lot that falls the same way each time;
`any:20%:7=throttle` draws another lot, number 7.
"""

import random
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
        until: the type and name of the call that ends a delay; empty where only time does.
    """

    operation: str
    type: str
    nth: int
    effect: Effect
    times: int = 1
    name: str = ""
    until: tuple[str, str] | None = None

    def concerns(self, operation: str, type_token: str, name: str, count: int) -> bool:
        """Whether it happens at a call, which is the `count`-th on its type."""
        here = fnmatchcase(name, self.name) if self.name else count == self.nth
        return here and (operation, type_token) == (self.operation, self.type)


@dataclass(frozen=True)
class ThrottledShare:
    """Throttling of a share of all attempts at all calls.

    Attributes:
        percent: of the attempts, below 100.
        seed: of the lot; each call draws its own from it, so that the order of the calls does not matter.
    """

    percent: int
    seed: int = 1

    def throttled(self, operation: str, type_token: str, name: str, count: int) -> int:
        """How many attempts at a call, which is the `count`-th of its kind about that name, are throttled."""
        lot = random.Random(f"{self.seed}|{operation}|{type_token}|{name}|{count}")  # noqa: S311  # no secret
        attempts = 0
        while lot.random() * 100 < self.percent:
            attempts += 1
        return attempts


_SHARE: Final = re.compile(r"any:(?P<percent>[1-9]\d?)%(?::(?P<seed>\d+))?=throttle")

_FORM: Final = re.compile(
    r"(?P<operation>create|read|update|delete):(?P<type>[^=\s:]+:[^=\s:]+:[^=\s:]+)"
    r":(?:(?P<nth>\d+)|(?P<name>[^=\s:]+))=(?P<effect>[a-z]+)(?:\*(?P<times>\d+))?"
    r"(?:@(?P<until_type>[^=\s:]+:[^=\s:]+:[^=\s:]+)(?::(?P<until_name>[\w.*-]+))?)?"
)


def parse_fault(specification: str) -> Fault | ThrottledShare:
    """Read one specification.

    Raises:
        ValueError: it is of none of the forms `operation:type:nth=effect`, `operation:type:name=effect`,
            `any:percent%=throttle` and `any:percent%:seed=throttle`.
    """
    if (share := _SHARE.fullmatch(specification.strip())) is not None:
        return ThrottledShare(int(share["percent"]), int(share["seed"] or 1))
    match = _FORM.fullmatch(specification.strip())
    effects = {effect.value: effect for effect in Effect}
    if match is None or match["effect"] not in effects or match["nth"] == "0":
        raise ValueError(
            f"{specification!r} is no fault: expected operation:type:nth=effect, such as"
            " create:aws:eks/nodeGroup:NodeGroup:1=fail; operations are create, read, update and delete,"
            f" nth counts from 1 or is a name, effects are {', '.join(effects)};"
            " or any:20%=throttle for a share of all attempts"
        )
    effect = effects[match["effect"]]
    if match["times"] is not None and effect not in {Effect.THROTTLE, Effect.LATE}:
        raise ValueError(f"{specification!r}: only throttle can be repeated, and only late has seconds")
    until = (match["until_type"], match["until_name"] or "*") if match["until_type"] else None
    if until is not None and effect is not Effect.LATE:
        raise ValueError(f"{specification!r}: only late can end with a call (@), not throttle and the others")
    times = int(match["times"]) if match["times"] is not None else 2 if effect is Effect.THROTTLE else 1
    return Fault(match["operation"], match["type"], int(match["nth"] or 0), effect, times, match["name"] or "", until)


class Faults:
    """Counts the calls and says which of them go wrong.

    Args:
        faults: the faults; one given by its number happens once.
    """

    def __init__(self, faults: Iterable[Fault | ThrottledShare] = ()) -> None:
        given = list(faults)
        self._faults = [each for each in given if isinstance(each, Fault)]
        self._shares = [each for each in given if isinstance(each, ThrottledShare)]
        self._calls: Counter[tuple[str, str]] = Counter()
        self._named: Counter[tuple[str, str, str]] = Counter()
        self._about: set[tuple[str, str]] = set()

    def at_this_call(self, operation: str, type_token: str, name: str) -> Fault | None:
        """Count one call, and return the fault that it meets, if any."""
        self._calls[operation, type_token] += 1
        self._named[operation, type_token, name] += 1
        self._about.add((type_token, name))
        count = self._calls[operation, type_token]
        meant = next((fault for fault in self._faults if fault.concerns(operation, type_token, name, count)), None)
        return meant if meant is not None else self._by_lot(operation, type_token, name)

    def _by_lot(self, operation: str, type_token: str, name: str) -> Fault | None:
        count = self._named[operation, type_token, name]
        times = sum(share.throttled(operation, type_token, name, count) for share in self._shares)
        return Fault(operation, type_token, count, Effect.THROTTLE, times) if times else None

    def is_over(self, fault: Fault) -> bool:
        """Whether the call that ends a delay has come."""
        if fault.until is None:
            return False
        type_token, name = fault.until
        return any(type_token == each and fnmatchcase(called, name) for each, called in self._about)


def parse_faults(specifications: Iterable[str]) -> Faults:
    """Read a list of specifications.

    Raises:
        ValueError: one of them has none of the forms that `parse_fault` reads.
    """
    return Faults(parse_fault(specification) for specification in specifications)
