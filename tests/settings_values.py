"""Values and parts of stack files: such as may stand there, and such as are wrong nearly everywhere."""

from collections.abc import Callable
from typing import Any

from tests.haproxy_stack_file import haproxy
from tests.stack_values import stack_config

Config = dict[str, Any]


def _alb(config: Config) -> None:
    config["slipway:migration"] = {
        "kind": "alb",
        "old": {
            "addresses": ["10.120.1.5", "10.120.2.5"],
            "port": 80,
            "protocol": "HTTP",
            "healthCheckPath": "/health",
            "healthCheckCodes": "200,301-303",
        },
        "services": {
            "frontend": {"newPercent": 5, "paths": {"new": ["/img/*"], "old": ["/legacy/*"]}, "stickySeconds": 3600},
            "users": {"newPercent": 0},
        },
    }


def _by_haproxy(config: Config) -> None:
    config["slipway:migration"] = haproxy()


def _elastic(config: Config) -> None:
    config["slipway:nodeGroups"]["elastic"] = {
        "instanceType": "m7i.xlarge",
        "capacityType": "SPOT",
        "diskSizeGiB": 40,
        "size": {"min": 0, "desired": 0, "max": 6},
        "labels": {"purpose": "load"},
        "taints": [{"key": "spot", "value": "true", "effect": "NO_SCHEDULE"}],
        "clusterAutoscaler": True,
    }


def _stepped(config: Config) -> None:
    size = {"min": 2, "desired": 3, "max": 8}
    config["slipway:nodeGroups"]["stepped"] = {
        "instanceType": "c6i.large",
        "capacityType": "ON_DEMAND",
        "diskSizeGiB": 20,
        "size": size,
        "boosts": {
            "sale": {
                "timeZone": "Europe/Berlin",
                "start": "2027-03-28T01:30:00",
                "end": "2027-03-28T06:00:00",
                "size": {"min": 4, "desired": 4, "max": 8},
                "after": size,
            }
        },
        "policies": {
            "up": {
                "kind": "step",
                "alarm": {"comparison": "above", "cpuPercent": 70, "periodSeconds": 60, "periods": 2},
                "steps": [{"beyond": 0, "nodes": 1}, {"beyond": 15, "nodes": 2}],
            },
            "down": {
                "kind": "simple",
                "alarm": {"comparison": "below", "cpuPercent": 20, "periodSeconds": 300, "periods": 3},
                "nodes": -1,
                "cooldownSeconds": 300,
            },
        },
    }


def _worker(config: Config) -> None:
    config["slipway:services"]["worker"] = {
        "hosts": [],
        "port": 9000,
        "serviceType": "ClusterIP",
        "runAsUser": 1001,
        "resources": {
            "requests": {"cpuMillicores": 20, "memoryMiB": 32},
            "limits": {"cpuMillicores": 50, "memoryMiB": 64},
        },
        "replicas": 2,
        "environment": {"LOG_LEVEL": "debug"},
    }
    config["slipway:images"]["worker"] = {"digest": "sha256:" + "0f" * 32}


def _chat(config: Config) -> None:
    config["slipway:observability"] = {
        **stack_config("staging")["slipway:observability"],
        **config["slipway:observability"],
        "chat": {"webhook": "https://hooks.chat.example.com/services/T0/B0/xyz"},
    }


def _restored(config: Config) -> None:
    if config["slipway:database"]:
        config["slipway:database"]["restored"] = {
            "name": "thursday",
            "pointInTime": "2026-11-19T08:00:00Z",
            "serves": True,
        }


def _read_only(config: Config) -> None:
    config["slipway:readOnly"] = True


ADDITIONS: tuple[Callable[[Config], None], ...] = (
    _alb,
    _by_haproxy,
    _elastic,
    _stepped,
    _worker,
    _chat,
    _restored,
    _read_only,
)
"""Parts that no shipped file has, each sound in each of them but where a rule joins it with something else."""

ADDED_TO = ("slipway:nodeGroups", "slipway:services", "slipway:images", "slipway:observability", "slipway:database")
_AMOUNTS = (1, 2, 5, 20, 50, 99, 100, 101, 250, 1000, 3600)
_SIZES = (0, 1, 2, 3, 4, 6, 8, 12, 450)

ALTERNATIVES: dict[str, tuple[Any, ...]] = {
    "instanceType": ("t3.small", "t3.medium", "m5.xlarge", "m7g.large", "c6i.2xlarge", "r5.large", "m5.metal"),
    "capacityType": ("ON_DEMAND", "SPOT"),
    "diskSizeGiB": (20, 100, 16384),
    "min": _SIZES,
    "desired": _SIZES,
    "max": _SIZES[1:],
    "timeZone": ("UTC", "Asia/Kathmandu", "Pacific/Chatham", "Australia/Lord_Howe", "America/Sao_Paulo"),
    "recurrence": (
        "0 * * * *",
        "*/5 * * * *",
        "0 0 1 1 *",
        "30 2 * * SUN",
        "0 0 29 2 *",
        "59 23 31 * *",
        "0 6-18/2 * * 1-5",
    ),
    "availabilityZones": (["a", "b"], ["b", "c"], ["us-west-2a", "us-west-2b", "us-west-2d"]),
    "natGateways": ("single", "perZone"),
    "cidr": ("10.0.0.0/16", "172.16.0.0/20", "192.168.0.0/17", "10.64.0.0/18"),
    "flowLogRetentionDays": (1, 30, 3653),
    "logRetentionDays": (1, 14, 3653),
    "accessLogRetentionDays": (1, 3653),
    "publicAccessCidrs": ([], ["0.0.0.0/0"], ["203.0.113.0/24", "198.51.100.7/32"]),
    "nodeVersion": ("1.36", "1.35", "1.33"),
    "version": ("1.35", "1.36", "1.37"),
    "slipway:drainSeconds": (5, 30, 600),
    "slipway:rolloutSeconds": (60, 3600),
    "slipway:protect": (True, False),
    "slipway:immutableImages": (True, False),
    "slipway:allowDatabaseLoss": (True, False),
    "slipway:namespace": ("shop", "a", "default"),
    "slipway:domain": ("example.com", "a.b.c.example.co.uk", "example.travel"),
    "slipway:account": ("000000000000", "210987654321"),
    "slipway:images": ({},),
    "slipway:loadBalancer": ({}, {"accessLogRetentionDays": 7}),
    "slipway:observability": ({},),
    "slipway:database": ({},),
    "aws:region": ("eu-central-1", "us-gov-west-1"),
    "headroomPercent": (0, 50, 90),
    "survives": ("nothing", "node", "zone"),
    "hosts": ([], ["shop"], ["a", "b", "c", "d", "e"], ["x.y.z"]),
    "port": (1024, 8080, 65535),
    "serviceType": ("ClusterIP", "NodePort"),
    "runAsUser": (1, 1000, 65535),
    "cpuMillicores": (1, 20, 150, 1000, 4000),
    "memoryMiB": (4, 100, 2048, 16000),
    "replicas": (1, 2, 3, 7, 100),
    "minReplicas": (1, 2, 5, 100),
    "maxReplicas": (1, 3, 8, 40, 1000),
    "cpuPercent": _AMOUNTS,
    "scaleDownStabilizationSeconds": (0, 60, 3600),
    "nodeGroup": ("general", "baseline", "burst", "elastic", "stepped"),
    "migrateCommand": (["python", "manage.py", "migrate"], [""], ["sh", "-c", "echo 'a b' \"$HOME\""]),
    "passwordVersion": (1, 2, 7),
    "insights": ("standard", "advanced"),
    "engineVersion": ("15.9", "16.10", "18.1"),
    "instanceClass": ("db.t4g.medium", "db.m7g.large", "db.r6i.4xlarge"),
    "storageGiB": (20, 200, 65536),
    "maxStorageGiB": (22, 500, 65536),
    "multiAz": (True, False),
    "backupRetentionDays": (1, 35),
    "backupWindow": ("23:45-00:15", "03:00-05:00"),
    "maintenanceWindow": ("sun:23:30-mon:00:30", "wed:04:00-wed:04:30"),
    "applyChanges": ("immediately", "inMaintenanceWindow"),
    "finalSnapshot": (True, False),
    "percent": (1, 50, 100),
    "minimumRequests": (1, 1_000_000),
    "latencyMilliseconds": (1, 60_000),
    "certificateDays": (1, 44),
    "atMaximumMinutes": (10, 15, 1440),
    "monthlyUsd": (1, 10_000_000),
    "counts": ("account", "stack"),
    "freeStorageGiB": (1, 50),
    "connections": (1, 100_000),
    "emails": (["a@example.com"], ["a@example.com", "b+c@example.org"]),
    "newPercent": (0, 1, 50, 99, 100),
    "stickySeconds": (60, 604_800),
    "protocol": ("HTTP", "HTTPS"),
    "slowStartSeconds": (0, 30, 600),
    "checkSeconds": (1, 60),
    "machines": (2, 3, 9),
    "comparison": ("above", "below"),
    "periodSeconds": (60, 3600),
    "periods": (1, 10),
    "beyond": (0, 5, 30, 99),
    "nodes": (-2, 1, 10, 500),
    "cooldownSeconds": (0, 3600),
    "effect": ("NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"),
    "clusterAutoscaler": (True, False),
    "start": ("2026-12-01T08:00:00", "2030-06-30T23:59:59", "0001-01-01T00:00:00"),
    "end": ("2026-12-01T12:00:00", "2030-07-01T00:00:00", "9999-12-31T23:59:59"),
    "kind": ("alb", "haproxy", "sidecar", "external", "managed", "targetTracking", "step", "simple"),
    "mode": ("verify-full", "require"),
}
"""By the last key of a path: values that are allowed there, at least beside others."""

INSERTIONS: dict[str, dict[str, Any]] = {
    "slipway:nodeGroups": {
        "labels": {"a": "b"},
        "taints": [{"key": "k", "value": "", "effect": "PREFER_NO_SCHEDULE"}],
        "policies": {"cpu": {"kind": "targetTracking", "cpuPercent": 55}},
        "schedules": {
            "lunch": {
                "timeZone": "Asia/Tokyo",
                "down": {"recurrence": "0 12 * * *", "size": {"min": 1, "desired": 2, "max": 5}},
                "up": {"recurrence": "0 13 * * *", "size": {"min": 2, "desired": 3, "max": 5}},
            }
        },
        "clusterAutoscaler": True,
    },
    "slipway:services": {
        "environment": {"LOG_LEVEL": "info", "GREETING": "grüße \n \"quoted\" $HOME 'x'"},
        "nodeGroup": "general",
        "migrateCommand": ["./migrate"],
        "database": {
            "kind": "external",
            "host": "db.example.org",
            "port": 5432,
            "name": "shop",
            "user": "shop",
            "cidrs": ["10.200.0.0/24"],
            "tls": {"mode": "require"},
        },
    },
}
"""For each entry of a setting: keys that it may have, and a value for each."""

HOSTILE: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    0.5,
    -0.0,
    1e308,
    float("nan"),
    float("inf"),
    float("-inf"),
    2**31,
    2**63,
    2**64,
    10**30,
    -(10**30),
    int("9" * 4000),
    "",
    " ",
    "null",
    "true",
    "0",
    "1.36",
    "\n",
    "a\nb",
    "\x00",
    "\x1b[31m",
    "\ud800",
    "\uff41",
    "١٢٣٤٥٦٧٨٩٠١٢",
    "ñandú",
    "😀" * 50,
    "\u202egnp.exe",
    "a" * 100_000,
    "a." * 50_000,
    "../../etc/passwd",
    "{{ x }}",
    "${aws:region}",
    "%s%n",
    "'; DROP TABLE users; --",
    "0.0.0.0/0",
    "10.0.0.0/33",
    "999.1.1.1",
    "::/0",
    "* * * * *",
    "60 25 32 13 8",
    "*/0 * * * *",
    "0 0 31 2 *",
    "0-59/999999 * * * *",
    "@daily",
    "L L L L L",
    "America/../UTC",
    "Etc/GMT+12",
    "/",
    "2027-03-28T02:30:00",
    "0001-01-01T00:00:00",
    "9999-12-31T23:59:59",
    "9999-12-31T23:59:59+14:00",
    [],
    {},
    [[]],
    [None],
    [{}],
    {"": ""},
    {"a": {"b": {"c": {}}}},
    ["a"] * 1000,
    {"$ref": "#"},
    {"kind": None},
    {"kind": "nothing"},
    {"kind": []},
)
"""Values that are wrong nearly everywhere."""

KEYS = ("", ".", "a.b", "a..b", "slipway:x", "A", "a b", "é", "\n", "kind", "[0]", "x" * 200, "a'b\"c", "\ud800", "0")
FOREIGN_KEYS = ("slipway:", "slipway:x", "other:x", "slipway:Cluster", "x", "aws:profile", "\ud800")
RAW_TEXTS = (
    "",
    " ",
    "{",
    "[1,",
    '{"a": 1, "a": 2}',
    "NaN",
    "1e999",
    "-",
    "'",
    "yes",
    "{}{}",
    "\ufeff{}",
    "[" * 100_000,
    '{"a":' * 50_000,
    "9" * 10_000,
    '"\\ud800"',
    '"\\u0000"',
    "true false",
)
