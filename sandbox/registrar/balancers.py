"""Which target groups balancers send requests to, and in which zones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sandbox.inventory import Inventory, Record
from sandbox.values import as_list, as_map, objects

BALANCER_TYPE: Final = "aws:lb/loadBalancer:LoadBalancer"
LISTENER_TYPE: Final = "aws:lb/listener:Listener"
RULE_TYPE: Final = "aws:lb/listenerRule:ListenerRule"
SUBNET_TYPE: Final = "aws:ec2/subnet:Subnet"


def zones_in_use(inventory: Inventory) -> dict[str, frozenset[str]]:
    """The zones of the balancers that send requests to each target group, by its ARN; none are in use otherwise.

    A target in a zone that its balancer does not stand in is not used either.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
    """
    zone_of = {subnet.id: str(subnet.outputs["availabilityZone"]) for subnet in inventory.list(type=SUBNET_TYPE)}
    zones = {
        balancer.arn: frozenset(zone_of[subnet] for subnet in _subnets(balancer) if subnet in zone_of)
        for balancer in inventory.list(type=BALANCER_TYPE)
    }
    balancer_of: dict[str, str] = {}
    found: defaultdict[str, frozenset[str]] = defaultdict(frozenset)
    for listener in inventory.list(type=LISTENER_TYPE):
        balancer_of[listener.arn] = str(listener.inputs["loadBalancerArn"])
        for group in forwarded(listener.inputs.get("defaultActions")):
            found[group] |= zones.get(balancer_of[listener.arn], frozenset())
    for rule in inventory.list(type=RULE_TYPE):
        balancer = balancer_of.get(str(rule.inputs["listenerArn"]), "")
        for group in forwarded(rule.inputs.get("actions")):
            found[group] |= zones.get(balancer, frozenset())
    return dict(found)


def _subnets(balancer: Record) -> Iterator[str]:
    yield from (str(subnet) for subnet in as_list(balancer.inputs.get("subnets")))
    yield from (str(mapping.get("subnetId")) for mapping in objects(balancer.inputs.get("subnetMappings")))


def forwarded(actions: Any) -> Iterator[str]:
    """The ARNs of the target groups that a listener's or a rule's actions forward to."""
    for action in objects(actions):
        if isinstance(arn := action.get("targetGroupArn"), str):
            yield arn
        several: Mapping[str, Any] = as_map(action.get("forward"))
        yield from (str(group["arn"]) for group in objects(several.get("targetGroups")) if "arn" in group)
