"""What a stack file may say of databases: the stack's own server, and how each back end reaches its database."""

import re
from ipaddress import IPv4Network
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from infra.resource_settings import ResourceSettings
from infra.setting_types import HostName, RetentionDays, UserId, in_words, text
from infra.strict_model import StrictModel

POSTGRES_PORT = 5432

# What RDS keeps for itself, and PostgreSQL too: no name of theirs can be a back end's.
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.html
_RESERVED = re.compile(r"(postgres|public|none|administrator|template[01]|rds.*|pg_.*)")
_DATABASE_NAME_WORDS = (
    "a name of at most 40 lower-case letters, digits and underscores that begins with a letter, and is none that "
    "PostgreSQL or RDS keeps for itself"
)
_FILE_WORDS = "a file of this project such as certificates/rds-us-west-2.pem"
_POINT_IN_TIME = r"^[0-9]{4}-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z$"
_WINDOW = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_DAY = "(mon|tue|wed|thu|fri|sat|sun)"


def _own_name(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name) or _RESERVED.fullmatch(name):
        raise ValueError(f"expected {_DATABASE_NAME_WORDS}")
    return name


def _inside(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not path.endswith(".pem") or path.startswith("/") or ".." in parts:
        raise ValueError(f"expected {_FILE_WORDS}")
    return path


DatabaseName = Annotated[str, AfterValidator(_own_name), in_words(_DATABASE_NAME_WORDS)]
"""Of a database that the stack makes; its owner is a role of the same name."""
CertificateFile = Annotated[str, AfterValidator(_inside), in_words(_FILE_WORDS)]
"""Certificate authorities in PEM, by a path from the project's directory."""


class SidecarDatabaseSettings(StrictModel):
    """A throw-away PostgreSQL in the pod of the service, for demonstrations."""

    kind: Literal["sidecar"]
    name: str
    user: str
    run_as_user: UserId
    resources: ResourceSettings


class TlsSettings(StrictModel):
    """How a client makes sure whom it talks to. https://www.postgresql.org/docs/current/libpq-ssl.html"""

    mode: Literal["verify-full", "require"]
    """`require` encrypts, but believes any server."""
    ca_bundle: CertificateFile | None = None

    @model_validator(mode="after")
    def _bundle_where_it_verifies(self) -> Self:
        if self.mode == "verify-full" and self.ca_bundle is None:
            raise ValueError("has no caBundle; expected one with verify-full, which compares with it")
        if self.mode == "require" and self.ca_bundle is not None:
            raise ValueError("has a caBundle, which require does not look at; expected verify-full with it")
        return self


class ExternalDatabaseSettings(StrictModel):
    """A PostgreSQL server that exists already."""

    kind: Literal["external"]
    host: HostName
    port: Annotated[int, Field(ge=1, le=65535)]
    name: str
    user: str
    cidrs: Annotated[tuple[IPv4Network, ...], Field(min_length=1)]
    tls: TlsSettings


class ManagedDatabaseSettings(StrictModel):
    """A database on the stack's own server, `slipway:database`."""

    kind: Literal["managed"]
    name: DatabaseName
    password_version: Annotated[int, Field(ge=1, le=1_000_000)]
    """Goes up by one with every new password: two logins take turns, so that the old password works meanwhile."""

    @property
    def login(self) -> str:
        """The role that the back end logs in as: one of two, by the version of the password."""
        return f"{self.name}_{'a' if self.password_version % 2 else 'b'}"


DatabaseSettings = Annotated[
    SidecarDatabaseSettings | ExternalDatabaseSettings | ManagedDatabaseSettings, Field(discriminator="kind")
]


class AdministratorSettings(StrictModel):
    """Who makes the back ends' databases and roles; no back end ever is this user."""

    password: SecretStr


class RestoredServerSettings(StrictModel):
    """A second server beside the first, made from its backups as they were at a time, or from a snapshot."""

    name: Annotated[
        str, text(r"^[a-z][a-z0-9]{0,15}$", "a name of at most 16 lower-case letters and digits such as thursday")
    ]
    point_in_time: Annotated[str, text(_POINT_IN_TIME, "a time in UTC such as 2026-11-26T08:00:00Z")] | None = None
    snapshot: Annotated[str, text(r"^[A-Za-z][A-Za-z0-9:-]{0,254}$", "the name of a snapshot")] | None = None
    serves: bool
    """Whether the back ends use it in place of the first."""

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.point_in_time is None) == (self.snapshot is None):
            given = "neither" if self.snapshot is None else "both"
            raise ValueError(f"has {given}; expected exactly one of pointInTime and snapshot")
        return self


class DatabaseServerSettings(StrictModel):
    """The stack's own PostgreSQL server, an RDS instance.

    Limits: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
    """

    engine_version: Annotated[
        str,
        text(r"^1[5-9]\.[0-9]{1,2}$", 'a version of PostgreSQL from 15 on, with its minor, in quotes such as "18.1"'),
    ]
    instance_class: Annotated[str, text(r"^db\.[a-z0-9]+\.[a-z0-9]+$", "an RDS instance class such as db.m7g.large")]
    storage_gib: Annotated[int, Field(alias="storageGiB", ge=20, le=65536)]
    max_storage_gib: Annotated[int, Field(alias="maxStorageGiB", ge=22, le=65536)]
    multi_az: bool
    backup_retention_days: Annotated[int, Field(ge=1, le=35)]
    """Never 0: without backups no point in time can be gone back to."""
    backup_window: Annotated[str, text(rf"^{_WINDOW}-{_WINDOW}$", "two times in UTC such as 09:00-09:30")]
    maintenance_window: Annotated[
        str,
        text(rf"^{_DAY}:{_WINDOW}-{_DAY}:{_WINDOW}$", "two times of the week in UTC such as sun:10:00-sun:11:00"),
    ]
    apply_changes: Literal["immediately", "inMaintenanceWindow"]
    final_snapshot: bool
    insights: Literal["standard", "advanced"]
    log_retention_days: RetentionDays
    ca_bundle: CertificateFile
    client_image: Annotated[
        str,
        text(
            r"^[a-z0-9][a-z0-9.-]*(:[0-9]+)?(/[a-z0-9][a-z0-9._-]*)+@sha256:[0-9a-f]{64}$",
            "an image by its registry, its name and its digest such as registry.example.com/postgres@sha256:...",
        ),
    ]
    """With psql 15 or newer; the jobs that make databases run it."""
    administrator: AdministratorSettings
    restored: RestoredServerSettings | None = None
    """Only while there is a second server."""

    @property
    def major_version(self) -> str:
        """Such as 18: what its parameter group is of."""
        return self.engine_version.partition(".")[0]
