"""CloudWatch's metric math, as far as the alarms use it, with what its documentation says of missing values.

A series is a mapping from a period's beginning, in seconds since 1970, to its value; a period without one is not in it.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html#metric-math-syntax-functions-list
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

Series = Mapping[int, float]
Value = float | Series

_TOKEN: Final = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|([A-Za-z_]\w*)|(==|!=|<=|>=|[-+*/()<>,]))")
_LEVELS: Final[tuple[tuple[str, ...], ...]] = (
    ("OR",),
    ("AND",),
    ("==", "!=", "<=", ">=", "<", ">"),
    ("+", "-"),
    ("*", "/"),
)
"""From what binds least to what binds most."""
_OPERATIONS: Final[Mapping[str, Callable[[float, float], float | None]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda left, right: None if right == 0 else left / right,  # "the data point is dropped"
    "==": lambda left, right: float(left == right),
    "!=": lambda left, right: float(left != right),
    "<=": lambda left, right: float(left <= right),
    ">=": lambda left, right: float(left >= right),
    "<": lambda left, right: float(left < right),
    ">": lambda left, right: float(left > right),
    "AND": lambda left, right: float(left != 0 and right != 0),
    "OR": lambda left, right: float(left != 0 or right != 0),
}
_CLOCK: Final[Mapping[str, Callable[[datetime], float]]] = {
    "HOUR": lambda moment: moment.hour,
    "DAY": lambda moment: moment.isoweekday(),  # "1 is Monday"
    "EPOCH": lambda moment: moment.timestamp(),
}


class ExpressionError(Exception):
    """What CloudWatch would refuse, or what this does not know."""


def evaluate(expression: str, known: Mapping[str, Series], times: Sequence[int]) -> Value:
    """The value of an expression.

    Args:
        expression: such as `IF(m1 > 0, m1, 0)`
        known: the series that it may mention, by id
        times: the periods of the range that is looked at

    Raises:
        ExpressionError: it is not one.
    """
    reader = _Reader(_tokens(expression), known, times)
    value = reader.level(0)
    if reader.position != len(reader.tokens):
        raise ExpressionError(f"{expression}: nothing is expected after {reader.tokens[: reader.position]}")
    return value


def _tokens(expression: str) -> list[str]:
    tokens: list[str] = []
    position = 0
    while position < len(expression.rstrip()):
        found = _TOKEN.match(expression, position)
        if found is None:
            raise ExpressionError(f"{expression}: {expression[position:]!r} is no part of an expression")
        tokens.append(found[0].strip())
        position = found.end()
    return tokens


@dataclass
class _Reader:
    tokens: list[str]
    known: Mapping[str, Series]
    times: Sequence[int]
    position: int = 0

    def level(self, level: int) -> Value:
        """What binds at least as much as this level."""
        if level == len(_LEVELS):
            return self._single()
        value = self.level(level + 1)
        while self._ahead() in _LEVELS[level]:
            operation = _OPERATIONS[self._next()]
            value = _combined(operation, value, self.level(level + 1))
        return value

    def _single(self) -> Value:
        token = self._next()
        if token == "(":
            value = self.level(0)
            self._expect(")")
            return value
        if token == "-":
            return _combined(operator.sub, 0.0, self._single())
        if token[0].isdigit():
            return float(token)
        if self._ahead() == "(":
            return self._call(token)
        if token not in self.known:
            raise ExpressionError(f"{token} is not the id of a metric or expression")
        return self.known[token]

    def _call(self, name: str) -> Value:
        self._expect("(")
        arguments = [self.level(0)]
        while self._ahead() == ",":
            self._next()
            arguments.append(self.level(0))
        self._expect(")")
        return _function(name, arguments, self.times)

    def _ahead(self) -> str | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def _next(self) -> str:
        token = self._ahead()
        if token is None:
            raise ExpressionError("the expression ends too early")
        self.position += 1
        return token

    def _expect(self, wanted: str) -> None:
        token = self._next()
        if token != wanted:
            raise ExpressionError(f"{wanted} is expected, not {token}")


def _combined(operation: Callable[[float, float], float | None], left: Value, right: Value) -> Value:
    """Of two series "the missing value in the other" is 0; of one and a number, a missing value stays missing."""
    if not isinstance(left, Mapping) and not isinstance(right, Mapping):
        result = operation(left, right)
        if result is None:
            raise ExpressionError("a number is divided by 0")
        return result
    times = {*(left if isinstance(left, Mapping) else ()), *(right if isinstance(right, Mapping) else ())}
    found = {time: operation(_at(left, time), _at(right, time)) for time in sorted(times)}
    return {time: value for time, value in found.items() if value is not None}


def _at(value: Value, time: int) -> float:
    return value.get(time, 0.0) if isinstance(value, Mapping) else value


def _function(name: str, arguments: Sequence[Value], times: Sequence[int]) -> Value:
    match name, arguments:
        case "ABS", [Mapping() as series]:
            return {time: abs(value) for time, value in series.items()}
        case "FILL", [Mapping() as series, float() as filler]:
            return {time: series.get(time, filler) for time in times}
        case "HOUR" | "DAY" | "EPOCH", [Mapping()]:
            # "a new non-sparse time series where each value is based on its timestamp"
            return {time: _CLOCK[name](datetime.fromtimestamp(time, UTC)) for time in times}
        case "IF", [Mapping() as condition, then]:
            return _if(condition, then, {})
        case "IF", [Mapping() as condition, then, otherwise]:
            return _if(condition, then, otherwise)
        case _:
            raise ExpressionError(f"{name} with {len(arguments)} such arguments is not known")


def _if(condition: Series, then: Value, otherwise: Value) -> Series:
    """Point by point, as the tables of "Using IF expressions" have it.

    Where the condition has no value there is none; where it holds, what is missing is 0; where not, it stays missing.
    """
    there = otherwise if isinstance(otherwise, Mapping) else dict.fromkeys(condition, otherwise)
    chosen = {time: _at(then, time) for time, holds in condition.items() if holds}
    chosen |= {time: there[time] for time, holds in condition.items() if not holds and time in there}
    return dict(sorted(chosen.items()))
