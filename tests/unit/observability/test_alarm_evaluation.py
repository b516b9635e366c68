"""The evaluator of alarms decides as AWS's pages say, row by row of their tables."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.cloudwatch_alarms import State, decided, state_of
from tests.metric_math import ExpressionError, Series, evaluate

pytestmark = pytest.mark.unit

STATES: dict[str, State | None] = {"a": "ALARM", "o": "OK", "i": "INSUFFICIENT_DATA", "r": None}
"""r: the state before is retained."""
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
THREE_OF_THREE = {
    "0 - X - X": "oooo",
    "0 - - - -": "oooo",
    "- - - - -": "irao",
    "0 X X - X": "aaaa",
    "- - - - X": "irao",
    "X - - - -": "arao",
}
TWO_OF_THREE = {
    "0 - X - X": "aaaa",
    "0 0 X 0 X": "aaaa",
    "0 - X - -": "ooao",
    "- - - - 0": "ooao",
    "- - - - X": "irao",
}
ROWS = [
    (row, needed, states) for needed, rows in ((3, THREE_OF_THREE), (2, TWO_OF_THREE)) for row, states in rows.items()
]


@pytest.mark.parametrize(("row", "needed", "states"), ROWS)
def test_missing_data_counts_as_in_the_tables_of_the_documentation(row: str, needed: int, states: str) -> None:
    breaches = [{"0": False, "X": True, "-": None}[each] for each in row.split()]
    for treatment, state in zip(TREATMENTS, states, strict=True):
        for before in ("OK", "ALARM"):
            expected = STATES[state] or before
            assert decided(breaches, 3, needed, treatment, before) == expected, (row, treatment)


def series(*values: float | None) -> Series:
    return {index * 60: value for index, value in enumerate(values) if value is not None}


def value(expression: str, **known: Series) -> list[float | None]:
    times = [index * 60 for index in range(5)]
    result = evaluate(expression, known, times)
    assert isinstance(result, Mapping)
    return [result.get(time) for time in times]


# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html#using-IF-expressions
M1, M2, M3 = series(1, 1, 0, 0, None), series(30, None, 0, 0, 30), series(0, 0, 20, None, 20)


def test_if_chooses_as_in_the_tables_of_the_documentation() -> None:
    assert value("IF(m1, m2, m3)", m1=M1, m2=M2, m3=M3) == [30, 0, 20, None, None]
    assert value("IF(m1, 5, m3)", m1=M1, m3=M3) == [5, 5, 20, None, None]
    assert value("IF(m1, m2, 5)", m1=M1, m2=M2) == [30, 0, 5, 5, None]
    assert value("IF(m1, m2)", m1=M1, m2=M2) == [30, 0, None, None, None]


def test_comparisons_are_those_of_the_documentation() -> None:
    one, two = series(30, 20, 0, 0), series(20, None, 20, None)
    assert value("metric1 < metric2", metric1=one, metric2=two)[:4] == [0, 0, 1, 0]
    assert value("(metric1 >= 30)", metric1=one)[:4] == [1, 0, 0, 0]
    assert value("(metric1 > 15 AND metric2 > 15)", metric1=one, metric2=two)[:4] == [1, 0, 0, 0]


def test_arithmetic_takes_a_missing_value_for_0_and_drops_a_division_by_0() -> None:
    one, two = series(1, 2, None, 4), series(2, None, 2, 0)
    assert value("m1 + m2", m1=one, m2=two) == [3, 2, 2, 4, None]
    assert value("m1 / m2", m1=one, m2=two) == [0.5, None, 0, None, None]
    assert value("2 + 3 * m1", m1=one) == [5, 8, None, 14, None]
    assert value("-(m1 - 3) - 1", m1=one) == [1, 0, None, -2, None]
    assert value("ABS(m1 - 3)", m1=one) == [2, 1, None, 1, None]
    assert value("FILL(m1, 7)", m1=one) == [1, 2, 7, 4, 7]


def test_the_clock_is_utc_and_a_monday_is_1() -> None:
    monday = int(datetime(2026, 11, 23, 14, 30, tzinfo=UTC).timestamp())
    times = [monday, monday + 86_400]
    for function, expected in (("DAY", [1, 2]), ("HOUR", [14, 14]), ("EPOCH", times)):
        found = evaluate(f"{function}(m)", {"m": {}}, times)
        assert isinstance(found, Mapping)
        assert list(found.values()) == expected, function


@pytest.mark.parametrize("expression", ["m1 +", "m2", "SEARCH(m1)", "IF(m1", "m1 m1", "1 / 0", "m1 $ 2", "IF(1, m1)"])
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate(expression, {"m1": series(1)}, [0])


def test_a_number_is_nothing_to_compare() -> None:
    alarm: dict[str, Any] = {
        "metricQueries": [
            {"id": "m1", "metric": {"metricName": "CPUUtilization", "period": 60, "stat": "Average"}},
            {"id": "e1", "expression": "1 + 1", "returnData": True},
        ],
        "comparisonOperator": "GreaterThanThreshold",
        "threshold": 1,
        "evaluationPeriods": 1,
        "datapointsToAlarm": 1,
    }
    with pytest.raises(ExpressionError, match=r"1 \+ 1 .*time series"):
        state_of(alarm, {"CPUUtilization": [1]}, datetime(2026, 1, 1, tzinfo=UTC))
