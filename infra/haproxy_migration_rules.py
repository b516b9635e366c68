"""Rules of a migration by HAProxy that join several settings; see `infra/settings_rules.py`."""

from collections.abc import Iterator, Mapping

from infra.haproxy_migration_settings import HaproxyMigrationSettings
from infra.haproxy_settings import ROOT, slow_start_has_steps, statistics_are_not_open_to_the_world
from infra.problems import Problem
from infra.service_settings import ServiceSettings
from infra.settings import MigrationSettings


def haproxy_takes_these_settings(migration: MigrationSettings | None) -> Iterator[Problem]:
    """What holds for every HAProxy, on a laptop too."""
    if isinstance(migration, HaproxyMigrationSettings):
        slow_starts = {"new": migration.new.slow_start_seconds, "old": migration.old.slow_start_seconds}
        yield from slow_start_has_steps(slow_starts, migration.check_seconds)
        yield from statistics_are_not_open_to_the_world(migration.statistics.allowed_cidrs)


def health_checks_ask_for_a_host_of_the_service(
    services: Mapping[str, ServiceSettings], migration: MigrationSettings | None
) -> Iterator[Problem]:
    """The new side knows a service by its hosts: by any other name it answers 404, and would count as down."""
    if not isinstance(migration, HaproxyMigrationSettings):
        return
    for name, share in migration.services.items():
        hosts = services[name].hosts if name in services else ()
        if share.check_host is not None and hosts and share.check_host not in hosts:
            yield Problem(
                f"{ROOT}.services.{name}.checkHost",
                f"is {share.check_host}; expected one of {', '.join(hosts)}, the hosts of slipway:services.{name}",
            )


def old_system_is_not_this_one(
    services: Mapping[str, ServiceSettings], migration: MigrationSettings | None
) -> Iterator[Problem]:
    """A host of this stack leads to its own balancer: each request would come back to the fleet for ever."""
    if not isinstance(migration, HaproxyMigrationSettings):
        return
    for name, service in services.items():
        if migration.old.address in service.hosts:
            path = f"{ROOT}.old.address"
            yield Problem(path, f"is {migration.old.address}, a host of slipway:services.{name}; expected another name")


RULES_OF_HAPROXY = (
    haproxy_takes_these_settings,
    health_checks_ask_for_a_host_of_the_service,
    old_system_is_not_this_one,
)
