"""What a stack file may say: the settings of one environment, as frozen and strict models.

Units are in the names: MiB, GiB, millicores, seconds, days. What a setting does stands in `Pulumi.yaml` beside its
key. Rules that join several settings are in `infra/settings_rules.py`; reading a stack file is in
`infra/stack_file.py`.
"""

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from infra.schedules import GroupSize, ScheduledAction, recurrence_problem, time_zone_problem
from infra.strict_model import StrictModel


def _recurrence(value: str) -> str:
    if problem := recurrence_problem(value):
        raise ValueError(problem)
    return value


def _time_zone(value: str) -> str:
    if problem := time_zone_problem(value):
        raise ValueError(problem)
    return value


DnsLabel = Annotated[str, Field(pattern=r"^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$")]
"""A name for Kubernetes and Pulumi alike; 40 characters, so that the names made from it fit in 63."""
NodeGroupName = Annotated[str, Field(pattern=r"^[a-z]([-a-z0-9]{0,22}[a-z0-9])?$")]
"""24 characters: EKS takes 63, of which the stack's name and Pulumi's suffix have their part."""
HostName = Annotated[str, Field(pattern=r"^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$", max_length=253)]
AvailabilityZone = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d[a-z]$")]
RoleArn = Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$")]
PrincipalArn = Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:(role|user)/[\w+=,.@/-]+$")]
UserId = Annotated[int, Field(ge=1, le=65535)]
"""A numeric user: Kubernetes cannot tell whether a user given by name is root."""
EnvironmentName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]  # fmt: skip


class NetworkSettings(StrictModel):
    """The VPC: its range, its zones, its ways out."""

    cidr: IPv4Network
    availability_zones: Annotated[tuple[AvailabilityZone, ...], Field(min_length=2, max_length=3)]
    nat_gateways: Literal["single", "perZone"]


class ClusterSettings(StrictModel):
    """The EKS cluster."""

    version: Annotated[str, Field(pattern=r"^1\.\d{2}$")]
    public_access_cidrs: tuple[IPv4Network, ...]
    admins: Mapping[DnsLabel, PrincipalArn]
    log_retention_days: RetentionDays


class ScheduledSize(StrictModel):
    """A size and when it begins."""

    recurrence: Annotated[str, AfterValidator(_recurrence)]
    size: GroupSize


class ScheduleSettings(StrictModel):
    """A pair of recurring changes: what goes down comes up again, in one time zone."""

    time_zone: Annotated[str, AfterValidator(_time_zone)]
    down: ScheduledSize
    up: ScheduledSize

    def actions(self, name: str) -> tuple[ScheduledAction, ScheduledAction]:
        """The two scheduled actions, named after the schedule."""
        down = ScheduledAction(f"{name}-down", self.down.recurrence, self.time_zone, self.down.size)
        up = ScheduledAction(f"{name}-up", self.up.recurrence, self.time_zone, self.up.size)
        return down, up


class TaintSettings(StrictModel):
    """A taint of every node of a group. https://docs.aws.amazon.com/eks/latest/APIReference/API_Taint.html"""

    key: str
    value: str
    effect: Literal["NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"]


class NodeGroupSettings(StrictModel):
    """A managed node group."""

    instance_type: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$")]
    capacity_type: Literal["ON_DEMAND", "SPOT"]
    disk_size_gib: Annotated[int, Field(alias="diskSizeGiB", ge=20, le=16384)]
    size: GroupSize
    labels: Mapping[str, str] = {}
    taints: tuple[TaintSettings, ...] = ()
    schedules: Mapping[DnsLabel, ScheduleSettings] = {}


class ImageSettings(StrictModel):
    """Which image of a repository runs: a tag, or a digest."""

    tag: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$")] | None = None
    digest: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")] | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.tag is None) == (self.digest is None):
            raise ValueError("expected exactly one of tag and digest")
        return self

    def reference(self, repository_url: str) -> str:
        """The image as a container names it."""
        return f"{repository_url}@{self.digest}" if self.digest else f"{repository_url}:{self.tag}"


class ResourceAmounts(StrictModel):
    """CPU in millicores, memory in MiB."""

    cpu_millicores: Annotated[int, Field(ge=1)]
    memory_mib: Annotated[int, Field(alias="memoryMiB", ge=4)]

    def quantities(self) -> dict[str, str]:
        """As Kubernetes writes them."""
        return {"cpu": f"{self.cpu_millicores}m", "memory": f"{self.memory_mib}Mi"}


class ResourceSettings(StrictModel):
    """What a container is sure of, and what it may not exceed."""

    requests: ResourceAmounts
    limits: ResourceAmounts

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.limits.cpu_millicores < self.requests.cpu_millicores:
            raise ValueError("limits.cpuMillicores is below requests.cpuMillicores; expected at least the request")
        if self.limits.memory_mib < self.requests.memory_mib:
            raise ValueError("limits.memoryMiB is below requests.memoryMiB; expected at least the request")
        return self


class AutoscalingSettings(StrictModel):
    """A HorizontalPodAutoscaler on CPU, as a percentage of the request."""

    min_replicas: Annotated[int, Field(ge=1)]
    max_replicas: Annotated[int, Field(ge=1)]
    cpu_percent: Annotated[int, Field(ge=1, le=1000)]
    scale_down_stabilization_seconds: Annotated[int, Field(ge=0, le=3600)]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_replicas > self.max_replicas:
            raise ValueError(f"minReplicas {self.min_replicas} is above maxReplicas {self.max_replicas}")
        return self


class SidecarDatabaseSettings(StrictModel):
    """A throw-away PostgreSQL in the pod of the service, for demonstrations."""

    kind: Literal["sidecar"]
    name: str
    user: str
    run_as_user: UserId
    resources: ResourceSettings


class ExternalDatabaseSettings(StrictModel):
    """A PostgreSQL server that exists already."""

    kind: Literal["external"]
    host: HostName
    port: Annotated[int, Field(ge=1, le=65535)]
    name: str
    user: str
    cidrs: Annotated[tuple[IPv4Network, ...], Field(min_length=1)]


DatabaseSettings = Annotated[SidecarDatabaseSettings | ExternalDatabaseSettings, Field(discriminator="kind")]


class ServiceSettings(StrictModel):
    """A web service. One of `replicas` and `autoscaling` says how many pods it has."""

    # A listener rule takes five condition values.
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
    hosts: Annotated[tuple[HostName, ...], Field(max_length=5)]
    port: Annotated[int, Field(ge=1024, le=65535)]
    service_type: Literal["ClusterIP", "NodePort"]
    run_as_user: UserId
    resources: ResourceSettings
    replicas: Annotated[int, Field(ge=1)] | None = None
    autoscaling: AutoscalingSettings | None = None
    environment: Mapping[EnvironmentName, str] = {}
    database: DatabaseSettings | None = None

    @model_validator(mode="after")
    def _one_owner_of_replicas(self) -> Self:
        if (self.replicas is None) == (self.autoscaling is None):
            raise ValueError("expected exactly one of replicas and autoscaling: the autoscaler owns the replica count")
        return self

    @property
    def initial_replicas(self) -> int:
        """How many pods the Deployment is created with."""
        if self.autoscaling is not None:
            return self.autoscaling.min_replicas
        assert self.replicas is not None  # noqa: S101 - the validator above saw to it
        return self.replicas


class Settings(StrictModel):
    """All settings of one stack."""

    project: str
    stack: DnsLabel
    region: str
    deploy_role_arn: RoleArn
    tags: Mapping[str, str]
    domain: HostName
    namespace: DnsLabel
    protect: bool
    immutable_images: bool
    drain_seconds: Annotated[int, Field(ge=5, le=600)]
    network: NetworkSettings
    cluster: ClusterSettings
    node_groups: Mapping[NodeGroupName, NodeGroupSettings]
    images: Mapping[str, ImageSettings]
    services: Mapping[DnsLabel, ServiceSettings]
    database_passwords: Mapping[DnsLabel, SecretStr]

    @property
    def name(self) -> str:
        """What every resource's name begins with, such as `slipway-dev`; IAM policies rely on it."""
        return f"{self.project}-{self.stack}"
