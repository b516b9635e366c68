"""Which state CloudWatch would give an alarm, from the inputs that the program declares and made-up data.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from tests.metric_math import ExpressionError, Series, evaluate

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
Point = float | None
Data = Mapping[str, Sequence[Point]]
"""The values of each metric, by its name, one for each period and the newest last; None where there is none."""

# "CloudWatch attempts to retrieve a higher number of data points than the number specified as Evaluation Periods"; in
# the page's tables two more.
_MORE: Final = 2
_COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


def metrics_of(alarm: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The metrics that an alarm reads, by the id under which its expressions mention them."""
    if "metricName" in alarm:
        return {"it": {**alarm, "stat": alarm.get("statistic") or alarm["extendedStatistic"]}}
    return {query["id"]: query["metric"] for query in alarm["metricQueries"] if "metric" in query}


def period_of(alarm: Mapping[str, Any]) -> int:
    """In seconds; "each metric must be using the same period"."""
    (period,) = {int(metric["period"]) for metric in metrics_of(alarm).values()}
    return period


def state_of(alarm: Mapping[str, Any], data: Data, end: datetime, before: State = "OK") -> State:
    """The state of an alarm at the end of this data.

    Args:
        alarm: the inputs of `aws:cloudwatch/metricAlarm:MetricAlarm`
        data: see there; a metric that is not in it has no values
        end: when the newest period ends
        before: its state until then

    Raises:
        ExpressionError: CloudWatch could not evaluate it.
    """
    periods = int(alarm["evaluationPeriods"])
    points = watched(alarm, data, end)[-(periods + _MORE) :]
    compare, threshold = _COMPARISONS[alarm["comparisonOperator"]], float(alarm["threshold"])
    breaches = [None if point is None else compare(point, threshold) for point in points]
    return decided(
        breaches,
        periods,
        int(alarm.get("datapointsToAlarm", periods)),
        str(alarm.get("treatMissingData", "missing")),
        before,
    )


def watched(alarm: Mapping[str, Any], data: Data, end: datetime) -> list[Point]:
    """The values that an alarm compares: of its one metric, or of the expression that returns data."""
    period = period_of(alarm)
    metrics = metrics_of(alarm)
    unknown = data.keys() - {metric["metricName"] for metric in metrics.values()}
    if unknown:
        raise ValueError(f"data for {sorted(unknown)}, which the alarm does not read")
    length = max(len(values) for values in data.values())
    newest = int(end.timestamp()) // period * period - period
    times = [newest - period * back for back in range(length - 1, -1, -1)]
    known: dict[str, Series] = {
        name: _series(data.get(metric["metricName"], ()), times) for name, metric in metrics.items()
    }
    if "metricName" in alarm:
        return [known["it"].get(time) for time in times]
    result: Series = {}
    for query in alarm["metricQueries"]:
        if "expression" in query:
            value = evaluate(query["expression"], known, times)
            if not isinstance(value, Mapping):
                raise ExpressionError(f"{query['expression']} is a number; a time series is expected")
            known[query["id"]] = value
        if query.get("returnData"):
            result = known[query["id"]]
    return [result.get(time) for time in times]


def decided(breaches: Sequence[bool | None], periods: int, needed: int, missing: str, before: State) -> State:
    """The state, from what the periods of the range are: beyond the threshold, not, or missing (the newest last)."""
    existing = [each for each in breaches if each is not None]
    if len(existing) >= periods:
        # "the value you set for how to treat missing data is not needed and is ignored"
        return "ALARM" if existing[-periods:].count(True) >= needed else "OK"
    absent = periods - len(existing)
    beyond = existing.count(True)
    if missing in {"breaching", "notBreaching"}:
        return "ALARM" if beyond + (absent if missing == "breaching" else 0) >= needed else "OK"
    if beyond >= needed:
        return "ALARM"
    if False in existing:
        return "OK"
    if missing == "ignore":
        return before
    # "the alarm goes to ALARM state even if missing data is treated as missing, because the oldest evaluated data point
    # is breaching and there aren't any non-breaching data points"
    return "ALARM" if breaches and breaches[0] else "INSUFFICIENT_DATA"


def _series(values: Sequence[Point], times: Sequence[int]) -> dict[int, float]:
    """The last value belongs to the last time."""
    if not values:
        return {}
    return {time: float(value) for time, value in zip(times[-len(values) :], values, strict=True) if value is not None}
