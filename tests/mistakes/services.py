"""Mistakes in the services and images of a stack file, and in their passwords."""

from tests.mistakes.mistake import Mistake

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
        (
            f"{USERS}.replicas: is 2; expected 1 with a sidecar database: each pod would have its own empty "
            "database; use an external database to scale",
        ),
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
        (
            f"{USERS}.autoscaling: not allowed with a sidecar database: each pod would have its own empty "
            "database; use an external database to scale",
        ),
        without=(f"{USERS}.replicas",),
    ),
    Mistake(
        "replicas and autoscaler",
        {f"{FRONTEND}.replicas": 3},
        (
            f"{FRONTEND}: has both; expected exactly one of replicas and autoscaling: the autoscaler owns the "
            "replica count",
        ),
    ),
    Mistake(
        "no replica", {f"{USERS}.replicas": 0}, (f"{USERS}.replicas: is 0; expected a whole number from 1 to 150000",)
    ),
    Mistake(
        "autoscaler's minimum above its maximum",
        {f"{FRONTEND}.autoscaling.minReplicas": 9},
        (f"{FRONTEND}.autoscaling: minReplicas is 9; expected at most maxReplicas, which is 8",),
    ),
    Mistake(
        "port below 1024",
        {f"{FRONTEND}.port": 80},
        (f"{FRONTEND}.port: is 80; expected a whole number from 1024 to 65535",),
    ),
    Mistake(
        "no port",
        {},
        (f"{FRONTEND}.port: is required; expected a whole number from 1024 to 65535",),
        without=(f"{FRONTEND}.port",),
    ),
    Mistake(
        "root", {f"{FRONTEND}.runAsUser": 0}, (f"{FRONTEND}.runAsUser: is 0; expected a whole number from 1 to 65535",)
    ),
    Mistake(
        "service of type LoadBalancer",
        {f"{FRONTEND}.serviceType": "LoadBalancer"},
        (f'{FRONTEND}.serviceType: is "LoadBalancer"; expected one of ClusterIP, NodePort',),
    ),
    Mistake(
        "CPU limit below its request",
        {f"{FRONTEND}.resources.limits.cpuMillicores": 10},
        (f"{FRONTEND}.resources: limits.cpuMillicores is 10; expected at least requests.cpuMillicores, 60",),
    ),
    Mistake(
        "CPU as Kubernetes writes it",
        {f"{FRONTEND}.resources.requests.cpuMillicores": "60m"},
        (f'{FRONTEND}.resources.requests.cpuMillicores: is "60m"; expected a whole number from 1 to 1920000',),
    ),
    Mistake(
        "unknown key, deep",
        {f"{FRONTEND}.resources.limits.gpu": 1},
        (f"{FRONTEND}.resources.limits.gpu: is not a known key; expected one of cpuMillicores, memoryMiB",),
    ),
    Mistake(
        "host outside the domain",
        {f"{USERS}.hosts": ["users.example.org"]},
        (f"{USERS}.hosts[0]: is users.example.org; expected dev.example.com or a name below it",),
    ),
    Mistake(
        "host that only ends like the domain",
        {f"{USERS}.hosts": ["usersdev.example.com"]},
        (f"{USERS}.hosts[0]: is usersdev.example.com; expected dev.example.com or a name below it",),
    ),
    Mistake(
        "host twice",
        {f"{USERS}.hosts": ["frontend.dev.example.com"]},
        (f"{USERS}.hosts[0]: is frontend.dev.example.com, which slipway:services.frontend has already",),
    ),
    Mistake(
        "overlapping ranges",
        {f"{USERS}.database.cidrs": ["10.20.0.0/20"]},
        (
            f"{USERS}.database.cidrs[0]: is 10.20.0.0/20; "
            "expected a range that does not overlap the VPC's, 10.20.0.0/16",
        ),
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
        (
            f"{USERS}.hosts: is a list of 6; expected a list of at most 5, each a host name in lower case, "
            "in full or as one label below the domain, such as shop",
        ),
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
        (
            'slipway:services.Search: is "Search"; expected a name of at most 40 lower-case letters, '
            "digits and hyphens that begins with a letter",
        ),
    ),
    Mistake(
        "variable in small letters",
        {f"{FRONTEND}.environment": {"debug": "1"}},
        (
            f'{FRONTEND}.environment.debug: is "debug"; expected a variable\'s name in capital letters, digits '
            "and underscores such as LOG_LEVEL",
        ),
    ),
    Mistake(
        "unknown node group",
        {f"{FRONTEND}.nodeGroup": "gpu"},
        (f"{FRONTEND}.nodeGroup: is gpu; expected one of general",),
    ),
    Mistake(
        "database of an unknown kind",
        {f"{USERS}.database.kind": "mysql"},
        (f'{USERS}.database.kind: is "mysql"; expected one of external, managed, sidecar',),
    ),
    Mistake(
        "database without a kind",
        {},
        (f"{USERS}.database.kind: is required; expected one of external, managed, sidecar",),
        without=(f"{USERS}.database.kind",),
    ),
    Mistake(
        "key of another kind of database",
        {f"{USERS}.database.host": "db.example.com"},
        (f"{USERS}.database.host: is not a known key; expected one of kind, name, resources, runAsUser, user",),
    ),
    Mistake(
        "external database's port",
        {f"{USERS}.database.port": 0},
        (f"{USERS}.database.port: is 0; expected a whole number from 1 to 65535",),
        stack="staging",
    ),
    Mistake(
        "external database without a range",
        {f"{USERS}.database.cidrs": []},
        (
            f"{USERS}.database.cidrs: is []; expected a list of at least 1, each an IPv4 range, named by its "
            "first address, such as 10.10.0.0/16",
        ),
        stack="staging",
    ),
    Mistake(
        "external database by its address",
        {f"{USERS}.database.host": "10.130.0.7"},
        (f'{USERS}.database.host: is "10.130.0.7"; expected a host name in lower case such as shop.example.com',),
        stack="staging",
    ),
    Mistake(
        "no password in it",
        {"slipway:databasePasswords.users": ""},
        ("slipway:databasePasswords.users: is empty; expected a password",),
    ),
    Mistake(
        "password of nobody",
        {"slipway:databasePasswords.frontend": "secret-of-nobody"},
        ("slipway:databasePasswords.frontend: there is no service of this name with a database",),
    ),
    Mistake(
        "password is a list",
        {"slipway:databasePasswords.users": ["tell-no-one"]},
        ("slipway:databasePasswords.users: expected text",),
    ),
    Mistake(
        "tag and digest",
        {"slipway:images.frontend.digest": "sha256:0000000000000000000000000000000000000000000000000000000000000000"},
        ("slipway:images.frontend: has both; expected exactly one of tag and digest",),
    ),
    Mistake(
        "digest cut short",
        {"slipway:images.frontend": {"digest": "sha256:1234"}},
        ('slipway:images.frontend.digest: is "sha256:1234"; expected sha256: and 64 hexadecimal digits',),
    ),
    Mistake(
        "image of nobody",
        {"slipway:images.backend": {"tag": "git-1"}},
        (
            "slipway:images.backend: no service runs it; expected one of frontend, thoughts_backend, "
            "thoughts_backend_db, users_backend, users_backend_db",
        ),
    ),
    Mistake(
        "tag in prod",
        {"slipway:images.frontend": {"tag": "latest"}},
        ("slipway:images.frontend.tag: is latest; expected a digest, since slipway:immutableImages is true",),
        stack="prod",
    ),
)
