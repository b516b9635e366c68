"""What is done to a back end's database before its pods: it is made where it is missing, and its tables brought along.

Jobs cannot be changed, so Pulumi replaces one whose template differs, and waits for it; a failing one ends the update
there, with the old pods serving. https://kubernetes.io/docs/concepts/workloads/controllers/job/
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_kubernetes as k8s

from apps.database import PASSWORD_KEY, DatabaseAccess, config_volume, secret_variable
from apps.declaration import Declaration
from apps.network_policy import job_network_policy
from apps.pod import Image, service_environment
from apps.scram import scram_verifier
from apps.security import container_security, pod_security
from infra.database import ADMINISTRATOR, Database
from infra.database_settings import ManagedDatabaseSettings
from infra.service_settings import ServiceSettings
from infra.shutdown import ShutdownTimes

_SQL = Path(__file__).parent / "sql"
_SQL_DIRECTORY = "/etc/slipway/sql"
# Any that is not root: psql reads no home and writes no file.
_CLIENT_USER = 65534
_CLIENT_RESOURCES = k8s.core.v1.ResourceRequirementsArgs(
    requests={"cpu": "20m", "memory": "32Mi"}, limits={"cpu": "200m", "memory": "64Mi"}
)
# A server that has just been made may not be found by its name at once. A migration that failed is not tried again.
_CLIENT_RETRIES = 2


def needs_jobs(settings: ServiceSettings) -> bool:
    """Whether anything is done to a back end's database before its pods."""
    return isinstance(settings.database, ManagedDatabaseSettings) or settings.migrate_command is not None


@dataclass(frozen=True)
class DatabaseJobsArgs:
    """Whose database it is, and what the jobs run with."""

    declaration: Declaration
    settings: ServiceSettings
    namespace: pulumi.Input[str]
    image: Image
    access: DatabaseAccess
    server: Database | None
    password: str
    """Of the back end's login; a secret."""
    service_account: pulumi.Input[str]
    shutdown: ShutdownTimes
    timeout_seconds: int
    cluster: pulumi.Resource
    waits_for: Sequence[pulumi.Resource]
    """The nodes that pods run on."""


class DatabaseJobs(pulumi.ComponentResource):
    """The job that makes the database, then the job that migrates it, each where the settings ask for one."""

    def __init__(self, name: str, args: DatabaseJobsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:apps:DatabaseJobs", name, None, opts)
        self._prefix, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self, deleted_with=args.cluster)
        self._labels = {"app": f"{args.declaration.app}-job"}
        policy = k8s.networking.v1.NetworkPolicy(
            f"{name}-jobs",
            metadata=self._metadata(f"{args.declaration.app}-jobs"),
            spec=job_network_policy(self._labels, args.access.cidrs, args.access.port),
            opts=self._child,
        )
        before: list[pulumi.Resource] = [policy, *args.waits_for]
        self.jobs: list[pulumi.Resource] = []
        """In their order; the last one's end says that the database is as the image expects."""
        database = args.settings.database
        if isinstance(database, ManagedDatabaseSettings):
            self.jobs.append(self._database_job(database, before))
        if args.settings.migrate_command is not None:
            self.jobs.append(self._migration_job(args.settings.migrate_command, [*before, *self.jobs]))

        self.register_outputs({})

    def _metadata(
        self, name: str | None = None, annotations: dict[str, str] | None = None
    ) -> k8s.meta.v1.ObjectMetaArgs:
        """Without a name Pulumi makes one up, another for each content: what is old stays until nobody reads it."""
        return k8s.meta.v1.ObjectMetaArgs(
            name=name, namespace=self._args.namespace, labels=self._labels, annotations=annotations
        )

    def _database_job(self, database: ManagedDatabaseSettings, waits_for: list[pulumi.Resource]) -> k8s.batch.v1.Job:
        args, access, server = self._args, self._args.access, self._args.server
        assert server is not None  # noqa: S101 - the settings' rules saw to it
        sql = k8s.core.v1.ConfigMap(
            f"{self._prefix}-sql",
            metadata=self._metadata(),
            data={file.name: file.read_text() for file in sorted(_SQL.iterdir())},
            opts=self._child,
        )
        secret = k8s.core.v1.Secret(
            f"{self._prefix}-administrator",
            metadata=self._metadata(),
            string_data={
                PASSWORD_KEY: server.administrator_password,
                "verifier": pulumi.Output.secret(scram_verifier(args.password, database.login)),
            },
            opts=self._child,
        )
        plain: dict[str, pulumi.Input[str]] = {
            "PGHOST": access.host,
            "PGPORT": str(access.port),
            "PGUSER": ADMINISTRATOR,
            "PGDATABASE": "postgres",
            "PGCONNECT_TIMEOUT": "10",
            "DATABASE_NAME": database.name,
            "DATABASE_LOGIN": database.login,
            "PASSWORD_VERSION": str(database.password_version),
        }
        container = k8s.core.v1.ContainerArgs(
            name="database",
            image=server.client_image,
            image_pull_policy="IfNotPresent",
            command=["sh", f"{_SQL_DIRECTORY}/make_database.sh"],
            env=[
                *(k8s.core.v1.EnvVarArgs(name=name, value=value) for name, value in plain.items()),
                *access.tls_environment(),
                secret_variable("PGPASSWORD", secret.metadata.name, PASSWORD_KEY),
                secret_variable("DATABASE_VERIFIER", secret.metadata.name, "verifier"),
                secret_variable("LOGIN_PASSWORD", access.secret, PASSWORD_KEY),
            ],
            resources=_CLIENT_RESOURCES,
            termination_message_policy="FallbackToLogsOnError",
            security_context=container_security(_CLIENT_USER, read_only_root=True),
            volume_mounts=[
                *access.mounts(),
                k8s.core.v1.VolumeMountArgs(name="sql", mount_path=_SQL_DIRECTORY, read_only=True),
            ],
        )
        volumes = [*access.volumes(), config_volume("sql", sql.metadata.name)]
        return self._job(f"{self._prefix}-database", None, container, volumes, _CLIENT_RETRIES, waits_for)

    def _migration_job(self, command: Sequence[str], waits_for: list[pulumi.Resource]) -> k8s.batch.v1.Job:
        args, resources = self._args, self._args.settings.resources
        container = k8s.core.v1.ContainerArgs(
            name="migration",
            image=args.image.reference,
            image_pull_policy=args.image.pull_policy,
            command=list(command),
            env=service_environment(args.declaration, args.settings, args.shutdown, args.access),
            resources=k8s.core.v1.ResourceRequirementsArgs(
                requests=resources.requests.quantities(), limits=resources.limits.quantities()
            ),
            termination_message_policy="FallbackToLogsOnError",
            security_context=container_security(args.settings.run_as_user, read_only_root=True),
            volume_mounts=[
                *args.access.mounts(),
                k8s.core.v1.VolumeMountArgs(name="tmp", mount_path="/tmp"),  # noqa: S108 - an empty volume
            ],
        )
        volumes = [
            *args.access.volumes(),
            k8s.core.v1.VolumeArgs(name="tmp", empty_dir=k8s.core.v1.EmptyDirVolumeSourceArgs()),
        ]
        name = f"{args.declaration.app}-migrate-{args.image.fingerprint}"
        return self._job(f"{self._prefix}-migration", name, container, volumes, 0, waits_for)

    def _job(
        self,
        logical_name: str,
        name: str | None,
        container: k8s.core.v1.ContainerArgs,
        volumes: Sequence[k8s.core.v1.VolumeArgs],
        retries: int,
        waits_for: Sequence[pulumi.Resource],
    ) -> k8s.batch.v1.Job:
        """One pod that ends. It is not removed by time: its log stays until the next one takes its place.

        It runs on any node without taints, of which there are some in every stack, and not where the service is bound
        to: a Job's pod cannot be changed, so a service that moves would have its database looked at once more.
        """
        args, timeout = self._args, f"{self._args.timeout_seconds}s"
        return k8s.batch.v1.Job(
            logical_name,
            # One that failed is made anew by the next update, where Pulumi would only look at it again.
            # https://github.com/pulumi/pulumi-kubernetes/pull/1575
            metadata=self._metadata(name, annotations={"pulumi.com/replaceUnready": "true"}),
            spec=k8s.batch.v1.JobSpecArgs(
                backoff_limit=retries,
                active_deadline_seconds=args.timeout_seconds,
                template=k8s.core.v1.PodTemplateSpecArgs(
                    metadata=k8s.meta.v1.ObjectMetaArgs(labels=self._labels),
                    spec=k8s.core.v1.PodSpecArgs(
                        restart_policy="Never",
                        service_account_name=args.service_account,
                        automount_service_account_token=False,
                        enable_service_links=False,
                        security_context=pod_security(),
                        containers=[container],
                        volumes=list(volumes),
                    ),
                ),
            ),
            opts=pulumi.ResourceOptions.merge(
                self._child,
                pulumi.ResourceOptions(
                    depends_on=list(waits_for),
                    custom_timeouts=pulumi.CustomTimeouts(create=timeout, update=timeout),
                ),
            ),
        )
