"""The old system as the stack's balancer sees it while traffic moves over: for each service that moves, its old side.

Both sides of a service are target groups of one rule, which is `infra/host_route.py`'s; a percentage there moves
nothing here. Nothing in this file exists without `slipway:migration`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

import pulumi
import pulumi_aws as aws

from infra.migration_settings import AlbMigrationSettings, ServiceMigrationSettings
from infra.settings import Settings
from infra.shutdown import ShutdownTimes
from infra.target_group_names import target_group_name

# "If the IP address is outside the VPC [...] the only supported value is `all`"; inside, the zone is detected.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetDescription.html
ALL_ZONES = "all"


def zone_of_target(address: IPv4Address, vpc_cidr: IPv4Network) -> str | None:
    """The availability zone to register an address with, if one has to be given."""
    return None if address in vpc_cidr else ALL_ZONES


@dataclass(frozen=True)
class OldSide:
    """The old side of one service, and how much goes there."""

    settings: ServiceMigrationSettings
    target_group_arn: pulumi.Input[str]
    waits_for: Sequence[pulumi.Resource]
    """What has to be there before a request goes that way: a way out of the balancer, and targets."""


@dataclass(frozen=True)
class MigrationArgs:
    """What the old sides are made of."""

    vpc_id: pulumi.Input[str]
    vpc_cidr: IPv4Network
    balancer_security_group_id: pulumi.Input[str]
    shutdown: ShutdownTimes


class Migration(pulumi.ComponentResource):
    """The way from the balancer to the old system, and a target group of it for each service that moves."""

    sides: Mapping[str, OldSide]
    """By the service's name."""

    def __init__(
        self,
        name: str,
        settings: AlbMigrationSettings,
        args: MigrationArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("slipway:infra:Migration", name, None, opts)
        self._old, self._args = settings.old, args
        self._child = pulumi.ResourceOptions(parent=self)
        ways_out = [self._way_out(name, address) for address in settings.old.addresses]
        self.sides = {
            service: self._old_side(f"{name}-{service}-old", each, ways_out)
            for service, each in settings.services.items()
        }

        self.register_outputs({"target_group_arns": {name: side.target_group_arn for name, side in self.sides.items()}})

    def _way_out(self, name: str, address: IPv4Address) -> pulumi.Resource:
        port = self._old.port
        return aws.vpc.SecurityGroupEgressRule(
            # The port is in the name: another one is opened before requests go there, and this one closed after.
            f"{name}-balancer-to-old-{address}-{port}",
            security_group_id=self._args.balancer_security_group_id,
            description=f"Requests and health checks to the old system, on {port}",
            cidr_ipv4=f"{address}/32",
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=self._child,
        )

    def _old_side(self, name: str, settings: ServiceMigrationSettings, ways_out: list[pulumi.Resource]) -> OldSide:
        old = self._old
        group = aws.lb.TargetGroup(
            name,
            name=target_group_name(name, old.port, old.protocol),
            vpc_id=self._args.vpc_id,
            target_type="ip",
            # With HTTPS the balancer encrypts, but "does not validate these certificates":
            # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html#target-group-routing-configuration
            protocol=old.protocol,
            port=old.port,
            deregistration_delay=self._args.shutdown.deregistration_delay,
            # Goes on at any weight: "performed on all targets registered to a target group that is specified in a
            # listener rule". https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
            health_check=aws.lb.TargetGroupHealthCheckArgs(
                protocol=old.protocol,
                path=old.health_check_path,
                matcher=old.health_check_codes,
                interval=10,
                timeout=5,
                healthy_threshold=2,
                unhealthy_threshold=2,
            ),
            tags={"Name": name},
            opts=self._child,
        )
        targets = [
            aws.lb.TargetGroupAttachment(
                f"{name}-{address}",
                target_group_arn=group.arn,
                target_id=str(address),
                port=old.port,
                availability_zone=zone_of_target(address, self._args.vpc_cidr),
                opts=self._child,
            )
            for address in old.addresses
        ]
        return OldSide(settings, group.arn, [*ways_out, *targets])


def old_sides_of(settings: Settings, args: MigrationArgs, opts: pulumi.ResourceOptions) -> Mapping[str, OldSide]:
    """The old side of each service that the balancer itself divides; none, and nothing in AWS, in any other stack."""
    migration = settings.migration
    return Migration(settings.name, migration, args, opts).sides if isinstance(migration, AlbMigrationSettings) else {}
