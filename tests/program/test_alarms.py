"""Every alarm of every stack: it reads what AWS documents, goes on when it must and else stays off, and says why."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from infra.alarms import Alarm
from infra.database_alarms import database_alarms
from infra.observability import metric_inputs
from infra.observability_settings import DatabaseThresholds
from tests.alarm_exercises import EXERCISES, kind_of
from tests.cloudwatch_alarms import metrics_of, state_of
from tests.haproxy_stack_file import haproxy
from tests.program.conftest import shipped
from tests.program.recorded_graph import Graph, record
from tests.stack_values import ROOT, stack_config

pytestmark = pytest.mark.program

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"
TABLE = json.loads((ROOT / "docs" / "cloudwatch-metrics.json").read_text())
DOCUMENTED = {(entry["namespace"], entry["metric"]): entry for entry in TABLE}

OLD: dict[str, Any] = {
    "addresses": ["10.200.0.10"],
    "port": 80,
    "protocol": "HTTP",
    "healthCheckPath": "/",
    "healthCheckCodes": "200",
}
STEP: dict[str, Any] = {
    "kind": "step",
    "alarm": {"comparison": "above", "cpuPercent": 70, "periodSeconds": 300, "periods": 2},
    "steps": [{"beyond": 0, "nodes": 1}],
}
VARIANTS = ("dev", "by the balancer", "by HAProxy", "with a step policy")
ALL = ("staging", "prod", *VARIANTS)


@cache
def graph_of(name: str) -> Graph:
    """The graph of a shipped stack, or of one of them with more in it."""
    if name in {"staging", "prod"}:
        return shipped(name)
    observed = {"slipway:observability": stack_config("staging")["slipway:observability"]}
    config = {**stack_config("dev"), **observed}
    match name:
        case "by the balancer":
            config["slipway:migration"] = {"kind": "alb", "old": OLD, "services": {"frontend": {"newPercent": 5}}}
        case "by HAProxy":
            config["slipway:migration"] = haproxy()
        case "with a step policy":
            config = stack_config("prod")
            config["slipway:nodeGroups"]["burst"]["policies"] = {"cpu": STEP}
            return record("prod", config)
        case _:
            pass
    return record("dev", config)


def alarms(name: str) -> list[dict[str, Any]]:
    """Of a policy's alarm the engine would choose the name."""
    return sorted(
        ({"name": each.name, **each.inputs} for each in graph_of(name).of(ALARM)),
        key=lambda alarm: str(alarm["name"]),
    )


def declared(alarm: Alarm) -> dict[str, Any]:
    """An alarm that no stack declares yet, in the form in which one would."""
    found = {
        re.sub(r"_(\w)", lambda match: match[1].upper(), key): value for key, value in metric_inputs(alarm).items()
    }
    return {
        **found,
        "name": alarm.name,
        "alarmDescription": alarm.description,
        "comparisonOperator": alarm.comparison,
        "threshold": alarm.threshold,
        "evaluationPeriods": alarm.periods,
        "datapointsToAlarm": alarm.breaching,
        "treatMissingData": alarm.missing,
    }


THRESHOLDS = DatabaseThresholds.model_validate({"cpuPercent": 80, "freeStorageGiB": 10, "connections": 150})
# No stack has a replica so far.
OF_REPLICAS = [declared(each) for each in database_alarms("replica", "db-1", THRESHOLDS, replica_lag_seconds=30)]


def undocumented(metrics: Iterator[tuple[str, str, set[str], str]]) -> list[str]:
    """What is asked for and not in the table of documented metrics."""
    wrong: list[str] = []
    for namespace, metric, dimensions, statistic in metrics:
        entry = DOCUMENTED.get((namespace.partition("/slipway-")[0], metric))
        shown = f"{namespace} {metric} {sorted(dimensions)} {statistic}"
        kind = re.sub(r"^p\d\d$", "pNN", statistic)
        dimension_sets = [set(each) for each in entry["dimensions"]] if entry else []
        if entry is None or dimensions not in dimension_sets or kind not in entry["statistics"]:
            wrong.append(shown)
    return wrong


def read_by(alarm: dict[str, Any]) -> Iterator[tuple[str, str, set[str], str]]:
    for metric in metrics_of(alarm).values():
        yield metric["namespace"], metric["metricName"], set(metric["dimensions"]), metric["stat"]


def shown_on(graph: Graph) -> Iterator[tuple[str, str, set[str], str]]:
    (dashboard,) = graph.of(DASHBOARD)
    for widget in json.loads(dashboard.inputs["dashboardBody"])["widgets"]:
        for namespace, metric, *dimensions, how in widget["properties"].get("metrics", []):
            yield namespace, metric, set(dimensions[::2]), how["stat"]


def test_the_table_names_a_page_for_each_metric() -> None:
    assert len(DOCUMENTED) == len(TABLE)
    for entry in TABLE:
        assert entry["page"].startswith(("https://docs.aws.amazon.com/", "https://github.com/haproxy/haproxy/"))
        assert entry["dimensions"]
        assert entry["statistics"]
        assert entry["unit"]


@pytest.mark.parametrize("name", ALL)
def test_every_alarm_and_every_graph_reads_what_is_documented(name: str) -> None:
    assert undocumented(each for alarm in alarms(name) for each in read_by(alarm)) == []
    assert undocumented(shown_on(graph_of(name))) == []


def test_alarms_of_replicas_read_what_is_documented() -> None:
    assert len(OF_REPLICAS) == 4
    assert undocumented(each for alarm in OF_REPLICAS for each in read_by(alarm)) == []


def test_what_is_not_documented_is_seen() -> None:
    balancer, name = {"LoadBalancer"}, "AWS/ApplicationELB"
    wrong = [
        (name, "RequestCounts", balancer, "Sum"),
        ("AWS/ELB", "RequestCount", balancer, "Sum"),
        (name, "RequestCount", {"TargetGroup"}, "Sum"),
        (name, "RequestCount", balancer, "Average"),
        (name, "RequestCount", balancer, "p95"),
    ]
    assert len(undocumented(iter(wrong))) == len(wrong)
    assert undocumented(iter([(name, "TargetResponseTime", balancer, "p95")])) == []


def wrong_states(alarm: dict[str, Any]) -> list[str]:
    kind = kind_of(alarm)
    assert kind in EXERCISES, f"{alarm['name']}: there is no data for its kind, {kind}"
    cases = EXERCISES[kind](alarm)
    assert {"ALARM", "OK"} <= {case.state for case in cases}, (
        f"{kind} needs data that must set it off and that must not"
    )
    return [
        f"{alarm['name']}, {case.words}: {state}, expected {case.state}"
        for case in cases
        if (state := state_of(alarm, case.data, case.end, case.before)) != case.state
    ]


@pytest.mark.parametrize("name", ALL)
def test_every_alarm_goes_on_when_it_must_and_stays_off_when_it_must(name: str) -> None:
    assert alarms(name)
    assert [wrong for alarm in alarms(name) for wrong in wrong_states(alarm)] == []


@pytest.mark.parametrize("alarm", OF_REPLICAS, ids=lambda alarm: str(alarm["name"]))
def test_alarms_of_replicas_go_on_when_they_must_and_stay_off_when_they_must(alarm: dict[str, Any]) -> None:
    assert wrong_states(alarm) == []


def test_all_data_is_used() -> None:
    used = {kind_of(alarm) for name in ALL for alarm in alarms(name)} | {kind_of(alarm) for alarm in OF_REPLICAS}
    assert used == EXERCISES.keys()


@pytest.mark.parametrize("name", ALL)
def test_every_alarm_names_a_section_that_is_there(name: str) -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "docs" / "runbooks.md").read_text(), re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    kinds = {kind_of(alarm) for alarm in [*alarms(name), *OF_REPLICAS]} - {"scaling"}
    assert kinds <= anchors


@pytest.mark.parametrize("name", ALL)
def test_every_alarm_tells_the_topic_when_it_goes_on_and_off(name: str) -> None:
    (topic,) = graph_of(name).of("aws:sns/topic:Topic")
    arn = f"arn:aws:mock:us-west-2:123456789012:{topic.name}"
    for alarm in alarms(name):
        if kind_of(alarm) != "scaling":
            assert alarm["alarmActions"] == alarm["okActions"] == [arn]
            assert alarm["name"].startswith(topic.name.removesuffix("s") + "-")
            assert alarm["treatMissingData"] in {"missing", "ignore", "breaching", "notBreaching"}


def test_which_alarms_there_are(prod: Graph) -> None:
    names = [str(each.inputs["name"]).removeprefix("slipway-prod-alarm-") for each in prod.of(ALARM)]
    services = ("frontend", "thoughts", "users")
    assert sorted(names) == sorted(
        [
            *("errors", "latency", "certificate", "database-cpu", "database-storage", "database-connections"),
            *(f"{service}-targets" for service in services),
            *(f"{group}-nodes-{what}" for group in ("baseline", "burst") for what in ("at-maximum", "size")),
            *(f"{service}-pods-{what}" for service in services for what in ("pending", "restarting", "at-maximum")),
        ]
    )


def test_both_sides_of_a_migration_are_watched() -> None:
    by_balancer = {str(alarm["name"]) for alarm in alarms("by the balancer")}
    assert "slipway-dev-alarm-frontend-old-targets" in by_balancer
    assert "slipway-dev-alarm-haproxy-targets" in {str(alarm["name"]) for alarm in alarms("by HAProxy")}


def test_a_group_that_is_meant_to_be_full_is_not_an_alarm() -> None:
    config = stack_config("prod")
    config["slipway:nodeGroups"]["baseline"]["size"] = {"min": 3, "desired": 3, "max": 3}
    names = {each.inputs["name"] for each in record("prod", config).of(ALARM)}
    assert "slipway-prod-alarm-baseline-nodes-at-maximum" not in names
    assert "slipway-prod-alarm-baseline-nodes-size" in names
