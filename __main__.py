"""Slipway: a microservice system on AWS EKS, as one stack graph. This file only wires the pieces, in their order."""

from datetime import UTC, datetime

import pulumi

from apps.exports import stack_exports
from apps.observation import Parts, observe
from apps.site import Site, SiteArgs
from apps.system import repositories_of, services_of
from infra.account import find_zone_id, stack_provider
from infra.addons import AddOns, AddOnsArgs, ContainerLogs, Tier
from infra.balancer_controller import BalancerController, BalancerControllerArgs
from infra.certificate import Certificate, CertificateArgs
from infra.cluster import Cluster, ClusterArgs
from infra.cluster_autoscaler import ClusterAutoscalerArgs, make_cluster_autoscaler
from infra.database import database_of
from infra.load_balancer import LoadBalancer, LoadBalancerArgs
from infra.migration import MigrationArgs, old_sides_of
from infra.network import Network, NetworkArgs
from infra.nodes import NodeGroups, NodeGroupsArgs
from infra.registry import ImageRegistry, ImageRegistryArgs
from infra.shutdown import ShutdownTimes
from infra.stack_file import read_settings
from infra.standing import require_allowed_changes
from infra.support_calendar import warn_of_support_ends

now = datetime.now(UTC)
settings = read_settings(now)
provider = stack_provider(settings)
require_allowed_changes(settings, provider)
zone_id = find_zone_id(settings.domain, provider)
in_aws = pulumi.ResourceOptions(providers=[provider])
services = services_of(settings)
shutdown = ShutdownTimes(settings.drain_seconds)
warn_of_support_ends(settings, now)

registry = ImageRegistry(
    settings.name,
    ImageRegistryArgs(repositories_of(services), immutable=settings.immutable_images, protect=settings.protect),
    in_aws,
)
network = Network(
    settings.name, NetworkArgs(settings.network, settings.region, settings.account, settings.protect), in_aws
)
certificate = Certificate(
    settings.name,
    CertificateArgs(settings.domain, [host for service in services for host in service.settings.hosts], zone_id),
    in_aws,
)
cluster = Cluster(
    settings.name,
    ClusterArgs(
        settings=settings.cluster,
        role_arn=settings.role_arn,
        preview_role_arn=settings.preview_role_arn,
        vpc_id=network.vpc.id,
        private_subnet_ids=[subnet.id for subnet in network.private],
        public_subnet_ids=[subnet.id for subnet in network.public],
        protect=settings.protect,
    ),
    in_aws,
)
database = database_of(settings, network, cluster, in_aws)
logs = ContainerLogs(settings.name, settings.name, settings.cluster.log_retention_days, in_aws)
network_add_ons = AddOns(
    f"{settings.name}-before-nodes", AddOnsArgs(Tier.BEFORE_NODES, cluster.name, waits_for=[]), in_aws
)
nodes = NodeGroups(
    settings.name,
    NodeGroupsArgs(settings, cluster.name, [subnet.id for subnet in network.private], [network, network_add_ons], now),
    in_aws,
)
add_ons = AddOns(
    f"{settings.name}-after-nodes", AddOnsArgs(Tier.AFTER_NODES, cluster.name, waits_for=[nodes, logs]), in_aws
)
balancer = LoadBalancer(
    settings.name,
    LoadBalancerArgs(
        settings=settings.load_balancer,
        account=settings.account,
        vpc_id=network.vpc.id,
        subnet_ids=[subnet.id for subnet in network.public],
        certificate_arn=certificate.arn,
        nodes_security_group_id=cluster.security_group_id,
        ports=sorted({service.settings.port for service in services if service.settings.hosts}),
        shutdown=shutdown,
        protect=settings.protect,
        waits_for=[network],
    ),
    in_aws,
)
old_sides = old_sides_of(
    settings, MigrationArgs(network.vpc.id, settings.network.cidr, balancer.security_group_id, shutdown), in_aws
)
in_cluster = pulumi.ResourceOptions(providers=[provider, cluster.kubernetes])
controller = BalancerController(
    f"{settings.name}-controller",
    BalancerControllerArgs(settings, cluster.name, network.vpc.id, waits_for=[nodes, add_ons]),
    in_cluster,
)
make_cluster_autoscaler(
    f"{settings.name}-autoscaler",
    ClusterAutoscalerArgs(settings, cluster.name, nodes, waits_for=[nodes, add_ons]),
    in_cluster,
)
site = Site(
    settings.name,
    SiteArgs(
        settings=settings,
        services=[service for service in services if service.runs],
        repository_urls=registry.urls,
        zone_id=zone_id,
        shutdown=shutdown,
        network=network,
        cluster=cluster,
        database=database,
        balancer=balancer,
        old_sides=old_sides,
        waits_for=[nodes, add_ons, controller],
    ),
    in_aws,
)
observe(settings, Parts(services, certificate, nodes, database, balancer, site), now, in_aws)
for name, value in stack_exports(settings, services, registry, cluster, nodes, site, now).items():
    pulumi.export(name, value)
