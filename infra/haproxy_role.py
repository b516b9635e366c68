"""What a machine of the fleet may do: read its configuration, be reached by Systems Manager, write its logs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.iam_documents import trust
from infra.setting_types import RetentionDays

# Session Manager and Run Command instead of SSH: no key, no open port, and each use stands in CloudTrail.
# https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-instance-permissions.html
SYSTEMS_MANAGER_POLICY = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"


def machine_policy(object_arn: str, log_group_arns: Sequence[str]) -> dict[str, Any]:
    """One object to read, two log groups to write to; metrics come as log events and need no right of their own.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "ReadConfiguration", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [object_arn]},
            {
                "Sid": "WriteLogs",
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                "Resource": [f"{arn}:*" for arn in log_group_arns],
            },
        ],
    }


@dataclass(frozen=True)
class HaproxyRoleArgs:
    """What the role is limited to."""

    object_arn: pulumi.Input[str]
    log_retention_days: RetentionDays


class HaproxyRole(pulumi.ComponentResource):
    """The instance profile of the fleet, and the log groups that it writes to, made before their writers."""

    def __init__(self, name: str, args: HaproxyRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:HaproxyRole", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.log_group, self.metric_log_group = (
            aws.cloudwatch.LogGroup(
                f"{name}-{kind}",
                name=f"/slipway/{name}/{kind}",
                retention_in_days=args.log_retention_days,
                opts=child,
            )
            for kind in ("haproxy", "haproxy-metrics")
        )
        role = aws.iam.Role(f"{name}-haproxy", assume_role_policy=trust("ec2.amazonaws.com"), opts=child)
        attachment = aws.iam.RolePolicyAttachment(
            f"{name}-haproxy-systems-manager", role=role.name, policy_arn=SYSTEMS_MANAGER_POLICY, opts=child
        )
        policy = aws.iam.RolePolicy(
            f"{name}-haproxy",
            role=role.name,
            policy=pulumi.Output.all(args.object_arn, self.log_group.arn, self.metric_log_group.arn).apply(
                lambda arns: json.dumps(machine_policy(arns[0], arns[1:]))
            ),
            opts=child,
        )
        profile = aws.iam.InstanceProfile(
            f"{name}-haproxy",
            role=role.name,
            # A machine that starts before its rights exist reads nothing.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[attachment, policy]),
        )
        self.instance_profile_arn = profile.arn

        self.register_outputs({"instance_profile_arn": self.instance_profile_arn})
