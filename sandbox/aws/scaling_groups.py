"""Auto Scaling groups and what belongs to them, found by the names that people use, and their sizes."""

from dataclasses import dataclass, replace
from typing import Final

from sandbox.aws.effects import GROUP_TYPE, NODE_GROUP_TYPE, resize
from sandbox.inventory import Inventory, Record
from sandbox.values import as_map

GROUP_TAG: Final = "slipway-node-group"
"""On a node group, its name in the stack file."""


class ScalingError(Exception):
    """What was asked does not fit what exists; the text names what does."""


@dataclass(frozen=True)
class Sizes:
    """The three sizes of an Auto Scaling group, in instances."""

    smallest: int
    desired: int
    largest: int

    def __str__(self) -> str:
        return f"{self.desired} ({self.smallest} to {self.largest})"

    def within(self, wanted: int) -> "Sizes":
        """The sizes with the desired one as near to the wanted one as the other two allow."""
        return replace(self, desired=min(max(wanted, self.smallest), self.largest))


def sizes_of(group: Record) -> Sizes:
    """The sizes that an Auto Scaling group has."""
    sizes = group.outputs
    return Sizes(int(sizes["minSize"]), int(sizes["desiredCapacity"]), int(sizes["maxSize"]))


def write_sizes(inventory: Inventory, group: Record, sizes: Sizes) -> None:
    """Give an Auto Scaling group all three sizes; one that has them already stays untouched."""
    if sizes != sizes_of(group):
        resize(inventory, group, sizes.smallest, sizes.largest, sizes.desired)


def name_in_stack_file(inventory: Inventory, group: Record) -> str:
    """The name that the stack file gives to the group, or AWS' own where it is no node group of a stack file."""
    owner_type, _, owner_id = group.owner.partition("|")
    owner = inventory.get(NODE_GROUP_TYPE, owner_id) if owner_type == NODE_GROUP_TYPE else None
    return group.id if owner is None else str(as_map(owner.inputs.get("tags")).get(GROUP_TAG, group.id))


def find_group(inventory: Inventory, name: str) -> Record:
    """The Auto Scaling group of that name, be it AWS' own or the one in the stack file.

    Raises:
        ScalingError: there is none, or there are several, such as `web` of two stacks; names what there is.
    """
    named = [(group, name_in_stack_file(inventory, group)) for group in inventory.list(type=GROUP_TYPE)]
    found = [group for group, in_stack_file in named if name in {group.id, in_stack_file}]
    if len(found) == 1:
        return found[0]
    if found:
        raise ScalingError(f"{name!r} is the name of several groups: {', '.join(group.id for group in found)}")
    known = [group.id if group.id == other else f"{other} ({group.id})" for group, other in named]
    raise ScalingError(f"there is no group {name!r}; there are: {', '.join(known) or 'none'}")


def find_of_group(inventory: Inventory, type_token: str, name: str, what: str) -> Record:
    """The policy or scheduled action of that name, which is unique in its group only.

    Args:
        inventory: the account.
        type_token: of the policy or the action.
        name: its name.
        what: what a message calls it, such as `scheduled action`.

    Raises:
        ScalingError: there is none, or several groups have one; names what there is.
    """
    records = inventory.list(type=type_token)
    found = [record for record in records if record.id == name]
    if len(found) == 1:
        return found[0]
    if found:
        groups = ", ".join(str(record.inputs["autoscalingGroupName"]) for record in found)
        raise ScalingError(f"several groups have a {what} {name!r}: {groups}")
    known = ", ".join(record.id for record in records) or "none"
    raise ScalingError(f"there is no {what} {name!r}; there are: {known}")
