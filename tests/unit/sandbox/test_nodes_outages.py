"""What happens to instances from outside."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from emulated_account import Account
from nodes_account import Nodes

from sandbox.aws.errors import AwsError
from sandbox.inventory import Inventory
from sandbox.nodes.instances import Instance, State, all_instances
from sandbox.nodes.outages import end_instance, fail_zone, failed_zones, kill_instance, restore_zone

pytestmark = pytest.mark.unit


Outage = Callable[[Inventory, str], Instance]


@pytest.fixture
def nodes(account: Account) -> Nodes:
    made = Nodes(account)
    made.joined(3)
    return made


def seen(nodes: Nodes, id_: str) -> Instance:
    return next(each for each in all_instances(nodes.inventory) if each.id == id_)


@pytest.mark.parametrize("by", ["id", "name"])
@pytest.mark.parametrize(
    ("outage", "state", "reason"),
    [(kill_instance, State.TERMINATED, "killed"), (end_instance, State.SHUTTING_DOWN, "ended by hand")],
)
def test_one_goes_by_its_id_or_its_nodes_name(nodes: Nodes, by: str, outage: Outage, state: State, reason: str) -> None:
    first, second, third = all_instances(nodes.inventory)
    assert outage(nodes.inventory, getattr(second, by)) == second
    assert (seen(nodes, second.id).state, seen(nodes, second.id).reason) == (state, reason)
    assert [seen(nodes, other.id) for other in (first, third)] == [first, third]


def test_the_dead_stay_dead(nodes: Nodes) -> None:
    first = all_instances(nodes.inventory)[0]
    kill_instance(nodes.inventory, first.id)
    assert kill_instance(nodes.inventory, first.id).state is State.TERMINATED
    end_instance(nodes.inventory, first.id)
    assert seen(nodes, first.id).state is State.TERMINATED


def test_one_that_is_drained_can_still_die(nodes: Nodes) -> None:
    first = all_instances(nodes.inventory)[0]
    end_instance(nodes.inventory, first.id)
    kill_instance(nodes.inventory, first.id)
    assert seen(nodes, first.id).state is State.TERMINATED


@pytest.mark.parametrize("outage", [kill_instance, end_instance])
def test_one_that_does_not_exist_is_refused(nodes: Nodes, outage: Outage) -> None:
    with pytest.raises(AwsError, match=r"\(i-0nowhere\): InvalidInstanceID\.NotFound"):
        outage(nodes.inventory, "i-0nowhere")


def test_a_zone_takes_all_of_its_instances_and_no_others(nodes: Nodes) -> None:
    in_a, in_b, in_c = all_instances(nodes.inventory)
    assert [each.zone[-1] for each in (in_a, in_b, in_c)] == ["a", "b", "c"]
    end_instance(nodes.inventory, in_a.id)
    died = fail_zone(nodes.inventory, "us-west-2a")
    assert [each.id for each in died] == [in_a.id]
    assert (seen(nodes, in_a.id).state, seen(nodes, in_a.id).reason) == (State.TERMINATED, "us-west-2a failed")
    assert [seen(nodes, other.id) for other in (in_b, in_c)] == [in_b, in_c]
    assert fail_zone(nodes.inventory, "us-west-2a") == []


def test_zones_fail_and_come_back_one_by_one(nodes: Nodes) -> None:
    assert failed_zones(nodes.inventory) == frozenset()
    for zone in ("us-west-2a", "us-west-2c"):
        fail_zone(nodes.inventory, zone)
    assert failed_zones(nodes.inventory) == {"us-west-2a", "us-west-2c"}
    restore_zone(nodes.inventory, "us-west-2a")
    restore_zone(nodes.inventory, "us-west-2b")
    assert failed_zones(nodes.inventory) == {"us-west-2c"}
    restore_zone(nodes.inventory, "us-west-2c")
    assert failed_zones(nodes.inventory) == frozenset()


def test_a_zone_without_subnets_is_refused_and_the_others_named(nodes: Nodes) -> None:
    with pytest.raises(AwsError, match=r"'us-west-2z'.* us-west-2a, us-west-2b, us-west-2c"):
        fail_zone(nodes.inventory, "us-west-2z")
    assert failed_zones(nodes.inventory) == frozenset()
