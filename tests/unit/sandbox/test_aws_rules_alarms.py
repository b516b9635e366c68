"""Rules about alarms and dashboards, both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest
from emulated_account import Account

from sandbox.aws.errors import AwsError
from tests.says import Says

pytestmark = pytest.mark.unit

_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
_DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"

METRIC: dict[str, Any] = {
    "name": "slipway-dev-busy", "comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 3, "threshold": 80,
    "metricName": "CPUUtilization", "namespace": "AWS/EC2", "period": 300, "statistic": "Average",
}  # fmt: skip


METRIC_OF_5_MINUTES = {"metricName": "m2", "namespace": "AWS/EC2", "period": 300, "stat": "Sum"}


def query(name: str, **more: Any) -> dict[str, Any]:
    metric = {"metricName": name, "namespace": "AWS/EC2", "period": 60, "stat": "Sum"}
    return {"id": name, "metric": metric, "returnData": False, **more}


def expression(text: str, **more: Any) -> dict[str, Any]:
    return {"id": "e1", "expression": text, "returnData": True, **more}


def with_queries(*queries: dict[str, Any]) -> dict[str, Any]:
    one = {"metricName", "namespace", "period", "statistic"}
    return {**{key: value for key, value in METRIC.items() if key not in one}, "metricQueries": list(queries)}


@pytest.mark.parametrize(
    ("change", "facts"),
    [
        ({"metricName": None}, ["metric name", "metric queries"]),
        ({"metricQueries": [expression("m1")]}, ["metric name", "metric queries"]),
        ({"namespace": None}, ["namespace"]),
        ({"comparisonOperator": None}, ["comparisonOperator"]),
        ({"statistic": None}, ["statistic", "extendedStatistic"]),
        ({"extendedStatistic": "p95"}, ["statistic", "extendedStatistic"]),
        ({"statistic": "Mean"}, ["Mean", "Statistic"]),
        ({"statistic": None, "extendedStatistic": "95"}, ["95", "Statistic"]),
        ({"period": 90}, ["period 90", "10", "20", "30", "60"]),
        ({"period": 300, "evaluationPeriods": 289}, ["289", "300 seconds", "86400"]),
        ({"datapointsToAlarm": 4}, ["datapointsToAlarm 4", "3"]),
        ({"treatMissingData": "ok"}, ["treatMissingData", "breaching", "ignore", "missing", "notBreaching"]),
        ({"alarmDescription": "x" * 1025}, ["description", "1024"]),
        ({"dimensions": {f"d{number}": "x" for number in range(31)}}, ["30 dimensions"]),
        ({"okActions": [f"arn:aws:sns:us-west-2:999999999999:t{number}" for number in range(6)]}, ["okActions", "5"]),
    ],
)
def test_an_alarm_on_a_metric_that_aws_would_refuse(account: Account, change: dict[str, Any], facts: list[str]) -> None:
    inputs = {key: value for key, value in {**METRIC, **change}.items() if value is not None}
    with pytest.raises(AwsError) as refused:
        account.create(_ALARM, "busy", inputs)
    assert Says("ValidationError", *facts) == str(refused.value)


@pytest.mark.parametrize(
    ("queries", "facts"),
    [
        ([query("m1"), expression("m1", returnData=False)], ["metrics", "data"]),
        ([query("m1", returnData=True), expression("m1")], ["metrics", "data"]),
        ([query("M1"), expression("M1")], ["'M1'"]),
        ([query("m1"), query("m1"), expression("m1")], ["'m1'"]),
        ([query("m1", expression="m1"), expression("m1")], ["m1", "metric", "expression"]),
        ([*(query(f"m{number}") for number in range(11)), expression("m1")], ["10 metrics", "10 expressions"]),
        ([query("m1"), expression("m1 + m2")], ["'e1'", "'m2'"]),
        ([query("m1"), expression("SEARCH(m1)")], ["'e1'", "'SEARCH'"]),
        ([query("m1"), expression("FILL(m1, 0")], ["'e1'", "syntax"]),
        ([query("m1"), expression("m1" + " + 0" * 600)], ["e1", "2048"]),
        ([query("m1"), query("m2", metric=METRIC_OF_5_MINUTES), expression("m1 + m2")], ["period"]),
    ],
)
def test_queries_that_aws_would_refuse(account: Account, queries: list[dict[str, Any]], facts: list[str]) -> None:
    with pytest.raises(AwsError) as refused:
        account.create(_ALARM, "busy", with_queries(*queries))
    assert Says("ValidationError", *facts) == str(refused.value)


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
    ("text", "facts"),
    [
        ("{", ["DashboardBody", "JSON"]),
        ("{}", ["DashboardBody", "JSON", "'widgets'"]),
        (body(widget("pie")), ["/widgets/0", "'pie'", "alarm", "metric", "text"]),
        (body(widget(x=13)), ["/widgets/0", "12 columns", "13", "24"]),
        (body(widget(width=0)), ["/widgets/0", "0 columns", "24"]),
        (body(widget(properties={"metrics": [["a", "b"]]})), ["/widgets/0", "properties.region"]),
        (body(widget("log", properties={"region": "us-west-2"})), ["/widgets/0", "properties.query"]),
        (body(widget("alarm", properties={"alarms": []})), ["/widgets/0", "properties.alarms", "1", "100"]),
        (body(widget(properties={"region": "r", "metrics": []})), ["/widgets/0", "properties.metrics", "1", "500"]),
        (body(widget(properties={"region": "r", "metrics": [["a", "b", "c"]]})), ["/widgets/0", "pairs"]),
        (body(*[widget()] * 501), ["500 widgets"]),
    ],
)
def test_a_dashboard_that_aws_would_refuse(account: Account, text: str, facts: list[str]) -> None:
    with pytest.raises(AwsError) as refused:
        account.create(_DASHBOARD, "eyes", {"dashboardName": "eyes", "dashboardBody": text})
    assert Says("InvalidParameterInput", *facts) == str(refused.value)


def test_a_sound_dashboard_is_made(account: Account) -> None:
    text = body(widget(), widget("alarm", x=12, properties={"alarms": ["arn"]}), widget("text"))
    made = account.create(_DASHBOARD, "eyes", {"dashboardName": "eyes", "dashboardBody": text})
    assert (made.id, made.state["dashboardArn"]) == ("eyes", "arn:aws:cloudwatch::123456789012:dashboard/eyes")
