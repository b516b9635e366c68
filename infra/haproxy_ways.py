"""Who reaches the fleet, and what it reaches: its security group, and the rules at both ends of each way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from infra.haproxy_configuration import Place
from infra.haproxy_migration_settings import NEW_SIDE_PORT
from infra.haproxy_settings import SideSettings

SITE_PORT = 80
"""Where a machine is asked by the balancer in front."""
_HTTPS = 443
_ANYWHERE = "0.0.0.0/0"


def ways_out(old: SideSettings) -> Iterator[tuple[str, int, str]]:
    """The ranges and ports that a machine reaches beside the new side, each with what for.

    A name has no address to be limited to: it may have another one tomorrow. DNS needs no rule: "security groups don't
    filter traffic to" the VPC's resolver (https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html).
    """
    yield _ANYWHERE, _HTTPS, "Packages, the configuration, Systems Manager and CloudWatch, on 443"
    where = _ANYWHERE if old.is_named else f"{old.address}/32"
    if (where, old.port) != (_ANYWHERE, _HTTPS):
        yield where, old.port, f"Requests and health checks to the old system, on {old.port}"


@dataclass(frozen=True)
class HaproxyWaysArgs:
    """Between whom there are ways."""

    vpc_id: pulumi.Input[str]
    balancer_security_group_id: pulumi.Input[str]
    entrance_security_group_id: pulumi.Input[str]
    old: SideSettings
    statistics_cidrs: Sequence[IPv4Network]


class HaproxyWays(pulumi.ComponentResource):
    """The fleet's security group: in from the public balancer and from operators, out to both sides."""

    def __init__(self, name: str, args: HaproxyWaysArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:HaproxyWays", name, None, opts)
        self._prefix, self._child = name, pulumi.ResourceOptions(parent=self)
        group = aws.ec2.SecurityGroup(
            f"{name}-haproxy",
            description="The HAProxy fleet: open to the public balancer, to both sides of the migration",
            vpc_id=args.vpc_id,
            tags={"Name": f"{name}-haproxy"},
            opts=self._child,
        )
        self.security_group_id = group.id
        self._between("balancer", args.balancer_security_group_id, "haproxy", group.id, SITE_PORT)
        self._between("haproxy", group.id, "entrance", args.entrance_security_group_id, NEW_SIDE_PORT)
        port = Place(front_cidrs=()).statistics_port
        for cidr in args.statistics_cidrs:
            aws.vpc.SecurityGroupIngressRule(
                f"{name}-haproxy-statistics-{cidr}",
                security_group_id=group.id,
                description=f"The statistics page, on {port}",
                cidr_ipv4=str(cidr),
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                opts=self._child,
            )
        for cidr, port, reason in ways_out(args.old):
            aws.vpc.SecurityGroupEgressRule(
                # With range and port in the name, another way is open before requests go it, and this one closed after.
                f"{name}-haproxy-to-{cidr}-{port}",
                security_group_id=group.id,
                description=reason,
                cidr_ipv4=cidr,
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                opts=self._child,
            )

        self.register_outputs({"security_group_id": self.security_group_id})

    def _between(
        self, source: str, source_id: pulumi.Input[str], target: str, target_id: pulumi.Input[str], port: int
    ) -> None:
        """Out of one group and into the other."""
        aws.vpc.SecurityGroupEgressRule(
            f"{self._prefix}-{source}-to-{target}",
            security_group_id=source_id,
            description=f"Requests and health checks to the {target}, on {port}",
            referenced_security_group_id=target_id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=self._child,
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{self._prefix}-{target}-from-{source}",
            security_group_id=target_id,
            description=f"Requests and health checks from the {source}, on {port}",
            referenced_security_group_id=source_id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=self._child,
        )
