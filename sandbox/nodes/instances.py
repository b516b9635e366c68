"""Instances of Auto Scaling groups, as the inventory keeps them."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network
from typing import Any, Final

from sandbox.aws.identifiers import ACCOUNT, Seed
from sandbox.inventory import Inventory, Record

INSTANCE_TYPE: Final = "aws:ec2/instance:Instance"


class State(StrEnum):
    """The states of an instance that matter here.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
    """

    PENDING = "pending"
    """Launched; its node has not joined yet."""
    RUNNING = "running"
    """Its node has joined and is ready."""
    SHUTTING_DOWN = "shutting-down"
    """Its node is being drained."""
    TERMINATED = "terminated"
    """Gone; its record goes once its node is gone too."""


LIVE: Final = frozenset({State.PENDING, State.RUNNING})
"""What counts as one of its group."""


class SubnetFullError(Exception):
    """A subnet has no free address left."""


@dataclass(frozen=True)
class Instance:
    """One instance.

    Attributes:
        id: such as `i-0123456789abcdef0`.
        type: the instance type, such as `m5.large`.
        zone: its availability zone.
        subnet_id: its subnet.
        address: its private IPv4 address.
        name: its private DNS name, which is its node's name.
        node_group: the name of its managed node group.
        launched: when.
        ending: since when it is being drained.
        state: what it does.
        rebalancing: whether it was launched beside a full group, to take the place of one in a fuller zone.
        reason: why it is in its state, where that needs saying.
    """

    id: str
    type: str
    zone: str
    subnet_id: str
    address: str
    name: str
    node_group: str
    launched: datetime
    ending: datetime | None = None
    state: State = State.PENDING
    rebalancing: bool = False
    reason: str = ""

    @property
    def provider_id(self) -> str:
        """How its Node names it."""
        return f"aws:///{self.zone}/{self.id}"


def instance_from(record: Record) -> Instance:
    """Read an instance's record."""
    known = record.outputs
    ending: str = known.get("ending", "")
    return Instance(
        id=record.id,
        type=str(known["instanceType"]),
        zone=str(known["availabilityZone"]),
        subnet_id=str(known["subnetId"]),
        address=str(known["privateIp"]),
        name=str(known["privateDnsName"]),
        node_group=str(known["nodeGroup"]),
        launched=datetime.fromisoformat(known["launched"]),
        ending=datetime.fromisoformat(ending) if ending else None,
        state=State(known["state"]),
        rebalancing=bool(known.get("rebalancing", False)),
        reason=str(known.get("stateReason", "")),
    )


def instances_of(inventory: Inventory, group: Record) -> list[Instance]:
    """Return the instances of an Auto Scaling group, in the order of their launch."""
    return [instance_from(record) for record in inventory.owned_by(group) if record.type == INSTANCE_TYPE]


def all_instances(inventory: Inventory) -> list[Instance]:
    """Return every instance of the account, in the order of their launch."""
    return [instance_from(record) for record in inventory.list(type=INSTANCE_TYPE)]


def private_dns_name(address: str, region: str) -> str:
    """Name an address as AWS does in a VPC.

    https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html
    """
    domain = "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"
    return f"ip-{address.replace('.', '-')}.{domain}"


def free_address(cidr: str, taken: Collection[str], start: int) -> str:
    """Choose an address of a subnet: the first free one from a number on, so that one given up is not soon reused.

    AWS keeps the first four addresses and the last of every subnet.
    https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html

    Raises:
        SubnetFullError: there is none left.
    """
    network = IPv4Network(cidr)
    usable = network.num_addresses - 5
    for offset in range(max(usable, 0)):
        address = str(IPv4Address(int(network.network_address) + 4 + (start + offset) % usable))
        if address not in taken:
            return address
    raise SubnetFullError(f"the subnet {cidr} has no free address left")


def launch(
    inventory: Inventory, group: Record, node_group: Record, subnet: Record, now: datetime, *, rebalancing: bool = False
) -> Instance:
    """Record a new instance of a group in one of its subnets.

    Args:
        inventory: the account.
        group: the Auto Scaling group.
        node_group: the managed node group it belongs to.
        subnet: where.
        now: the time.
        rebalancing: whether it is one more than the group should have, until another has ended for it.

    Raises:
        SubnetFullError: the subnet has no address for it.
    """
    with inventory.transaction():
        seed = Seed(f"{INSTANCE_TYPE}|{inventory.next_number()}")
        taken = {each.address for each in all_instances(inventory)}
        address = free_address(str(subnet.inputs["cidrBlock"]), taken, seed.number(1 << 32, "address"))
        id_ = f"i-0{seed.hexadecimal(16)}"
        outputs: dict[str, Any] = {
            "instanceType": str(node_group.outputs["instanceTypes"][0]),
            "availabilityZone": str(subnet.outputs["availabilityZone"]),
            "subnetId": subnet.id,
            "privateIp": address,
            "privateDnsName": private_dns_name(address, group.scope),
            "state": State.PENDING.value,
            "nodeGroup": node_group.name,
            "launched": now.isoformat(),
            "rebalancing": rebalancing,
        }
        record = Record(
            provider="aws",
            type=INSTANCE_TYPE,
            id=id_,
            arn=f"arn:aws:ec2:{group.scope}:{ACCOUNT}:instance/{id_}",
            name=outputs["privateDnsName"],
            scope=group.scope,
            owner=group.key,
            outputs=outputs,
        )
        return instance_from(inventory.add(record))


def change_state(
    inventory: Inventory, id_: str, to: State, among: Collection[State], now: datetime, reason: str = ""
) -> bool:
    """Move an instance to another state, if it is in one of those named, and say whether it was moved.

    It is looked up again inside: somebody may have killed it meanwhile.
    """
    with inventory.transaction():
        record = inventory.get(INSTANCE_TYPE, id_)
        if record is None or State(record.outputs["state"]) not in among:
            return False
        changes: dict[str, Any] = {"state": to.value, "stateReason": reason}
        if to is State.SHUTTING_DOWN:
            changes["ending"] = now.isoformat()
        inventory.update(replace(record, outputs={**record.outputs, **changes}))
        return True


def forget(inventory: Inventory, id_: str) -> None:
    """Remove the record of an instance that is gone."""
    with inventory.transaction():
        record = inventory.get(INSTANCE_TYPE, id_)
        if record is not None:
            inventory.remove(record)
