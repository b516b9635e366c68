"""Bindings together with what they bind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sandbox.inventory import Record
from sandbox.registrar.endpoints import Cluster, addresses_of
from sandbox.registrar.plan import FINALIZER
from sandbox.registrar.targets import Address, id_of
from sandbox.registrar.views import Binding


@dataclass(frozen=True)
class Bound:
    """A binding with its target group, and the addresses that it wants there by the ids of their targets."""

    binding: Binding
    group: Record
    addresses: Mapping[str, Address]


def is_going(binding: Binding) -> bool:
    """Whether a binding was deleted and waits for the controller to let it go."""
    return binding.deleting and FINALIZER in binding.finalizers


def bound_by(content: Cluster, groups: Mapping[str, Record], complaints: set[str]) -> Iterator[Bound]:
    """The bindings that the controller acts on, each with its target group.

    One that goes wants nothing in its target group any more; without a finalizer, none is acted on yet.

    Args:
        content: what the cluster holds.
        groups: the target groups of the region.
        complaints: takes in what keeps a binding from being acted on.
    """
    by_arn = {group.arn: group for group in groups.values()}
    by_name = {group.name: group for group in groups.values()}
    for binding in content.bindings.values():
        if FINALIZER not in binding.finalizers:
            continue
        group = by_arn.get(binding.group_arn) if binding.group_arn else by_name.get(binding.group_name)
        if group is None:
            complaints.add(f"{binding.key}: target group {binding.group_arn or binding.group_name} not found")
        elif (binding.target_type or group.outputs["targetType"]) != "ip":
            complaints.add(f"{binding.key}: only targets of type ip are emulated")
        else:
            addresses = [] if binding.deleting else addresses_of(content, binding)
            yield Bound(binding, group, {id_of(group, address): address for address in addresses})
