"""Who talked to whom in the VPC: flow logs, kept for a while."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True)
class FlowLogsArgs:
    """Of which VPC, and how long they are kept."""

    vpc_id: pulumi.Input[str]
    account: str
    retention_days: int


class FlowLogs(pulumi.ComponentResource):
    """All traffic of a VPC, accepted and refused, to a log group of its own.

    https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-cwl.html
    """

    def __init__(self, name: str, args: FlowLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:FlowLogs", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        logs = aws.cloudwatch.LogGroup(
            f"{name}-flow-logs", name=f"/aws/vpc/{name}", retention_in_days=args.retention_days, opts=child
        )
        role = aws.iam.Role(f"{name}-flow-logs", assume_role_policy=_trust(args.account), opts=child)
        policy = aws.iam.RolePolicy(
            f"{name}-flow-logs",
            role=role.name,
            policy=logs.arn.apply(
                lambda arn: json.dumps(
                    {
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                                "Resource": f"{arn}:*",
                            }
                        ],
                    }
                )
            ),
            opts=child,
        )
        aws.ec2.FlowLog(
            name,
            vpc_id=args.vpc_id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=logs.arn,
            iam_role_arn=role.arn,
            tags={"Name": name},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )

        self.register_outputs({})


def _trust(account: str) -> str:
    """The flow logs service may take the role, on behalf of this account only."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"aws:SourceAccount": account}},
                }
            ],
        }
    )
