"""Valid settings at random, the same from the same seed: every field, its bounds, and every combination of choices."""

from __future__ import annotations

import random
from typing import Any

_HASH = "$6$abcdefgh$" + "a1./" * 21 + "aB"
_LABELS = ("a", "shop", "x1", "old-system", "3com", "very-long-label-of-a-host-name-that-goes-on-for-a-while-0123456")
_PATHS = ("/", "/health", "/a/b.c?deep=1&x=%20y", "/~u/,:@+-_=", "/" + "p" * 199)


def number(chance: random.Random, low: int, high: int) -> int:
    return chance.choice((low, high, chance.randint(low, high)))


def host(chance: random.Random) -> str:
    return ".".join([*(chance.choice(_LABELS) for _ in range(chance.randint(1, 3))), "invalid"])


def side(chance: random.Random) -> dict[str, Any]:
    values: dict[str, Any] = {
        "address": chance.choice((host(chance), f"10.{chance.randint(0, 255)}.0.{chance.randint(1, 254)}")),
        "port": number(chance, 1, 65535),
        "protocol": chance.choice(("HTTP", "HTTPS")),
        "maxConnections": number(chance, 1, 100_000),
        "slowStartSeconds": chance.choice((0, number(chance, 61, 600))),
    }
    if values["protocol"] == "HTTPS":
        if chance.random() < 0.5:
            values["verifyCertificate"] = chance.choice((True, False))
        if chance.random() < 0.5:
            values["certificateName"] = host(chance)
    return values


def route(chance: random.Random, name: str) -> dict[str, Any]:
    values: dict[str, Any] = {
        "hosts": sorted({f"{name}.{host(chance)}" for _ in range(number(chance, 1, 20))}),
        "checkPath": chance.choice(_PATHS),
    }
    if chance.random() < 0.5:
        values["newPercent"] = number(chance, 0, 100)
    else:
        values["weights"] = {"new": number(chance, 1, 256), "old": number(chance, 0, 256)}
    if chance.random() < 0.5:
        values["checkHost"] = host(chance)
    if chance.random() < 0.5:
        values["stickySeconds"] = number(chance, 60, 604_800)
    return values


def random_values(seed: int) -> dict[str, Any]:
    chance = random.Random(seed)
    statistics: dict[str, Any] = {"user": chance.choice(("a", "operator", "on-call_2"))}
    if chance.random() < 0.5:
        statistics["passwordHash"] = _HASH
    if chance.random() < 0.5:
        ranges = ["10.0.0.0/8", "172.16.5.0/24", "192.168.1.7/32"]
        statistics["allowedCidrs"] = chance.sample(ranges, chance.randint(1, len(ranges)))
    names = chance.sample(["frontend", "thoughts", "users", "a", "statistics", "site", "z" * 40], chance.randint(1, 3))
    return {
        "kind": "haproxy",
        "new": side(chance),
        "old": side(chance),
        "routes": {name: route(chance, name) for name in names},
        "statistics": statistics,
        "checkSeconds": number(chance, 1, 60),
        "resolveSeconds": number(chance, 1, 300),
        "holdSeconds": number(chance, 1, 3600),
        "maxConnections": number(chance, 100, 200_000),
    }
