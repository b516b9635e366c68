"""What of a stack is watched, out of the parts that it is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pulumi

from apps.site import Site
from apps.system import SystemService
from infra.certificate import Certificate
from infra.dashboard import MovingService, balancer_side, haproxy_sides
from infra.database import Database
from infra.haproxy_migration_settings import HaproxyMigrationSettings
from infra.load_balancer import LoadBalancer
from infra.migration_settings import AlbMigrationSettings
from infra.nodes import NodeGroups
from infra.observability import Observability, ObservabilityArgs, WatchedService, WatchedTargets
from infra.pod_alarms import Workload
from infra.settings import Settings
from infra.site_alarms import balancer_name, target_group_name


@dataclass(frozen=True)
class Parts:
    """What is looked at; everything in it is made before the alarms are."""

    services: Sequence[SystemService]
    certificate: Certificate
    nodes: NodeGroups
    database: Database | None
    balancer: LoadBalancer
    site: Site


def observe(settings: Settings, parts: Parts, now: datetime, opts: pulumi.ResourceOptions) -> None:
    """Alarms, a dashboard and a budget; nothing in a stack whose file does not say `slipway:observability`."""
    if settings.observability is None:
        return
    running = [service for service in parts.services if service.runs]
    balancer = parts.balancer.balancer.arn.apply(balancer_name)
    Observability(
        settings.name,
        ObservabilityArgs(
            settings=settings.observability,
            stack_name=settings.name,
            region=settings.region,
            account=settings.account,
            stack=settings.stack,
            balancer=balancer,
            certificate_arn=parts.certificate.arn,
            targets=watched_targets(parts.site),
            services=[watched_service(settings, service) for service in running],
            node_groups=settings.node_groups,
            autoscaling_groups={name: group.autoscaling_group_name for name, group in parts.nodes.groups.items()},
            databases={"database": parts.database.instance.identifier} if parts.database else {},
            moving=moving_services(settings, parts.site, balancer),
            log_group=f"/aws/containerinsights/{settings.name}/application",
            now=now,
        ),
        opts,
    )


def watched_targets(site: Site) -> list[WatchedTargets]:
    """The target groups of services with hosts; while these move over, those of the old system and of HAProxy too."""
    targets = [
        WatchedTargets(name, f"service {name}", route.target_group.arn.apply(target_group_name))
        for name, route in site.routes.items()
    ]
    targets += [
        WatchedTargets(
            f"{name}-old",
            f"the old system for {name}",
            pulumi.Output.from_input(side.target_group_arn).apply(target_group_name),
        )
        for name, side in site.old_sides.items()
    ]
    if site.haproxy:
        fleet = pulumi.Output.from_input(site.haproxy.fleet["targetGroupArn"])
        targets.append(WatchedTargets("haproxy", "the HAProxy fleet", fleet.apply(target_group_name)))
    return targets


def watched_service(settings: Settings, service: SystemService) -> WatchedService:
    """A service's Deployment; with its maximum, where its autoscaler has a choice."""
    autoscaling = service.settings.autoscaling
    grows = autoscaling is not None and autoscaling.min_replicas < autoscaling.max_replicas
    return WatchedService(
        # The Deployment has the name of the label `app` (apps/service.py), the cluster that of the stack.
        Workload(service.name, settings.name, settings.namespace, service.declaration.app),
        autoscaling.max_replicas if autoscaling is not None and grows else None,
    )


def moving_services(settings: Settings, site: Site, balancer: pulumi.Input[str]) -> list[MovingService]:
    """Both sides of each service that moves over from an old system."""
    match settings.migration:
        case AlbMigrationSettings():
            return [
                MovingService(
                    name,
                    balancer_side(balancer, site.routes[name].target_group.arn.apply(target_group_name)),
                    balancer_side(balancer, pulumi.Output.from_input(side.target_group_arn).apply(target_group_name)),
                )
                for name, side in site.old_sides.items()
            ]
        case HaproxyMigrationSettings() as migration:
            return [haproxy_sides(settings.name, name) for name in migration.services]
        case None:
            return []
