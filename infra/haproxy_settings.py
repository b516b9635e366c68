"""What a stack file may say of a migration by HAProxy: two sides, and who of each service's visitors goes where.

Every text here becomes a word of HAProxy's configuration, so each has a form that cannot hold a space, a quote, a
comment or a line's end: what is refused here cannot become a line there. What is not a person's to decide (where
HAProxy runs, how long a request may take) is no setting; see `infra/haproxy_configuration.py`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from infra.problems import Problem
from infra.setting_types import DnsLabel, Host, HostName, text
from infra.strict_model import StrictModel

ROOT = "slipway:migration"
"""Where these settings stand in a stack file."""

PERCENT = 100
SYSTEM_AUTHORITIES = "@system-ca"
# https://www.rfc-editor.org/rfc/rfc1918#section-3
_PRIVATE_RANGES = tuple(IPv4Network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
_HASH = r"^\$[56]\$(rounds=[0-9]{4,6}\$)?[A-Za-z0-9./]{1,16}\$[A-Za-z0-9./]{43,86}$"
HASH_FORM = re.compile(_HASH)
"""https://manpages.debian.org/bookworm/libcrypt-dev/crypt.5.en.html, SHA-256 and SHA-512."""
HASH_WORDS = "a hash that `openssl passwd -6` made"


def _address(value: str) -> str:
    if value.rpartition(".")[2].isdigit():
        try:
            IPv4Address(value)
        except AddressValueError:
            raise ValueError("expected a host name in lower case or an IPv4 address") from None
    return value


# The form is told by `Host`; this adds that a name which looks like an address is one.
Address = Annotated[Host, AfterValidator(_address)]
Port = Annotated[int, Field(ge=1, le=65535)]
Weight = Annotated[int, Field(ge=0, le=256)]
"""A server's share of the traffic. https://docs.haproxy.org/2.6/configuration.html#5.2-weight"""
NewPercent = Annotated[int, Field(ge=0, le=PERCENT)]
CheckPath = Annotated[
    str,
    text(r"^/[A-Za-z0-9._~/%=&?+,:@-]*$", "a path such as /health that begins with a slash", max_length=200),
]
StickySeconds = Annotated[int, Field(ge=60, le=604_800)]
SideConnections = Annotated[int, Field(ge=1, le=100_000)]
SlowStartSeconds = Annotated[int, Field(ge=0, le=600)]
OperatorName = Annotated[
    str, text(r"^[a-z][a-z0-9_-]{0,31}$", "a name of at most 32 lower-case letters, digits, _ and -")
]
CheckSeconds = Annotated[int, Field(ge=1, le=60)]
ResolveSeconds = Annotated[int, Field(ge=1, le=300)]
HoldSeconds = Annotated[int, Field(ge=1, le=3600)]
MaxConnections = Annotated[int, Field(ge=100, le=200_000)]


class SideSettings(StrictModel):
    """One of the two systems: where it answers, and how much it is given.

    Attributes:
        address: of the system's balancer; a name is asked for again while HAProxy runs
        verify_certificate: false only for an old system whose certificate nobody can check
        certificate_name: the name in its certificate, where that is not the host that the visitor asked for
        authorities: the file with the authorities that its certificate may come from
        max_connections: requests under way at a time; more wait, and are refused in the end
        slow_start_seconds: how long a server that comes back is given less than its share
    """

    address: Address
    port: Port
    protocol: Literal["HTTP", "HTTPS"]
    verify_certificate: bool = True
    certificate_name: HostName | None = None
    authorities: Annotated[
        str,
        text(r"^(@system-ca|(/[A-Za-z0-9._-]+)+)$", "@system-ca or the path of a file such as /etc/haproxy/ca.pem"),
    ] = SYSTEM_AUTHORITIES
    max_connections: SideConnections
    slow_start_seconds: SlowStartSeconds

    @property
    def is_named(self) -> bool:
        """Whether the address is a name, which the DNS may give another address tomorrow."""
        return not self.address.rpartition(".")[2].isdigit()

    @model_validator(mode="after")
    def _certificate_only_with_tls(self) -> Self:
        if self.protocol == "HTTP":
            for name in ("verify_certificate", "certificate_name", "authorities"):
                if name in self.model_fields_set:
                    raise ValueError("says how a certificate is checked; expected protocol HTTPS with that")
        return self


class WeightSettings(StrictModel):
    """Shares finer than per cent. https://docs.haproxy.org/2.6/configuration.html#5.2-weight"""

    new: Weight
    old: Weight

    @model_validator(mode="after")
    def _someone_serves(self) -> Self:
        if self.new + self.old == 0:
            raise ValueError("new and old are both 0; expected one of them to be more")
        return self


def one_way_to_divide(new_percent: int | None, weights: WeightSettings | None) -> None:
    """Per cent or weights, and not both.

    Raises:
        ValueError: there are both, or neither.
    """
    if (new_percent is None) == (weights is None):
        raise ValueError("expected either newPercent or weights")


class RouteSettings(StrictModel):
    """How one service's visitors are divided, and how each side is asked whether it is well.

    Attributes:
        hosts: the names that people type
        new_percent: of 100 requests so many go to the new side
        weights: instead of that
        check_path: answered with a status from 200 to 399 by a side that is well
        check_host: the Host header of that question, where it is not the first of `hosts`
        sticky_seconds: how long a visitor stays on the side that answered first; not at all where it is not set
    """

    hosts: Annotated[tuple[Host, ...], Field(min_length=1, max_length=20)]
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
    def server_weights(self) -> WeightSettings:
        """Both weights as HAProxy takes them, from 0 to 256; per cent are such weights that add up to 100."""
        if self.weights is not None:
            return self.weights
        percent = self.new_percent or 0
        return WeightSettings(new=percent, old=PERCENT - percent)

    @property
    def health_host(self) -> str:
        """The Host header of a health check: both sides must know it."""
        return self.check_host or self.hosts[0]


class StatisticsSettings(StrictModel):
    """The page on which servers are seen and switched.

    Attributes:
        user: who is let in
        password_hash: made by `openssl passwd -6`; without it the password is the environment variable
            SLIPWAY_STATISTICS_PASSWORD of HAProxy's process, which a reload does not change
        allowed_cidrs: from where, beside the machine itself; with none it listens on loopback only
    """

    user: OperatorName
    password_hash: Annotated[str, text(_HASH, HASH_WORDS, max_length=130)] | None = None
    allowed_cidrs: Annotated[tuple[IPv4Network, ...], Field(max_length=20)] = ()


class HaproxySettings(StrictModel):
    """A migration by HAProxy.

    Attributes:
        new: this stack's own system
        old: the one that is left
        routes: by the name of the service
        check_seconds: from one health check to the next; three that fail take a side out
        resolve_seconds: from one question for a side's address to the next
        hold_seconds: how long the last address is good when the DNS does not answer
        max_connections: of one HAProxy
    """

    kind: Literal["haproxy"]
    new: SideSettings
    old: SideSettings
    routes: Mapping[DnsLabel, RouteSettings]
    statistics: StatisticsSettings
    check_seconds: CheckSeconds
    resolve_seconds: ResolveSeconds
    hold_seconds: HoldSeconds
    max_connections: MaxConnections


def broken_haproxy_rules(migration: HaproxySettings) -> Iterator[Problem]:
    """What is wrong between settings that are each well formed."""
    if not migration.routes:
        yield Problem(f"{ROOT}.routes", "has none; expected one for each service that moves")
    yield from _sides_differ(migration)
    slow_starts = {"new": migration.new.slow_start_seconds, "old": migration.old.slow_start_seconds}
    yield from slow_start_has_steps(slow_starts, migration.check_seconds)
    yield from _hosts_go_one_way(migration)
    yield from statistics_are_not_open_to_the_world(migration.statistics.allowed_cidrs)


def _sides_differ(migration: HaproxySettings) -> Iterator[Problem]:
    if (migration.new.address, migration.new.port) == (migration.old.address, migration.old.port):
        where = f"{migration.old.address}:{migration.old.port}"
        yield Problem(f"{ROOT}.old.address", f"is {where}, which the new side is already")


def slow_start_has_steps(seconds: Mapping[str, int], check_seconds: int) -> Iterator[Problem]:
    """A weight that grows does so at each check. https://docs.haproxy.org/2.6/configuration.html#5.2-slowstart

    Args:
        seconds: how long each side starts slowly, by the name of the side
        check_seconds: from one check to the next
    """
    for side, slow_start in seconds.items():
        if 0 < slow_start <= check_seconds:
            yield Problem(
                f"{ROOT}.{side}.slowStartSeconds",
                f"is {slow_start}; expected 0 or more than checkSeconds, {check_seconds}",
            )


def _hosts_go_one_way(migration: HaproxySettings) -> Iterator[Problem]:
    owner: dict[str, str] = {}
    for name, route in migration.routes.items():
        for index, host in enumerate(route.hosts):
            if host in owner:
                path = f"{ROOT}.routes.{name}.hosts[{index}]"
                yield Problem(path, f"is {host}, which {ROOT}.routes.{owner[host]} has already")
            owner[host] = name


def statistics_are_not_open_to_the_world(allowed: Sequence[IPv4Network]) -> Iterator[Problem]:
    """Whoever is let in can switch a side off; so nobody is invited to guess the password."""
    for index, cidr in enumerate(allowed):
        if not any(cidr.subnet_of(private) for private in _PRIVATE_RANGES):
            path = f"{ROOT}.statistics.allowedCidrs[{index}]"
            yield Problem(path, f"is {cidr}; expected a private range, such as 10.0.0.0/8")
