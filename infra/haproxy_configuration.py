"""From settings to the text of HAProxy's configuration, by one pure function.

Written for HAProxy 2.6 and newer; the sections named here are those of https://docs.haproxy.org/2.6/configuration.html.
The sides are the servers `aws` (new) and `old` of one back end for each service, so that an operator's
`set server service-frontend/aws state maint` means one service, and the names stay while weights and addresses change.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

from infra.haproxy_settings import HaproxySettings, RouteSettings, SideSettings, StatisticsSettings
from infra.shutdown import STOP_SECONDS, ShutdownTimes

NEW_SERVER, OLD_SERVER = "aws", "old"
HEALTH_PATH = "/haproxy-health"
"""What a balancer in front asks; HAProxy itself answers."""
PASSWORD_VARIABLE = "SLIPWAY_STATISTICS_PASSWORD"  # noqa: S105  # the name of a variable
VPC_RESOLVER = "169.254.169.253:53"
"""https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html#AmazonDNS"""

CONNECT_SECONDS = 2
CHECK_TIMEOUT_SECONDS = 2
QUEUE_SECONDS = 5
REQUEST_SECONDS = 10
FALL, RISE = 3, 2


@dataclass(frozen=True)
class Place:
    """Where HAProxy runs: what a machine decides and no stack file.

    Attributes:
        front_cidrs: where the balancer in front is; what it says of a visitor is believed
        socket: for the runtime API; who may open it may do all
        state_file: where `show servers state` is kept before a reload, so that it undoes no operator's work
        site: address and port of the site
        statistics_port: of the statistics page
        nameservers: address and port of each; those of /etc/resolv.conf where there are none
        user: whose rights HAProxy keeps after its start; those that it has already where there is none
        log: where to
        prometheus: whether this HAProxy was built with its exporter
    """

    front_cidrs: Sequence[IPv4Network]
    socket: str = "/run/haproxy/admin.sock"
    state_file: str = "/var/lib/haproxy/server-state"
    site: str = "*:80"
    statistics_port: int = 8001
    nameservers: Sequence[str] = (VPC_RESOLVER,)
    user: str | None = "haproxy"
    log: str = "stdout format raw daemon"
    prometheus: bool = True


def haproxy_configuration(settings: HaproxySettings, shutdown: ShutdownTimes, place: Place) -> str:
    """The whole of haproxy.cfg."""
    sections = [
        _section("global", _global(settings, shutdown, place)),
        _section("defaults", _defaults(shutdown)),
        *([_section("resolvers names", _resolvers(settings, place))] if _has_names(settings) else []),
        _section(f"userlist {_OPERATORS}", _operators(settings.statistics)),
        _section("frontend site", _site(settings, place)),
        *(_section(f"backend {back_end(name)}", _back_end(settings, name)) for name in settings.routes),
        _section("listen statistics", _statistics(settings.statistics, place)),
    ]
    return "# Made by Slipway from the stack file; an edit here is lost.\n\n" + "\n".join(sections)


def back_end(service: str) -> str:
    """What a service's back end is called, in the runtime API and on the statistics page."""
    return f"service-{service}"


def hard_stop_seconds(shutdown: ShutdownTimes) -> int:
    """When a process that was told to stop, or replaced by a reload, ends at the latest.

    A connection may lie idle for the whole keep-alive time, then bring a request that takes the whole drain time.
    """
    return shutdown.keep_alive + shutdown.drain + STOP_SECONDS


_OPERATORS = "operators"


def _section(header: str, lines: Iterable[str]) -> str:
    return "\n".join([header, *(f"    {line}" for line in lines), ""])


def _has_names(settings: HaproxySettings) -> bool:
    return settings.new.is_named or settings.old.is_named


def _global(settings: HaproxySettings, shutdown: ShutdownTimes, place: Place) -> list[str]:
    """Section 3. The state file keeps MAINT and DRAIN, set by hand, over a reload; a weight that changed in the
    stack file wins over it (4.2, load-server-state-from-file).

    The variable is asked for because one that is not set would be an empty password (2.3), and 2.4 offers the alert.
    """
    lines = [
        f"log {place.log}",
        f"maxconn {settings.max_connections}",
        f"hard-stop-after {hard_stop_seconds(shutdown)}s",
        f"stats socket {place.socket} mode 600 level admin expose-fd listeners",
        "stats timeout 60s",
        f"server-state-file {place.state_file}",
        "ssl-default-server-options ssl-min-ver TLSv1.2",
    ]
    if place.user is not None:
        lines += [f"user {place.user}", f"group {place.user}"]
    if settings.statistics.password_hash is None:
        lines += [
            f".if !defined({PASSWORD_VARIABLE})",
            f'.alert "{PASSWORD_VARIABLE} is not set"',
            ".endif",
        ]
    return lines


def _defaults(shutdown: ShutdownTimes) -> list[str]:
    """Section 4.2, in the order of the lines.

    redispatch 1: every retry goes to another server, and at once. http-server-close: a connection to a side carries
    one request, so a side that stops and closes what is idle never takes along a request that was just being sent,
    which for a POST nobody could send again; it costs a connection per request inside a private network. The
    visitor's connection, or that of the balancer in front, stays. idle-close-on-response: during a reload an idle
    connection ends with the answer to its last request and not just as the next one arrives, which an ALB tells its
    visitor as a 502 (https://github.com/haproxy/haproxy/issues/1506).

    Times: an idle connection lives longer than the balancer in front keeps it, so that only that one closes it
    (`ShutdownTimes.keep_alive`); a side may take as long to answer as a request may take to end.
    """
    return [
        "log global",
        "mode http",
        "option httplog",
        "option dontlognull",
        "load-server-state-from-file global",
        "retries 3",
        "option redispatch 1",
        "option http-server-close",
        "option idle-close-on-response",
        f"timeout connect {CONNECT_SECONDS}s",
        f"timeout check {CHECK_TIMEOUT_SECONDS}s",
        f"timeout queue {QUEUE_SECONDS}s",
        f"timeout http-request {REQUEST_SECONDS}s",
        f"timeout http-keep-alive {shutdown.keep_alive}s",
        f"timeout client {shutdown.keep_alive}s",
        f"timeout server {shutdown.drain}s",
        f"timeout tunnel {shutdown.keep_alive}s",
    ]


def _resolvers(settings: HaproxySettings, place: Place) -> list[str]:
    """Section 5.3.2. `timeout resolve` is how often a server's name is asked for; `hold valid` is not about servers.

    An address that the DNS names no longer is left at once (obsolete); an answer that fails takes no side out
    before the hold time is over.
    """
    hold = f"{settings.hold_seconds}s"
    named = [f"nameserver dns{index} {each}" for index, each in enumerate(place.nameservers)]
    return [
        *(named or ["parse-resolv-conf"]),
        "accepted_payload_size 8192",
        "resolve_retries 3",
        "timeout retry 1s",
        f"timeout resolve {settings.resolve_seconds}s",
        *(f"hold {status} {hold}" for status in ("nx", "refused", "timeout", "other")),
        "hold obsolete 0s",
    ]


def _operators(statistics: StatisticsSettings) -> list[str]:
    """Section 3.4. A hash stands in single quotes, in which a dollar sign is no variable (2.2)."""
    if statistics.password_hash is not None:
        return [f"user {statistics.user} password '{statistics.password_hash}'"]
    return [f'user {statistics.user} insecure-password "${{{PASSWORD_VARIABLE}}}"']


def _site(settings: HaproxySettings, place: Place) -> list[str]:
    """Section 4.2: monitor-uri, option forwardfor, http-request set-header, use_backend.

    What a stranger claims of a visitor is dropped. The balancer in front ends TLS, so https is what it means when
    it says nothing.
    """
    front = " ".join(str(cidr) for cidr in place.front_cidrs)
    hosts = [(name, " ".join(route.hosts)) for name, route in settings.routes.items()]
    return [
        f"bind {place.site}",
        f"maxconn {settings.max_connections}",
        f"monitor-uri {HEALTH_PATH}",
        f"acl from_front src {front}",
        "acl scheme_told req.hdr(X-Forwarded-Proto) -m str http https",
        "http-request del-header X-Forwarded-For unless from_front",
        "http-request set-header X-Forwarded-Proto https unless from_front scheme_told",
        "option forwardfor",
        *(f"acl is_{name} req.hdr(host),host_only,lower -m str {names}" for name, names in hosts),
        'http-request return status 404 content-type text/plain string "No such host." unless '
        + " or ".join(f"is_{name}" for name, _ in hosts),
        *(f"use_backend {back_end(name)} if is_{name}" for name, _ in hosts),
    ]


def _back_end(settings: HaproxySettings, name: str) -> list[str]:
    """Section 4.2: balance, retry-on, http-check send, cookie; 5.2 for the servers.

    A connection that fails carried no request, so every request may be sent again; one without an answer may have
    done its work already, so only those are repeated that change nothing (RFC 9110, 9.2.1).
    """
    route = settings.routes[name]
    weights = route.server_weights
    return [
        "balance roundrobin",
        "retry-on conn-failure empty-response",
        "http-request disable-l7-retry unless METH_GET or METH_OPTIONS",
        "option httpchk",
        f"http-check send meth GET uri {route.check_path} ver HTTP/1.1 hdr Host {route.health_host}",
        "http-check expect status 200-399",
        *_stickiness(name, route),
        f"default-server check inter {settings.check_seconds}s fastinter 500ms fall {FALL} rise {RISE}",
        _server(NEW_SERVER, settings.new, weights.new, route),
        _server(OLD_SERVER, settings.old, weights.old, route),
    ]


def _stickiness(name: str, route: RouteSettings) -> list[str]:
    """Section 4.2, cookie: which side, in a cookie that the sides do not see and no cache keeps."""
    if route.sticky_seconds is None:
        return []
    return [f"cookie slipway-{name} insert indirect nocache httponly secure maxlife {route.sticky_seconds}s"]


def _server(name: str, side: SideSettings, weight: int, route: RouteSettings) -> str:
    """Section 5.2: one side as one service sees it."""
    words = [f"server {name} {side.address}:{side.port}", f"weight {weight}", f"maxconn {side.max_connections}"]
    if side.slow_start_seconds:
        words.append(f"slowstart {side.slow_start_seconds}s")
    if route.sticky_seconds is not None:
        words.append(f"cookie {name}")
    if side.is_named:
        words.append("resolvers names resolve-prefer ipv4 init-addr last,libc,none")
    if side.protocol == "HTTPS":
        words += _tls(side, route)
    return " ".join(words)


def _tls(side: SideSettings, route: RouteSettings) -> list[str]:
    """Section 5.2, sni and verify: the certificate must be for the name that is asked for.

    That is the visitor's host, which can only be one of the stack file's: others do not come this far.
    """
    told = f"str({side.certificate_name})" if side.certificate_name else "req.hdr(host),host_only,lower"
    verified = f"verify required ca-file {side.authorities}" if side.verify_certificate else "verify none"
    return ["ssl", verified, f"sni {told}", f"check-sni {side.certificate_name or route.health_host}"]


def _statistics(statistics: StatisticsSettings, place: Place) -> list[str]:
    """Section 4.2, stats admin: seen and switched by who is let in, from where one is let in.

    Metrics are read without a password, but on this machine only, by its own agent. A form sent by another site's
    page in an operator's browser is refused (https://www.w3.org/TR/fetch-metadata/).
    """
    address = "*" if statistics.allowed_cidrs else "127.0.0.1"
    sources = " ".join(["127.0.0.1", *(str(cidr) for cidr in statistics.allowed_cidrs)])
    metrics = "http-request use-service prometheus-exporter if { path /metrics } { src 127.0.0.1 }"
    return [
        f"bind {address}:{place.statistics_port}",
        f"acl let_in src {sources}",
        "tcp-request connection reject unless let_in",
        *([metrics] if place.prometheus else []),
        f"acl known http_auth({_OPERATORS})",
        "http-request auth realm statistics unless known",
        "acl cross_site req.hdr(sec-fetch-site) -m str cross-site same-site",
        "http-request deny if METH_POST cross_site",
        "stats enable",
        "stats uri /",
        "stats refresh 5s",
        "stats show-legends",
        "stats hide-version",
        "stats admin if known",
    ]
