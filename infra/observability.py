"""Eyes on the system: alarms, who is told of them, a dashboard and a budget.

What an alarm watches and from which point on is decided in `infra/*_alarms.py`, without Pulumi; here it is declared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.alarms import Alarm
from infra.chat import Chat, ChatArgs
from infra.dashboard import MovingService, Shown, dashboard_body
from infra.database_alarms import database_alarms
from infra.group_metrics import GroupMetrics, GroupMetricsArgs
from infra.node_alarms import nodes_at_maximum, nodes_off_size
from infra.node_settings import NodeGroupSettings
from infra.notifications import Notifications, NotificationsArgs
from infra.observability_settings import BudgetSettings, ObservabilitySettings
from infra.pod_alarms import Workload, pods_at_maximum, pods_pending, pods_restarting
from infra.site_alarms import certificate_expiry, error_share, slow_answers, unhealthy_targets

ALARM_PREFIX = "{}-alarm-"
"""What alarms' names begin with, after the stack's; a policy's own alarms, which scale nodes, do not."""
# "Up to 5 notifications" for a budget. https://docs.aws.amazon.com/cost-management/latest/userguide/management-limits.html
_BUDGET_WARNINGS = (("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))


@dataclass(frozen=True)
class WatchedTargets:
    """A target group at the public balancer.

    Attributes:
        name: in the alarm's name
        whose: in words
        target_group: as CloudWatch calls it
    """

    name: str
    whose: str
    target_group: pulumi.Input[str]


@dataclass(frozen=True)
class WatchedService:
    """A service that runs.

    Attributes:
        workload: its Deployment
        max_replicas: its autoscaler's maximum, where that is more than its minimum
    """

    workload: Workload
    max_replicas: int | None


@dataclass(frozen=True)
class ObservabilityArgs:
    """What is watched."""

    settings: ObservabilitySettings
    stack_name: str
    region: str
    account: str
    stack: str
    balancer: pulumi.Input[str]
    """As CloudWatch calls it."""
    certificate_arn: pulumi.Input[str]
    targets: Sequence[WatchedTargets]
    services: Sequence[WatchedService]
    node_groups: Mapping[str, NodeGroupSettings]
    autoscaling_groups: Mapping[str, pulumi.Input[str]]
    """By the node group's name."""
    databases: Mapping[str, pulumi.Input[str]]
    """Identifiers of instances, by what they are called, such as database."""
    moving: Sequence[MovingService]
    log_group: str
    now: datetime
    """What lies before it is over: boosts."""


def alarms_of(args: ObservabilityArgs) -> list[Alarm]:
    """Every alarm of a stack, in the order in which a person looks at them: from the visitors inwards."""
    settings, minutes = args.settings, args.settings.at_maximum_minutes
    alarms = [
        error_share(args.balancer, settings.errors),
        slow_answers(args.balancer, settings.latency_milliseconds),
        *(unhealthy_targets(each.name, each.whose, args.balancer, each.target_group) for each in args.targets),
        certificate_expiry(args.certificate_arn, settings.certificate_days),
    ]
    for group, group_settings in args.node_groups.items():
        name = args.autoscaling_groups[group]
        at_maximum = nodes_at_maximum(group, group_settings, name, minutes)
        alarms += [at_maximum] if at_maximum else []
        alarms.append(nodes_off_size(group, group_settings, name, args.now))
    for service in args.services:
        alarms += [pods_pending(service.workload), pods_restarting(service.workload)]
        if service.max_replicas is not None:
            alarms.append(pods_at_maximum(service.workload, service.max_replicas, minutes))
    for name, identifier in args.databases.items():
        assert settings.database is not None  # noqa: S101 - a rule of the settings, where there are databases
        alarms += database_alarms(name, identifier, settings.database)
    return alarms


def metric_queries(alarm: Alarm) -> list[aws.cloudwatch.MetricAlarmMetricQueryArgs]:
    """An expression with all that it mentions; exactly one returns data, and that is what is compared.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html
    """
    metrics = [
        aws.cloudwatch.MetricAlarmMetricQueryArgs(
            id=name,
            metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
                namespace=metric.namespace,
                metric_name=metric.name,
                dimensions=metric.dimensions,
                stat=metric.statistic,
                period=metric.period,
            ),
            return_data=False,
        )
        for name, metric in alarm.metrics.items()
    ]
    expressions = {**alarm.helpers, "result": alarm.expression}
    return metrics + [
        aws.cloudwatch.MetricAlarmMetricQueryArgs(
            id=name, expression=expression, label=alarm.name, return_data=name == "result"
        )
        for name, expression in expressions.items()
    ]


def metric_inputs(alarm: Alarm) -> dict[str, Any]:
    """What an alarm says of what it watches: one metric, or an expression."""
    if alarm.expression is not None:
        return {"metric_queries": metric_queries(alarm)}
    (metric,) = alarm.metrics.values()
    percentile = metric.statistic.startswith("p")
    return {
        "namespace": metric.namespace,
        "metric_name": metric.name,
        "dimensions": metric.dimensions,
        "period": metric.period,
        "extended_statistic" if percentile else "statistic": metric.statistic,
        # Of few requests a percentile says nothing, and one slow answer at night is no alarm.
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html
        **({"evaluate_low_sample_count_percentiles": "ignore"} if percentile else {}),
    }


class Observability(pulumi.ComponentResource):
    """Alarms to a topic, e-mails and a chat; a dashboard; a budget."""

    def __init__(self, name: str, args: ObservabilityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:Observability", name, None, opts)
        self._args = args
        child = pulumi.ResourceOptions(parent=self)
        settings, region, account = args.settings, args.region, args.account
        prefix = ALARM_PREFIX.format(args.stack_name)
        told = Notifications(name, NotificationsArgs(region, account, args.stack_name, settings.emails), child)
        if settings.chat is not None:
            webhook = pulumi.Output.secret(settings.chat.webhook.get_secret_value())
            Chat(name, ChatArgs(region, account, args.stack_name, prefix, webhook), child)
        # Before the alarms, so that the first thing they say is not that there is nothing.
        reported = GroupMetrics(
            name, GroupMetricsArgs(region, account, args.stack_name, args.autoscaling_groups), child
        )
        alarms = [
            self._alarm(prefix, alarm, told.topic_arn, pulumi.ResourceOptions(parent=self, depends_on=[reported]))
            for alarm in alarms_of(args)
        ]
        shown = Shown(
            region=region,
            alarm_arns=[each.arn for each in alarms],
            balancer=args.balancer,
            target_groups={each.name: each.target_group for each in args.targets},
            autoscaling_groups=args.autoscaling_groups,
            workloads=[each.workload for each in args.services],
            moving=args.moving,
            databases=args.databases,
            log_group=args.log_group,
        )
        aws.cloudwatch.Dashboard(
            name,
            dashboard_name=args.stack_name,
            # Sorted, or a preview would show a change where there is none.
            dashboard_body=pulumi.Output.json_dumps(dashboard_body(shown), sort_keys=True),
            opts=child,
        )
        self._budget(name, settings.budget, told.topic_arn)

        self.register_outputs({"topic_arn": told.topic_arn})

    def _alarm(
        self, prefix: str, alarm: Alarm, topic_arn: pulumi.Input[str], opts: pulumi.ResourceOptions
    ) -> aws.cloudwatch.MetricAlarm:
        return aws.cloudwatch.MetricAlarm(
            f"{prefix}{alarm.name}",
            # Fixed: people, the chat's rule and the runbooks know it by its name.
            name=f"{prefix}{alarm.name}",
            alarm_description=alarm.description,
            **metric_inputs(alarm),
            comparison_operator=alarm.comparison,
            threshold=alarm.threshold,
            evaluation_periods=alarm.periods,
            datapoints_to_alarm=alarm.breaching,
            treat_missing_data=alarm.missing,
            alarm_actions=[topic_arn],
            ok_actions=[topic_arn],
            opts=opts,
        )

    def _budget(self, name: str, settings: BudgetSettings, topic_arn: pulumi.Input[str]) -> None:
        """A warning before the money is spent, one when it is, and one when it will be.

        https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-best-practices.html
        """
        tagged = aws.budgets.BudgetCostFilterArgs(name="TagKeyValue", values=[f"user:stack${self._args.stack}"])
        aws.budgets.Budget(
            name,
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=str(settings.monthly_usd),
            limit_unit="USD",
            cost_filters=[tagged] if settings.counts == "stack" else None,
            notifications=[
                aws.budgets.BudgetNotificationArgs(
                    comparison_operator="GREATER_THAN",
                    notification_type=kind,
                    threshold=percent,
                    threshold_type="PERCENTAGE",
                    subscriber_sns_topic_arns=[topic_arn],
                )
                for kind, percent in _BUDGET_WARNINGS
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
