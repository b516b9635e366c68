"""Mistakes in what a stack file says of a migration by HAProxy."""

from typing import Any

from tests.haproxy_stack_file import PASSWORD_HASH, haproxy, limits, side
from tests.mistakes.mistake import Mistake
from tests.says import Says

PATH = "slipway:migration"
FRONTEND: dict[str, Any] = {"newPercent": 5, "checkPath": "/"}
HASH = "openssl passwd -6"


def moving(**parts: Any) -> dict[str, Any]:
    """A sound migration of the front end, but for these parts of it."""
    return {PATH: haproxy(**parts)}


def of_frontend(**parts: Any) -> dict[str, Any]:
    """A sound migration, but for these parts of how the front end moves."""
    return moving(services={"frontend": {**FRONTEND, **parts}})


def watched(**parts: Any) -> dict[str, Any]:
    """A sound migration, but for these parts of who may see its statistics."""
    return moving(statistics={"user": "operator", "passwordHash": PASSWORD_HASH, **parts})


HAPROXY: tuple[Mistake, ...] = (
    Mistake(
        "a fleet without a password",
        moving(statistics={"user": "operator"}),
        (Says("required", HASH, at=f"{PATH}.statistics.passwordHash"),),
    ),
    Mistake(
        "a password in place of its hash",
        watched(passwordHash="tell-no-one"),
        (Says(HASH, at=f"{PATH}.statistics.passwordHash"),),
    ),
    Mistake(
        "statistics for the world",
        watched(allowedCidrs=["0.0.0.0/0"]),
        (Says("0.0.0.0/0", "10.0.0.0/8", at=f"{PATH}.statistics.allowedCidrs[0]"),),
    ),
    Mistake(
        "a fleet of one",
        moving(fleet={"instanceType": "t3.small", "machines": 1}),
        (Says("1", "2", "9", at=f"{PATH}.fleet.machines"),),
    ),
    Mistake(
        "an instance type without its size",
        moving(fleet={"instanceType": "t3", "machines": 2}),
        (Says('"t3"', "m5.large", at=f"{PATH}.fleet.instanceType"),),
    ),
    Mistake(
        "an address of the new side",
        moving(new={**limits(), "address": "10.10.0.1"}),
        (Says("maxConnections", "slowStartSeconds", at=f"{PATH}.new.address"),),
    ),
    Mistake(
        "a slow start without steps",
        moving(old=side(slowStartSeconds=2)),
        (Says("2", "0", "checkSeconds, 2", at=f"{PATH}.old.slowStartSeconds"),),
    ),
    Mistake(
        "an old system that is this one",
        moving(old=side(address="frontend.dev.example.com")),
        (Says("frontend.dev.example.com", "slipway:services.frontend", at=f"{PATH}.old.address"),),
    ),
    Mistake(
        "an old system without its name",
        moving(old=side(address="old.example.com weight 256")),
        (Says('"old.example.com weight 256"', "domain", "shop", at=f"{PATH}.old.address"),),
    ),
    Mistake(
        "a fleet that moves nothing",
        moving(services={}),
        (Says("empty", "frontend", "thoughts", "users", at=f"{PATH}.services"),),
    ),
    Mistake(
        "a fleet for a service that there is not",
        moving(services={"shop": FRONTEND}),
        (Says("frontend", "thoughts", "users", at=f"{PATH}.services.shop"),),
    ),
    Mistake(
        "a fleet for a service without hosts",
        {**moving(services={"users": FRONTEND}), "slipway:services.users.hosts": []},
        (Says("slipway:services.users", "no hosts", at=f"{PATH}.services.users"),),
    ),
    Mistake(
        "a fleet for a service without an image",
        {**moving(), "slipway:images": {"users_backend": {"tag": "git-1"}, "users_backend_db": {"tag": "git-1"}}},
        (Says("slipway:images.frontend", at=f"{PATH}.services.frontend"),),
    ),
    Mistake(
        "per cent and weights",
        of_frontend(weights={"new": 1, "old": 255}),
        (Says("newPercent", "weights", at=f"{PATH}.services.frontend"),),
    ),
    Mistake(
        "a service without a health check",
        moving(services={"frontend": {"newPercent": 5}}),
        (Says("required", "/health", at=f"{PATH}.services.frontend.checkPath"),),
    ),
    Mistake(
        "a health check of another host",
        of_frontend(checkHost="shop"),
        (
            Says(
                "shop.dev.example.com",
                "frontend.dev.example.com",
                "slipway:services.frontend",
                at=f"{PATH}.services.frontend.checkHost",
            ),
        ),
    ),
    Mistake(
        "paths for HAProxy",
        of_frontend(paths={"old": ["/admin"]}),
        (Says("checkHost, checkPath, newPercent, stickySeconds, weights", at=f"{PATH}.services.frontend.paths"),),
    ),
)
