"""The node agent, on a clock of the test's own: joining, scaling, draining, dying, and what is left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from nodes_account import Nodes, budget

from sandbox.kwok.configuration import DEAD_LABEL
from sandbox.nodes.agent import NodeAgent
from sandbox.nodes.groups import DELETING, NodeGroup
from sandbox.nodes.instances import LIVE, Instance, State
from sandbox.nodes.outages import end_instance, fail_zone, kill_instance, restore_zone
from sandbox.nodes.timing import Timing, scaled
from tests.says import Says

pytestmark = pytest.mark.unit


def is_dead(node: dict[str, Any]) -> bool:
    return DEAD_LABEL in node["metadata"]["labels"]


def live_of(nodes: Nodes, group: NodeGroup) -> list[Instance]:
    return [each for each in nodes.instances(group) if each.state in LIVE]


def test_a_group_gets_its_instances_and_they_join(nodes: Nodes) -> None:
    group = nodes.group(3)
    nodes.step()
    assert nodes.states(group) == [State.PENDING] * 3
    assert nodes.zones(group) == {"a": 1, "b": 1, "c": 1}
    assert set(nodes.api.nodes()) == {each.name for each in nodes.instances(group)}
    first, *rest = nodes.instances(group)
    nodes.api.report("True", first.name)
    nodes.step()
    assert nodes.states(group) == [State.RUNNING, State.PENDING, State.PENDING]
    nodes.api.report("True", *(each.name for each in rest))
    nodes.step()
    assert nodes.states(group) == [State.RUNNING] * 3


def test_a_node_that_is_not_ready_has_not_joined(nodes: Nodes) -> None:
    group = nodes.group(1)
    nodes.step()
    nodes.api.report("False")
    nodes.step(3)
    assert nodes.states(group) == [State.PENDING]


def test_a_group_that_has_all_it_should_asks_the_api_server_rarely_and_writes_nothing(nodes: Nodes) -> None:
    nodes.joined(2)
    nodes.step(seconds=5)
    before, stored = len(nodes.api.requests), nodes.inventory.list()
    nodes.step(9, seconds=0.5)
    assert len(nodes.api.requests) == before
    nodes.step()
    assert nodes.api.requests[before:] == [("GET", "/api/v1/nodes")]
    assert nodes.inventory.list() == stored


def test_another_control_planes_cluster_is_not_its_business(nodes: Nodes) -> None:
    group = nodes.group(1)
    nodes.agent = NodeAgent(nodes.api, nodes.inventory, "https://127.0.0.1:1", nodes.timing)
    before = len(nodes.api.requests)
    nodes.step()
    assert (nodes.instances(group), len(nodes.api.requests)) == ([], before)


def test_a_larger_group_gets_more(nodes: Nodes) -> None:
    group = nodes.joined(2)
    before = nodes.instances(group)
    nodes.resize(group, 5)
    nodes.join()
    assert nodes.states(group) == [State.RUNNING] * 5
    assert nodes.instances(group)[:2] == before
    assert nodes.zones(group) == {"a": 2, "b": 2, "c": 1}


def test_a_smaller_group_drains_what_goes_and_then_removes_its_node(nodes: Nodes) -> None:
    group = nodes.joined(3)
    first, *rest = nodes.instances(group)
    nodes.api.pod("web", first.name)
    nodes.api.pod("other", rest[0].name)
    nodes.resize(group, 2)
    nodes.step()
    (leaving,) = [each for each in nodes.instances(group) if each.state is State.SHUTTING_DOWN]
    assert (leaving.id, leaving.reason) == (first.id, "more than desired")
    assert nodes.api.nodes()[first.name]["spec"]["unschedulable"] is True
    assert nodes.api.evicted == ["default/web"]
    assert not is_dead(nodes.api.nodes()[first.name])
    nodes.step()
    assert [each.id for each in nodes.instances(group)] == [each.id for each in rest]
    assert set(nodes.api.nodes()) == {each.name for each in rest}
    assert not any("unschedulable" in node["spec"] for node in nodes.api.nodes().values())
    assert nodes.api.evicted == ["default/web"]


@pytest.mark.parametrize(("is_going", "limit"), [(False, 900), (True, 300)])
def test_a_budget_holds_a_node_until_the_limit(
    nodes: Nodes, caplog: pytest.LogCaptureFixture, is_going: bool, limit: int
) -> None:
    group = nodes.joined(1)
    (instance,) = nodes.instances(group)
    nodes.api.pod("web", instance.name)
    nodes.api.refused["web"] = budget()
    if is_going:
        nodes.inventory.set_property(group.record.type, group.record.id, "status", DELETING)
    else:
        nodes.resize(group, 0)
    nodes.step()
    nodes.step(limit // 10 - 1, seconds=10)
    assert nodes.states(group) == [State.SHUTTING_DOWN]
    assert nodes.api.evicted.count("default/web") == limit // 10
    assert instance.name in nodes.api.nodes()
    nodes.step(seconds=10)
    assert nodes.instances(group) == []
    assert nodes.api.nodes() == {}
    refusal = str(nodes.api.refused["web"])
    assert Says(instance.name, f"{limit} s", f"default/web: {refusal}") == caplog.text


def test_a_pod_that_a_budget_keeps_is_not_asked_at_every_look(nodes: Nodes) -> None:
    group = nodes.joined(1)
    nodes.api.pod("web", nodes.instances(group)[0].name)
    nodes.api.refused["web"] = budget()
    nodes.resize(group, 0)
    nodes.step(10, seconds=0.5)
    assert len(nodes.api.evicted) == 1
    nodes.step()
    assert len(nodes.api.evicted) == 2


def test_a_group_that_is_being_deleted_gets_nothing_new_whatever_its_size(nodes: Nodes) -> None:
    group = nodes.joined(2)
    nodes.inventory.set_property(group.record.type, group.record.id, "status", DELETING)
    nodes.step(4)
    assert nodes.instances(group) == []
    assert nodes.found(group.record.id).scaling_group.outputs["desiredCapacity"] == 2


def test_a_restarted_agent_goes_on_with_a_drain_from_its_beginning(nodes: Nodes) -> None:
    group = nodes.joined(1)
    (instance,) = nodes.instances(group)
    nodes.api.pod("web", instance.name)
    nodes.api.refused["web"] = budget()
    nodes.resize(group, 0)
    nodes.step()
    nodes.agent = nodes.new_agent()
    nodes.step(seconds=899)
    assert nodes.states(group) == [State.SHUTTING_DOWN]
    nodes.step(seconds=1)
    assert nodes.instances(group) == []


def test_one_that_ends_by_hand_is_drained_and_replaced_at_once(nodes: Nodes) -> None:
    group = nodes.joined(3)
    first = nodes.instances(group)[0]
    nodes.api.pod("web", first.name)
    end_instance(nodes.inventory, first.id)
    nodes.step()
    assert [each.zone for each in live_of(nodes, group)].count(first.zone) == 1
    assert nodes.states(group) == [State.SHUTTING_DOWN, State.RUNNING, State.RUNNING, State.PENDING]
    assert nodes.api.evicted == ["default/web"]
    nodes.join()
    assert nodes.states(group) == [State.RUNNING] * 3
    assert first.name not in nodes.api.nodes()


def test_a_dead_instance_is_silent_and_its_node_goes_once_it_is_not_ready(nodes: Nodes) -> None:
    group = nodes.joined(3)
    first = nodes.instances(group)[0]
    nodes.api.pod("web", first.name)
    kill_instance(nodes.inventory, first.id)
    nodes.step()
    # Another takes its place at once; nothing is drained, and Kubernetes has to find out by itself.
    assert nodes.states(group) == [State.TERMINATED, State.RUNNING, State.RUNNING, State.PENDING]
    assert [name for name, node in nodes.api.nodes().items() if is_dead(node)] == [first.name]
    assert nodes.api.evicted == []
    nodes.step(3)
    assert first.name in nodes.api.nodes()
    nodes.api.report("Unknown", first.name)
    nodes.step()
    assert first.name not in nodes.api.nodes()
    nodes.step()
    assert first.id not in {each.id for each in nodes.instances(group)}
    assert ("Pod", "default", "web") in nodes.api.objects


def test_one_that_dies_while_it_is_drained_is_drained_no_more(nodes: Nodes) -> None:
    group = nodes.joined(1)
    (instance,) = nodes.instances(group)
    nodes.api.pod("web", instance.name)
    nodes.api.refused["web"] = budget()
    nodes.resize(group, 0)
    nodes.step()
    kill_instance(nodes.inventory, instance.id)
    nodes.step(3, seconds=5)
    assert len(nodes.api.evicted) == 1
    assert is_dead(nodes.api.nodes()[instance.name])


def test_the_node_of_a_record_that_is_gone_is_buried_and_those_of_others_are_not(nodes: Nodes) -> None:
    group = nodes.joined(1)
    orphan = {"providerID": "aws:///us-west-2a/i-0gone"}
    for name, spec in (("orphan", orphan), ("foreign", {}), ("elsewhere", {"providerID": "kind://node"})):
        nodes.api.put("v1", "Node", name, spec=spec, status={}, metadata={"labels": {}})
    nodes.api.report()
    nodes.step(seconds=5)
    assert [name for name, node in nodes.api.nodes().items() if is_dead(node)] == ["orphan"]
    nodes.step(seconds=5)
    assert "orphan" in nodes.api.nodes()
    nodes.api.report("Unknown", "orphan", "foreign")
    nodes.step(seconds=5)
    assert set(nodes.api.nodes()) == {"foreign", "elsewhere", nodes.instances(group)[0].name}


def test_a_node_that_somebody_deleted_registers_again(nodes: Nodes) -> None:
    group = nodes.joined(1)
    (instance,) = nodes.instances(group)
    del nodes.api.objects["Node", "", instance.name]
    nodes.step(seconds=5)
    assert nodes.api.nodes()[instance.name]["spec"]["providerID"] == instance.provider_id
    assert nodes.states(group) == [State.RUNNING]


def test_one_that_cannot_join_says_why_once_and_keeps_no_other_back(
    nodes: Nodes, caplog: pytest.LogCaptureFixture
) -> None:
    odd = nodes.group(1, "odd", instanceTypes=["m5.lrage"])
    fine = nodes.group(1, "fine")
    nodes.step()
    nodes.api.report()
    nodes.step(3)
    (late,) = nodes.instances(odd)
    assert (late.state, late.reason) == (State.PENDING, Says('"m5.lrage"', "m5.large"))
    assert caplog.text.count("cannot join") == 1
    assert nodes.states(fine) == [State.RUNNING]


def test_one_whose_node_is_refused_says_why_and_joins_later(nodes: Nodes) -> None:
    group = nodes.group(2)
    nodes.step(0)
    nodes.api.unwelcome = _Everything()
    nodes.step(2)
    assert {each.reason for each in nodes.instances(group)} == {"a label is invalid"}
    nodes.api.unwelcome = set()
    nodes.join()
    assert [(each.state, each.reason) for each in nodes.instances(group)] == [(State.RUNNING, "")] * 2


class _Everything(set[str]):
    def __contains__(self, _: object) -> bool:
        return True


def test_a_full_subnet_keeps_no_other_group_from_growing(nodes: Nodes, caplog: pytest.LogCaptureFixture) -> None:
    small = nodes.account.create(
        "aws:ec2/subnet:Subnet", "small",
        {"vpcId": nodes.cluster["vpcConfig"]["vpcId"], "cidrBlock": "10.0.9.0/28", "availabilityZone": "us-west-2a"},
    )  # fmt: skip
    cramped = nodes.group(9, "cramped", subnetIds=[small.id])
    other = nodes.group(9, "other", subnetIds=[small.id])
    free = nodes.group(2, "free")
    nodes.step(2)
    assert len(nodes.instances(cramped)) + len(nodes.instances(other)) == 11
    assert len(nodes.instances(free)) == 2
    assert Says(f"{other.record.name} cannot grow", "10.0.9.0/28") == caplog.text


def test_a_zone_that_fails_moves_its_nodes_and_gets_them_back(nodes: Nodes) -> None:
    group = nodes.joined(6)
    fail_zone(nodes.inventory, "us-west-2a")
    nodes.step()
    assert {each.zone[-1] for each in live_of(nodes, group)} == {"b", "c"}
    nodes.api.report("Unknown", *(name for name, node in nodes.api.nodes().items() if is_dead(node)))
    nodes.join()
    assert nodes.states(group) == [State.RUNNING] * 6
    nodes.step(5)
    assert nodes.zones(group) == {"b": 3, "c": 3}
    restore_zone(nodes.inventory, "us-west-2a")
    fewest = 6
    for number in range(60):
        nodes.step()
        fewest = min(fewest, nodes.states(group).count(State.RUNNING))
        if number % 4 == 0:  # a new node takes its time to be ready
            nodes.api.report()
    assert nodes.zones(group) == {"a": 2, "b": 2, "c": 2}
    assert fewest == 6
    assert nodes.states(group) == [State.RUNNING] * 6


def test_with_every_zone_down_nothing_is_launched(nodes: Nodes) -> None:
    group = nodes.joined(1)
    for zone in "abc":
        fail_zone(nodes.inventory, f"us-west-2{zone}")
    nodes.step(3)
    assert live_of(nodes, group) == []


@pytest.mark.parametrize("broken", ["unreachable", "refusing"])
def test_it_goes_on_after_an_api_server_that_does_not_serve_it(nodes: Nodes, broken: str) -> None:
    group = nodes.group(1)
    stop, looks = _Stop(rounds=3), 0

    def look(after: int) -> None:
        nonlocal looks
        looks += 1
        if after == 0:
            nodes.api.reachable = True
            nodes.api.kinds["v1"] = [*nodes.api.kinds["v1"], "Node"]
        else:
            nodes.api.report()

    if broken == "unreachable":
        nodes.api.reachable = False
    else:
        nodes.api.kinds["v1"] = [kind for kind in nodes.api.kinds["v1"] if kind != "Node"]
    stop.pause = look
    nodes.agent.run(stop)
    assert looks == 3
    assert nodes.states(group) == [State.RUNNING]
    assert stop.waited == [nodes.timing.poll] * 3


class _Stop(threading.Event):
    """Set after some rounds, none of which takes time."""

    def __init__(self, rounds: int) -> None:
        super().__init__()
        self.rounds = rounds
        self.waited: list[float | None] = []
        self.pause: Callable[[int], None] = print

    def wait(self, timeout: float | None = None) -> bool:
        self.pause(len(self.waited))
        self.waited.append(timeout)
        if len(self.waited) == self.rounds:
            self.set()
        return self.is_set()


def test_the_limits_are_those_of_aws_and_shrink_with_its_times() -> None:
    assert (Timing().drain_limit, Timing().deletion_drain_limit) == (15 * 60, 5 * 60)
    assert scaled(0.1) == replace(Timing(), drain_limit=90.0, deletion_drain_limit=30.0)
    assert scaled(1.0) == Timing()
