"""Data for every kind of alarm: what must set it off, and what near that must not.

A kind is the section of the runbook that the alarm names. A new kind has no data here, and `tests/program` then fails.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.cloudwatch_alarms import Data, Point, State

NOON = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
"""In Los Angeles, on a Wednesday."""


@dataclass(frozen=True)
class Case:
    """What the metrics say, and what the alarm then is."""

    words: str
    state: State
    data: Data
    end: datetime = NOON
    before: State = "OK"


Alarm = Mapping[str, Any]

_REQUESTS, _UNSERVED, _FAILED = "RequestCount", "HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count"


def kind_of(alarm: Alarm) -> str:
    """The runbook's section; of an alarm that sets off a scaling policy, `scaling`."""
    named = re.search(r"docs/runbooks\.md#([a-z-]+)$", alarm["alarmDescription"])
    if named is None:
        assert "sets off" in alarm["alarmDescription"], alarm
        return "scaling"
    return named[1]


def _errors(alarm: Alarm) -> list[Case]:
    percent, least = float(alarm["threshold"]), _number(alarm, r"asked >= (\d+)")
    many = 100 * least
    share = many * percent / 100

    def minutes(failed: Sequence[Point], asked: float = many) -> Data:
        return {_REQUESTS: [asked] * len(failed), _FAILED: failed}

    return [
        Case("targets fail at just that share", "ALARM", minutes([0, 0, share, share, share])),
        Case("the balancer fails, too", "ALARM", {**minutes([share / 2] * 5), _UNSERVED: [share * 0.6] * 5}),
        Case("no target at all: nothing is forwarded, all is refused", "ALARM", {_UNSERVED: [least] * 5}),
        Case("the newest minute has not arrived", "ALARM", minutes([0, share, share, share, None])),
        Case("a little less fails", "OK", minutes([share * 0.98] * 5)),
        Case("two bad minutes", "OK", minutes([0, 0, 0, share, share])),
        Case("all fail, but they are few", "OK", minutes([least - 1] * 5, asked=least - 1)),
        Case("nobody asks", "OK", {_REQUESTS: [None] * 5}),
        Case("all is well", "OK", {_REQUESTS: [many] * 5}),
    ]


def _latency(alarm: Alarm) -> list[Case]:
    slow = float(alarm["threshold"])
    return [
        Case("slow for ten minutes", "ALARM", _of(alarm, [slow / 2, slow, slow])),
        Case("slow, with a gap", "ALARM", _of(alarm, [slow, slow / 2, slow * 2])),
        Case("just below", "OK", _of(alarm, [slow * 0.99] * 5)),
        Case("one slow time of five minutes", "OK", _of(alarm, [slow / 2, slow / 2, slow * 10])),
        Case("nobody asks", "OK", _of(alarm, [None] * 5)),
    ]


def _targets(alarm: Alarm) -> list[Case]:
    return [
        Case("one is not healthy", "ALARM", _of(alarm, [0, 0, *[1] * 10])),
        Case("none is left", "ALARM", _of(alarm, [None] * 12)),
        Case("it was not healthy, then it was gone", "ALARM", _of(alarm, [*[1] * 6, *[None] * 6])),
        Case("it comes back in time", "OK", _of(alarm, [1, 1, 1, *[1] * 8, 0])),
        Case("nine minutes", "OK", _of(alarm, [0, 0, 0, *[1] * 9])),
        Case("all are healthy", "OK", _of(alarm, [0] * 12)),
    ]


def _certificate(alarm: Alarm) -> list[Case]:
    days = float(alarm["threshold"])
    return [
        Case("not renewed", "ALARM", _of(alarm, [days + 1, days, days - 1])),
        Case("it has ended, and says nothing any more", "ALARM", _of(alarm, [None] * 3), before="ALARM"),
        Case("renewed at last", "OK", _of(alarm, [1, 0, 197]), before="ALARM"),
        Case("time enough", "OK", _of(alarm, [days + 2, days + 1, days])),
        Case(
            "new, and not measured yet",
            "INSUFFICIENT_DATA",
            _of(alarm, [None] * 3),
            before="INSUFFICIENT_DATA",
        ),
    ]


def _nodes_at_maximum(alarm: Alarm) -> list[Case]:
    periods = int(alarm["evaluationPeriods"])

    def sizes(desired: Sequence[Point]) -> Data:
        return {"GroupDesiredCapacity": desired, "GroupMaxSize": [4] * len(desired)}

    return [
        Case("all the time", "ALARM", sizes([4] * periods)),
        Case("a night lowered the maximum under it", "ALARM", sizes([5] * periods)),
        Case("one fewer", "OK", sizes([3] * periods)),
        Case("it has just come down", "OK", sizes([*[4] * (periods - 1), 3])),
        Case("not for long enough", "OK", sizes([3, 3, 3, *[4] * (periods - 1)])),
        Case("nobody reports", "INSUFFICIENT_DATA", {"GroupMaxSize": [None] * periods}),
    ]


# What the shipped stack files declare, by the clock of Los Angeles: who changes a schedule there changes it here.
# A size is the nodes that have to be there, or the fewest and the most where a policy chooses.
DECLARED: Mapping[str, Sequence[tuple[str, tuple[int, int]]]] = {
    "slipway-dev-alarm-general-nodes-size": [
        ("2026-07-15 12:00", (2, 2)),
        ("2026-01-14 23:00", (1, 1)),
        ("2026-07-18 12:00", (1, 1)),  # a Saturday
    ],
    "slipway-staging-alarm-general-nodes-size": [
        ("2026-07-15 12:00", (2, 2)),
        ("2026-07-15 23:00", (1, 1)),
        ("2026-01-14 12:00", (2, 2)),
        ("2026-01-14 23:00", (1, 1)),
        ("2026-01-17 04:30", (1, 1)),
    ],
    "slipway-prod-alarm-baseline-nodes-size": [("2026-07-15 12:00", (3, 3)), ("2026-01-14 23:00", (3, 3))],
    "slipway-prod-alarm-burst-nodes-size": [
        ("2026-07-15 12:00", (1, 6)),
        ("2026-01-14 12:00", (1, 6)),
        ("2026-07-15 23:00", (0, 6)),
    ],
}


def _nodes_size(alarm: Alarm) -> list[Case]:
    def nodes(values: Sequence[Point], desired: Sequence[Point] | None = None) -> Data:
        if "GroupDesiredCapacity" not in str(alarm["metricQueries"]):
            return {"GroupInServiceInstances": values}
        return {"GroupInServiceInstances": values, "GroupDesiredCapacity": values if desired is None else desired}

    cases = [Case("nobody reports", "INSUFFICIENT_DATA", nodes([None] * 8))]
    for text, (least, most) in DECLARED[alarm["name"]]:
        end = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/Los_Angeles"))
        cases += [
            Case(f"{text}: one too many", "ALARM", nodes([most + 1] * 8), end),
            Case(f"{text}: as declared", "OK", nodes([least] * 8), end),
            Case(f"{text}: as declared, at most", "OK", nodes([most] * 8), end),
            Case(f"{text}: one was replaced", "OK", nodes([least, most + 1, least, *[most + 1] * 5]), end),
        ]
        if least:
            cases.append(Case(f"{text}: one too few", "ALARM", nodes([least - 1] * 8), end))
        if least < most:
            cases.append(Case(f"{text}: not what the policy wants", "ALARM", nodes([most - 1] * 8, [most] * 8), end))
    return cases


def _pods_pending(alarm: Alarm) -> list[Case]:
    return [
        Case("one waits", "ALARM", _of(alarm, [0, 0, *[1] * 15])),
        Case("it has found its place", "OK", _of(alarm, [*[1] * 16, 0])),
        Case("fourteen minutes", "OK", _of(alarm, [0, 0, 0, *[1] * 14])),
        Case("none waits", "OK", _of(alarm, [0] * 17)),
        Case("nobody reports", "INSUFFICIENT_DATA", _of(alarm, [None] * 17)),
    ]


def _pods_restarting(alarm: Alarm) -> list[Case]:
    many = float(alarm["threshold"])
    return [
        Case("again and again", "ALARM", _of(alarm, [0, 0, many])),
        Case("one fewer", "OK", _of(alarm, [0, 0, many - 1])),
        Case("it is over", "OK", _of(alarm, [many * 5, many * 5, 0])),
        Case("nobody reports", "INSUFFICIENT_DATA", _of(alarm, [None] * 3)),
    ]


def _pods_at_maximum(alarm: Alarm) -> list[Case]:
    periods, most = int(alarm["evaluationPeriods"]), float(alarm["threshold"])
    return [
        Case("all the time", "ALARM", _of(alarm, [most - 1, *[most] * periods])),
        Case("one fewer", "OK", _of(alarm, [most - 1] * periods)),
        Case("it has just come down", "OK", _of(alarm, [*[most] * periods, most - 1])),
        Case("not for long enough", "OK", _of(alarm, [most - 1] * 3 + [most] * (periods - 1))),
        Case("nobody reports", "INSUFFICIENT_DATA", _of(alarm, [None] * periods)),
    ]


def _steady(alarm: Alarm) -> list[Case]:
    """An alarm on one metric that is compared with a number, in all of its periods."""
    above, threshold = alarm["comparisonOperator"].startswith("Greater"), float(alarm["threshold"])
    inclusive = "OrEqual" in alarm["comparisonOperator"]
    periods, step = int(alarm["evaluationPeriods"]), threshold / 100
    beyond = threshold if inclusive else threshold + (step if above else -step)
    within = threshold if not inclusive else threshold - (step if above else -step)
    silent: dict[str, State] = {"missing": "INSUFFICIENT_DATA", "breaching": "ALARM", "notBreaching": "OK"}
    cases = [
        Case("all the time", "ALARM", _of(alarm, [beyond] * periods)),
        Case("just not", "OK", _of(alarm, [within] * (periods + 2))),
        Case("it is over", "OK", _of(alarm, [*[beyond] * (periods + 1), within])),
        Case("nobody reports", silent[alarm.get("treatMissingData", "missing")], _of(alarm, [None] * periods)),
    ]
    if periods > 1:
        cases.append(Case("not for long enough", "OK", _of(alarm, [within] * 3 + [beyond] * (periods - 1))))
    return cases


EXERCISES: Mapping[str, Callable[[Alarm], list[Case]]] = {
    "errors": _errors,
    "latency": _latency,
    "unhealthy-targets": _targets,
    "certificate": _certificate,
    "nodes-at-maximum": _nodes_at_maximum,
    "nodes-size": _nodes_size,
    "pods-pending": _pods_pending,
    "pods-restarting": _pods_restarting,
    "pods-at-maximum": _pods_at_maximum,
    "database-cpu": _steady,
    "database-storage": _steady,
    "database-connections": _steady,
    "database-replica-lag": _steady,
    "scaling": _steady,
}


def _of(alarm: Alarm, values: Sequence[Point]) -> Data:
    return {alarm["metricName"]: values}


def _number(alarm: Alarm, pattern: str) -> int:
    (found,) = {int(number) for number in re.findall(pattern, str(alarm["metricQueries"]))}
    return found
