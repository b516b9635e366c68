"""Mistakes in what a stack file says of a migration by HAProxy."""

from typing import Any

from tests.haproxy_stack_file import PASSWORD_HASH, haproxy, limits, side
from tests.mistakes.mistake import Mistake

PATH = "slipway:migration"
FRONTEND: dict[str, Any] = {"newPercent": 5, "checkPath": "/"}
HASH = "a hash that `openssl passwd -6` made"


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
        (f"{PATH}.statistics.passwordHash: is required; expected {HASH}",),
    ),
    Mistake(
        "a password in place of its hash",
        watched(passwordHash="tell-no-one"),
        (f"{PATH}.statistics.passwordHash: expected {HASH}",),
    ),
    Mistake(
        "statistics for the world",
        watched(allowedCidrs=["0.0.0.0/0"]),
        (f"{PATH}.statistics.allowedCidrs[0]: is 0.0.0.0/0; expected a private range, such as 10.0.0.0/8",),
    ),
    Mistake(
        "a fleet of one",
        moving(fleet={"instanceType": "t3.small", "machines": 1}),
        (f"{PATH}.fleet.machines: is 1; expected a whole number from 2 to 9",),
    ),
    Mistake(
        "an instance type without its size",
        moving(fleet={"instanceType": "t3", "machines": 2}),
        (f'{PATH}.fleet.instanceType: is "t3"; expected an EC2 instance type such as m5.large',),
    ),
    Mistake(
        "an address of the new side",
        moving(new={**limits(), "address": "10.10.0.1"}),
        (f"{PATH}.new.address: is not a known key; expected one of maxConnections, slowStartSeconds",),
    ),
    Mistake(
        "a slow start without steps",
        moving(old=side(slowStartSeconds=2)),
        (f"{PATH}.old.slowStartSeconds: is 2; expected 0 or more than checkSeconds, 2",),
    ),
    Mistake(
        "an old system that is this one",
        moving(old=side(address="frontend.dev.example.com")),
        (
            f"{PATH}.old.address: is frontend.dev.example.com, a host of slipway:services.frontend; "
            "expected another name",
        ),
    ),
    Mistake(
        "an old system without its name",
        moving(old=side(address="old.example.com weight 256")),
        (
            f'{PATH}.old.address: is "old.example.com weight 256"; expected a host name in lower case, in full or as '
            "one label below the domain, such as shop",
        ),
    ),
    Mistake(
        "a fleet that moves nothing",
        moving(services={}),
        (f"{PATH}.services: is empty; expected at least one of frontend, thoughts, users",),
    ),
    Mistake(
        "a fleet for a service that there is not",
        moving(services={"shop": FRONTEND}),
        (f"{PATH}.services.shop: there is no service of this name; expected one of frontend, thoughts, users",),
    ),
    Mistake(
        "a fleet for a service without hosts",
        {**moving(services={"users": FRONTEND}), "slipway:services.users.hosts": []},
        (
            f"{PATH}.services.users: slipway:services.users has no hosts, so the balancer has no requests of it "
            "to divide",
        ),
    ),
    Mistake(
        "a fleet for a service without an image",
        {**moving(), "slipway:images": {"users_backend": {"tag": "git-1"}, "users_backend_db": {"tag": "git-1"}}},
        (f"{PATH}.services.frontend: does not run; slipway:images.frontend has to be set before it migrates",),
    ),
    Mistake(
        "per cent and weights",
        of_frontend(weights={"new": 1, "old": 255}),
        (f"{PATH}.services.frontend: expected either newPercent or weights",),
    ),
    Mistake(
        "a service without a health check",
        moving(services={"frontend": {"newPercent": 5}}),
        (f"{PATH}.services.frontend.checkPath: is required; expected a path such as /health that begins with a slash",),
    ),
    Mistake(
        "a health check of another host",
        of_frontend(checkHost="shop"),
        (
            f"{PATH}.services.frontend.checkHost: is shop.dev.example.com; expected one of frontend.dev.example.com, "
            "the hosts of slipway:services.frontend",
        ),
    ),
    Mistake(
        "paths for HAProxy",
        of_frontend(paths={"old": ["/admin"]}),
        (
            f"{PATH}.services.frontend.paths: is not a known key; expected one of checkHost, checkPath, newPercent, "
            "stickySeconds, weights",
        ),
    ),
)
