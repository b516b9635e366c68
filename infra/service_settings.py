"""What a stack file may say of a service: its image, its size, its database."""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from infra.database_settings import DatabaseSettings
from infra.resource_settings import ResourceSettings
from infra.setting_types import EnvironmentName, Host, NodeGroupName, UserId, text
from infra.strict_model import StrictModel


class ImageSettings(StrictModel):
    """Which image of a repository runs: a tag, or a digest."""

    tag: Annotated[str, text(r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", "an image tag such as git-3f2c1ab")] | None = None
    digest: Annotated[str, text(r"^sha256:[0-9a-f]{64}$", "sha256: and 64 hexadecimal digits")] | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.tag is None) == (self.digest is None):
            raise ValueError(f"has {'both' if self.tag else 'neither'}; expected exactly one of tag and digest")
        return self

    @property
    def fingerprint(self) -> str:
        """Twelve characters that tell the image from another, for names: of its digest, or of its tag's hash."""
        return (self.digest or hashlib.sha256(str(self.tag).encode()).hexdigest()).removeprefix("sha256:")[:12]

    def reference(self, repository_url: str) -> str:
        """The image as a container names it."""
        return f"{repository_url}@{self.digest}" if self.digest else f"{repository_url}:{self.tag}"


# "No more than 150,000 total pods" in a cluster. https://kubernetes.io/docs/setup/best-practices/cluster-large/
Replicas = Annotated[int, Field(ge=1, le=150_000)]


class AutoscalingSettings(StrictModel):
    """A HorizontalPodAutoscaler on CPU, as a percentage of the request."""

    min_replicas: Replicas
    max_replicas: Replicas
    cpu_percent: Annotated[int, Field(ge=1, le=1000)]
    scale_down_stabilization_seconds: Annotated[int, Field(ge=0, le=3600)]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_replicas > self.max_replicas:
            raise ValueError(
                f"minReplicas is {self.min_replicas}; expected at most maxReplicas, which is {self.max_replicas}"
            )
        return self


class ServiceSettings(StrictModel):
    """A web service. One of `replicas` and `autoscaling` says how many pods it has."""

    # A listener rule takes five condition values.
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
    hosts: Annotated[tuple[Host, ...], Field(max_length=5)]
    port: Annotated[int, Field(ge=1024, le=65535)]
    service_type: Literal["ClusterIP", "NodePort"]
    run_as_user: UserId
    resources: ResourceSettings
    replicas: Replicas | None = None
    autoscaling: AutoscalingSettings | None = None
    node_group: NodeGroupName | None = None
    environment: Mapping[EnvironmentName, str] = {}
    database: DatabaseSettings | None = None
    migrate_command: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    """Brings the database's tables to what the image expects."""

    @model_validator(mode="after")
    def _one_owner_of_replicas(self) -> Self:
        if (self.replicas is None) == (self.autoscaling is None):
            given = "neither" if self.replicas is None else "both"
            raise ValueError(
                f"has {given}; expected exactly one of replicas and autoscaling: the autoscaler owns the replica count"
            )
        return self

    @property
    def initial_replicas(self) -> int:
        """How many pods the Deployment is created with."""
        if self.autoscaling is not None:
            return self.autoscaling.min_replicas
        assert self.replicas is not None  # noqa: S101 - the validator above saw to it
        return self.replicas
