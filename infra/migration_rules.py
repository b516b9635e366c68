"""Rules that join a migration with the services it moves; see `infra/settings_rules.py`."""

from collections.abc import Iterator, Mapping

from apps.declarations import declaration_of
from infra.haproxy_migration_rules import RULES_OF_HAPROXY
from infra.listener_rules import (
    CONDITION_VALUES_PER_RULE,
    LISTENER_RULES_PER_BALANCER,
    TARGET_GROUPS_PER_BALANCER,
    WILDCARDS_PER_RULE,
)
from infra.migration_settings import AlbMigrationSettings
from infra.problems import Problem
from infra.service_settings import ImageSettings, ServiceSettings
from infra.settings import MigrationSettings

_PATH = "slipway:migration"


def old_addresses_are_distinct(migration: MigrationSettings | None) -> Iterator[Problem]:
    """A target is registered once."""
    addresses = migration.old.addresses if isinstance(migration, AlbMigrationSettings) else ()
    for index, address in enumerate(addresses):
        if address in addresses[:index]:
            yield Problem(f"{_PATH}.old.addresses[{index}]", f"is {address}, which stands there twice")


def migrating_services_are_public(
    services: Mapping[str, ServiceSettings], migration: MigrationSettings | None
) -> Iterator[Problem]:
    """What is divided are the requests for a service's hosts."""
    if migration is None:
        return
    public = sorted(name for name, service in services.items() if service.hosts)
    if not migration.services:
        yield Problem(f"{_PATH}.services", f"is empty; expected at least one of {', '.join(public)}")
    for name in migration.services:
        if name not in services:
            yield Problem(
                f"{_PATH}.services.{name}", f"there is no service of this name; expected one of {', '.join(public)}"
            )
        elif name not in public:
            yield Problem(
                f"{_PATH}.services.{name}",
                f"slipway:services.{name} has no hosts, so the balancer has no requests of it to divide",
            )


def migrating_services_run(
    services: Mapping[str, ServiceSettings],
    images: Mapping[str, ImageSettings],
    migration: MigrationSettings | None,
) -> Iterator[Problem]:
    """A service without its images has no rule, so its old side would not be reached either."""
    for name in migration.services if migration else ():
        wanted = declaration_of(name).repositories(services[name]) if name in services else ()
        if missing := [repository for repository in wanted if repository not in images]:
            yield Problem(
                f"{_PATH}.services.{name}",
                f"does not run; slipway:images.{missing[0]} has to be set before it migrates",
            )


def paths_fit_in_rules(
    services: Mapping[str, ServiceSettings], migration: MigrationSettings | None
) -> Iterator[Problem]:
    """A rule takes five values, the hosts among them, and five wildcards; and a path goes one way."""
    for name, service in migration.services.items() if isinstance(migration, AlbMigrationSettings) else ():
        if service.paths is None or name not in services:
            continue
        hosts = len(services[name].hosts)
        room = CONDITION_VALUES_PER_RULE - hosts
        for side, patterns in (("new", service.paths.new), ("old", service.paths.old)):
            path = f"{_PATH}.services.{name}.paths.{side}"
            if len(patterns) > room:
                yield Problem(
                    path,
                    f"has {len(patterns)}; expected at most {room}, since a rule of the balancer takes "
                    f"{CONDITION_VALUES_PER_RULE} values and the hosts of the service are {hosts} of them",
                )
            if sum(pattern.count("*") + pattern.count("?") for pattern in patterns) > WILDCARDS_PER_RULE:
                yield Problem(path, f"has more than {WILDCARDS_PER_RULE} wildcards (* and ?), which a rule takes")
        for index, pattern in enumerate(service.paths.old):
            if pattern in service.paths.new:
                path = f"{_PATH}.services.{name}.paths.old[{index}]"
                yield Problem(path, f"is {pattern}, which paths.new sends the other way")


def balancer_has_room_for_both_sides(
    services: Mapping[str, ServiceSettings], migration: MigrationSettings | None
) -> Iterator[Problem]:
    """By the balancer alone: a target group more for each service that moves, and a rule for each side with paths.

    By HAProxy: one of each, for the fleet. What each service needs more stands at the balancer inside the VPC.
    """
    if migration is None:
        return
    public = sum(1 for service in services.values() if service.hosts)
    if isinstance(migration, AlbMigrationSettings):
        paths = [service.paths for service in migration.services.values() if service.paths]
        rules = public + sum(1 for each in paths for side in (each.new, each.old) if side)
        groups = public + len(migration.services)
    else:
        rules = groups = public + 1
    if rules > LISTENER_RULES_PER_BALANCER:
        yield Problem(
            _PATH, f"needs {rules} rules with those of all services; one balancer takes {LISTENER_RULES_PER_BALANCER}"
        )
    if groups > TARGET_GROUPS_PER_BALANCER:
        yield Problem(
            _PATH,
            f"needs {groups} target groups with those of all services; one balancer takes {TARGET_GROUPS_PER_BALANCER}",
        )


RULES_OF_MIGRATION = (
    old_addresses_are_distinct,
    migrating_services_are_public,
    migrating_services_run,
    paths_fit_in_rules,
    balancer_has_room_for_both_sides,
    *RULES_OF_HAPROXY,
)
