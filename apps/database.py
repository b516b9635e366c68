"""How a back end reaches its database, and the throw-away database that a demonstration carries in the pod."""

import pulumi
import pulumi_kubernetes as k8s

from apps import probes
from apps.security import container_security
from infra.service_settings import ExternalDatabaseSettings, SidecarDatabaseSettings

PASSWORD_KEY = "password"  # noqa: S105 - the name of a key in the Secret, not its value
POSTGRES_PORT = 5432


def database_environment(
    database: SidecarDatabaseSettings | ExternalDatabaseSettings, secret_name: pulumi.Input[str]
) -> list[k8s.core.v1.EnvVarArgs]:
    """The variables that the back ends read; the password comes from the Secret and never stands in the pod's spec."""
    external = isinstance(database, ExternalDatabaseSettings)
    plain = {
        "DATABASE_ENGINE": "POSTGRESQL",
        "POSTGRES_DB": database.name,
        "POSTGRES_USER": database.user,
        "POSTGRES_HOST": database.host if external else "127.0.0.1",
        "POSTGRES_PORT": str(database.port if external else POSTGRES_PORT),
    }
    return [
        *(k8s.core.v1.EnvVarArgs(name=name, value=value) for name, value in plain.items()),
        _password(secret_name),
    ]


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
            _password(secret_name),
        ],
        resources=k8s.core.v1.ResourceRequirementsArgs(
            requests=database.resources.requests.quantities(), limits=database.resources.limits.quantities()
        ),
        liveness_probe=probes.postgres_ready(database.user, period_seconds=30),
        readiness_probe=probes.postgres_ready(database.user, period_seconds=10),
        security_context=container_security(database.run_as_user, read_only_root=False),
    )


def _password(secret_name: pulumi.Input[str]) -> k8s.core.v1.EnvVarArgs:
    return k8s.core.v1.EnvVarArgs(
        name="POSTGRES_PASSWORD",
        value_from=k8s.core.v1.EnvVarSourceArgs(
            secret_key_ref=k8s.core.v1.SecretKeySelectorArgs(name=secret_name, key=PASSWORD_KEY)
        ),
    )
