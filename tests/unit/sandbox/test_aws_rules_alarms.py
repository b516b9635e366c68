"""Rules about alarms and dashboards, both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest
from emulated_account import Account

from sandbox.aws.errors import AwsError

pytestmark = pytest.mark.unit

_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
_DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"

METRIC: dict[str, Any] = {
    "name": "slipway-dev-busy", "comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 3, "threshold": 80,
    "metricName": "CPUUtilization", "namespace": "AWS/EC2", "period": 300, "statistic": "Average",
}  # fmt: skip


def query(name: str, **more: Any) -> dict[str, Any]:
    metric = {"metricName": name, "namespace": "AWS/EC2", "period": 60, "stat": "Sum"}
    return {"id": name, "metric": metric, "returnData": False, **more}


def expression(text: str, **more: Any) -> dict[str, Any]:
    return {"id": "e1", "expression": text, "returnData": True, **more}


def with_queries(*queries: dict[str, Any]) -> dict[str, Any]:
    one = {"metricName", "namespace", "period", "statistic"}
    return {**{key: value for key, value in METRIC.items() if key not in one}, "metricQueries": list(queries)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"metricName": None}, "exactly one of a metric name and metric queries"),
        ({"metricQueries": [expression("m1")]}, "exactly one of a metric name and metric queries"),
        ({"namespace": None}, "namespace is required"),
        ({"comparisonOperator": None}, "comparisonOperator"),
        ({"statistic": None}, "exactly one of statistic and extendedStatistic"),
        ({"extendedStatistic": "p95"}, "exactly one of statistic and extendedStatistic"),
        ({"statistic": "Mean"}, "is not supported"),
        ({"statistic": None, "extendedStatistic": "95"}, "is not supported"),
        ({"period": 90}, "period 90"),
        ({"period": 300, "evaluationPeriods": 289}, "more than 86400"),
        ({"datapointsToAlarm": 4}, "datapointsToAlarm 4"),
        ({"treatMissingData": "ok"}, "treatMissingData"),
        ({"alarmDescription": "x" * 1025}, "description"),
        ({"dimensions": {f"d{number}": "x" for number in range(31)}}, "at most 30 dimensions"),
        ({"okActions": [f"arn:aws:sns:us-west-2:999999999999:t{number}" for number in range(6)]}, "okActions"),
    ],
)
def test_an_alarm_on_a_metric_that_aws_would_refuse(account: Account, change: dict[str, Any], words: str) -> None:
    inputs = {key: value for key, value in {**METRIC, **change}.items() if value is not None}
    with pytest.raises((AwsError, Exception), match=words):
        account.create(_ALARM, "busy", inputs)


@pytest.mark.parametrize(
    ("queries", "words"),
    [
        ([query("m1"), expression("m1", returnData=False)], "exactly one"),
        ([query("m1", returnData=True), expression("m1")], "exactly one"),
        ([query("M1"), expression("M1")], "begins with a small letter"),
        ([query("m1"), query("m1"), expression("m1")], "begins with a small letter"),
        ([query("m1", expression="m1"), expression("m1")], "exactly one of a metric and an expression"),
        ([*(query(f"m{number}") for number in range(11)), expression("m1")], "at most 10 metrics"),
        ([query("m1"), expression("m1 + m2")], "Unsupported operand 'm2'"),
        ([query("m1"), expression("SEARCH(m1)")], "Unsupported operand 'SEARCH'"),
        ([query("m1"), expression("FILL(m1, 0")], "Invalid syntax"),
        ([query("m1"), expression("m1" + " + 0" * 600)], "more than 2048"),
    ],
)
def test_queries_that_aws_would_refuse(account: Account, queries: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(AwsError, match=words):
        account.create(_ALARM, "busy", with_queries(*queries))


def test_all_metrics_of_an_expression_have_one_period(account: Account) -> None:
    slow = query("m2")
    slow["metric"]["period"] = 300
    with pytest.raises(AwsError, match="the same period"):
        account.create(_ALARM, "busy", with_queries(query("m1"), slow, expression("m1 + m2")))


def test_sound_alarms_are_made(account: Account) -> None:
    made = account.create(_ALARM, "busy", METRIC)
    assert made.arn == "arn:aws:cloudwatch:us-west-2:123456789012:alarm:slipway-dev-busy"
    percentile = {key: value for key, value in METRIC.items() if key != "statistic"}
    account.create(_ALARM, "slow", {**percentile, "name": "slow", "extendedStatistic": "p95", "period": 3600})
    helper = expression("FILL(m1, 0)", id="filled", returnData=False)
    queries = with_queries(query("m1"), helper, expression("IF(filled >= 1, 100 * m1 / filled)"))
    account.create(_ALARM, "share", {**queries, "name": "share"})


def widget(kind: str = "metric", **more: Any) -> dict[str, Any]:
    graph = {"region": "us-west-2", "metrics": [["AWS/EC2", "CPUUtilization", "InstanceId", "i-1", {"stat": "Sum"}]]}
    return {"type": kind, "x": 0, "y": 0, "width": 12, "height": 6, "properties": graph, **more}


def body(*widgets: dict[str, Any]) -> str:
    return json.dumps({"widgets": list(widgets)})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "valid JSON"),
        ("{}", "valid JSON"),
        (body(widget("pie")), "type 'pie'"),
        (body(widget(x=13)), "12 columns from 13 on"),
        (body(widget(width=0)), "do not fit"),
        (body(widget(properties={"metrics": [["a", "b"]]})), "region is required"),
        (body(widget("log", properties={"region": "us-west-2"})), "query is required"),
        (body(widget("alarm", properties={"alarms": []})), "alarms are from 1 to 100"),
        (body(widget(properties={"region": "us-west-2", "metrics": []})), "metrics are from 1 to 500"),
        (body(widget(properties={"region": "us-west-2", "metrics": [["a", "b", "c"]]})), "pairs"),
        (body(*[widget()] * 501), "at most 500"),
    ],
)
def test_a_dashboard_that_aws_would_refuse(account: Account, text: str, words: str) -> None:
    with pytest.raises(AwsError, match=words):
        account.create(_DASHBOARD, "eyes", {"dashboardName": "eyes", "dashboardBody": text})


def test_a_sound_dashboard_is_made(account: Account) -> None:
    text = body(widget(), widget("alarm", x=12, properties={"alarms": ["arn"]}), widget("text"))
    made = account.create(_DASHBOARD, "eyes", {"dashboardName": "eyes", "dashboardBody": text})
    assert (made.id, made.state["dashboardArn"]) == ("eyes", "arn:aws:cloudwatch::123456789012:dashboard/eyes")
