"""The stack's own PostgreSQL server: an RDS instance that only the cluster's pods reach, and only by TLS."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.cluster import Cluster
from infra.database_changes import database_made_from, server_name
from infra.database_settings import POSTGRES_PORT, DatabaseServerSettings, RestoredServerSettings
from infra.network import Network
from infra.settings import Settings
from infra.standing import DATABASE_TAG, MADE_FROM_TAG
from infra.subnets import zone_subnets

ADMINISTRATOR = "postgres"
# Good until 2061, where the servers' own certificates are renewed by RDS.
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
_AUTHORITY = "rds-ca-rsa2048-g1"
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Concepts.PostgreSQL.html
_LOGS = ("postgresql", "upgrade")
# "you must ... set the Performance Insights retention period to at least 465 days" for the advanced mode; 7 are free.
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DatabaseInsights.Considerations.html
_INSIGHTS_DAYS = {"standard": 7, "advanced": 465}
_PARAMETERS = {
    # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html
    "rds.force_ssl": "1",
    # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL_Password_Encryption_configuration.html
    "rds.accepted_password_auth_method": "scram",
}


@dataclass(frozen=True)
class DatabaseArgs:
    """What the server is made of."""

    settings: DatabaseServerSettings
    vpc_id: pulumi.Input[str]
    isolated_subnet_ids: Sequence[pulumi.Input[str]]
    isolated_cidrs: Sequence[str]
    nodes_security_group_id: pulumi.Input[str]
    """The group that nodes, and so pods, are in."""
    keep: bool
    """Guarded against being deleted, by Pulumi and by AWS."""


class Database(pulumi.ComponentResource):
    """An encrypted instance in the isolated subnets, with backups, logs and insights."""

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:Database", name, None, opts)
        settings, self.cidrs = args.settings, list(args.isolated_cidrs)
        self._prefix, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        # Known to Pulumi only as a secret, which its state keeps encrypted. RDS could keep one of its own in Secrets
        # Manager, but would change it every week, and the jobs that make databases would need a client of AWS's.
        self.administrator_password = pulumi.Output.secret(settings.administrator.password.get_secret_value())
        self.ca_bundle, self.client_image = settings.ca_bundle, settings.client_image
        key = aws.kms.Key(
            f"{name}-database",
            description=f"Encrypts the database of {name}, its backups and its insights",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            tags={"Name": f"{name}-database"},
            opts=pulumi.ResourceOptions(parent=self, protect=args.keep),
        )
        self._group, self._key = self._security_group(), key
        self._subnets = aws.rds.SubnetGroup(
            f"{name}-database", subnet_ids=list(args.isolated_subnet_ids), opts=self._child
        )
        self._parameters = aws.rds.ParameterGroup(
            # Another major version has a group of its own beside it, and the instance moves over.
            f"{name}-database-{settings.major_version}",
            family=f"postgres{settings.major_version}",
            description=f"The database of {name}: TLS only",
            parameters=[aws.rds.ParameterGroupParameterArgs(name=key, value=_PARAMETERS[key]) for key in _PARAMETERS],
            opts=self._child,
        )
        self.instance = self._instance(server_name(name), None)
        self.address, restored = self.instance.address, settings.restored
        if restored is not None:
            second = self._instance(server_name(name, restored.name), restored)
            self.address = second.address if restored.serves else self.address

        self.register_outputs({"address": self.address})

    def _security_group(self) -> aws.ec2.SecurityGroup:
        """No way out: the server calls nobody."""
        name, args = self._prefix, self._args
        group = aws.ec2.SecurityGroup(
            f"{name}-database",
            description="The database: open to the pods on its port",
            vpc_id=args.vpc_id,
            tags={"Name": f"{name}-database"},
            opts=self._child,
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-database-from-pods",
            security_group_id=group.id,
            description=f"Pods of the cluster, on {POSTGRES_PORT}",
            referenced_security_group_id=args.nodes_security_group_id,
            ip_protocol="tcp",
            from_port=POSTGRES_PORT,
            to_port=POSTGRES_PORT,
            opts=self._child,
        )
        return group

    def _log_groups(self, identifier: str) -> list[pulumi.Resource]:
        """RDS would make them without an end to what is kept and nobody to remove them."""
        return [
            aws.cloudwatch.LogGroup(
                f"{identifier}-{kind}-logs",
                name=f"/aws/rds/instance/{identifier}/{kind}",
                retention_in_days=self._args.settings.log_retention_days,
                opts=self._child,
            )
            for kind in _LOGS
        ]

    def _instance(self, identifier: str, restored: RestoredServerSettings | None) -> aws.rds.Instance:
        """One server; a restored one has what its backup has, its administrator's name included, and then a password.

        https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html
        """
        settings, keep, logs = self._args.settings, self._args.keep, self._log_groups(identifier)
        return aws.rds.Instance(
            identifier,
            identifier=identifier,
            engine="postgres",
            engine_version=settings.engine_version,
            # What runs is what the stack file says: a new minor version is a change of it. A major one too.
            auto_minor_version_upgrade=False,
            allow_major_version_upgrade=True,
            engine_lifecycle_support="open-source-rds-extended-support-disabled",
            instance_class=settings.instance_class,
            multi_az=settings.multi_az,
            storage_type="gp3",
            allocated_storage=settings.storage_gib,
            max_allocated_storage=settings.max_storage_gib,
            storage_encrypted=True,
            kms_key_id=self._key.arn,
            username=ADMINISTRATOR if restored is None else None,
            password=self.administrator_password,
            port=POSTGRES_PORT,
            publicly_accessible=False,
            db_subnet_group_name=self._subnets.name,
            vpc_security_group_ids=[self._group.id],
            parameter_group_name=self._parameters.name,
            ca_cert_identifier=_AUTHORITY,
            backup_retention_period=settings.backup_retention_days,
            backup_window=settings.backup_window,
            maintenance_window=settings.maintenance_window,
            apply_immediately=settings.apply_changes == "immediately",
            copy_tags_to_snapshot=True,
            deletion_protection=keep,
            skip_final_snapshot=not settings.final_snapshot,
            final_snapshot_identifier=f"{identifier}-final" if settings.final_snapshot else None,
            # Where the last snapshot is wanted, so is the way back to each minute before it.
            delete_automated_backups=not settings.final_snapshot,
            enabled_cloudwatch_logs_exports=list(_LOGS),
            database_insights_mode=settings.insights,
            performance_insights_enabled=True,
            performance_insights_kms_key_id=self._key.arn,
            performance_insights_retention_period=_INSIGHTS_DAYS[settings.insights],
            snapshot_identifier=None if restored is None else restored.snapshot,
            restore_to_point_in_time=self._point_in_time(restored),
            tags={"Name": identifier, DATABASE_TAG: identifier, MADE_FROM_TAG: database_made_from(settings)},
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(logs), protect=keep),
        )

    def _point_in_time(
        self, restored: RestoredServerSettings | None
    ) -> aws.rds.InstanceRestoreToPointInTimeArgs | None:
        if restored is None or restored.point_in_time is None:
            return None
        return aws.rds.InstanceRestoreToPointInTimeArgs(
            source_db_instance_identifier=self.instance.identifier, restore_time=restored.point_in_time
        )


def database_of(
    settings: Settings, network: Network, cluster: Cluster, opts: pulumi.ResourceOptions
) -> Database | None:
    """The stack's server, where its stack file has one."""
    if settings.database is None:
        return None
    zones = zone_subnets(settings.network.cidr, settings.network.availability_zones)
    return Database(
        settings.name,
        DatabaseArgs(
            settings=settings.database,
            vpc_id=network.vpc.id,
            isolated_subnet_ids=[subnet.id for subnet in network.isolated],
            isolated_cidrs=[str(zone.isolated) for zone in zones],
            nodes_security_group_id=cluster.security_group_id,
            keep=settings.keeps_database,
        ),
        opts,
    )
