"""Instances in the inventory: their addresses and names, and how they move from one state to the next."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from nodes_account import START, Nodes

from sandbox.inventory import Record
from sandbox.nodes.instances import (
    INSTANCE_TYPE,
    Instance,
    State,
    SubnetFullError,
    all_instances,
    change_state,
    forget,
    free_address,
    instances_of,
    launch,
    private_dns_name,
)

pytestmark = pytest.mark.unit


def subnet_of(nodes: Nodes, cidr: str | None = None) -> Record:
    """The first subnet, as if it were of another size."""
    found = nodes.inventory.list(type="aws:ec2/subnet:Subnet")[0]
    if cidr is not None:
        found.inputs["cidrBlock"] = cidr
    return found


def started(nodes: Nodes, *, rebalancing: bool = False) -> Instance:
    group = nodes.group(0)
    return launch(nodes.inventory, group.scaling_group, group.record, subnet_of(nodes), START, rebalancing=rebalancing)


def test_a_subnet_of_16_has_11_addresses() -> None:
    taken: set[str] = set()
    for number in range(11):
        taken.add(free_address("10.0.1.16/28", taken, number))
    assert taken == {f"10.0.1.{last}" for last in range(20, 31)}
    with pytest.raises(SubnetFullError, match=r" 10\.0\.1\.16/28 "):
        free_address("10.0.1.16/28", taken, 0)


@pytest.mark.parametrize(
    ("start", "taken", "address"),
    [
        (0, (), "10.0.0.4"),
        (3, (), "10.0.0.7"),
        (250, (), "10.0.0.254"),
        (251, (), "10.0.0.4"),  # past the end it begins again
        (250, ("10.0.0.254",), "10.0.0.4"),
        (0, ("10.0.0.4", "10.0.0.5"), "10.0.0.6"),
    ],
)
def test_the_next_free_address_is_taken(start: int, taken: tuple[str, ...], address: str) -> None:
    assert free_address("10.0.0.0/24", taken, start) == address


@pytest.mark.parametrize("cidr", ["10.0.0.0/30", "10.0.0.0/31", "10.0.0.0/32"])
def test_a_subnet_of_nothing_but_kept_addresses_has_none(cidr: str) -> None:
    with pytest.raises(SubnetFullError):
        free_address(cidr, (), 7)


@pytest.mark.parametrize(
    ("region", "name"),
    [
        ("us-west-2", "ip-10-10-32-5.us-west-2.compute.internal"),
        ("us-east-1", "ip-10-10-32-5.ec2.internal"),
    ],
)
def test_a_name_is_made_of_the_address(region: str, name: str) -> None:
    assert private_dns_name("10.10.32.5", region) == name


def test_what_is_launched_is_recorded(nodes: Nodes) -> None:
    made = started(nodes, rebalancing=True)
    group = nodes.found(f"{nodes.cluster.id}:web")
    subnet = subnet_of(nodes)
    assert instances_of(nodes.inventory, group.scaling_group) == all_instances(nodes.inventory) == [made]
    assert re.fullmatch("i-0[0-9a-f]{16}", made.id)
    assert (made.type, made.zone, made.subnet_id) == ("t3.medium", "us-west-2a", subnet.id)
    assert made.address.startswith("10.0.0.")
    assert made.name == private_dns_name(made.address, "us-west-2")
    assert (made.state, made.launched, made.ending, made.rebalancing) == (State.PENDING, START, None, True)
    assert made.provider_id == f"aws:///us-west-2a/{made.id}"
    record = nodes.inventory.get(INSTANCE_TYPE, made.id)
    assert record is not None
    assert (record.scope, record.owner) == ("us-west-2", group.scaling_group.key)
    assert record.arn == f"arn:aws:ec2:us-west-2:123456789012:instance/{made.id}"


def test_no_two_have_an_address_a_name_or_an_id_in_common_and_a_full_subnet_takes_no_more(nodes: Nodes) -> None:
    group = nodes.group(0)
    subnet = subnet_of(nodes, "10.0.0.0/28")
    for _ in range(11):
        launch(nodes.inventory, group.scaling_group, group.record, subnet, START)
    made = all_instances(nodes.inventory)
    assert [len({getattr(each, of) for each in made}) for of in ("address", "name", "id")] == [11, 11, 11]
    with pytest.raises(SubnetFullError):
        launch(nodes.inventory, group.scaling_group, group.record, subnet, START)
    assert len(all_instances(nodes.inventory)) == 11


def test_an_address_that_was_given_up_is_not_the_next_one(nodes: Nodes) -> None:
    group = nodes.group(0)
    before: list[str] = []
    for _ in range(5):
        made = launch(nodes.inventory, group.scaling_group, group.record, subnet_of(nodes), START)
        before.append(made.address)
        forget(nodes.inventory, made.id)
    assert len(set(before)) == 5


def test_a_state_changes_only_from_one_of_those_named(nodes: Nodes) -> None:
    made = started(nodes)
    later = START + timedelta(seconds=90)
    assert not change_state(nodes.inventory, made.id, State.TERMINATED, {State.RUNNING}, later, "never")
    assert all_instances(nodes.inventory) == [made]
    assert change_state(nodes.inventory, made.id, State.RUNNING, {State.PENDING}, later, "at last")
    (seen,) = all_instances(nodes.inventory)
    assert (seen.state, seen.reason, seen.ending) == (State.RUNNING, "at last", None)


def test_since_when_one_ends_is_kept(nodes: Nodes) -> None:
    made = started(nodes)
    later = START + timedelta(seconds=90)
    change_state(nodes.inventory, made.id, State.SHUTTING_DOWN, {State.PENDING}, later)
    change_state(nodes.inventory, made.id, State.TERMINATED, {State.SHUTTING_DOWN}, later + timedelta(seconds=9))
    (seen,) = all_instances(nodes.inventory)
    assert (seen.state, seen.ending) == (State.TERMINATED, later)


def test_one_that_is_unknown_is_neither_changed_nor_forgotten(nodes: Nodes) -> None:
    assert not change_state(nodes.inventory, "i-0", State.RUNNING, set(State), START)
    forget(nodes.inventory, "i-0")


def test_the_instances_go_with_their_group(nodes: Nodes) -> None:
    started(nodes)
    group = nodes.found(f"{nodes.cluster.id}:web")
    nodes.inventory.remove(group.record)
    assert all_instances(nodes.inventory) == []
