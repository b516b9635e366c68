"""How the VPC's range is divided."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from itertools import islice

_MOST_ZONES = 3


@dataclass(frozen=True)
class ZoneSubnets:
    """The three subnets of one availability zone."""

    zone: str
    public: IPv4Network
    """For balancers and NAT gateways."""
    private: IPv4Network
    """For nodes and pods: every pod has an address of its own, so it is the largest."""
    isolated: IPv4Network
    """For databases, with no way out."""


def zone_subnets(cidr: IPv4Network, zones: Sequence[str]) -> tuple[ZoneSubnets, ...]:
    """Each zone's subnets, by its place in the list: a zone added at the end moves none of the others.

    Of a /16 each zone gets a private /18 (16,379 usable addresses; AWS keeps five of each subnet), a public /22 and
    an isolated /22 out of the last quarter. https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
    """
    quarters = list(cidr.subnets(prefixlen_diff=2))
    small = list(islice(quarters[_MOST_ZONES].subnets(prefixlen_diff=4), 2 * _MOST_ZONES))
    return tuple(
        ZoneSubnets(zone, small[index], quarters[index], small[_MOST_ZONES + index]) for index, zone in enumerate(zones)
    )
