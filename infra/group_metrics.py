"""Switches on that the Auto Scaling groups of node groups report their sizes.

EKS makes these groups and "does not automatically enable group metrics collection" for them, and neither its API nor
Pulumi's can (https://docs.aws.amazon.com/eks/latest/userguide/enable-asg-metrics.html, aws/containers-roadmap #762).
AWS's own way is a function of Lambda that makes one call. EventBridge Scheduler makes that call without any code of
ours, and again each hour, so that a group which lost the setting has it back.
https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.iam_documents import trust_of_account

METRICS = ("GroupDesiredCapacity", "GroupInServiceInstances", "GroupMaxSize", "GroupMinSize")
"""What is asked for; it costs nothing.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-metrics.html
"""
_CALL = "arn:aws:scheduler:::aws-sdk:autoscaling:enableMetricsCollection"


def scheduler_trust(account: str) -> dict[str, Any]:
    """The scheduler may take the role, for this account's schedules only.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    """
    return trust_of_account("scheduler.amazonaws.com", account)


def scheduler_policy(region: str, account: str, stack_name: str) -> dict[str, Any]:
    """One call, on the groups of this stack's nodes, whose names begin as EKS has them begin."""
    group = f"autoScalingGroup:*:autoScalingGroupName/eks-{stack_name}-*"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "autoscaling:EnableMetricsCollection",
                "Resource": f"arn:aws:autoscaling:{region}:{account}:{group}",
            }
        ],
    }


def request_of(autoscaling_group: str) -> str:
    """What the scheduler sends.

    https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_EnableMetricsCollection.html
    """
    request = {"AutoScalingGroupName": autoscaling_group, "Granularity": "1Minute", "Metrics": list(METRICS)}
    return json.dumps(request, sort_keys=True)


@dataclass(frozen=True)
class GroupMetricsArgs:
    """Whose groups."""

    region: str
    account: str
    stack_name: str
    autoscaling_groups: Mapping[str, pulumi.Input[str]]
    """By the node group's name in the stack file."""


class GroupMetrics(pulumi.ComponentResource):
    """A schedule for each group, and the role of all of them. The first call is made at once."""

    def __init__(self, name: str, args: GroupMetricsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:GroupMetrics", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            f"{name}-group-metrics",
            assume_role_policy=json.dumps(scheduler_trust(args.account)),
            opts=child,
        )
        policy = aws.iam.RolePolicy(
            f"{name}-group-metrics",
            role=role.name,
            policy=json.dumps(scheduler_policy(args.region, args.account, args.stack_name)),
            opts=child,
        )
        for group, autoscaling_group in args.autoscaling_groups.items():
            aws.scheduler.Schedule(
                f"{name}-{group}",
                description=f"Has the Auto Scaling group of node group {group} report its sizes",
                schedule_expression="rate(1 hour)",
                flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
                target=aws.scheduler.ScheduleTargetArgs(
                    arn=_CALL,
                    role_arn=role.arn,
                    input=pulumi.Output.from_input(autoscaling_group).apply(request_of),
                ),
                # A call that comes before the policy is refused, and the next one is an hour away.
                opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
            )

        self.register_outputs({})
