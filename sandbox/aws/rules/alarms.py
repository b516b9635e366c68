"""Rules about CloudWatch: alarms on metrics and on expressions, and dashboards."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sandbox.aws.rules import Call, rule
from sandbox.values import as_list, as_map, objects

ALARM_TYPE: Final = "aws:cloudwatch/metricAlarm:MetricAlarm"
DASHBOARD_TYPE: Final = "aws:cloudwatch/dashboard:Dashboard"
_API: Final = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/"
_GUIDE: Final = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_MOST_DIMENSIONS, _MOST_ACTIONS, _LONGEST_DESCRIPTION = 30, 5, 1024
_MOST_METRICS, _MOST_EXPRESSIONS, _LONGEST_EXPRESSION = 10, 10, 2048
_TREATMENTS: Final = frozenset({"breaching", "notBreaching", "ignore", "missing"})
_STATISTICS: Final = frozenset({"SampleCount", "Average", "Sum", "Minimum", "Maximum"})
_FUNCTIONS: Final = frozenset({
    "ABS", "AND", "ANOMALY_DETECTION_BAND", "AVG", "CEIL", "DATAPOINT_COUNT", "DATE", "DAY", "DIFF", "DIFF_TIME",
    "EPOCH", "FILL", "FIRST", "FLOOR", "HOUR", "IF", "INSIGHT_RULE_METRIC", "LAST", "LINEAR", "LOG", "LOG10", "MAX",
    "METRICS", "METRIC_COUNT", "MIN", "MINUTE", "MONTH", "OR", "PERIOD", "RATE", "REMOVE_EMPTY", "REPEAT",
    "RUNNING_SUM", "SERVICE_QUOTA", "SLICE", "SORT", "STDDEV", "SUM", "TIME_SERIES", "YEAR",
})  # fmt: skip
"""Words of metric math. SEARCH is not among them: "You can't create an alarm based on a SEARCH expression"."""
_WIDGETS: Final = frozenset({"alarm", "chart", "custom", "explorer", "log", "metric", "text"})
_COLUMNS, _MOST_WIDGETS, _MOST_LINES, _MOST_ALARMS = 24, 500, 500, 100


@rule("create", "update", on=(ALARM_TYPE,), page=f"{_API}API_PutMetricAlarm.html")
def _alarm_is_whole(call: Call) -> None:
    """An alarm watches one metric, with all that names it, or the result of queries."""
    inputs = call.inputs
    queries = objects(inputs.get("metricQueries"))
    if (inputs.get("metricName") is None) == (not queries):
        call.refuse("ValidationError", "exactly one of a metric name and metric queries is needed")
    for name in ("comparisonOperator", "evaluationPeriods"):
        if inputs.get(name) is None:
            call.refuse("ValidationError", f"{name} is required for an alarm")
    if queries:
        return
    for name in ("namespace", "period"):
        if inputs.get(name) is None:
            call.refuse("ValidationError", f"{name} is required for an alarm on a metric")
    if (inputs.get("statistic") is None) == (inputs.get("extendedStatistic") is None):
        call.refuse("ValidationError", "exactly one of statistic and extendedStatistic is needed")


@rule("create", "update", on=(ALARM_TYPE,), page=f"{_API}API_PutMetricAlarm.html")
def _alarm_fits(call: Call) -> None:
    """Periods have lengths that there are and reach back so far; no list and no text is too long."""
    inputs = call.inputs
    periods, needed = int(inputs.get("evaluationPeriods") or 1), inputs.get("datapointsToAlarm")
    if needed is not None and not 1 <= int(needed) <= periods:
        call.refuse("ValidationError", f"datapointsToAlarm {needed} is not from 1 to the {periods} evaluation periods")
    for period in _periods(inputs):
        if period not in {10, 20, 30} and period % _MINUTE:
            call.refuse("ValidationError", f"period {period} is none of 10, 20 and 30 and no multiple of 60")
        reach = 7 * _DAY if period >= _HOUR else _DAY
        if period * periods > reach:
            call.refuse("ValidationError", f"{periods} periods of {period} seconds are more than {reach} seconds")
    if inputs.get("treatMissingData", "missing") not in _TREATMENTS:
        call.refuse("ValidationError", f"treatMissingData is none of {', '.join(sorted(_TREATMENTS))}")
    if len(str(inputs.get("alarmDescription") or "")) > _LONGEST_DESCRIPTION:
        call.refuse("ValidationError", f"the description has more than {_LONGEST_DESCRIPTION} characters")
    if len(as_map(inputs.get("dimensions"))) > _MOST_DIMENSIONS:
        call.refuse("ValidationError", f"a metric has at most {_MOST_DIMENSIONS} dimensions")
    for name in ("alarmActions", "okActions", "insufficientDataActions"):
        if len(as_list(inputs.get(name))) > _MOST_ACTIONS:
            call.refuse("ValidationError", f"{name} are more than {_MOST_ACTIONS}")


@rule("create", "update", on=(ALARM_TYPE,), page=f"{_API}API_MetricDataQuery.html")
def _queries_have_one_result(call: Call) -> None:
    """Of an alarm's queries one returns data; each is a metric or an expression, by an id of its own."""
    queries = objects(call.inputs.get("metricQueries"))
    if not queries:
        return
    if sum(bool(query.get("returnData")) for query in queries) != 1:
        call.refuse("ValidationError", "exactly one of the metrics has to return data")
    ids = [str(query.get("id")) for query in queries]
    for name in ids:
        if not re.fullmatch(r"[a-z][A-Za-z0-9_]{0,254}", name) or ids.count(name) > 1:
            call.refuse("ValidationError", f"the id {name!r} is not one of its own that begins with a small letter")
    for query in queries:
        if (query.get("metric") is None) == (query.get("expression") is None):
            call.refuse("ValidationError", f"{query.get('id')} needs exactly one of a metric and an expression")
    metrics = sum(query.get("metric") is not None for query in queries)
    if metrics > _MOST_METRICS or len(queries) - metrics > _MOST_EXPRESSIONS:
        call.refuse("ValidationError", f"at most {_MOST_METRICS} metrics and {_MOST_EXPRESSIONS} expressions fit")
    if len(set(_periods(call.inputs))) > 1:
        call.refuse("ValidationError", "all metrics of an expression need the same period")


@rule("create", "update", on=(ALARM_TYPE,), page=f"{_GUIDE}using-metric-math.html")
def _expressions_are_known(call: Call) -> None:
    """An expression mentions ids of the same alarm and functions of metric math."""
    queries = objects(call.inputs.get("metricQueries"))
    known = {str(query.get("id")) for query in queries} | _FUNCTIONS
    for query in queries:
        expression = str(query.get("expression") or "")
        if len(expression) > _LONGEST_EXPRESSION:
            call.refuse("ValidationError", f"{query['id']} has more than {_LONGEST_EXPRESSION} characters")
        for word in re.findall(r"[A-Za-z_]\w*", expression):
            if word not in known:
                call.refuse("ValidationError", f"Error in expression {query['id']!r}: Unsupported operand {word!r}")
        if expression.count("(") != expression.count(")"):
            call.refuse("ValidationError", f"Error in expression {query['id']!r}: Invalid syntax")


@rule("create", "update", on=(ALARM_TYPE,), page=f"{_GUIDE}Statistics-definitions.html")
def _statistics_exist(call: Call) -> None:
    """A statistic is one of five, or a percentile and the like."""
    inputs = call.inputs
    statistics = [inputs.get("statistic"), inputs.get("extendedStatistic")]
    statistics += [as_map(query.get("metric")).get("stat") for query in objects(inputs.get("metricQueries"))]
    for statistic in (str(each) for each in statistics if each is not None):
        extended = re.fullmatch(r"(p|tm|wm|tc|ts)\d{1,2}(\.\d{1,10})?|p100|IQM|(PR|TC|TM|TS|WM)\(.*:.*\)", statistic)
        if statistic not in _STATISTICS and extended is None:
            call.refuse("ValidationError", f"The value {statistic} for parameter Statistic is not supported")


def _periods(inputs: Mapping[str, Any]) -> Sequence[int]:
    metrics = [as_map(query.get("metric")) for query in objects(inputs.get("metricQueries"))]
    return [int(each["period"]) for each in (inputs, *metrics) if each.get("period") is not None]


@rule("create", "update", on=(DASHBOARD_TYPE,), page=f"{_API}CloudWatch-Dashboard-Body-Structure.html")
def _dashboard_is_drawn(call: Call) -> None:
    """A dashboard's body is JSON with widgets that there are, on a grid of 24 columns."""
    try:
        widgets = as_map(json.loads(str(call.inputs["dashboardBody"])))["widgets"]
    except (KeyError, ValueError) as error:
        call.refuse("InvalidParameterInput", f"The field DashboardBody must be a valid JSON object: {error!r}")
    if len(as_list(widgets)) > _MOST_WIDGETS:
        call.refuse("InvalidParameterInput", f"a dashboard has at most {_MOST_WIDGETS} widgets")
    for index, widget in enumerate(objects(widgets)):
        if problem := _problem_of_widget(widget):
            call.refuse("InvalidParameterInput", f"/widgets/{index}: {problem}")


def _problem_of_widget(widget: Mapping[str, Any]) -> str | None:
    kind, properties = widget.get("type"), as_map(widget.get("properties"))
    width, left = int(widget.get("width", 6)), int(widget.get("x", 0))
    lines, alarms = as_list(properties.get("metrics")), as_list(properties.get("alarms"))
    problems = {
        f"type {kind!r} is none of {', '.join(sorted(_WIDGETS))}": kind not in _WIDGETS,
        f"{width} columns from {left} on do not fit into {_COLUMNS}": not 0 <= left < left + width <= _COLUMNS,
        "properties.region is required": kind in {"log", "metric"} and not properties.get("region"),
        "properties.query is required": kind == "log" and not properties.get("query"),
        f"properties.alarms are from 1 to {_MOST_ALARMS}": kind == "alarm" and not 1 <= len(alarms) <= _MOST_ALARMS,
        f"properties.metrics are from 1 to {_MOST_LINES}": kind == "metric" and not 1 <= len(lines) <= _MOST_LINES,
        "a metric does not have pairs of a dimension and its value": any(_is_odd(as_list(line)) for line in lines),
    }
    return next((problem for problem, there in problems.items() if there), None)


def _is_odd(line: Sequence[Any]) -> bool:
    """Whether something is left over of `[namespace, metric, dimension, value, ..., {how}]`."""
    return len([part for part in line if not isinstance(part, dict)]) % 2 == 1
