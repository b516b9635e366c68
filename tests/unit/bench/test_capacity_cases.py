"""The random cases that `capacity` is compared with the real scheduler on, and the report about them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.capacity_cases import EVENTS, Case, make_case
from bench.capacity_truth import Outcome, summary, table
from capacity.workloads import Node, Workload

pytestmark = pytest.mark.unit

CASES = [make_case(seed) for seed in range(200)]


def test_a_seed_makes_the_same_case_again() -> None:
    assert [make_case(seed) for seed in range(20)] == CASES[:20]
    assert CASES[0] != replace(CASES[1], seed=0)


def test_there_are_cases_of_every_sort() -> None:
    def nodes() -> list[Node]:
        return [node for case in CASES for node in case.nodes]

    def workloads() -> list[Workload]:
        return [workload for case in CASES for workload, _ in case.demand]

    assert {case.event for case in CASES} == set(EVENTS)
    assert {node.zone for node in nodes()} == {"a", "b", "c"}
    assert {node.group for node in nodes()} == {"general", "burst", "jobs"}
    assert {taint.effect for node in nodes() for taint in node.taints} == {
        "NoSchedule",
        "NoExecute",
        "PreferNoSchedule",
    }
    assert {spread.over for each in workloads() for spread in each.spread if spread.required} == {"zone", "node"}
    assert {workload.node_group for workload in workloads()} == {None, "general", "burst", "jobs"}
    assert len({node.offers for node in nodes()}) == 5


def test_each_case_is_small_and_whole() -> None:
    for case in CASES:
        names = [node.name for node in case.nodes]
        assert len(set(names)) == len(names) <= 18
        assert case.lost <= set(names)
        assert 0 < sum(count for _, count in case.demand) <= 120
        assert all(count > 0 for _, count in case.demand)
        assert (case.update is not None) == (case.event == "rolling update")
        if case.update is not None:
            assert 1 <= case.update.extra <= case.update.replicas
            assert dict(case.demand)[case.update.new] == case.update.replicas


def outcome(case: Case, *, fits: bool, any_order: int, hard_order: int) -> Outcome:
    return Outcome(case, fits, named=not fits, any_order=any_order, hard_order=hard_order)


def test_the_report_counts_what_agrees_and_what_does_not() -> None:
    calm = [case for case in CASES if case.event == "none"]
    outcomes = [
        outcome(calm[0], fits=True, any_order=0, hard_order=0),
        outcome(calm[1], fits=True, any_order=0, hard_order=2),
        outcome(calm[2], fits=False, any_order=0, hard_order=1),
        outcome(calm[3], fits=False, any_order=0, hard_order=0),
    ]
    assert [each.broken_promise for each in outcomes] == [False, True, False, False]
    assert [each.false_alarm for each in outcomes] == [False, False, False, True]
    lines = table(outcomes)
    assert "| fits | **all** | 2 | 1 | 1 | 0 |" in lines
    assert "| does not fit | none | 2 | 1 | 1 | 0 |" in lines
    assert [line.rpartition(": ")[2] for line in summary(outcomes)[:3]] == ["1", "1 (25.0%)", "2 (50.0%)"]
