"""An account of moto's with a balancer, whose rule divides one service as `alb` migrations do.

moto keeps balancers, groups, targets, rules and metrics; it makes no health checks, so a target that is registered is
healthy. https://docs.getmoto.org/en/latest/docs/services/elbv2.html
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from moto import mock_aws

from ops.migration_output import TargetGroups

REGION = "us-west-2"


@dataclass(frozen=True)
class EmulatedAccount:
    """A balancer with one service that migrates, `frontend`."""

    elbv2: Any
    cloudwatch: Any
    groups: TargetGroups
    balancer: str
    rule: str

    def weigh(self, new: int, old: int, sticky: int | None = None) -> None:
        self.elbv2.modify_rule(RuleArn=self.rule, Actions=[forward(self.groups, new, old, sticky)])

    def register(self, group: str, *addresses: str) -> None:
        targets = [{"Id": address, "Port": 8080} for address in addresses]
        self.elbv2.register_targets(TargetGroupArn=group, Targets=targets)

    def count(self, metric: str, group: str, *values: float, minutes_ago: int = 1) -> None:
        when = datetime.now(UTC) - timedelta(minutes=minutes_ago)
        dimensions = {
            "TargetGroup": group.rpartition(":")[2],
            "LoadBalancer": self.balancer.partition(":loadbalancer/")[2],
        }
        for value in values:
            datum = {
                "MetricName": metric,
                "Dimensions": [{"Name": name, "Value": each} for name, each in dimensions.items()],
                "Timestamp": when,
                "Value": value,
            }
            self.cloudwatch.put_metric_data(Namespace="AWS/ApplicationELB", MetricData=[datum])


def forward(groups: TargetGroups, new: int, old: int, sticky: int | None) -> Mapping[str, Any]:
    stickiness = {"Enabled": sticky is not None, **({} if sticky is None else {"DurationSeconds": sticky})}
    weights = [{"TargetGroupArn": groups.new, "Weight": new}, {"TargetGroupArn": groups.old, "Weight": old}]
    return {
        "Type": "forward",
        "ForwardConfig": {"TargetGroups": weights, "TargetGroupStickinessConfig": stickiness},
    }


@contextmanager
def emulated_account() -> Generator[EmulatedAccount]:
    with mock_aws():
        ec2, elbv2, cloudwatch = (boto3.client(name, region_name=REGION) for name in ("ec2", "elbv2", "cloudwatch"))
        vpc = ec2.create_vpc(CidrBlock="10.10.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.10.{index}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
                "SubnetId"
            ]
            for index, zone in enumerate("ab")
        ]
        made = elbv2.create_load_balancer(Name="slipway-test", Subnets=subnets, Type="application")
        balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
        arns = [
            elbv2.create_target_group(Name=name, Protocol="HTTP", Port=8080, VpcId=vpc, TargetType="ip")[
                "TargetGroups"
            ][0]["TargetGroupArn"]
            for name in ("slipway-test-new", "slipway-test-old")
        ]
        groups = TargetGroups(*arns)
        listener = elbv2.create_listener(
            LoadBalancerArn=balancer,
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
        )["Listeners"][0]["ListenerArn"]
        rule = elbv2.create_rule(
            ListenerArn=listener,
            Priority=10,
            Conditions=[{"Field": "host-header", "HostHeaderConfig": {"Values": ["frontend.example.com"]}}],
            Actions=[forward(groups, 5, 95, None)],
        )["Rules"][0]["RuleArn"]
        yield EmulatedAccount(elbv2, cloudwatch, groups, balancer, rule)
