"""What a stack tells people and programs once it is up."""

from collections.abc import Sequence
from datetime import datetime

import pulumi

from apps.site import Site
from apps.system import SystemService
from infra.cluster import Cluster
from infra.haproxy_migration_settings import HaproxyMigrationSettings
from infra.migration_settings import AlbMigrationSettings
from infra.nodes import NodeGroups, scheduled_actions
from infra.registry import ImageRegistry
from infra.settings import MigrationSettings, Settings


def stack_exports(
    settings: Settings,
    services: Sequence[SystemService],
    registry: ImageRegistry,
    cluster: Cluster,
    nodes: NodeGroups,
    site: Site,
    now: datetime,
) -> dict[str, pulumi.Input[object]]:
    """The stack's outputs, by name. The kubeconfig is a secret: `pulumi stack output kubeconfig --show-secrets`."""
    urls = service_urls(services)
    return {
        "siteUrl": urls.get("frontend", f"https://{settings.domain}"),
        "serviceUrls": urls,
        "notDeployed": waiting_for_images(services),
        "registryUrls": registry.urls,
        "runningImages": site.images,
        "runningDatabaseImages": site.database_images,
        "clusterName": cluster.name,
        "kubeconfig": cluster.kubeconfig,
        "nodeGroups": {name: group.autoscaling_group_name for name, group in nodes.groups.items()},
        "schedules": schedules_in_words(settings, now),
        "migration": migration_export(settings.migration, site),
    }


def service_urls(services: Sequence[SystemService]) -> dict[str, str]:
    """The first host of each running service that has one."""
    return {
        service.name: f"https://{service.settings.hosts[0]}"
        for service in services
        if service.runs and service.settings.hosts
    }


def migration_export(migration: MigrationSettings | None, site: Site) -> dict[str, pulumi.Input[object]] | None:
    """What moves over and where it is to be looked at; nothing of it is secret. None without a migration.

    A service's `new` is the target group in which its pods get their share: HAProxy's is at the balancer inside the
    VPC, and has no counterpart for the old system.
    """
    match migration:
        case None:
            return None
        case AlbMigrationSettings():
            sides: dict[str, pulumi.Input[object]] = {
                name: {
                    "newPercent": share.new_percent,
                    "new": {"targetGroupArn": site.routes[name].target_group.arn},
                    "old": {"targetGroupArn": site.old_sides[name].target_group_arn},
                }
                for name, share in migration.services.items()
            }
            return {"kind": migration.kind, "services": sides}
        case HaproxyMigrationSettings():
            haproxy = site.haproxy
            assert haproxy is not None  # noqa: S101 - the site makes it of these settings
            shares: dict[str, pulumi.Input[object]] = {
                name: {"newPercent": share.percent, "new": {"targetGroupArn": haproxy.target_group_arns[name]}}
                for name, share in migration.services.items()
            }
            return {"kind": migration.kind, "services": shares, "fleet": haproxy.fleet}


def waiting_for_images(services: Sequence[SystemService]) -> dict[str, str]:
    """What each service that does not run is waiting for, in words."""
    return {
        service.name: f"only its repositories exist; to deploy it, set {_keys(service.missing_images)}"
        for service in services
        if not service.runs
    }


def schedules_in_words(settings: Settings, now: datetime) -> dict[str, list[str]]:
    """The scheduled sizes of each node group, as a person would say them."""
    return {
        name: [f"{action.name}: {action.in_words()}" for action in scheduled_actions(group, now)]
        for name, group in settings.node_groups.items()
    }


def _keys(images: Sequence[str]) -> str:
    return " and ".join(f"slipway:images.{image}" for image in images)
