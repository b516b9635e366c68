"""Waiting for the instances of a node group, as EKS does before it says that one is made or deleted.

The node agent does the work; these only look at what it has written into the inventory.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from sandbox.aws.effects import resize
from sandbox.aws.errors import AwsError
from sandbox.inventory import Inventory, Record
from sandbox.nodes.groups import DELETING, NodeGroup, scaling_group_of
from sandbox.nodes.instances import Instance, State, instances_of
from sandbox.nodes.timing import Waits

_PAGE: Final = "https://docs.aws.amazon.com/eks/latest/APIReference/API_Issue.html"


async def until_joined(inventory: Inventory, record: Record, waits: Waits) -> None:
    """Wait until a node group has as many running instances as it should have.

    A group is ACTIVE when its nodes have joined.
    https://docs.aws.amazon.com/eks/latest/userguide/create-managed-node-group.html

    Raises:
        AwsError: they have not in time.
    """

    def have_joined() -> bool:
        group = _current(inventory, record)
        return group is None or len(_running(instances_of(inventory, group.scaling_group))) >= group.desired

    if await _until(have_joined, waits.join, waits):
        return
    group = _current(inventory, record)
    instances = instances_of(inventory, group.scaling_group) if group is not None else []
    late = [each for each in instances if each.state is not State.RUNNING]
    raise AwsError(
        f"waiting for EKS Node Group ({record.id}) to create",
        "NodeCreationFailure",
        f"Instances failed to join the kubernetes cluster: {len(_running(instances))} of"
        f" {group.desired if group is not None else 0} run, waited {waits.until(waits.join)}; {_told(late)}",
        _PAGE,
    )


def begin_removal(inventory: Inventory, record: Record) -> None:
    """Set a group's sizes to zero and its status to DELETING, as EKS does first.

    https://docs.aws.amazon.com/eks/latest/userguide/delete-managed-node-group.html
    """
    with inventory.transaction():
        inventory.update(replace(record, outputs={**record.outputs, "status": DELETING}))
        group = scaling_group_of(inventory, record)
        if group is not None:
            resize(inventory, group, 0, 0, 0)


async def until_left(inventory: Inventory, record: Record, waits: Waits) -> None:
    """Wait until a group's instances are gone.

    Raises:
        AwsError: they are not in time.
    """

    def have_left() -> bool:
        group = _current(inventory, record)
        return group is None or not instances_of(inventory, group.scaling_group)

    if await _until(have_left, waits.leave, waits):
        return
    group = _current(inventory, record)
    left = instances_of(inventory, group.scaling_group) if group is not None else []
    raise AwsError(
        f"waiting for EKS Node Group ({record.id}) to delete",
        "timeout while waiting for resource to be gone",
        f"{len(left)} instances are still there, waited {waits.until(waits.leave)}; {_told(left)}",
        "https://docs.aws.amazon.com/eks/latest/userguide/delete-managed-node-group.html",
    )


async def _until(condition: Callable[[], bool], limit: float, waits: Waits) -> bool:
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() >= end or waits.cancelled.is_set():
            return False
        await asyncio.sleep(waits.poll)
    return True


def _current(inventory: Inventory, record: Record) -> NodeGroup | None:
    found = inventory.get(record.type, record.id, record.scope)
    group = scaling_group_of(inventory, found) if found is not None else None
    return NodeGroup(found, group) if found is not None and group is not None else None


def _running(instances: list[Instance]) -> list[Instance]:
    return [each for each in instances if each.state is State.RUNNING]


def _told(instances: list[Instance]) -> str:
    if not instances:
        return "none is on its way (is a zone down, or does no node agent run?)"
    return ", ".join(f"{each.id}: {each.state}{f' ({each.reason})' if each.reason else ''}" for each in instances)
