"""Mistakes in the services and images of a stack file, and in their passwords."""

from tests.mistakes.mistake import Mistake
from tests.says import Says

FRONTEND = "slipway:services.frontend"
USERS = "slipway:services.users"
RESOURCES = {
    "requests": {"cpuMillicores": 50, "memoryMiB": 64},
    "limits": {"cpuMillicores": 100, "memoryMiB": 128},
}

SERVICES: tuple[Mistake, ...] = (
    Mistake(
        "two replicas beside a sidecar",
        {f"{USERS}.replicas": 2},
        (Says("2", "1", "sidecar", "external", at=f"{USERS}.replicas"),),
    ),
    Mistake(
        "autoscaler beside a sidecar",
        {
            f"{USERS}.autoscaling": {
                "minReplicas": 1,
                "maxReplicas": 2,
                "cpuPercent": 50,
                "scaleDownStabilizationSeconds": 300,
            }
        },
        (Says("sidecar", "external", at=f"{USERS}.autoscaling"),),
        without=(f"{USERS}.replicas",),
    ),
    Mistake(
        "replicas and autoscaler",
        {f"{FRONTEND}.replicas": 3},
        (Says("both", "replicas", "autoscaling", at=FRONTEND),),
    ),
    Mistake("no replica", {f"{USERS}.replicas": 0}, (Says("0", "1", "150000", at=f"{USERS}.replicas"),)),
    Mistake(
        "autoscaler's minimum above its maximum",
        {f"{FRONTEND}.autoscaling.minReplicas": 9},
        (Says("minReplicas", "9", "maxReplicas", "8", at=f"{FRONTEND}.autoscaling"),),
    ),
    Mistake(
        "port below 1024",
        {f"{FRONTEND}.port": 80},
        (Says("80", "1024", "65535", at=f"{FRONTEND}.port"),),
    ),
    Mistake(
        "no port",
        {},
        (Says("required", "1024", "65535", at=f"{FRONTEND}.port"),),
        without=(f"{FRONTEND}.port",),
    ),
    Mistake("root", {f"{FRONTEND}.runAsUser": 0}, (Says("0", "1", "65535", at=f"{FRONTEND}.runAsUser"),)),
    Mistake(
        "service of type LoadBalancer",
        {f"{FRONTEND}.serviceType": "LoadBalancer"},
        (Says('"LoadBalancer"', "ClusterIP", "NodePort", at=f"{FRONTEND}.serviceType"),),
    ),
    Mistake(
        "CPU limit below its request",
        {f"{FRONTEND}.resources.limits.cpuMillicores": 10},
        (Says("limits.cpuMillicores", "10", "requests.cpuMillicores", "60", at=f"{FRONTEND}.resources"),),
    ),
    Mistake(
        "CPU as Kubernetes writes it",
        {f"{FRONTEND}.resources.requests.cpuMillicores": "60m"},
        (Says('"60m"', "whole", "1", "1920000", at=f"{FRONTEND}.resources.requests.cpuMillicores"),),
    ),
    Mistake(
        "unknown key, deep",
        {f"{FRONTEND}.resources.limits.gpu": 1},
        (Says("cpuMillicores", "memoryMiB", at=f"{FRONTEND}.resources.limits.gpu"),),
    ),
    Mistake(
        "host outside the domain",
        {f"{USERS}.hosts": ["users.example.org"]},
        (Says("users.example.org", "dev.example.com", "below", at=f"{USERS}.hosts[0]"),),
    ),
    Mistake(
        "host that only ends like the domain",
        {f"{USERS}.hosts": ["usersdev.example.com"]},
        (Says("usersdev.example.com", "dev.example.com", "below", at=f"{USERS}.hosts[0]"),),
    ),
    Mistake(
        "host twice",
        {f"{USERS}.hosts": ["frontend.dev.example.com"]},
        (Says("frontend.dev.example.com", "slipway:services.frontend", at=f"{USERS}.hosts[0]"),),
    ),
    Mistake(
        "overlapping ranges",
        {f"{USERS}.database.cidrs": ["10.20.0.0/20"]},
        (Says("10.20.0.0/20", "overlap", "10.20.0.0/16", at=f"{USERS}.database.cidrs[0]"),),
        stack="staging",
    ),
    Mistake(
        "six hosts",
        {
            f"{USERS}.hosts": [
                "a.dev.example.com",
                "b.dev.example.com",
                "c.dev.example.com",
                "d.dev.example.com",
                "e.dev.example.com",
                "f.dev.example.com",
            ]
        },
        (Says("6", "5", "shop", at=f"{USERS}.hosts"),),
    ),
    Mistake(
        "service name in capitals",
        {
            "slipway:services.Search": {
                "hosts": [],
                "port": 8000,
                "serviceType": "ClusterIP",
                "runAsUser": 1000,
                "resources": RESOURCES,
                "replicas": 1,
            }
        },
        (Says('"Search"', "40", at="slipway:services.Search"),),
    ),
    Mistake(
        "variable in small letters",
        {f"{FRONTEND}.environment": {"debug": "1"}},
        (Says('"debug"', "LOG_LEVEL", at=f"{FRONTEND}.environment.debug"),),
    ),
    Mistake(
        "unknown node group",
        {f"{FRONTEND}.nodeGroup": "gpu"},
        (Says("gpu", "general", at=f"{FRONTEND}.nodeGroup"),),
    ),
    Mistake(
        "database of an unknown kind",
        {f"{USERS}.database.kind": "mysql"},
        (Says('"mysql"', "external", "managed", "sidecar", at=f"{USERS}.database.kind"),),
    ),
    Mistake(
        "database without a kind",
        {},
        (Says("required", "external", "managed", "sidecar", at=f"{USERS}.database.kind"),),
        without=(f"{USERS}.database.kind",),
    ),
    Mistake(
        "key of another kind of database",
        {f"{USERS}.database.host": "db.example.com"},
        (Says("kind, name, resources, runAsUser, user", at=f"{USERS}.database.host"),),
    ),
    Mistake(
        "external database's port",
        {f"{USERS}.database.port": 0},
        (Says("0", "1", "65535", at=f"{USERS}.database.port"),),
        stack="staging",
    ),
    Mistake(
        "external database without a range",
        {f"{USERS}.database.cidrs": []},
        (Says("[]", "1", "10.10.0.0/16", at=f"{USERS}.database.cidrs"),),
        stack="staging",
    ),
    Mistake(
        "external database by its address",
        {f"{USERS}.database.host": "10.130.0.7"},
        (Says('"10.130.0.7"', "shop.example.com", at=f"{USERS}.database.host"),),
        stack="staging",
    ),
    Mistake(
        "no password in it",
        {"slipway:databasePasswords.users": ""},
        (Says("empty", at="slipway:databasePasswords.users"),),
    ),
    Mistake(
        "password of nobody",
        {"slipway:databasePasswords.frontend": "secret-of-nobody"},
        (Says("no service", "database", at="slipway:databasePasswords.frontend"),),
    ),
    Mistake(
        "password is a list",
        {"slipway:databasePasswords.users": ["tell-no-one"]},
        (Says("text", at="slipway:databasePasswords.users"),),
    ),
    Mistake(
        "tag and digest",
        {"slipway:images.frontend.digest": "sha256:0000000000000000000000000000000000000000000000000000000000000000"},
        (Says("both", "tag", "digest", at="slipway:images.frontend"),),
    ),
    Mistake(
        "digest cut short",
        {"slipway:images.frontend": {"digest": "sha256:1234"}},
        (Says('"sha256:1234"', "sha256:", "64", at="slipway:images.frontend.digest"),),
    ),
    Mistake(
        "image of nobody",
        {"slipway:images.backend": {"tag": "git-1"}},
        (
            Says(
                "frontend, thoughts_backend, thoughts_backend_db, users_backend, users_backend_db",
                at="slipway:images.backend",
            ),
        ),
    ),
    Mistake(
        "tag in prod",
        {"slipway:images.frontend": {"tag": "latest"}},
        (Says("latest", "digest", "slipway:immutableImages", at="slipway:images.frontend.tag"),),
        stack="prod",
    ),
)
