"""Rules that join settings of databases; see `infra/settings_rules.py` for how they are run."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from pydantic import SecretStr

from infra.ca_bundle import bundle_problem
from infra.database_settings import (
    DatabaseServerSettings,
    ExternalDatabaseSettings,
    ManagedDatabaseSettings,
    SidecarDatabaseSettings,
)
from infra.database_windows import daily_minutes, overlap, weekly_minutes
from infra.problems import Problem
from infra.service_settings import ServiceSettings
from infra.settings import NetworkSettings

# The administrator's, by AWS: "Can include any printable ASCII character except "/", """, "@", or a space", 8 to 128.
# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html (MasterUserPassword)
_ADMINISTRATOR = re.compile(r"[!#-.0-?A-~]{16,128}")
# A back end's is hashed here as PostgreSQL would, which is one and the same for ASCII only (SASLprep, RFC 5802).
_BACK_END = re.compile(r"[!-~]{16,128}")
# "The maximum storage threshold must be at least 10% more than the allocated storage."
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html
_GROWTH_PERCENT = 110
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html#USER_WorkingWithAutomatedBackups.BackupWindow
_SHORTEST_WINDOW_MINUTES = 30


def ranges_do_not_overlap(network: NetworkSettings, services: Mapping[str, ServiceSettings]) -> Iterator[Problem]:
    """A database outside the VPC is reached by a route, which an overlapping range makes impossible.

    https://docs.aws.amazon.com/vpc/latest/peering/invalid-peering-configurations.html
    """
    for name, service in services.items():
        database = service.database
        for index, cidr in enumerate(database.cidrs if isinstance(database, ExternalDatabaseSettings) else ()):
            if cidr.overlaps(network.cidr):
                yield Problem(
                    f"slipway:services.{name}.database.cidrs[{index}]",
                    f"is {cidr}; expected a range that does not overlap the VPC's, {network.cidr}",
                )


def sidecar_databases_stay_alone(services: Mapping[str, ServiceSettings]) -> Iterator[Problem]:
    """A database in the pod exists once per pod, so a second pod would have its own, empty one."""
    reason = "each pod would have its own empty database; use an external database to scale"
    for name, service in services.items():
        if not isinstance(service.database, SidecarDatabaseSettings):
            continue
        if service.autoscaling is not None:
            yield Problem(f"slipway:services.{name}.autoscaling", f"not allowed with a sidecar database: {reason}")
        if service.replicas is not None and service.replicas > 1:
            yield Problem(
                f"slipway:services.{name}.replicas",
                f"is {service.replicas}; expected 1 with a sidecar database: {reason}",
            )


def passwords_match_databases(
    services: Mapping[str, ServiceSettings], database_passwords: Mapping[str, SecretStr]
) -> Iterator[Problem]:
    """Each database has a password, and each password a database."""
    wanted = {name for name, service in services.items() if service.database is not None}
    for name in sorted(wanted - set(database_passwords)):
        path = f"slipway:databasePasswords.{name}"
        yield Problem(path, f"is required; set it with: pulumi config set --secret --path '{path}'")
    for name in sorted(set(database_passwords) - wanted):
        yield Problem(f"slipway:databasePasswords.{name}", "there is no service of this name with a database")
    for name in sorted(wanted & set(database_passwords)):
        if not database_passwords[name].get_secret_value():
            yield Problem(f"slipway:databasePasswords.{name}", "is empty; expected a password")


def managed_databases_have_a_server(
    services: Mapping[str, ServiceSettings], database: DatabaseServerSettings | None
) -> Iterator[Problem]:
    """A managed database is on the stack's own server, and no two back ends share one."""
    managed = managed_databases(services)
    if managed and database is None:
        yield Problem(
            "slipway:database",
            f"is required; expected the server that {', '.join(sorted(managed))} "
            f"{'has its' if len(managed) == 1 else 'have their'} managed database on",
        )
    names = Counter(each.name for each in managed.values())
    for service, each in managed.items():
        if names[each.name] > 1:
            yield Problem(
                f"slipway:services.{service}.database.name",
                f"is {each.name}; expected a name of its own: no back end may read another's database",
            )
        for login in ("a", "b"):
            if f"{each.name}_{login}" in names:
                yield Problem(
                    f"slipway:services.{service}.database.name",
                    f"is {each.name}; its login {each.name}_{login} has the name of another's database",
                )


def migrations_have_a_database(services: Mapping[str, ServiceSettings]) -> Iterator[Problem]:
    """A job migrates what it can reach: no database inside another pod."""
    for name, service in services.items():
        if service.migrate_command is not None and (
            service.database is None or isinstance(service.database, SidecarDatabaseSettings)
        ):
            yield Problem(
                f"slipway:services.{name}.migrateCommand",
                "expected only with an external or managed database: a job cannot reach one inside a pod",
            )


def server_is_one_that_rds_makes(database: DatabaseServerSettings | None) -> Iterator[Problem]:
    """What RDS would refuse minutes into an update, or what would stop its backups."""
    if database is None:
        return
    if database.max_storage_gib * 100 < database.storage_gib * _GROWTH_PERCENT:
        yield Problem(
            "slipway:database.maxStorageGiB",
            f"is {database.max_storage_gib}; expected at least 10 percent more than storageGiB, {database.storage_gib}",
        )
    backup, maintenance = daily_minutes(database.backup_window), weekly_minutes(database.maintenance_window)
    for key, window in (("backupWindow", backup), ("maintenanceWindow", maintenance)):
        if window.length < _SHORTEST_WINDOW_MINUTES:
            yield Problem(f"slipway:database.{key}", f"is {window.length} minutes long; expected at least 30 minutes")
    if overlap(backup, maintenance):
        yield Problem(
            "slipway:database.backupWindow",
            f"is {database.backup_window}; expected a time outside maintenanceWindow, {database.maintenance_window}",
        )
    if not _ADMINISTRATOR.fullmatch(database.administrator.password.get_secret_value()):
        yield Problem(
            "slipway:database.administrator.password",
            'expected 16 to 128 letters, digits and signs, without space, /, " and @',
        )


def passwords_of_managed_databases_are_strong(
    services: Mapping[str, ServiceSettings], database_passwords: Mapping[str, SecretStr]
) -> Iterator[Problem]:
    """Nobody types them, so nothing speaks for a short one."""
    for name in sorted(managed_databases(services).keys() & database_passwords.keys()):
        password = database_passwords[name].get_secret_value()
        if password and not _BACK_END.fullmatch(password):
            yield Problem(
                f"slipway:databasePasswords.{name}", "expected 16 to 128 letters, digits and signs, without space"
            )


def protected_stacks_verify_their_databases(
    services: Mapping[str, ServiceSettings], protect: bool
) -> Iterator[Problem]:
    """A protected stack sends its customers' data to no server that only says that it is the right one."""
    for name, service in services.items():
        if (
            protect
            and isinstance(service.database, ExternalDatabaseSettings)
            and service.database.tls.mode == "require"
        ):
            yield Problem(
                f"slipway:services.{name}.database.tls.mode", "is require; expected verify-full in a protected stack"
            )


def bundles_can_be_read(
    services: Mapping[str, ServiceSettings], database: DatabaseServerSettings | None
) -> Iterator[Problem]:
    """Every file of certificate authorities is there and holds some."""
    named = {
        f"slipway:services.{name}.database.tls.caBundle": service.database.tls.ca_bundle
        for name, service in services.items()
        if isinstance(service.database, ExternalDatabaseSettings) and service.database.tls.ca_bundle is not None
    }
    if database is not None:
        named["slipway:database.caBundle"] = database.ca_bundle
    for path, file in named.items():
        problem = bundle_problem(file)
        if problem is not None:
            yield Problem(path, f"is {file}, which {problem}; expected certificates in PEM (certificates/README.md)")


def managed_databases(services: Mapping[str, ServiceSettings]) -> dict[str, ManagedDatabaseSettings]:
    """The managed databases, by the service that has each."""
    return {
        name: service.database
        for name, service in services.items()
        if isinstance(service.database, ManagedDatabaseSettings)
    }


RULES_OF_DATABASES = (
    ranges_do_not_overlap,
    passwords_match_databases,
    managed_databases_have_a_server,
    migrations_have_a_database,
    server_is_one_that_rds_makes,
    passwords_of_managed_databases_are_strong,
    protected_stacks_verify_their_databases,
    bundles_can_be_read,
)
"""Those that are run with the rules of wholes."""
