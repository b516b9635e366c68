"""Mistakes in what a stack file says of a move from an old system."""

from typing import Any

from tests.mistakes.mistake import Mistake
from tests.says import Says

PATH = "slipway:migration"
OLD: dict[str, Any] = {
    "addresses": ["10.200.0.10"],
    "port": 8080,
    "protocol": "HTTP",
    "healthCheckPath": "/",
    "healthCheckCodes": "200-399",
}
FRONTEND: dict[str, Any] = {"newPercent": 5}
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
CODES = ("200 to 499", '"200"', '"200,301"', '"200-399"')
PATTERN = ("/img/*", "128", "_-.$/~\"'@:+&*?")


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
        (Says('"dns"', "alb", "haproxy", at=f"{PATH}.kind"),),
    ),
    Mistake(
        "a migration without a kind",
        {PATH: {"old": OLD, "services": {"frontend": FRONTEND}}},
        (Says("required", "alb", "haproxy", at=f"{PATH}.kind"),),
    ),
    Mistake(
        "unknown key of a migration",
        moving(weight=5),
        (Says("kind", "old", "services", at=f"{PATH}.weight"),),
    ),
    Mistake(
        "old system without most of it",
        moving(old={"addresses": ["10.200.0.10"], "port": 80}),
        (
            Says("required", "HTTP", "HTTPS", at=f"{PATH}.old.protocol"),
            Says("required", "/", "1024", at=f"{PATH}.old.healthCheckPath"),
            Says("required", *CODES, at=f"{PATH}.old.healthCheckCodes"),
        ),
    ),
    Mistake(
        "old system at no address",
        from_old(addresses=[]),
        (Says("[]", "1", "50", *PRIVATE, at=f"{PATH}.old.addresses"),),
    ),
    Mistake(
        "old system at a public address",
        from_old(addresses=["10.200.0.10", "203.0.113.10"]),
        (Says('"203.0.113.10"', *PRIVATE, at=f"{PATH}.old.addresses[1]"),),
    ),
    Mistake(
        "old system by its name, by a range, on the balancer itself",
        from_old(addresses=["old.example.com", "10.200.0.0/24", "127.0.0.1"]),
        (
            Says('"old.example.com"', *PRIVATE, at=f"{PATH}.old.addresses[0]"),
            Says('"10.200.0.0/24"', *PRIVATE, at=f"{PATH}.old.addresses[1]"),
            Says('"127.0.0.1"', *PRIVATE, at=f"{PATH}.old.addresses[2]"),
        ),
    ),
    Mistake(
        "old address twice",
        from_old(addresses=["10.200.0.10", "10.200.0.11", "10.200.0.10"]),
        (Says("10.200.0.10", "twice", at=f"{PATH}.old.addresses[2]"),),
    ),
    Mistake(
        "port of the old system",
        from_old(port=0),
        (Says("0", "1", "65535", at=f"{PATH}.old.port"),),
    ),
    Mistake(
        "protocol of the old system",
        from_old(protocol="TCP"),
        (Says('"TCP"', "HTTP", "HTTPS", at=f"{PATH}.old.protocol"),),
    ),
    Mistake(
        "health check of the old system by a URL",
        from_old(healthCheckPath="http://old/health"),
        (Says('"http://old/health"', "/", "1024", at=f"{PATH}.old.healthCheckPath"),),
    ),
    Mistake(
        "a status code that is no text",
        from_old(healthCheckCodes=200),
        (Says("200", *CODES, at=f"{PATH}.old.healthCheckCodes"),),
    ),
    Mistake(
        "a server error that is healthy",
        from_old(healthCheckCodes="200,500"),
        (Says('"200,500"', *CODES, at=f"{PATH}.old.healthCheckCodes"),),
    ),
    Mistake(
        "status codes from high to low",
        from_old(healthCheckCodes="399-200"),
        (Says('"399-200"', "lower", at=f"{PATH}.old.healthCheckCodes"),),
    ),
    Mistake(
        "a migration of nothing",
        moving(services={}),
        (Says("empty", "frontend", "thoughts", "users", at=f"{PATH}.services"),),
    ),
    Mistake(
        "a service that there is not",
        moving(services={"frontend": FRONTEND, "shop": FRONTEND}),
        (Says("frontend", "thoughts", "users", at=f"{PATH}.services.shop"),),
    ),
    Mistake(
        "a service without hosts",
        {**moving(services={"users": FRONTEND}), "slipway:services.users.hosts": []},
        (Says("slipway:services.users", "no hosts", at=f"{PATH}.services.users"),),
    ),
    Mistake(
        "a service without an image",
        {**moving(), "slipway:images": {"users_backend": {"tag": "git-1"}, "users_backend_db": {"tag": "git-1"}}},
        (Says("slipway:images.frontend", at=f"{PATH}.services.frontend"),),
    ),
    Mistake(
        "more than all",
        of_frontend(newPercent=101),
        (Says("101", "0", "100", at=f"{PATH}.services.frontend.newPercent"),),
    ),
    Mistake(
        "less than nothing",
        of_frontend(newPercent=-1),
        (Says("-1", "0", "100", at=f"{PATH}.services.frontend.newPercent"),),
    ),
    Mistake(
        "half a per cent",
        of_frontend(newPercent=0.5),
        (Says("0.5", "whole", "0", "100", at=f"{PATH}.services.frontend.newPercent"),),
    ),
    Mistake(
        "sticky for no time",
        of_frontend(stickySeconds=0),
        (Says("0", "1", "604800", at=f"{PATH}.services.frontend.stickySeconds"),),
    ),
    Mistake(
        "sticky for more than a week",
        of_frontend(stickySeconds=604801),
        (Says("604801", "1", "604800", at=f"{PATH}.services.frontend.stickySeconds"),),
    ),
    Mistake(
        "paths for no side",
        of_frontend(paths={}),
        (Says("neither", "new", "old", at=f"{PATH}.services.frontend.paths"),),
    ),
    Mistake(
        "paths for a third side",
        of_frontend(paths={"both": ["/a"]}),
        (Says("new", "old", at=f"{PATH}.services.frontend.paths.both"),),
    ),
    Mistake(
        "a path without its slash, and one with a space",
        of_frontend(paths={"new": ["img/*", "/a b"]}),
        (
            Says('"img/*"', *PATTERN, at=f"{PATH}.services.frontend.paths.new[0]"),
            Says('"/a b"', *PATTERN, at=f"{PATH}.services.frontend.paths.new[1]"),
        ),
    ),
    Mistake(
        "more paths than a rule takes beside the host",
        of_frontend(paths={"old": ["/a", "/b", "/c", "/d", "/e"]}),
        (Says("5", "4", "5 values", "1", at=f"{PATH}.services.frontend.paths.old"),),
    ),
    Mistake(
        "more wildcards than a rule takes",
        of_frontend(paths={"new": ["/*/a/*", "/*/b/*", "/*/c/*"]}),
        (Says("5 wildcards", "*", "?", at=f"{PATH}.services.frontend.paths.new"),),
    ),
    Mistake(
        "a path both ways",
        of_frontend(paths={"new": ["/a", "/b"], "old": ["/b"]}),
        (Says("/b", "paths.new", at=f"{PATH}.services.frontend.paths.old[0]"),),
    ),
)
