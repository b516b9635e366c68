"""What an Auto Scaling group does when it has not the instances it should have: pure decisions.

Zones come first: a group keeps its instances spread evenly over its zones, as far as those work ("balanced best
effort", the default). https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-availability-zone-balanced.html
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sandbox.nodes.instances import LIVE, Instance, State

_HOUR: Final = 3600.0
_UNEVEN: Final = 2
"""Zones that differ by one instance are as even as an odd number allows."""


@dataclass(frozen=True)
class Subnet:
    """One of a group's subnets."""

    id: str
    zone: str


@dataclass(frozen=True)
class Plan:
    """What to do now.

    Attributes:
        launch: the subnet of each instance to launch.
        end: the ids of the instances to end.
        rebalancing: whether what is launched comes on top, to even out the zones.
    """

    launch: tuple[Subnet, ...] = ()
    end: tuple[str, ...] = ()
    rebalancing: bool = False

    def __bool__(self) -> bool:
        return bool(self.launch or self.end)


def plan(
    desired: int, subnets: Sequence[Subnet], instances: Sequence[Instance], failed_zones: Collection[str], now: datetime
) -> Plan:
    """Say what a group does next.

    All that is missing is launched at once, and all that is too much ends at once: `maxUnavailable` of a node group
    is about updates, not about its size (https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupUpdateConfig.html).
    A full group whose zones are uneven, as after an outage, is evened out, new instances before old ones end. AWS may
    do several at a time there, here it is one after another.
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/auto-scaling-benefits.html#AutoScalingBehavior.InstanceUsage

    Args:
        desired: how many instances it should have.
        subnets: where they may be.
        instances: what it has, in any state.
        failed_zones: zones in which nothing can be launched.
        now: the time.
    """
    live = [each for each in instances if each.state in LIVE]
    healthy = [subnet for subnet in subnets if subnet.zone not in failed_zones]
    # One on its way to relieve another does not count before it has arrived.
    counted = [each for each in live if not (each.rebalancing and each.state is State.PENDING)]
    missing = desired - len(counted)
    if missing > 0:
        return Plan(launch=launches(missing, healthy, live))
    if missing < 0:
        return Plan(end=endings(-missing, counted, now))
    if all(each.state is State.RUNNING for each in live) and _is_uneven(healthy, live):
        return Plan(launch=launches(1, healthy, live), rebalancing=True)
    return Plan()


def launches(count: int, subnets: Sequence[Subnet], live: Sequence[Instance]) -> tuple[Subnet, ...]:
    """Choose the subnets of new instances: each time the zone with the fewest, in it the subnet with the fewest."""
    in_zone = Counter(each.zone for each in live)
    in_subnet = Counter(each.subnet_id for each in live)
    chosen: list[Subnet] = []
    while subnets and len(chosen) < count:
        best = min(subnets, key=lambda subnet: (in_zone[subnet.zone], in_subnet[subnet.id], subnet.zone, subnet.id))
        in_zone[best.zone] += 1
        in_subnet[best.id] += 1
        chosen.append(best)
    return tuple(chosen)


def endings(count: int, live: Sequence[Instance], now: datetime) -> tuple[str, ...]:
    """Choose what ends, by the default termination policy.

    Each time the zone with the most instances, and in it the one closest to its next billing hour: of those launched
    within the same hour, the oldest. AWS first takes one with an outdated launch template, which cannot be here,
    because a node group's instances all have its own; and of equals any one, where here it is the first by id.
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html
    """
    staying = list(live)
    chosen: list[str] = []
    while staying and len(chosen) < count:
        in_zone = Counter(each.zone for each in staying)
        fullest = max(in_zone.values())
        candidates = [each for each in staying if in_zone[each.zone] == fullest]
        ending = min(candidates, key=lambda each: (-((now - each.launched).total_seconds() % _HOUR), each.id))
        staying.remove(ending)
        chosen.append(ending.id)
    return tuple(chosen)


def _is_uneven(healthy: Sequence[Subnet], live: Sequence[Instance]) -> bool:
    in_zone = Counter(each.zone for each in live)
    counts = [in_zone[zone] for zone in {subnet.zone for subnet in healthy}]
    return bool(counts) and max(counts) - min(counts) >= _UNEVEN
