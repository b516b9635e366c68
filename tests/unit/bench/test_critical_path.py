"""The longest chain through a graph, and the graph in a stack's state."""

from __future__ import annotations

from graphlib import CycleError
from typing import Any

import pytest

from bench.critical_path import Task, creations, critical_path, deletion_rounds, deletions, length
from sandbox.urn import name_of

pytestmark = pytest.mark.unit

COMPONENT = "urn:pulumi:dev::slipway::slipway:infra:Network::network"
PROVIDER = "urn:pulumi:dev::slipway::pulumi:providers:aws::aws"


def urn(name: str) -> str:
    return f"urn:pulumi:dev::slipway::slipway:infra:Network$aws:ec2/thing:Thing::{name}"


def resource(name: str, *dependencies: str, **more: Any) -> dict[str, Any]:
    return {
        **{"urn": urn(name), "type": "aws:ec2/thing:Thing", "custom": True, "parent": COMPONENT},
        **{"dependencies": list(dependencies), "provider": f"{PROVIDER}::some-id", **more},
    }


def seconds(operation: str, _type: str) -> float:
    return {"create": 10.0, "delete": 1.0}[operation]


def names(tasks: list[Task]) -> list[str]:
    return [name_of(task.name) for task in critical_path(tasks) if task.seconds]


STATE = [
    {"urn": PROVIDER, "type": "pulumi:providers:aws", "custom": True},
    {"urn": COMPONENT, "type": "slipway:infra:Network", "custom": False},
    resource("first"),
    resource("second", urn("first")),
    {**resource("third", COMPONENT), "parent": ""},
]


def test_the_longest_chain_wins_and_not_the_one_with_most_steps() -> None:
    tasks = [Task("a", 1), Task("b", 1, ("a",)), Task("c", 1, ("b",)), Task("long", 5, ("a",)), Task("d", 1, ("c",))]
    assert [task.name for task in critical_path(tasks)] == ["a", "long"]
    assert length(critical_path(tasks)) == 6


def test_nothing_takes_no_time() -> None:
    assert critical_path([]) == []


def test_a_circle_is_no_graph() -> None:
    with pytest.raises(CycleError):
        critical_path([Task("a", 1, ("b",)), Task("b", 1, ("a",))])


def test_what_waits_for_a_component_waits_for_all_in_it() -> None:
    assert names(creations(STATE, seconds)) == ["first", "second", "third"]


def test_everything_goes_before_what_it_waited_for() -> None:
    path = critical_path(deletions(STATE, seconds))
    assert [name_of(task.name) for task in path if task.seconds] == ["third", "second", "first"]
    assert length(path) == 3


def test_what_goes_with_something_else_takes_no_call() -> None:
    state = [*STATE[:3], resource("second", urn("first"), deletedWith=urn("first"))]
    assert length(critical_path(deletions(state, seconds))) == 1


def slow_first(_operation: str, type_: str) -> float:
    return {"aws:slow/thing:Thing": 100.0}.get(type_, 1.0)


def slow(name: str, *dependencies: str) -> dict[str, Any]:
    plain = resource(name, *dependencies)
    return {**plain, "urn": plain["urn"].replace("ec2", "slow"), "type": "aws:slow/thing:Thing"}


def test_the_engine_deletes_in_rounds_so_that_a_slow_one_holds_up_what_does_not_wait_for_it() -> None:
    state = [
        *STATE[:3],
        slow("slow", urn("first")),
        resource("second", urn("first")),
        slow("beside", urn("second")),
    ]
    assert length(critical_path(deletions(state, slow_first))) == 102
    rounds = deletion_rounds(state, slow_first)
    assert [name_of(task.name) for task in rounds if task.seconds] == ["beside", "slow", "first"]
    assert length(rounds) == 201


def test_what_waits_for_a_component_goes_in_a_round_before_all_in_it() -> None:
    rounds = deletion_rounds(STATE, seconds)
    assert [name_of(task.name) for task in rounds if task.seconds] == ["third", "second", "first"]
