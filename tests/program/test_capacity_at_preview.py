"""The program checks its sizes before it declares anything."""

from typing import Any

import pulumi
import pytest

from tests.program import recorded_graph
from tests.program.recorded_graph import Graph, record
from tests.says import Says
from tests.stack_values import STACKS, stack_config

pytestmark = pytest.mark.program

# What mends it, in whichever part of the week the test runs.
NODES_AT_NIGHT = (
    "desired 2",
    "slipway:nodeGroups.general.schedules.night.down.size",
    "slipway:nodeGroups.general.schedules.weekend.down.size",
)


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []

    def warn(text: str, *_: Any, **__: Any) -> None:
        said.append(text)

    monkeypatch.setattr(pulumi.log, "warn", warn)
    return said


def mis_sized(least: int, most: int) -> dict[str, Any]:
    config = stack_config("dev")
    config["slipway:services"]["frontend"]["autoscaling"].update(minReplicas=least, maxReplicas=most)
    return config


@pytest.mark.parametrize("stack", STACKS)
def test_shipped_stacks_are_quiet(stack: str, warnings: list[str]) -> None:
    assert record(stack).resources
    assert warnings == []


def test_what_may_go_wrong_is_a_warning_and_no_more(warnings: list[str]) -> None:
    graph = record("dev", mis_sized(2, 20))
    assert graph.of("aws:eks/nodeGroup:NodeGroup")
    short = ("6 pods of frontend", "1 pod of thoughts", "1 pod of users", "640m CPU", "5 pods")
    assert warnings == [Says(*short, *NODES_AT_NIGHT, "slipway:services.frontend.autoscaling.maxReplicas 9")]


def test_what_cannot_work_is_refused_before_anything_is_declared(
    warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    graphs: list[Graph] = []

    def kept(stack: str) -> Graph:
        graphs.append(Graph(stack))
        return graphs[-1]

    monkeypatch.setattr(recorded_graph, "Graph", kept)
    with pytest.raises(pulumi.RunError) as refusal:
        record("dev", mis_sized(10, 10))
    assert str(refusal.value).splitlines() == [
        Says("Pulumi.dev.yaml", "1", "nothing"),
        Says("1 pod of users", "40m CPU", *NODES_AT_NIGHT),
    ]
    assert [graph.resources for graph in graphs] == [[]]
    assert warnings == []
