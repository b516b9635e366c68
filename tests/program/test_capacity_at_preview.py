"""The program checks its sizes before it declares anything."""

from typing import Any

import pulumi
import pytest

from tests.program import recorded_graph
from tests.program.recorded_graph import Graph, record
from tests.stack_values import STACKS, stack_config

pytestmark = pytest.mark.program


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
    (warning,) = warnings
    assert (
        "with every service at its most 6 pods of frontend, 1 pod of thoughts and 1 pod of users find no room"
        in warning
    )


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
    first, *lines = str(refusal.value).splitlines()
    assert first == "Pulumi.dev.yaml has 1 problem; nothing was changed."
    assert "with every service at its least 1 pod of users finds no room: 40m CPU short" in lines[0]
    assert [graph.resources for graph in graphs] == [[]]
    assert warnings == []
