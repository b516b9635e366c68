"""All services of a stack, each with its way in from the internet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from apps.haproxy_migration import HaproxyMigration, HaproxyMigrationArgs
from apps.namespace import Namespace
from apps.placement import placement_of
from apps.service import TargetGroupArgs, WebService, WebServiceArgs
from apps.system import SystemService, image_of
from infra.cluster import Cluster
from infra.database import Database
from infra.haproxy_migration_settings import HaproxyMigrationSettings
from infra.host_route import HostRoute, HostRouteArgs
from infra.listener_rules import rule_priorities
from infra.load_balancer import LoadBalancer
from infra.migration import OldSide
from infra.network import Network
from infra.settings import Settings
from infra.shutdown import ShutdownTimes


@dataclass(frozen=True)
class SiteArgs:
    """What the site stands on."""

    settings: Settings
    services: Sequence[SystemService]
    """Those that run: all their images are set."""
    repository_urls: Mapping[str, pulumi.Output[str]]
    zone_id: pulumi.Input[str]
    shutdown: ShutdownTimes
    network: Network
    cluster: Cluster
    database: Database | None
    """The stack's own database server."""
    balancer: LoadBalancer
    old_sides: Mapping[str, OldSide]
    """Of the services that move over from an old system."""
    waits_for: Sequence[pulumi.Resource]
    """The controller that fills target groups, and the nodes that pods run on."""


class Site(pulumi.ComponentResource):
    """The namespace, and for each service its route and its workload."""

    def __init__(self, name: str, args: SiteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:apps:Site", name, None, opts)
        self._args, self.old_sides = args, args.old_sides
        public = [service for service, settings in args.settings.services.items() if settings.hosts]
        self._priorities = rule_priorities(public)
        self._in_cluster = pulumi.ResourceOptions(parent=self, providers=[args.cluster.kubernetes])
        self._namespace = Namespace(
            f"{name}-namespace", args.settings.namespace, args.cluster.cluster, self._in_cluster
        )
        self.haproxy = self._haproxy_migration(name)
        self.routes: dict[str, HostRoute] = {}
        services = {service.name: self._service(name, service) for service in args.services}
        self.images = {service: made.image for service, made in services.items()}
        self.database_images = {
            service: made.database_image for service, made in services.items() if made.database_image is not None
        }

        self.register_outputs({"images": self.images})

    def _service(self, name: str, service: SystemService) -> WebService:
        args, settings, declaration = self._args, service.settings, service.declaration
        route = self._route(f"{name}-{service.name}", service) if settings.hosts else None
        binding = self.haproxy.bindings.get(service.name) if self.haproxy else None
        images, password = args.settings.images, args.settings.database_passwords.get(service.name)
        image = image_of(declaration.repository, images, args.repository_urls)
        assert image is not None  # noqa: S101 - only services that have all their images come here
        return WebService(
            f"{name}-{service.name}",
            WebServiceArgs(
                declaration=declaration,
                settings=settings,
                namespace=self._namespace.name,
                image=image,
                database_image=image_of(declaration.database_repository, images, args.repository_urls),
                database_password=password.get_secret_value() if password else None,
                server=args.database,
                shutdown=args.shutdown,
                rollout_seconds=args.settings.rollout_seconds,
                placement=placement_of(settings.node_group, args.settings.node_groups),
                cluster=args.cluster.cluster,
                target_group=self._target_group(route) if route else None,
                further_bindings=[binding] if binding else [],
                # A target group that no listener uses has no healthy target, and its pods never become ready.
                waits_for=[*args.waits_for, *([route] if route else [])],
            ),
            self._in_cluster,
        )

    def _route(self, name: str, service: SystemService) -> HostRoute:
        args = self._args
        ways = self.haproxy.sides if self.haproxy else args.old_sides
        self.routes[service.name] = HostRoute(
            name,
            HostRouteArgs(
                hosts=service.settings.hosts,
                port=service.settings.port,
                zone_id=args.zone_id,
                vpc_id=args.network.vpc.id,
                listener_arn=args.balancer.https_listener.arn,
                priorities=self._priorities[service.name],
                balancer=args.balancer.balancer,
                shutdown=args.shutdown,
                way=ways.get(service.name),
            ),
            pulumi.ResourceOptions(parent=self),
        )
        return self.routes[service.name]

    def _haproxy_migration(self, name: str) -> HaproxyMigration | None:
        """Made here and not before: its bindings stand in the namespace, and the routes wait for its machines."""
        args, migration = self._args, self._args.settings.migration
        if not isinstance(migration, HaproxyMigrationSettings):
            return None
        return HaproxyMigration(
            name,
            migration,
            HaproxyMigrationArgs(
                settings=args.settings,
                services={service.name: service for service in args.services if service.name in migration.services},
                namespace=self._namespace.name,
                network=args.network,
                cluster=args.cluster,
                balancer=args.balancer,
                shutdown=args.shutdown,
                waits_for=args.waits_for,
            ),
            self._in_cluster,
        )

    def _target_group(self, route: HostRoute) -> TargetGroupArgs:
        network = self._args.network
        return TargetGroupArgs(
            arn=route.target_group.arn,
            vpc_id=network.vpc.id,
            balancer_cidrs=[subnet.cidr_block.apply(str) for subnet in network.public],
        )
