"""The dashboard shows what is watched, on a grid without gaps, the two sides of a migration beside each other."""

import json
from itertools import pairwise
from typing import Any

import pytest

from tests.haproxy_stack_file import haproxy
from tests.program.recorded_graph import Graph, record
from tests.program.test_alarms import ALARM, ALL, DASHBOARD, OLD, graph_of
from tests.stack_values import ROOT, stack_config
from tools.dashboard_picture import draw, main

pytestmark = pytest.mark.program

PICTURE = ROOT / "docs" / "dashboard.svg"
HEADING = "The dashboard of prod, while its front end moves over"


def body(graph: Graph) -> str:
    (dashboard,) = graph.of(DASHBOARD)
    return str(dashboard.inputs["dashboardBody"])


def widgets(graph: Graph) -> list[dict[str, Any]]:
    return json.loads(body(graph))["widgets"]


def titles(graph: Graph) -> list[str]:
    return [str(widget["properties"]["title"]) for widget in widgets(graph)]


def moving_prod() -> Graph:
    migration = {"kind": "alb", "old": OLD, "services": {"frontend": {"newPercent": 20}}}
    return record("prod", {**stack_config("prod"), "slipway:migration": migration})


@pytest.mark.parametrize("name", ALL)
def test_widgets_fill_their_rows_and_do_not_overlap(name: str) -> None:
    rows: dict[int, list[dict[str, Any]]] = {}
    for widget in widgets(graph_of(name)):
        rows.setdefault(widget["y"], []).append(widget)
    for row in rows.values():
        assert row[0]["x"] == 0
        assert all(left["x"] + left["width"] == right["x"] for left, right in pairwise(row))
        assert 20 <= row[-1]["x"] + row[-1]["width"] <= 24
    tops = sorted(rows)
    assert all(top + rows[top][0]["height"] == following for top, following in pairwise(tops))


@pytest.mark.parametrize("name", ALL)
def test_the_body_has_sorted_keys_and_is_of_this_region(name: str) -> None:
    text = body(graph_of(name))
    assert text == json.dumps(json.loads(text), sort_keys=True)
    assert {widget["properties"].get("region", "us-west-2") for widget in json.loads(text)["widgets"]} == {"us-west-2"}


@pytest.mark.parametrize("name", ALL)
def test_every_alarm_with_a_runbook_is_on_it(name: str) -> None:
    graph = graph_of(name)
    shown = {arn.rpartition(":")[2] for widget in widgets(graph) for arn in widget["properties"].get("alarms", [])}
    assert shown == {each.name for each in graph.of(ALARM) if "docs/runbooks.md" in each.inputs["alarmDescription"]}


def test_what_is_shown_of_prod(prod: Graph) -> None:
    assert titles(prod) == [
        *("Alarms", "Requests a minute", "Failed a minute", "How long answers take", "Targets"),
        *("Nodes of baseline", "Nodes of burst"),
        *("Pods of frontend", "What pods of frontend use of their limits"),
        *("Pods of thoughts", "What pods of thoughts use of their limits"),
        *("Pods of users", "What pods of users use of their limits"),
        *("CPU of the database", "Storage of the database", "Connections to the database"),
        "Errors in the services' logs",
    ]
    logs = widgets(prod)[-1]["properties"]["query"]
    (application,) = [
        group.inputs["name"]
        for group in prod.of("aws:cloudwatch/logGroup:LogGroup")
        if group.inputs["name"].endswith("/application")
    ]
    assert logs.startswith(f"SOURCE '{application}' | "), "the log group is one that the program makes"


@pytest.mark.parametrize("migration", ["by the balancer", "by HAProxy"])
def test_both_sides_of_a_migration_stand_beside_each_other_and_show_the_same(migration: str) -> None:
    found = {widget["properties"]["title"]: widget for widget in widgets(graph_of(migration))}
    new, old = found["frontend: new side"], found["frontend: old side"]
    assert (new["x"], old["x"], new["y"], new["width"]) == (0, 12, old["y"], 12)
    new_lines, old_lines = new["properties"]["metrics"], old["properties"]["metrics"]
    assert [line[-1]["label"] for line in new_lines] == [line[-1]["label"] for line in old_lines]
    assert new_lines != old_lines


def test_metrics_of_haproxy_are_those_that_its_machines_send() -> None:
    config = {**stack_config("prod"), "slipway:migration": haproxy()}
    lines = [line for widget in widgets(record("prod", config)) for line in widget["properties"].get("metrics", [])]
    sent = [line for line in lines if line[0] == "Slipway/slipway-prod"]
    assert {line[3] for line in sent} == {"service-frontend"}
    assert {line[5] for line in sent} == {"aws", "old"}


def test_the_picture_in_the_documentation_is_of_this_dashboard() -> None:
    assert PICTURE.read_text() == draw(body(moving_prod()), HEADING)


def test_the_picture_is_drawn_from_a_file(tmp_path: Any) -> None:
    source, picture = tmp_path / "body.json", tmp_path / "picture.svg"
    source.write_text(body(graph_of("by HAProxy")))
    main([str(source), "--heading", "dev", "--output", str(picture)])
    assert "frontend: old side" in picture.read_text()
