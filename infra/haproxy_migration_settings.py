"""What a stack file may say of a migration by a fleet of HAProxy machines, and what one HAProxy is told of it.

A stack file says what only a person knows. Hosts stand under `slipway:services` already, and the new side's address is
known once it is made, so `joined` adds these: its result is what `infra/haproxy_configuration.py` renders.
"""

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from infra.haproxy_settings import (
    HASH_FORM,
    HASH_WORDS,
    CheckPath,
    CheckSeconds,
    HaproxySettings,
    HoldSeconds,
    MaxConnections,
    NewPercent,
    OperatorName,
    ResolveSeconds,
    SideConnections,
    SideSettings,
    SlowStartSeconds,
    StickySeconds,
    WeightSettings,
    one_way_to_divide,
)
from infra.service_settings import ServiceSettings
from infra.setting_types import DnsLabel, Host, InstanceType, in_words
from infra.strict_model import StrictModel

NEW_SIDE_PORT = 443
"""Where the new side answers the fleet, inside the VPC: over HTTPS, with the certificate that visitors see.

A balancer tells the pods the scheme by which it was asked itself, whatever HAProxy said of the visitor's: over HTTP
they would redirect to HTTPS for ever (https://github.com/uktrade/data-workspace-frontend/pull/700).
"""


def _hash(value: SecretStr) -> SecretStr:
    if not HASH_FORM.fullmatch(value.get_secret_value()):
        raise ValueError(f"expected {HASH_WORDS}")
    return value


PasswordHash = Annotated[SecretStr, AfterValidator(_hash), in_words(HASH_WORDS)]
"""A secret even so: who has the hash can try passwords against it as fast as a machine allows."""


class NewSideSettings(StrictModel):
    """How much the new side is given; where it is, the program knows.

    Attributes:
        max_connections: requests under way at a time, for each machine
        slow_start_seconds: how long a side that comes back is given less than its share
    """

    max_connections: SideConnections
    slow_start_seconds: SlowStartSeconds


class ServiceShareSettings(StrictModel):
    """How one service's visitors are divided, and how each side is asked whether it is well.

    Attributes:
        new_percent: of 100 requests so many go to the new side
        weights: instead of that
        check_path: answered with a status from 200 to 399 by a side that is well
        check_host: the Host header of that question, where it is not the first of the service's hosts
        sticky_seconds: how long a visitor stays on the side that answered first; not at all where it is not set
    """

    new_percent: NewPercent | None = None
    weights: WeightSettings | None = None
    check_path: CheckPath
    check_host: Host | None = None
    sticky_seconds: StickySeconds | None = None

    @model_validator(mode="after")
    def _one_way_to_divide(self) -> Self:
        one_way_to_divide(self.new_percent, self.weights)
        return self

    @property
    def percent(self) -> float:
        """What of the requests the new side gets; for weights that are no whole per cent, a fraction."""
        if self.weights is None:
            assert self.new_percent is not None  # noqa: S101 - the validator above saw to it
            return self.new_percent
        return 100 * self.weights.new / (self.weights.new + self.weights.old)


class FleetSettings(StrictModel):
    """The machines.

    Attributes:
        instance_type: of each
        machines: how many. One alone would be a single point of failure for every service that moves
    """

    instance_type: InstanceType
    machines: Annotated[int, Field(ge=2, le=9)]


class OperatorSettings(StrictModel):
    """Who may see the statistics page and switch servers there, and from where."""

    user: OperatorName
    password_hash: PasswordHash
    allowed_cidrs: Annotated[tuple[IPv4Network, ...], Field(max_length=20)] = ()


class HaproxyMigrationSettings(StrictModel):
    """A fleet of HAProxy machines behind the stack's own balancer divides the requests; times in seconds."""

    kind: Literal["haproxy"]
    old: SideSettings
    new: NewSideSettings
    services: Mapping[DnsLabel, ServiceShareSettings]
    fleet: FleetSettings
    statistics: OperatorSettings
    check_seconds: CheckSeconds
    resolve_seconds: ResolveSeconds
    hold_seconds: HoldSeconds
    max_connections: MaxConnections


def joined(
    migration: HaproxyMigrationSettings, services: Mapping[str, ServiceSettings], new_address: str
) -> HaproxySettings:
    """What one HAProxy is told: the stack file's migration, its services' hosts, and where the new side is.

    Args:
        migration: sound, and so are the services
        services: of the stack, by name; their hosts in full
        new_address: the name of the balancer inside the VPC
    """
    new = {"address": new_address, "port": NEW_SIDE_PORT, "protocol": "HTTPS", **_said(migration.new)}
    routes = {name: {"hosts": services[name].hosts, **_said(each)} for name, each in migration.services.items()}
    statistics = {**_said(migration.statistics), "passwordHash": migration.statistics.password_hash.get_secret_value()}
    return HaproxySettings.model_validate(
        {
            **{key: value for key, value in _said(migration).items() if key not in {"fleet", "services"}},
            "new": new,
            "routes": routes,
            "statistics": statistics,
        }
    )


def _said(settings: StrictModel) -> dict[str, Any]:
    """What was said, by the names of the stack file; what was not said stays unsaid."""
    return settings.model_dump(by_alias=True, exclude_unset=True)
