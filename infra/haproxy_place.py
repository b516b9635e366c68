"""The configuration of a stack's fleet, from its settings alone: where its machines stand, no person decides."""

from infra.haproxy_configuration import Place, haproxy_configuration
from infra.haproxy_migration_settings import HaproxyMigrationSettings, joined
from infra.settings import Settings
from infra.shutdown import ShutdownTimes
from infra.subnets import zone_subnets


def fleet_place(settings: Settings) -> Place:
    """Behind the public balancer, whose word on a visitor is believed."""
    zones = zone_subnets(settings.network.cidr, settings.network.availability_zones)
    return Place(front_cidrs=[zone.public for zone in zones])


def fleet_configuration(settings: Settings, migration: HaproxyMigrationSettings, new_address: str) -> str:
    """The text of haproxy.cfg on every machine of the stack's fleet.

    Args:
        settings: of the stack
        migration: its migration
        new_address: the name of the balancer inside the VPC
    """
    told = joined(migration, settings.services, new_address)
    return haproxy_configuration(told, ShutdownTimes(settings.drain_seconds), fleet_place(settings))
