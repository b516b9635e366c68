"""One CloudWatch dashboard for each stack, as the data of its body: who looks needs no second page.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from infra.alarms import MINUTE, Metric
from infra.database_alarms import DATABASES
from infra.haproxy_configuration import NEW_SERVER, OLD_SERVER, back_end
from infra.node_alarms import GROUPS
from infra.pod_alarms import Workload
from infra.site_alarms import BALANCERS, balancer_metric

PAGE_WIDTH = 24
"""The columns of a dashboard's grid (page above)."""
_ALARMS_PER_WIDGET = 100
_HEIGHT = 6
# What is wrong is mostly said with one of these words; the rest is one click away.
_ERRORS = "fields @timestamp, kubernetes.pod_name, @message | filter @message like /(?i)(error|exception|traceback)/"

Widget = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """A metric in a graph, and what it is called there."""

    metric: Metric
    label: str
    right: bool = False
    """On the right axis, which has a scale of its own."""


@dataclass(frozen=True)
class MovingService:
    """A service that moves over: what each side of it shows, in the same order."""

    name: str
    new: Sequence[Line]
    old: Sequence[Line]


@dataclass(frozen=True)
class Shown:
    """What a stack's dashboard shows.

    Attributes:
        region: of everything on it
        alarm_arns: in the order in which they are shown
        balancer: as CloudWatch calls it
        target_groups: by what they are called here, as CloudWatch calls them
        autoscaling_groups: by the node group's name
        workloads: the services that run
        moving: those that move over from an old system
        databases: identifiers of managed databases
        log_group: where containers' logs are
    """

    region: str
    alarm_arns: Sequence[pulumi.Input[str]]
    balancer: pulumi.Input[str]
    target_groups: Mapping[str, pulumi.Input[str]]
    autoscaling_groups: Mapping[str, pulumi.Input[str]]
    workloads: Sequence[Workload]
    moving: Sequence[MovingService]
    databases: Mapping[str, pulumi.Input[str]]
    log_group: str


def dashboard_body(shown: Shown) -> dict[str, Any]:
    """The dashboard, from the alarms at its top down to the logs; widgets of one row have the same height."""
    rows = [
        [_alarms(shown, start) for start in range(0, len(shown.alarm_arns), _ALARMS_PER_WIDGET)],
        _site(shown),
        [_targets(shown)] if shown.target_groups else [],
        *(_sides(each) for each in shown.moving),
        [_nodes(group, name) for group, name in shown.autoscaling_groups.items()],
        *(_pods(each) for each in shown.workloads),
        *(_database(name, identifier) for name, identifier in shown.databases.items()),
        [_logs(shown)],
    ]
    widgets: list[Widget] = []
    top = 0
    for row in (row for row in rows if row):
        width = PAGE_WIDTH // len(row)
        widgets += [
            {**each, "x": index * width, "y": top, "width": width, "height": _HEIGHT} for index, each in enumerate(row)
        ]
        top += _HEIGHT
    for widget in widgets:
        if widget["type"] != "alarm":
            widget["properties"]["region"] = shown.region
    return {"periodOverride": "inherit", "start": "-PT3H", "widgets": widgets}


def balancer_side(balancer: pulumi.Input[str], target_group: pulumi.Input[str]) -> list[Line]:
    """What a side shows that is a target group of the stack's balancer."""
    dimensions = {"LoadBalancer": balancer, "TargetGroup": target_group}

    def line(name: str, statistic: str, label: str, *, right: bool = False) -> Line:
        return Line(Metric(BALANCERS, name, dimensions, statistic, MINUTE), label, right)

    return [
        line("RequestCount", "Sum", "requests"),
        line("HTTPCode_Target_5XX_Count", "Sum", "failed"),
        line("TargetResponseTime", "p95", "slowest 5 %, seconds", right=True),
        line("HealthyHostCount", "Minimum", "healthy targets", right=True),
    ]


def haproxy_sides(stack_name: str, service: str) -> MovingService:
    """Both sides as servers of HAProxy's; its machines send these metrics (`infra/haproxy_machine.py`)."""
    return MovingService(
        service, _haproxy_side(stack_name, service, NEW_SERVER), _haproxy_side(stack_name, service, OLD_SERVER)
    )


def _haproxy_side(stack_name: str, service: str, server: str) -> list[Line]:
    dimensions: dict[str, pulumi.Input[str]] = {"proxy": back_end(service), "server": server}

    def line(name: str, statistic: str, label: str, code: str | None = None) -> Line:
        coded = dimensions if code is None else {**dimensions, "code": code}
        metric = Metric(f"Slipway/{stack_name}", name, coded, statistic, MINUTE)
        return Line(metric, label, right="seconds" in name)

    return [
        line("haproxy_server_http_responses_total", "Sum", "answered", code="2xx"),
        line("haproxy_server_http_responses_total", "Sum", "failed", code="5xx"),
        line("haproxy_server_response_time_average_seconds", "Average", "average, seconds"),
        line("haproxy_server_current_queue", "Maximum", "waiting"),
    ]


def _graph(title: str, lines: Sequence[Line]) -> Widget:
    return {
        "type": "metric",
        "properties": {
            "title": title,
            "view": "timeSeries",
            "stacked": False,
            "metrics": [_line(line) for line in lines],
        },
    }


def _line(line: Line) -> list[Any]:
    """`[namespace, name, dimension, value, ..., {how}]`."""
    metric = line.metric
    dimensions = [part for pair in metric.dimensions.items() for part in pair]
    how: dict[str, Any] = {"label": line.label, "period": metric.period, "stat": metric.statistic}
    if line.right:
        how["yAxis"] = "right"
    return [metric.namespace, metric.name, *dimensions, how]


def _alarms(shown: Shown, start: int) -> Widget:
    arns = list(shown.alarm_arns[start : start + _ALARMS_PER_WIDGET])
    return {"type": "alarm", "properties": {"title": "Alarms", "alarms": arns}}


def _site(shown: Shown) -> list[Widget]:
    def line(name: str, statistic: str, label: str) -> Line:
        return Line(balancer_metric(name, statistic, shown.balancer), label)

    return [
        _graph("Requests a minute", [line("RequestCount", "Sum", "all")]),
        _graph(
            "Failed a minute",
            [
                line("HTTPCode_Target_5XX_Count", "Sum", "by a target"),
                line("HTTPCode_ELB_5XX_Count", "Sum", "by the balancer"),
            ],
        ),
        _graph(
            "How long answers take",
            [
                line("TargetResponseTime", "p50", "half of them, seconds"),
                line("TargetResponseTime", "p95", "slowest 5 %, seconds"),
            ],
        ),
    ]


def _targets(shown: Shown) -> Widget:
    lines = [
        Line(
            Metric(BALANCERS, metric, {"LoadBalancer": shown.balancer, "TargetGroup": group}, statistic, MINUTE),
            f"{name}, {label}",
        )
        for name, group in shown.target_groups.items()
        for metric, statistic, label in (
            ("HealthyHostCount", "Minimum", "healthy"),
            ("UnHealthyHostCount", "Maximum", "not healthy"),
        )
    ]
    return _graph("Targets", lines)


def _sides(service: MovingService) -> list[Widget]:
    return [_graph(f"{service.name}: new side", service.new), _graph(f"{service.name}: old side", service.old)]


def _nodes(group: str, autoscaling_group: pulumi.Input[str]) -> Widget:
    lines = [
        Line(Metric(GROUPS, name, {"AutoScalingGroupName": autoscaling_group}, "Average", MINUTE), label)
        for name, label in (
            ("GroupInServiceInstances", "in service"),
            ("GroupDesiredCapacity", "wanted"),
            ("GroupMinSize", "at least"),
            ("GroupMaxSize", "at most"),
        )
    ]
    return _graph(f"Nodes of {group}", lines)


def _pods(workload: Workload) -> list[Widget]:
    def lines(*wanted: tuple[str, str, str]) -> list[Line]:
        return [Line(workload.metric(name, statistic, MINUTE), label) for name, statistic, label in wanted]

    return [
        _graph(
            f"Pods of {workload.service}",
            lines(
                ("replicas_desired", "Average", "wanted"),
                ("replicas_ready", "Average", "ready"),
                ("pod_status_pending", "Maximum", "some wait"),
                ("pod_number_of_container_restarts", "Sum", "restarts"),
            ),
        ),
        _graph(
            f"What pods of {workload.service} use of their limits",
            lines(
                ("pod_cpu_utilization_over_pod_limit", "Maximum", "CPU, per cent"),
                ("pod_memory_utilization_over_pod_limit", "Maximum", "memory, per cent"),
            ),
        ),
    ]


def _database(name: str, identifier: pulumi.Input[str]) -> list[Widget]:
    def line(metric: str, statistic: str, label: str) -> Line:
        return Line(Metric(DATABASES, metric, {"DBInstanceIdentifier": identifier}, statistic, MINUTE), label)

    return [
        _graph(f"CPU of the {name}", [line("CPUUtilization", "Average", "per cent")]),
        _graph(f"Storage of the {name}", [line("FreeStorageSpace", "Minimum", "bytes left")]),
        _graph(f"Connections to the {name}", [line("DatabaseConnections", "Maximum", "open")]),
    ]


def _logs(shown: Shown) -> Widget:
    query = f"SOURCE '{shown.log_group}' | {_ERRORS} | sort @timestamp desc | limit 50"
    return {"type": "log", "properties": {"title": "Errors in the services' logs", "view": "table", "query": query}}
