"""Mistakes in the node groups of a stack file: instances, sizes, schedules, policies."""

from tests.mistakes.mistake import Mistake

GENERAL = "slipway:nodeGroups.general"
NIGHT = "slipway:nodeGroups.general.schedules.night"

ALARM = {"comparison": "above", "cpuPercent": 70, "periodSeconds": 60, "periods": 2}

NODES: tuple[Mistake, ...] = (
    Mistake(
        "no node group",
        {"slipway:nodeGroups": {}},
        ("slipway:nodeGroups: has no group without taints; expected one where add-ons can run",),
    ),
    Mistake(
        "only tainted nodes",
        {f"{GENERAL}.taints": [{"key": "gpu", "value": "yes", "effect": "NO_SCHEDULE"}]},
        ("slipway:nodeGroups: has no group without taints; expected one where add-ons can run",),
    ),
    Mistake(
        "taint's effect as Kubernetes writes it",
        {f"{GENERAL}.taints": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]},
        (f'{GENERAL}.taints[0].effect: is "NoSchedule"; expected one of NO_SCHEDULE, NO_EXECUTE, PREFER_NO_SCHEDULE',),
    ),
    Mistake(
        "minimum above maximum",
        {f"{GENERAL}.size": {"min": 5, "desired": 5, "max": 4}},
        (f"{GENERAL}.size: expected min <= desired <= max, got min 5, desired 5, max 4",),
    ),
    Mistake(
        "maximum of 0",
        {f"{GENERAL}.size": {"min": 0, "desired": 0, "max": 0}},
        (f"{GENERAL}.size.max: is 0; expected a whole number from 1 to 450",),
    ),
    Mistake(
        "size beyond what EKS has",
        {f"{GENERAL}.size.max": 451},
        (f"{GENERAL}.size.max: is 451; expected a whole number from 1 to 450",),
    ),
    Mistake(
        "instance type without its size",
        {f"{GENERAL}.instanceType": "m5"},
        (f'{GENERAL}.instanceType: is "m5"; expected an EC2 instance type such as m5.large',),
    ),
    Mistake(
        "unknown capacity type",
        {f"{GENERAL}.capacityType": "spot"},
        (f'{GENERAL}.capacityType: is "spot"; expected one of ON_DEMAND, SPOT',),
    ),
    Mistake(
        "small disk",
        {f"{GENERAL}.diskSizeGiB": 19},
        (f"{GENERAL}.diskSizeGiB: is 19; expected a whole number from 20 to 16384",),
    ),
    Mistake(
        "disk's key in another case",
        {f"{GENERAL}.diskSizeGib": 40},
        (
            f"{GENERAL}.diskSizeGib: is not a known key; expected one of boosts, capacityType, clusterAutoscaler, "
            "diskSizeGiB, instanceType, labels, policies, schedules, size, taints",
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
        (
            'slipway:nodeGroups.ggggggggggggggggggggggggg: is "ggggggggggggggggggggggggg"; expected a'
            " name of at most 24 lower-case letters, digits and hyphens that begins with a letter",
        ),
    ),
    Mistake(
        "down without up",
        {},
        (f"{NIGHT}.up: is required; expected a map with recurrence, size",),
        without=(f"{NIGHT}.up",),
    ),
    Mistake(
        "unknown time zone",
        {f"{NIGHT}.timeZone": "America/Atlantis"},
        (
            f'{NIGHT}.timeZone: is "America/Atlantis"; not in the IANA time zone database; expected such as '
            "'America/Los_Angeles'",
        ),
    ),
    Mistake(
        "hour 25",
        {f"{NIGHT}.down.recurrence": "0 25 * * *"},
        (
            f'{NIGHT}.down.recurrence: is "0 25 * * *"; not a cron expression (Bad hour); expected such as \'0'
            " 20 * * MON-FRI'",
        ),
    ),
    Mistake(
        "cron with seconds",
        {f"{NIGHT}.up.recurrence": "0 0 7 * * MON"},
        (
            f'{NIGHT}.up.recurrence: is "0 0 7 * * MON"; expected five fields: minute hour day-of-month month'
            " day-of-week, such as '0 20 * * MON-FRI'",
        ),
    ),
    Mistake(
        "scheduled maximum below desired",
        {f"{NIGHT}.down.size": {"min": 0, "desired": 3, "max": 2}},
        (f"{NIGHT}.down.size: expected min <= desired <= max, got min 0, desired 3, max 2",),
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
        (f"{GENERAL}.boosts.sale: start 2027-11-28 00:00 is not before end 2027-11-27 00:00",),
    ),
    Mistake(
        "policy of an unknown kind",
        {f"{GENERAL}.policies.cpu": {"kind": "predictive"}},
        (f'{GENERAL}.policies.cpu.kind: is "predictive"; expected one of simple, step, targetTracking',),
    ),
    Mistake(
        "target of 101 percent",
        {f"{GENERAL}.policies.cpu": {"kind": "targetTracking", "cpuPercent": 101}},
        (f"{GENERAL}.policies.cpu.cpuPercent: is 101; expected a whole number from 1 to 100",),
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
        (
            f"{GENERAL}.policies.cpu.alarm.periodSeconds: is 90; expected a whole number from 60 to 3600, "
            "divisible by 60",
        ),
    ),
    Mistake(
        "policy that removes nodes under load",
        {f"{GENERAL}.policies.cpu": {"kind": "simple", "alarm": ALARM, "nodes": -1, "cooldownSeconds": 60}},
        (f"{GENERAL}.policies.cpu: nodes is -1; expected more than 0 for an alarm when the CPU is above",),
    ),
    Mistake(
        "cluster autoscaler that is no boolean",
        {f"{GENERAL}.clusterAutoscaler": "on"},
        (f'{GENERAL}.clusterAutoscaler: is "on"; expected true or false',),
    ),
    Mistake(
        "cluster autoscaler beside schedules and a policy",
        {
            f"{GENERAL}.clusterAutoscaler": True,
            f"{GENERAL}.policies.cpu": {"kind": "targetTracking", "cpuPercent": 50},
        },
        (
            f"{GENERAL}.clusterAutoscaler: is true, but the group's size belongs to its schedules (night, weekend) and "
            "policies (cpu); expected one of the two",
        ),
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
        (
            f"{GENERAL}.clusterAutoscaler: is true, but the group's size belongs to its boosts (sale); expected one of "
            "the two",
        ),
        without=(f"{GENERAL}.schedules",),
    ),
    Mistake(
        "steps that do not begin at 0",
        {f"{GENERAL}.policies.cpu": {"kind": "step", "alarm": ALARM, "steps": [{"beyond": 10, "nodes": 1}]}},
        (f"{GENERAL}.policies.cpu: steps are beyond [10]; expected to begin at 0 and to grow",),
    ),
)
