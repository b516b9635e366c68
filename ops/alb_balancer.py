"""What AWS says of the two sides of each service that the stack's own balancer divides.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html and its neighbours,
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ops.aws_session import aws_asked
from ops.haproxy_runtime import SIDES, Side
from ops.migration_output import TargetGroups
from ops.refusal import Refusal

WINDOW_MINUTES = 5
_METRICS = ("RequestCount", "HTTPCode_Target_5XX_Count", "TargetConnectionErrorCount")


@dataclass(frozen=True)
class Target:
    """One address of a side, and what the balancer thinks of it."""

    address: str
    state: str
    reason: str


@dataclass(frozen=True)
class Traffic:
    """What a side had to do with in the last minutes; CloudWatch is about a minute behind."""

    requests: int
    errors: int
    connection_errors: int


@dataclass(frozen=True)
class AlbSide:
    """One side of one service."""

    targets: Sequence[Target]
    traffic: Traffic

    @property
    def healthy(self) -> int:
        """How many targets get requests."""
        return sum(target.state == "healthy" for target in self.targets)


@dataclass(frozen=True)
class Division:
    """A rule of the balancer that names both sides.

    Attributes:
        new_percent: the new side's weight, of 100
        sticky_seconds: how long a client stays with its side; None where it does not
    """

    new_percent: float
    sticky_seconds: int | None


@dataclass(frozen=True)
class AlbService:
    """One service: its sides, and the rule that divides it, where there is one."""

    sides: Mapping[Side, AlbSide]
    division: Division | None


def look(elbv2: Any, cloudwatch: Any, groups: Mapping[str, TargetGroups]) -> dict[str, AlbService]:
    """Everything about these services.

    Raises:
        Refusal: AWS does not tell it.
    """
    arns: dict[tuple[str, Side], str] = {
        (name, side): _arn(name, each, side) for name, each in groups.items() for side in SIDES
    }
    with aws_asked("the balancer's target groups and rules"):
        balancers = _balancers(elbv2, list(arns.values()))
        rules = [rule for arn in sorted(set(balancers.values())) for rule in _rules(elbv2, arn)]
    targets = {key: targets_of(elbv2, arn) for key, arn in arns.items()}
    with aws_asked("the balancer's metrics"):
        traffic = _traffic(cloudwatch, {key: (arn, balancers.get(arn)) for key, arn in arns.items()})
    return {
        name: AlbService(
            sides={side: AlbSide(targets[name, side], traffic[name, side]) for side in SIDES},
            division=_division(rules, arns[name, "new"], arns[name, "old"]),
        )
        for name in groups
    }


def healthy_targets(elbv2: Any, groups: Mapping[str, TargetGroups]) -> dict[tuple[str, Side], int]:
    """How many targets of each side of each service are healthy.

    Raises:
        Refusal: AWS does not tell it.
    """
    found: dict[tuple[str, Side], int] = {}
    for name, each in groups.items():
        for side in SIDES:
            targets = targets_of(elbv2, _arn(name, each, side))
            found[name, side] = sum(target.state == "healthy" for target in targets)
    return found


def targets_of(elbv2: Any, arn: str) -> list[Target]:
    """The targets of one group.

    Raises:
        Refusal: AWS does not tell them.
    """
    with aws_asked(f"the health of {arn.partition(':targetgroup/')[2] or arn}"):
        told = elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return [
        Target(
            f"{each['Target']['Id']}:{each['Target']['Port']}",
            each["TargetHealth"]["State"],
            each["TargetHealth"].get("Description", each["TargetHealth"].get("Reason", "")),
        )
        for each in told
    ]


def _arn(name: str, groups: TargetGroups, side: Side) -> str:
    arn = groups.new if side == "new" else groups.old
    if arn is None:
        raise Refusal(f"the stack tells no target group of {name}'s {side} side; bring it up again")
    return arn


def _balancers(elbv2: Any, arns: Sequence[str]) -> dict[str, str]:
    """The balancer that uses each group; none for one that no rule names."""
    pages = elbv2.get_paginator("describe_target_groups").paginate(TargetGroupArns=list(arns))
    groups = [group for page in pages for group in page["TargetGroups"]]
    return {group["TargetGroupArn"]: arn for group in groups for arn in group["LoadBalancerArns"]}


def _rules(elbv2: Any, balancer: str) -> list[dict[str, Any]]:
    listeners = [
        each["ListenerArn"]
        for page in elbv2.get_paginator("describe_listeners").paginate(LoadBalancerArn=balancer)
        for each in page["Listeners"]
    ]
    return [
        rule
        for listener in listeners
        for page in elbv2.get_paginator("describe_rules").paginate(ListenerArn=listener)
        for rule in page["Rules"]
    ]


def _division(rules: Sequence[Mapping[str, Any]], new: str, old: str) -> Division | None:
    """That of the rule which names both; rules for paths name one."""
    for rule in rules:
        for action in rule["Actions"]:
            forward: Mapping[str, Any] = action.get("ForwardConfig", {})
            weights = {each["TargetGroupArn"]: each.get("Weight", 0) for each in forward.get("TargetGroups", ())}
            if new in weights and old in weights and sum(weights.values()):
                sticky = forward.get("TargetGroupStickinessConfig", {})
                return Division(
                    100 * weights[new] / sum(weights.values()),
                    sticky.get("DurationSeconds") if sticky.get("Enabled") else None,
                )
    return None


def _traffic(
    cloudwatch: Any, places: Mapping[tuple[str, Side], tuple[str, str | None]]
) -> dict[tuple[str, Side], Traffic]:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    keys = [key for key, (_, balancer) in places.items() if balancer is not None]
    queries = [
        _query(f"m{index}_{number}", metric, *places[key])
        for index, key in enumerate(keys)
        for number, metric in enumerate(_METRICS)
    ]
    sums: dict[str, int] = {}
    # "You can include as many as 500 queries":
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
    for start in range(0, len(queries), 500):
        pages = cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries[start : start + 500],
            StartTime=now - timedelta(minutes=WINDOW_MINUTES),
            EndTime=now + timedelta(minutes=1),
        )
        for result in (each for page in pages for each in page["MetricDataResults"]):
            sums[result["Id"]] = sums.get(result["Id"], 0) + round(sum(result["Values"]))
    return {
        key: Traffic(*(sums.get(f"m{keys.index(key)}_{number}", 0) if key in keys else 0 for number in range(3)))
        for key in places
    }


def _query(name: str, metric: str, group: str, balancer: str | None) -> dict[str, Any]:
    """The dimensions are the last parts of the ARNs: `targetgroup/name/id` and `app/name/id`."""
    dimensions = {
        "TargetGroup": group.rpartition(":")[2],
        "LoadBalancer": str(balancer).partition(":loadbalancer/")[2],
    }
    return {
        "Id": name,
        "ReturnData": True,
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/ApplicationELB",
                "MetricName": metric,
                "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
            },
            "Period": 60,
            "Stat": "Sum",
        },
    }
