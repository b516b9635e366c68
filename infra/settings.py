"""What a stack file may say: the settings of one environment, as frozen and strict models.

Units are in the names: MiB, GiB, millicores, seconds, days. What a setting does stands in `Pulumi.yaml` beside its
key. Rules that join several settings are in `infra/settings_rules.py`; reading a stack file is in
`infra/stack_file.py`.
"""

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from infra.capacity_settings import CapacitySettings
from infra.database_settings import DatabaseServerSettings
from infra.haproxy_migration_settings import HaproxyMigrationSettings
from infra.migration_settings import AlbMigrationSettings
from infra.node_settings import NodeGroupSettings
from infra.observability_settings import ObservabilitySettings
from infra.service_settings import ImageSettings, ServiceSettings
from infra.setting_types import (
    AccountId,
    AvailabilityZone,
    DnsLabel,
    HostName,
    NodeGroupName,
    PrincipalArn,
    Region,
    RetentionDays,
    TagKey,
    TagValue,
    text,
)
from infra.strict_model import StrictModel


class NetworkSettings(StrictModel):
    """The VPC: its range, its zones, its ways out."""

    cidr: IPv4Network
    availability_zones: Annotated[tuple[AvailabilityZone, ...], Field(min_length=2, max_length=3)]
    nat_gateways: Literal["single", "perZone"]
    flow_log_retention_days: RetentionDays | None = None


KubernetesVersion = Annotated[str, text(r"^1\.[0-9]{2}$", 'a version of Kubernetes in quotes such as "1.36"')]


class ClusterSettings(StrictModel):
    """The EKS cluster."""

    version: KubernetesVersion
    node_version: KubernetesVersion | None = None
    """Of the nodes; where it is not given, they keep the version that the cluster had when they were made."""
    public_access_cidrs: tuple[IPv4Network, ...]
    admins: Mapping[DnsLabel, PrincipalArn]
    log_retention_days: RetentionDays


class LoadBalancerSettings(StrictModel):
    """The load balancer's access logs; none are kept where no retention is set."""

    access_log_retention_days: Annotated[int, Field(ge=1, le=3653)] | None = None


MigrationSettings = Annotated[AlbMigrationSettings | HaproxyMigrationSettings, Field(discriminator="kind")]
"""The two ways to move: the shares of the services stand at the same paths in both."""


class Settings(StrictModel):
    """All settings of one stack."""

    project: str
    stack: DnsLabel
    region: Region
    account: AccountId
    tags: Mapping[TagKey, TagValue]
    domain: HostName
    namespace: DnsLabel
    protect: bool
    read_only: bool
    """For a preview by somebody who may read only."""
    immutable_images: bool
    drain_seconds: Annotated[int, Field(ge=5, le=600)]
    rollout_seconds: Annotated[int, Field(ge=60, le=3600)]
    network: NetworkSettings
    cluster: ClusterSettings
    load_balancer: LoadBalancerSettings
    node_groups: Mapping[NodeGroupName, NodeGroupSettings]
    capacity: CapacitySettings
    images: Mapping[str, ImageSettings]
    services: Mapping[DnsLabel, ServiceSettings]
    database: DatabaseServerSettings | None
    """Only where some back end's database is on a server of the stack's own."""
    database_passwords: Mapping[DnsLabel, SecretStr]
    allow_database_loss: bool
    """Whether this stack's server may be deleted or made anew though the stack is protected."""
    migration: MigrationSettings | None
    """Only while traffic moves over from an old system."""
    observability: ObservabilitySettings | None
    """Only where somebody is to be told."""

    @property
    def name(self) -> str:
        """What every resource's name begins with, such as `slipway-dev`; IAM policies rely on it."""
        return f"{self.project}-{self.stack}"

    @property
    def deploy_role_arn(self) -> str:
        """The role that bootstrap made for this environment, and that everything is done as."""
        return f"arn:aws:iam::{self.account}:role/{self.name}-deploy"

    @property
    def preview_role_arn(self) -> str:
        """The role that bootstrap made for previews of this environment, which may read and change nothing."""
        return f"arn:aws:iam::{self.account}:role/{self.name}-preview"

    @property
    def role_arn(self) -> str:
        """The role that this run works as."""
        return self.preview_role_arn if self.read_only else self.deploy_role_arn

    @property
    def keeps_database(self) -> bool:
        """Whether the server is guarded against being deleted, in Pulumi and in AWS."""
        return self.protect and not self.allow_database_loss

    @property
    def all_tags(self) -> dict[str, str]:
        """What every resource is tagged with."""
        return {**self.tags, "project": self.project, "stack": self.stack}
