"""A migration by HAProxy, in the order in which nobody's request goes a way that is not there yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from apps.pod import pod_labels
from apps.system import SystemService
from apps.target_group_binding import Binding, BindingArgs, target_group_binding
from infra.cluster import Cluster
from infra.haproxy_commands import HaproxyCommands, HaproxyCommandsArgs
from infra.haproxy_delivery import KEY, HaproxyDelivery, HaproxyDeliveryArgs
from infra.haproxy_entrance import EnteredService, HaproxyEntrance, HaproxyEntranceArgs
from infra.haproxy_fleet import FleetSide, HaproxyFleet, HaproxyFleetArgs
from infra.haproxy_migration_settings import HaproxyMigrationSettings
from infra.haproxy_place import fleet_configuration
from infra.haproxy_role import HaproxyRole, HaproxyRoleArgs
from infra.haproxy_ways import HaproxyWays, HaproxyWaysArgs
from infra.load_balancer import LoadBalancer
from infra.network import Network
from infra.settings import Settings
from infra.shutdown import ShutdownTimes


@dataclass(frozen=True)
class HaproxyMigrationArgs:
    """What it stands on."""

    settings: Settings
    services: Mapping[str, SystemService]
    """Those that move, by name."""
    namespace: pulumi.Input[str]
    network: Network
    cluster: Cluster
    balancer: LoadBalancer
    shutdown: ShutdownTimes
    waits_for: Sequence[pulumi.Resource]
    """The controller that fills target groups."""


class HaproxyMigration(pulumi.ComponentResource):
    """The entrance, the pods registered there, then the machines: when these are healthy, all behind them is there.

    Its end is the same backwards: the public rules let go first, and Pulumi deletes what nothing names any more.
    """

    bindings: Mapping[str, Binding]
    """By the service's name. One that comes or goes changes the pods' readiness gates: a rolling update of them."""
    sides: Mapping[str, FleetSide]
    """By the service's name."""

    def __init__(
        self,
        name: str,
        migration: HaproxyMigrationSettings,
        args: HaproxyMigrationArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("slipway:apps:HaproxyMigration", name, None, opts)
        self._args = args
        child = pulumi.ResourceOptions(parent=self)
        settings, network, balancer = args.settings, args.network, args.balancer
        entrance = HaproxyEntrance(
            name,
            HaproxyEntranceArgs(
                services={
                    service: EnteredService(each.settings.hosts, each.settings.port)
                    for service, each in args.services.items()
                },
                vpc_id=network.vpc.id,
                subnet_ids=[subnet.id for subnet in network.public],
                certificate_arn=balancer.certificate_arn,
                nodes_security_group_id=args.cluster.security_group_id,
                shutdown=args.shutdown,
            ),
            child,
        )
        self.bindings = {service: self._binding(name, each, entrance) for service, each in args.services.items()}
        ways = HaproxyWays(
            name,
            HaproxyWaysArgs(
                vpc_id=network.vpc.id,
                balancer_security_group_id=balancer.security_group_id,
                entrance_security_group_id=entrance.security_group_id,
                old=migration.old,
                statistics_cidrs=migration.statistics.allowed_cidrs,
            ),
            child,
        )
        delivery = HaproxyDelivery(
            name,
            HaproxyDeliveryArgs(
                configuration=pulumi.Output.secret(
                    entrance.address.apply(lambda address: fleet_configuration(settings, migration, address))
                ),
                waits_for=[ways],
            ),
            child,
        )
        role = HaproxyRole(name, HaproxyRoleArgs(delivery.object_arn, settings.cluster.log_retention_days), child)
        fleet = HaproxyFleet(
            name,
            HaproxyFleetArgs(
                settings=migration.fleet,
                stack_name=settings.name,
                region=settings.region,
                tags=settings.all_tags,
                vpc_id=network.vpc.id,
                subnet_ids=[subnet.id for subnet in network.private],
                listener_arn=balancer.https_listener.arn,
                security_group_id=ways.security_group_id,
                role=role,
                bucket=delivery.bucket,
                key=KEY,
                shutdown=args.shutdown,
                # All of the network: machines fetch their packages through its NAT gateways.
                waits_for=[network, entrance, ways, delivery, *(each.resource for each in self.bindings.values())],
            ),
            child,
        )
        commands = HaproxyCommands(
            name, HaproxyCommandsArgs(settings.name, delivery.sha256, waits_for=[delivery, fleet]), child
        )
        # The machines are told of a service that joins before its first visitor is sent there.
        self.sides = {service: FleetSide(fleet.target_group.arn, [fleet, commands]) for service in args.services}
        self.target_group_arns = {service: group.arn for service, group in entrance.target_groups.items()}
        self.fleet: dict[str, pulumi.Input[str]] = {
            "autoScalingGroup": fleet.group.name,
            "runtimeDocument": commands.runtime_document,
            "targetGroupArn": fleet.target_group.arn,
            "configurationSha256": delivery.sha256,
        }

        self.register_outputs({"fleet": self.fleet})

    def _binding(self, name: str, service: SystemService, entrance: HaproxyEntrance) -> Binding:
        """Before the machines, so that the pods are known to the entrance when the first visitor comes that way.

        And so before the Kubernetes Service where a stack begins with a migration: the controller waits for that one.
        https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/main/pkg/targetgroupbinding/resource_manager.go
        """
        declaration = service.declaration
        binding = f"{declaration.service}-internal"
        resource = target_group_binding(
            f"{name}-{service.name}-internal-binding",
            BindingArgs(
                name=binding,
                namespace=self._args.namespace,
                labels=pod_labels(declaration),
                service=declaration.service,
                target_group_arn=entrance.target_groups[service.name].arn,
                vpc_id=self._args.network.vpc.id,
            ),
            # Deleted for real, even with the cluster: its controller then takes the pods out of the target group.
            pulumi.ResourceOptions(parent=self, depends_on=[*self._args.waits_for, entrance]),
        )
        return Binding(binding, resource)
