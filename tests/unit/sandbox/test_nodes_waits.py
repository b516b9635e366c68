"""Node groups whose creation and deletion wait for their instances, on a clock that runs while they wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import SimpleNamespace

import pytest
from emulated_account import NODE_GROUP, Account, Made
from nodes_account import Nodes, budget

from sandbox.aws import provider
from sandbox.aws.errors import AwsError
from sandbox.aws.outputs import ControlPlane
from sandbox.nodes import waits
from sandbox.nodes.groups import DELETING
from sandbox.nodes.instances import State, all_instances
from sandbox.nodes.outages import fail_zone
from sandbox.nodes.timing import DELETION_DRAIN_LIMIT, Waits
from sandbox.partial_failure import PartialFailureError
from tests.says import Says

pytestmark = pytest.mark.unit


class Waiting:
    """What happens while somebody waits: a second passes, and by default agent and kubelets do their work."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.pauses = 0
        self.happens: Callable[[], object] = self.work

    def work(self) -> None:
        self.nodes.agent.step()
        self.nodes.api.report()

    async def sleep(self, _seconds: float) -> None:
        self.pauses += 1
        self.nodes.clock.seconds += 1
        self.happens()


@pytest.fixture
def nodes(account: Account) -> Nodes:
    made = Nodes(account)
    # From here on the account has a control plane, so there is waiting.
    account.aws.control_plane = ControlPlane(made.api.endpoint, "Q0E=")
    return made


@pytest.fixture
def waiting(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> Waiting:
    made = Waiting(nodes)
    monkeypatch.setattr(waits, "asyncio", SimpleNamespace(sleep=made.sleep))
    monkeypatch.setattr(waits, "time", SimpleNamespace(monotonic=nodes.clock.monotonic))
    return made


def nothing() -> None:
    """Nobody works."""


def create(nodes: Nodes, desired: int = 2) -> Made:
    sizes = {"minSize": 0, "desiredSize": desired, "maxSize": 5}
    return nodes.account.node_group(nodes.cluster, nodes.role, nodeGroupName="web", scalingConfig=sizes)


def existing(nodes: Nodes, desired: int = 2) -> Made:
    """One that is up, and what the engine keeps of it."""
    made = create(nodes, desired)
    nodes.join()
    return made


def run(awaited: Awaitable[None]) -> None:
    async def whole() -> None:
        await awaited

    asyncio.run(whole())


def test_a_new_group_is_there_once_its_nodes_have_joined(nodes: Nodes, waiting: Waiting) -> None:
    made = create(nodes)
    assert nodes.states(nodes.found(made.id)) == [State.RUNNING] * 2
    assert made["status"] == "ACTIVE"
    assert waiting.pauses > 0


def test_a_group_of_none_is_there_at_once(nodes: Nodes, waiting: Waiting) -> None:
    create(nodes, 0)
    assert waiting.pauses == 0


def test_ctrl_c_ends_the_wait_and_keeps_the_group(nodes: Nodes, waiting: Waiting) -> None:
    def ctrl_c() -> None:
        with suppress(StopIteration):  # it waits for nothing, and this clock's loop never turns
            nodes.account.aws.cancel().send(None)

    waiting.happens = ctrl_c
    with pytest.raises(PartialFailureError, match=r"0 of 2.*cancelled"):
        create(nodes)
    assert waiting.pauses < 5
    assert nodes.found("main:web").record.id == "main:web"


def test_a_group_that_is_made_smaller_meanwhile_is_there_with_fewer(nodes: Nodes, waiting: Waiting) -> None:
    def shrink() -> None:
        nodes.resize(nodes.found("main:web"), 1)
        waiting.happens = waiting.work

    waiting.happens = shrink
    made = create(nodes, 3)
    assert nodes.states(nodes.found(made.id)) == [State.RUNNING]


def test_a_group_whose_nodes_do_not_join_is_kept_as_failed(nodes: Nodes, waiting: Waiting) -> None:
    waiting.happens = nodes.agent.step  # no kubelet ever reports
    with pytest.raises(PartialFailureError) as failure:
        create(nodes)
    record = nodes.found("main:web").record
    assert failure.value.id == record.id
    assert failure.value.state["arn"] == record.arn
    assert failure.value.state["status"] == "ACTIVE"
    assert waiting.pauses == 300
    late = [f"{instance.id}: pending" for instance in all_instances(nodes.inventory)]
    assert Says("(main:web)", "NodeCreationFailure", "0 of 2", "300 s", *late) == str(failure.value)


def test_the_message_says_why_a_node_could_not_join(nodes: Nodes, waiting: Waiting) -> None:
    with pytest.raises(PartialFailureError) as failure:
        nodes.account.node_group(nodes.cluster, nodes.role, instanceTypes=["m5.lrage"])
    assert waiting.pauses == 300
    assert Says("pending (capacity/instance_types.json", '"m5.lrage"') == str(failure.value)


@pytest.mark.parametrize("zones", ["abc", ""])
def test_the_message_says_when_nothing_is_on_its_way(nodes: Nodes, waiting: Waiting, zones: str) -> None:
    for zone in zones:
        fail_zone(nodes.inventory, f"us-west-2{zone}")
    waiting.happens = nodes.agent.step if zones else nothing
    with pytest.raises(PartialFailureError, match=r"0 of 2.*\bnone\b.*zone.*node agent"):
        create(nodes)


def test_a_group_goes_once_its_nodes_are_drained_and_gone(nodes: Nodes, waiting: Waiting) -> None:
    made = existing(nodes)
    for instance in all_instances(nodes.inventory):
        nodes.api.pod(f"web-{instance.id}", instance.name)
    seen: list[tuple[object, object]] = []

    def look() -> None:
        group = nodes.found(made.id)
        seen.append((group.record.outputs["status"], group.scaling_group.outputs["desiredCapacity"]))
        waiting.work()

    waiting.happens = look
    nodes.account.delete(made)
    assert set(seen) == {(DELETING, 0)}
    assert len(nodes.api.evicted) == 2
    assert nodes.inventory.get(NODE_GROUP, made.id) is None
    assert all_instances(nodes.inventory) == []
    assert nodes.api.nodes() == {}


def test_a_schedule_brings_nothing_back_while_a_group_goes(nodes: Nodes, waiting: Waiting) -> None:
    made = existing(nodes)

    def schedule() -> None:
        nodes.resize(nodes.found(made.id), 2)
        waiting.work()

    waiting.happens = schedule
    nodes.account.delete(made)
    assert nodes.inventory.get(NODE_GROUP, made.id) is None
    assert nodes.api.nodes() == {}


def test_a_budget_holds_up_a_deletion_for_five_minutes_and_no_longer(nodes: Nodes, waiting: Waiting) -> None:
    made = existing(nodes, 1)
    (instance,) = all_instances(nodes.inventory)
    nodes.api.pod("web", instance.name)
    nodes.api.refused["web"] = budget()
    waiting.pauses = 0
    nodes.account.delete(made)
    assert 300 <= waiting.pauses < 310
    assert nodes.inventory.get(NODE_GROUP, made.id) is None


def test_a_group_whose_nodes_stay_is_not_deleted_and_can_be_deleted_again(nodes: Nodes, waiting: Waiting) -> None:
    made = existing(nodes)
    waiting.happens = nothing
    waiting.pauses = 0
    with pytest.raises(AwsError) as failure:
        nodes.account.delete(made)
    assert waiting.pauses == 420
    left = [f"{instance.id}: running" for instance in all_instances(nodes.inventory)]
    assert Says("(main:web)", "timeout", "2 instances", "420 s", *left) == str(failure.value)
    assert nodes.found(made.id).is_going
    waiting.happens = waiting.work
    nodes.account.delete(made)
    assert nodes.inventory.get(NODE_GROUP, made.id) is None


def test_a_deletion_that_is_refused_drains_nothing(
    nodes: Nodes, waiting: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = existing(nodes)
    waiting.pauses = 0

    def refuse(_: object) -> None:
        raise AwsError("deleting", "ResourceInUseException", "no")

    monkeypatch.setattr(provider, "enforce", refuse)
    with pytest.raises(AwsError, match="ResourceInUse"):
        nodes.account.delete(made)
    assert not nodes.found(made.id).is_going
    assert nodes.found(made.id).desired == 2
    assert waiting.pauses == 0


def test_without_a_control_plane_nobody_waits(nodes: Nodes, waiting: Waiting) -> None:
    nodes.account.aws.control_plane = None
    nodes.api.reachable = False
    made = create(nodes, 3)
    nodes.account.delete(made)
    assert waiting.pauses == 0
    assert nodes.inventory.get(NODE_GROUP, made.id) is None


def test_only_node_groups_are_waited_for(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("a role has no nodes")

    for name in ("until_joined", "begin_removal", "until_left"):
        monkeypatch.setattr(provider, name, refuse)
    nodes.account.delete(nodes.account.role("other", "ec2.amazonaws.com"))


def test_a_preview_waits_for_nothing(nodes: Nodes, waiting: Waiting) -> None:
    nodes.account.preview(NODE_GROUP, "nodes", {"clusterName": nodes.cluster.id, "nodeGroupName": "web"})
    assert waiting.pauses == 0


def test_a_group_that_is_removed_by_force_is_waited_for_no_longer(nodes: Nodes, waiting: Waiting) -> None:
    made = existing(nodes)
    record = nodes.found(made.id).record

    def remove() -> None:
        nodes.inventory.remove(record)

    waiting.happens = remove
    run(waits.until_left(nodes.inventory, record, Waits()))
    run(waits.until_joined(nodes.inventory, record, Waits()))


def test_a_deletion_waits_longer_than_draining_may_take() -> None:
    assert Waits().leave > DELETION_DRAIN_LIMIT
