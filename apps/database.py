"""How a back end reaches its database, and the throw-away database that a demonstration carries in the pod."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from apps import probes
from apps.security import container_security
from infra.database import Database
from infra.database_settings import (
    POSTGRES_PORT,
    DatabaseSettings,
    ExternalDatabaseSettings,
    ManagedDatabaseSettings,
    SidecarDatabaseSettings,
)

PASSWORD_KEY = "password"  # noqa: S105 - the name of a key in the Secret, not its value
BUNDLE_KEY = "ca.pem"
_BUNDLE_DIRECTORY = "/etc/slipway/database"
_BUNDLE_VOLUME = "database-ca"


@dataclass(frozen=True)
class DatabaseAccess:
    """What a client has to know.

    Attributes:
        host: the server
        port: its port
        name: of the database
        user: whom to log in as
        secret: the name of the Secret with the password
        cidrs: where the server may be; nothing for one in the same pod
        tls: `verify-full` or `require`; None for one in the same pod
        bundle: the name of the ConfigMap with the certificate authorities to believe, where the server is verified
    """

    host: pulumi.Input[str]
    port: int
    name: str
    user: str
    secret: pulumi.Input[str]
    cidrs: Sequence[str] = ()
    tls: str | None = None
    bundle: pulumi.Input[str] | None = None

    def environment(self) -> list[k8s.core.v1.EnvVarArgs]:
        """The variables that the back ends read; the password comes from the Secret and never stands in the spec."""
        plain: dict[str, pulumi.Input[str]] = {
            "DATABASE_ENGINE": "POSTGRESQL",
            "POSTGRES_DB": self.name,
            "POSTGRES_USER": self.user,
            "POSTGRES_HOST": self.host,
            "POSTGRES_PORT": str(self.port),
        }
        variables = [k8s.core.v1.EnvVarArgs(name=name, value=value) for name, value in plain.items()]
        return [*variables, secret_variable("POSTGRES_PASSWORD", self.secret, PASSWORD_KEY), *self.tls_environment()]

    def tls_environment(self) -> list[k8s.core.v1.EnvVarArgs]:
        """What every client that is made of libpq obeys unasked.

        https://www.postgresql.org/docs/current/libpq-envars.html
        """
        plain: dict[str, str] = {}
        if self.tls is not None:
            plain["PGSSLMODE"] = self.tls
        if self.bundle is not None:
            plain["PGSSLROOTCERT"] = f"{_BUNDLE_DIRECTORY}/{BUNDLE_KEY}"
        return [k8s.core.v1.EnvVarArgs(name=name, value=value) for name, value in plain.items()]

    def volumes(self) -> list[k8s.core.v1.VolumeArgs]:
        """The certificate authorities, where the server is verified."""
        if self.bundle is None:
            return []
        return [config_volume(_BUNDLE_VOLUME, self.bundle)]

    def mounts(self) -> list[k8s.core.v1.VolumeMountArgs]:
        """Where a container has them."""
        if self.bundle is None:
            return []
        return [k8s.core.v1.VolumeMountArgs(name=_BUNDLE_VOLUME, mount_path=_BUNDLE_DIRECTORY, read_only=True)]


def access_to(
    database: DatabaseSettings,
    server: Database | None,
    secret: pulumi.Input[str],
    bundle: pulumi.Input[str] | None,
) -> DatabaseAccess:
    """How a database with these settings is reached.

    Args:
        database: its settings
        server: the stack's own, which is there for every managed database
        secret: the name of the Secret with the password
        bundle: the name of the ConfigMap with the certificate authorities, where there is one
    """
    match database:
        case SidecarDatabaseSettings():
            return DatabaseAccess("127.0.0.1", POSTGRES_PORT, database.name, database.user, secret)
        case ExternalDatabaseSettings():
            cidrs = [str(cidr) for cidr in database.cidrs]
            return DatabaseAccess(
                *(database.host, database.port, database.name, database.user, secret),
                cidrs=cidrs,
                tls=database.tls.mode,
                bundle=bundle,
            )
        case ManagedDatabaseSettings():
            assert server is not None  # noqa: S101 - the settings' rules saw to it
            return DatabaseAccess(
                *(server.address, POSTGRES_PORT, database.name, database.login, secret),
                cidrs=server.cidrs,
                tls="verify-full",
                bundle=bundle,
            )


def bundle_of(database: DatabaseSettings, server: Database | None) -> str | None:
    """The file with the certificate authorities that clients of this database believe, where they verify it."""
    match database:
        case ExternalDatabaseSettings():
            return database.tls.ca_bundle
        case ManagedDatabaseSettings():
            return server.ca_bundle if server else None
        case SidecarDatabaseSettings():
            return None


def sidecar_container(
    database: SidecarDatabaseSettings,
    image: pulumi.Input[str],
    pull_policy: str,
    secret_name: pulumi.Input[str],
) -> k8s.core.v1.ContainerArgs:
    """PostgreSQL beside the back end, its data gone with the pod.

    Its root file system is writable, because the image initialises itself in place; everything else is as restricted
    as any other container's.
    """
    return k8s.core.v1.ContainerArgs(
        name="database",
        image=image,
        image_pull_policy=pull_policy,
        env=[
            k8s.core.v1.EnvVarArgs(name="POSTGRES_DB", value=database.name),
            k8s.core.v1.EnvVarArgs(name="POSTGRES_USER", value=database.user),
            secret_variable("POSTGRES_PASSWORD", secret_name, PASSWORD_KEY),
        ],
        resources=k8s.core.v1.ResourceRequirementsArgs(
            requests=database.resources.requests.quantities(), limits=database.resources.limits.quantities()
        ),
        liveness_probe=probes.postgres_ready(database.user, period_seconds=30),
        readiness_probe=probes.postgres_ready(database.user, period_seconds=10),
        security_context=container_security(database.run_as_user, read_only_root=False),
    )


def secret_variable(name: str, secret_name: pulumi.Input[str], key: str) -> k8s.core.v1.EnvVarArgs:
    """A variable whose value is in a Secret."""
    return k8s.core.v1.EnvVarArgs(
        name=name,
        value_from=k8s.core.v1.EnvVarSourceArgs(
            secret_key_ref=k8s.core.v1.SecretKeySelectorArgs(name=secret_name, key=key)
        ),
    )


def config_volume(name: str, config_map: pulumi.Input[str]) -> k8s.core.v1.VolumeArgs:
    """The files of a ConfigMap."""
    return k8s.core.v1.VolumeArgs(name=name, config_map=k8s.core.v1.ConfigMapVolumeSourceArgs(name=config_map))
