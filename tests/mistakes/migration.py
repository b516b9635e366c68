"""Mistakes in what a stack file says of a move from an old system."""

from typing import Any

from tests.mistakes.mistake import Mistake

PATH = "slipway:migration"
OLD: dict[str, Any] = {
    "addresses": ["10.200.0.10"],
    "port": 8080,
    "protocol": "HTTP",
    "healthCheckPath": "/",
    "healthCheckCodes": "200-399",
}
FRONTEND: dict[str, Any] = {"newPercent": 5}
PRIVATE = (
    "a private IPv4 address, in one of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10: "
    "a balancer's targets cannot be public"
)
CODES = 'status codes from 200 to 499 in quotes, such as "200", "200,301" or "200-399"'
PATTERN = "a path pattern such as /img/* of at most 128 letters, digits and _-.$/~\"'@:+&*? that begins with / or *"


def moving(**parts: Any) -> dict[str, Any]:
    """A sound migration of the front end, but for these parts of it."""
    return {PATH: {"kind": "alb", "old": OLD, "services": {"frontend": FRONTEND}, **parts}}


def from_old(**parts: Any) -> dict[str, Any]:
    """A sound migration, but for these parts of the old system."""
    return moving(old={**OLD, **parts})


def of_frontend(**parts: Any) -> dict[str, Any]:
    """A sound migration, but for these parts of how the front end moves."""
    return moving(services={"frontend": {**FRONTEND, **parts}})


MIGRATION: tuple[Mistake, ...] = (
    Mistake(
        "a way to migrate that there is not",
        moving(kind="dns"),
        (f'{PATH}.kind: is "dns"; expected one of alb, haproxy',),
    ),
    Mistake(
        "a migration without a kind",
        {PATH: {"old": OLD, "services": {"frontend": FRONTEND}}},
        (f"{PATH}.kind: is required; expected one of alb, haproxy",),
    ),
    Mistake(
        "unknown key of a migration",
        moving(weight=5),
        (f"{PATH}.weight: is not a known key; expected one of kind, old, services",),
    ),
    Mistake(
        "old system without most of it",
        moving(old={"addresses": ["10.200.0.10"], "port": 80}),
        (
            f"{PATH}.old.protocol: is required; expected one of HTTP, HTTPS",
            f"{PATH}.old.healthCheckPath: is required; expected a path that begins with /, of at most 1024 characters "
            "without spaces",
            f"{PATH}.old.healthCheckCodes: is required; expected {CODES}",
        ),
    ),
    Mistake(
        "old system at no address",
        from_old(addresses=[]),
        (f"{PATH}.old.addresses: is []; expected a list of 1 to 50, each {PRIVATE}",),
    ),
    Mistake(
        "old system at a public address",
        from_old(addresses=["10.200.0.10", "203.0.113.10"]),
        (f'{PATH}.old.addresses[1]: is "203.0.113.10"; expected {PRIVATE}',),
    ),
    Mistake(
        "old system by its name, by a range, on the balancer itself",
        from_old(addresses=["old.example.com", "10.200.0.0/24", "127.0.0.1"]),
        (
            f'{PATH}.old.addresses[0]: is "old.example.com"; expected {PRIVATE}',
            f'{PATH}.old.addresses[1]: is "10.200.0.0/24"; expected {PRIVATE}',
            f'{PATH}.old.addresses[2]: is "127.0.0.1"; expected {PRIVATE}',
        ),
    ),
    Mistake(
        "old address twice",
        from_old(addresses=["10.200.0.10", "10.200.0.11", "10.200.0.10"]),
        (f"{PATH}.old.addresses[2]: is 10.200.0.10, which stands there twice",),
    ),
    Mistake(
        "port of the old system",
        from_old(port=0),
        (f"{PATH}.old.port: is 0; expected a whole number from 1 to 65535",),
    ),
    Mistake(
        "protocol of the old system",
        from_old(protocol="TCP"),
        (f'{PATH}.old.protocol: is "TCP"; expected one of HTTP, HTTPS',),
    ),
    Mistake(
        "health check of the old system by a URL",
        from_old(healthCheckPath="http://old/health"),
        (
            f'{PATH}.old.healthCheckPath: is "http://old/health"; expected a path that begins with /, of at most 1024 '
            "characters without spaces",
        ),
    ),
    Mistake(
        "a status code that is no text",
        from_old(healthCheckCodes=200),
        (f"{PATH}.old.healthCheckCodes: is 200; expected {CODES}",),
    ),
    Mistake(
        "a server error that is healthy",
        from_old(healthCheckCodes="200,500"),
        (f'{PATH}.old.healthCheckCodes: is "200,500"; expected {CODES}',),
    ),
    Mistake(
        "status codes from high to low",
        from_old(healthCheckCodes="399-200"),
        (f'{PATH}.old.healthCheckCodes: is "399-200"; expected the lower code of a range first',),
    ),
    Mistake(
        "a migration of nothing",
        moving(services={}),
        (f"{PATH}.services: is empty; expected at least one of frontend, thoughts, users",),
    ),
    Mistake(
        "a service that there is not",
        moving(services={"frontend": FRONTEND, "shop": FRONTEND}),
        (f"{PATH}.services.shop: there is no service of this name; expected one of frontend, thoughts, users",),
    ),
    Mistake(
        "a service without hosts",
        {**moving(services={"users": FRONTEND}), "slipway:services.users.hosts": []},
        (
            f"{PATH}.services.users: slipway:services.users has no hosts, so the balancer has no requests of it "
            "to divide",
        ),
    ),
    Mistake(
        "a service without an image",
        {**moving(), "slipway:images": {"users_backend": {"tag": "git-1"}, "users_backend_db": {"tag": "git-1"}}},
        (f"{PATH}.services.frontend: does not run; slipway:images.frontend has to be set before it migrates",),
    ),
    Mistake(
        "more than all",
        of_frontend(newPercent=101),
        (f"{PATH}.services.frontend.newPercent: is 101; expected a whole number from 0 to 100",),
    ),
    Mistake(
        "less than nothing",
        of_frontend(newPercent=-1),
        (f"{PATH}.services.frontend.newPercent: is -1; expected a whole number from 0 to 100",),
    ),
    Mistake(
        "half a per cent",
        of_frontend(newPercent=0.5),
        (f"{PATH}.services.frontend.newPercent: is 0.5; expected a whole number from 0 to 100",),
    ),
    Mistake(
        "sticky for no time",
        of_frontend(stickySeconds=0),
        (f"{PATH}.services.frontend.stickySeconds: is 0; expected a whole number from 1 to 604800",),
    ),
    Mistake(
        "sticky for more than a week",
        of_frontend(stickySeconds=604801),
        (f"{PATH}.services.frontend.stickySeconds: is 604801; expected a whole number from 1 to 604800",),
    ),
    Mistake(
        "paths for no side",
        of_frontend(paths={}),
        (f"{PATH}.services.frontend.paths: has neither; expected at least one of new and old",),
    ),
    Mistake(
        "paths for a third side",
        of_frontend(paths={"both": ["/a"]}),
        (f"{PATH}.services.frontend.paths.both: is not a known key; expected one of new, old",),
    ),
    Mistake(
        "a path without its slash, and one with a space",
        of_frontend(paths={"new": ["img/*", "/a b"]}),
        (
            f'{PATH}.services.frontend.paths.new[0]: is "img/*"; expected {PATTERN}',
            f'{PATH}.services.frontend.paths.new[1]: is "/a b"; expected {PATTERN}',
        ),
    ),
    Mistake(
        "more paths than a rule takes beside the host",
        of_frontend(paths={"old": ["/a", "/b", "/c", "/d", "/e"]}),
        (
            f"{PATH}.services.frontend.paths.old: has 5; expected at most 4, since a rule of the balancer takes "
            "5 values and the hosts of the service are 1 of them",
        ),
    ),
    Mistake(
        "more wildcards than a rule takes",
        of_frontend(paths={"new": ["/*/a/*", "/*/b/*", "/*/c/*"]}),
        (f"{PATH}.services.frontend.paths.new: has more than 5 wildcards (* and ?), which a rule takes",),
    ),
    Mistake(
        "a path both ways",
        of_frontend(paths={"new": ["/a", "/b"], "old": ["/b"]}),
        (f"{PATH}.services.frontend.paths.old[0]: is /b, which paths.new sends the other way",),
    ),
)
