"""Mistakes in the node groups of a stack file: instances, sizes, schedules, policies."""

from tests.mistakes.mistake import Mistake
from tests.says import Says

GENERAL = "slipway:nodeGroups.general"
NIGHT = "slipway:nodeGroups.general.schedules.night"

ALARM = {"comparison": "above", "cpuPercent": 70, "periodSeconds": 60, "periods": 2}

NODES: tuple[Mistake, ...] = (
    Mistake(
        "no node group",
        {"slipway:nodeGroups": {}},
        (Says("taints", "add-ons", at="slipway:nodeGroups"),),
    ),
    Mistake(
        "only tainted nodes",
        {f"{GENERAL}.taints": [{"key": "gpu", "value": "yes", "effect": "NO_SCHEDULE"}]},
        (Says("taints", "add-ons", at="slipway:nodeGroups"),),
    ),
    Mistake(
        "taint's effect as Kubernetes writes it",
        {f"{GENERAL}.taints": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]},
        (Says('"NoSchedule"', "NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE", at=f"{GENERAL}.taints[0].effect"),),
    ),
    Mistake(
        "minimum above maximum",
        {f"{GENERAL}.size": {"min": 5, "desired": 5, "max": 4}},
        (Says("min <= desired <= max", "min 5", "desired 5", "max 4", at=f"{GENERAL}.size"),),
    ),
    Mistake(
        "maximum of 0",
        {f"{GENERAL}.size": {"min": 0, "desired": 0, "max": 0}},
        (Says("0", "1", "450", at=f"{GENERAL}.size.max"),),
    ),
    Mistake(
        "size beyond what EKS has",
        {f"{GENERAL}.size.max": 451},
        (Says("451", "1", "450", at=f"{GENERAL}.size.max"),),
    ),
    Mistake(
        "instance type without its size",
        {f"{GENERAL}.instanceType": "m5"},
        (Says('"m5"', "m5.large", at=f"{GENERAL}.instanceType"),),
    ),
    Mistake(
        "unknown capacity type",
        {f"{GENERAL}.capacityType": "spot"},
        (Says('"spot"', "ON_DEMAND", "SPOT", at=f"{GENERAL}.capacityType"),),
    ),
    Mistake(
        "small disk",
        {f"{GENERAL}.diskSizeGiB": 19},
        (Says("19", "20", "16384", at=f"{GENERAL}.diskSizeGiB"),),
    ),
    Mistake(
        "disk's key in another case",
        {f"{GENERAL}.diskSizeGib": 40},
        (
            Says(
                "boosts, capacityType, clusterAutoscaler, diskSizeGiB, "
                "instanceType, labels, policies, schedules, size, taints",
                at=f"{GENERAL}.diskSizeGib",
            ),
        ),
    ),
    Mistake(
        "group's name of 25 characters",
        {
            "slipway:nodeGroups.ggggggggggggggggggggggggg": {
                "instanceType": "m5.large",
                "capacityType": "SPOT",
                "diskSizeGiB": 40,
                "size": {"min": 1, "desired": 1, "max": 2},
            }
        },
        (Says('"ggggggggggggggggggggggggg"', "24", at="slipway:nodeGroups.ggggggggggggggggggggggggg"),),
    ),
    Mistake(
        "down without up",
        {},
        (Says("required", "recurrence", "size", at=f"{NIGHT}.up"),),
        without=(f"{NIGHT}.up",),
    ),
    Mistake(
        "unknown time zone",
        {f"{NIGHT}.timeZone": "America/Atlantis"},
        (Says('"America/Atlantis"', "America/Los_Angeles", at=f"{NIGHT}.timeZone"),),
    ),
    Mistake(
        "hour 25",
        {f"{NIGHT}.down.recurrence": "0 25 * * *"},
        (Says('"0 25 * * *"', "hour", "0 20 * * MON-FRI", at=f"{NIGHT}.down.recurrence"),),
    ),
    Mistake(
        "cron with seconds",
        {f"{NIGHT}.up.recurrence": "0 0 7 * * MON"},
        (
            Says(
                '"0 0 7 * * MON"',
                "minute hour day-of-month month day-of-week",
                "0 20 * * MON-FRI",
                at=f"{NIGHT}.up.recurrence",
            ),
        ),
    ),
    Mistake(
        "scheduled maximum below desired",
        {f"{NIGHT}.down.size": {"min": 0, "desired": 3, "max": 2}},
        (Says("min <= desired <= max", "min 0", "desired 3", "max 2", at=f"{NIGHT}.down.size"),),
    ),
    Mistake(
        "boost that ends before it starts",
        {
            f"{GENERAL}.boosts.sale": {
                "timeZone": "UTC",
                "start": "2027-11-28T00:00:00",
                "end": "2027-11-27T00:00:00",
                "size": {"min": 2, "desired": 4, "max": 8},
                "after": {"min": 2, "desired": 2, "max": 4},
            }
        },
        (Says("start 2027-11-28 00:00", "end 2027-11-27 00:00", at=f"{GENERAL}.boosts.sale"),),
    ),
    Mistake(
        "policy of an unknown kind",
        {f"{GENERAL}.policies.cpu": {"kind": "predictive"}},
        (Says('"predictive"', "simple", "step", "targetTracking", at=f"{GENERAL}.policies.cpu.kind"),),
    ),
    Mistake(
        "target of 101 percent",
        {f"{GENERAL}.policies.cpu": {"kind": "targetTracking", "cpuPercent": 101}},
        (Says("101", "1", "100", at=f"{GENERAL}.policies.cpu.cpuPercent"),),
    ),
    Mistake(
        "alarm's period of 90 seconds",
        {
            f"{GENERAL}.policies.cpu": {
                "kind": "simple",
                "alarm": {**ALARM, "periodSeconds": 90},
                "nodes": 1,
                "cooldownSeconds": 60,
            }
        },
        (Says("90", "60", "3600", "divisible by 60", at=f"{GENERAL}.policies.cpu.alarm.periodSeconds"),),
    ),
    Mistake(
        "policy that removes nodes under load",
        {f"{GENERAL}.policies.cpu": {"kind": "simple", "alarm": ALARM, "nodes": -1, "cooldownSeconds": 60}},
        (Says("nodes", "-1", "0", "above", at=f"{GENERAL}.policies.cpu"),),
    ),
    Mistake(
        "cluster autoscaler that is no boolean",
        {f"{GENERAL}.clusterAutoscaler": "on"},
        (Says('"on"', "true", "false", at=f"{GENERAL}.clusterAutoscaler"),),
    ),
    Mistake(
        "cluster autoscaler beside schedules and a policy",
        {
            f"{GENERAL}.clusterAutoscaler": True,
            f"{GENERAL}.policies.cpu": {"kind": "targetTracking", "cpuPercent": 50},
        },
        (Says("true", "schedules (night, weekend)", "policies (cpu)", at=f"{GENERAL}.clusterAutoscaler"),),
    ),
    Mistake(
        "cluster autoscaler beside a boost",
        {
            f"{GENERAL}.clusterAutoscaler": True,
            f"{GENERAL}.boosts.sale": {
                "timeZone": "UTC",
                "start": "2027-11-26T00:00:00",
                "end": "2027-11-27T00:00:00",
                "size": {"min": 2, "desired": 4, "max": 8},
                "after": {"min": 2, "desired": 2, "max": 4},
            },
        },
        (Says("true", "boosts (sale)", at=f"{GENERAL}.clusterAutoscaler"),),
        without=(f"{GENERAL}.schedules",),
    ),
    Mistake(
        "steps that do not begin at 0",
        {f"{GENERAL}.policies.cpu": {"kind": "step", "alarm": ALARM, "steps": [{"beyond": 10, "nodes": 1}]}},
        (Says("[10]", "0", at=f"{GENERAL}.policies.cpu"),),
    ),
)
