"""What happens to instances from outside: one dies, one is ended by hand, a zone fails and comes back.

Each only writes to the inventory; the node agent sees it within its next look.
"""

import json
from datetime import UTC, datetime
from typing import Final

from sandbox.aws.errors import AwsError
from sandbox.inventory import Inventory
from sandbox.nodes.groups import SUBNET_TYPE
from sandbox.nodes.instances import LIVE, Instance, State, all_instances, change_state

_FAILED_ZONES: Final = "failed zones"
_NOT_GONE: Final = frozenset({*LIVE, State.SHUTTING_DOWN})


def kill_instance(inventory: Inventory, id_: str) -> Instance:
    """Let an instance die at once, as hardware does: nothing is drained.

    Its heartbeats stop, Kubernetes finds its node not ready by itself, and its group launches another at once. One
    that is dead already stays so.

    Args:
        inventory: the account.
        id_: its id, or the name of its node.

    Returns:
        The instance as it was.

    Raises:
        AwsError: there is no such instance.
    """
    instance = _instance(inventory, id_, "killing")
    change_state(inventory, instance.id, State.TERMINATED, _NOT_GONE, datetime.now(UTC), "killed")
    return instance


def end_instance(inventory: Inventory, id_: str) -> Instance:
    """End an instance in an orderly way: its node is drained first, and its group launches another at once.

    What `aws autoscaling terminate-instance-in-auto-scaling-group --no-should-decrement-desired-capacity` does; a
    managed node group drains every node that ends.
    https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html

    Args:
        inventory: the account.
        id_: its id, or the name of its node.

    Returns:
        The instance as it was.

    Raises:
        AwsError: there is no such instance.
    """
    instance = _instance(inventory, id_, "terminating")
    change_state(inventory, instance.id, State.SHUTTING_DOWN, LIVE, datetime.now(UTC), "ended by hand")
    return instance


def failed_zones(inventory: Inventory) -> frozenset[str]:
    """Return the zones that are down."""
    noted = inventory.fact(_FAILED_ZONES)
    return frozenset(json.loads(noted)) if noted is not None else frozenset()


def fail_zone(inventory: Inventory, zone: str) -> list[Instance]:
    """Let a whole zone fail: its instances die at once, and until it is restored nothing is launched there.

    Returns:
        The instances that died, as they were.

    Raises:
        AwsError: no subnet lies in such a zone.
    """
    known = {str(subnet.outputs["availabilityZone"]) for subnet in inventory.list(type=SUBNET_TYPE)}
    if zone not in known:
        raise AwsError(
            "failing a zone",
            "InvalidParameterValue",
            f"no subnet lies in {zone!r}; zones in use are {', '.join(sorted(known)) or 'none'}",
        )
    with inventory.transaction():
        inventory.set_fact(_FAILED_ZONES, json.dumps(sorted(failed_zones(inventory) | {zone})))
        there = [each for each in all_instances(inventory) if each.zone == zone and each.state in _NOT_GONE]
        for each in there:
            change_state(inventory, each.id, State.TERMINATED, _NOT_GONE, datetime.now(UTC), f"{zone} failed")
    return there


def restore_zone(inventory: Inventory, zone: str) -> None:
    """Let a zone work again: groups that miss instances launch them there, full ones even out their zones.

    A zone that works stays so.
    """
    with inventory.transaction():
        left = sorted(failed_zones(inventory) - {zone})
        inventory.set_fact(_FAILED_ZONES, json.dumps(left) if left else None)


def _instance(inventory: Inventory, id_: str, operation: str) -> Instance:
    found = next((each for each in all_instances(inventory) if id_ in {each.id, each.name}), None)
    if found is None:
        raise AwsError(
            f"{operation} EC2 Instance ({id_})",
            "InvalidInstanceID.NotFound",
            f"The instance ID '{id_}' does not exist",
            "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html",
        )
    return found
