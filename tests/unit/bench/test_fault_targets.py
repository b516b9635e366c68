"""Which resources a fault strikes so that few commands meet all of them."""

from typing import Any

import pytest

from bench.fault_targets import Target, deletions, longest_chain, needs, one_of_each_type, target_of

pytestmark = pytest.mark.unit


def resource(urn: str, *dependencies: str, parent: str = "", **others: Any) -> dict[str, Any]:
    type_ = urn.split("::")[2].rpartition("$")[2]
    return {"urn": urn, "type": type_, "custom": True, "dependencies": list(dependencies), "parent": parent, **others}


GROUP = "urn:pulumi:dev::shop::shop:Network"
VPC = f"{GROUP}$aws:ec2/vpc:Vpc::vpc"
FIRST, SECOND = (f"{GROUP}$aws:ec2/subnet:Subnet::{name}" for name in ("first", "second"))
NODES = f"{GROUP}$aws:eks/nodeGroup:NodeGroup::nodes"
RESOURCES = [
    resource(f"{GROUP}::net", custom=False),
    resource(VPC, parent=f"{GROUP}::net"),
    resource(FIRST, VPC),
    resource(SECOND, VPC),
    resource(NODES, FIRST),
    resource("urn:pulumi:dev::shop::aws:route53/zone:Zone::zone", external=True),
]


def test_a_urn_is_told_by_its_own_type_and_name() -> None:
    assert target_of(FIRST) == Target("aws:ec2/subnet:Subnet", "first")
    assert target_of(FIRST).fault("create") == "create:aws:ec2/subnet:Subnet:first=fail"


def test_a_resource_needs_all_that_is_made_before_it_and_neither_components_nor_what_is_only_read() -> None:
    graph = needs(RESOURCES)
    assert set(graph) == {target_of(urn) for urn in (VPC, FIRST, SECOND, NODES)}
    assert graph[target_of(NODES)] == {target_of(VPC), target_of(FIRST)}
    assert graph[target_of(VPC)] == set()


def test_of_each_type_that_one_is_chosen_that_hides_the_fewest_others() -> None:
    graph = needs(RESOURCES)
    chosen = one_of_each_type(graph)
    assert set(chosen) == {target_of(urn) for urn in (VPC, SECOND, NODES)}
    assert longest_chain(chosen, graph) == 2
    assert longest_chain(graph, graph) == 3


def test_what_goes_with_something_else_or_stays_has_no_deletion_to_fail() -> None:
    assert set(deletions(RESOURCES)) == set(needs(RESOURCES))
    last = target_of(NODES)
    for option in ({"deletedWith": VPC}, {"retainOnDelete": True}):
        changed = [{**each, **option} if each["urn"] == NODES else each for each in RESOURCES]
        assert set(deletions(changed)) == set(needs(RESOURCES)) - {last}
