"""Scaling policies of a node group's Auto Scaling group, with the alarms that set them off."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.node_settings import (
    CpuAlarmSettings,
    ScalingPolicySettings,
    SimpleScalingSettings,
    StepScalingSettings,
    TargetTrackingSettings,
)

# A node takes this long to join and to be given pods; until then its own load says nothing.
# https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-default-instance-warmup.html
WARMUP_SECONDS = 180


def step_bounds(settings: StepScalingSettings) -> list[tuple[float | None, float | None, int]]:
    """Lower bound, upper bound and nodes of each step, relative to the alarm's threshold, as AWS counts them.

    A lower bound is part of its step, an upper one is not; below a threshold both are negative.
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html#as-scaling-steps
    """
    edges = [*(float(step.beyond) for step in settings.steps), None]
    spans = [(low, high, step.nodes) for (low, high), step in zip(pairwise(edges), settings.steps, strict=True)]
    if settings.alarm.comparison == "above":
        return spans
    return [(None if high is None else -high, None if low is None else -low, nodes) for low, high, nodes in spans]


@dataclass(frozen=True)
class ScalingPoliciesArgs:
    """Which policies, and of which group."""

    policies: Mapping[str, ScalingPolicySettings]
    autoscaling_group_name: pulumi.Input[str]


class ScalingPolicies(pulumi.ComponentResource):
    """The policies of one group. One that changes its kind is another policy: AWS keeps a policy's type."""

    def __init__(self, name: str, args: ScalingPoliciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:ScalingPolicies", name, None, opts)
        for policy, settings in args.policies.items():
            full_name = f"{name}-{policy}-{settings.kind}"
            made = aws.autoscaling.Policy(
                full_name,
                autoscaling_group_name=args.autoscaling_group_name,
                **_policy_inputs(settings),
                opts=pulumi.ResourceOptions(parent=self),
            )
            if not isinstance(settings, TargetTrackingSettings):
                self._alarm(full_name, settings.alarm, args.autoscaling_group_name, made.arn)

        self.register_outputs({})

    def _alarm(
        self, name: str, alarm: CpuAlarmSettings, group: pulumi.Input[str], policy_arn: pulumi.Input[str]
    ) -> None:
        above = alarm.comparison == "above"
        aws.cloudwatch.MetricAlarm(
            name,
            alarm_description=f"CPU of the nodes {alarm.comparison} {alarm.cpu_percent} %: sets off {name}",
            namespace="AWS/EC2",
            metric_name="CPUUtilization",
            statistic="Average",
            dimensions={"AutoScalingGroupName": group},
            comparison_operator="GreaterThanOrEqualToThreshold" if above else "LessThanOrEqualToThreshold",
            threshold=alarm.cpu_percent,
            period=alarm.period_seconds,
            evaluation_periods=alarm.periods,
            alarm_actions=[policy_arn],
            opts=pulumi.ResourceOptions(parent=self),
        )


def _policy_inputs(settings: ScalingPolicySettings) -> dict[str, Any]:
    match settings:
        case TargetTrackingSettings():
            metric = aws.autoscaling.PolicyTargetTrackingConfigurationPredefinedMetricSpecificationArgs(
                predefined_metric_type="ASGAverageCPUUtilization"
            )
            return {
                "policy_type": "TargetTrackingScaling",
                "estimated_instance_warmup": WARMUP_SECONDS,
                "target_tracking_configuration": aws.autoscaling.PolicyTargetTrackingConfigurationArgs(
                    target_value=settings.cpu_percent, predefined_metric_specification=metric
                ),
            }
        case StepScalingSettings():
            return {
                "policy_type": "StepScaling",
                "adjustment_type": "ChangeInCapacity",
                "metric_aggregation_type": "Average",
                "estimated_instance_warmup": WARMUP_SECONDS,
                "step_adjustments": [
                    aws.autoscaling.PolicyStepAdjustmentArgs(
                        metric_interval_lower_bound=None if low is None else f"{low:g}",
                        metric_interval_upper_bound=None if high is None else f"{high:g}",
                        scaling_adjustment=nodes,
                    )
                    for low, high, nodes in step_bounds(settings)
                ],
            }
        case SimpleScalingSettings():
            return {
                "policy_type": "SimpleScaling",
                "adjustment_type": "ChangeInCapacity",
                "scaling_adjustment": settings.nodes,
                "cooldown": settings.cooldown_seconds,
            }
