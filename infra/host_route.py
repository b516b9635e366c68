"""From host names to the pods of one service: records, a listener rule, a target group."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.shutdown import ShutdownTimes

TARGET_GROUP_PREFIX = 23
"""How many characters of the logical name a target group's name begins with; the controller's role relies on it."""


def target_group_name(name: str, port: int) -> str:
    """A name of at most 32 characters, which differs where AWS would have to replace the group.

    Given here, because Pulumi's own suffix leaves only 24 and refuses a longer name
    (https://github.com/pulumi/pulumi-aws/issues/1317); with the port in it, a new group can stand beside the old one.
    """
    fingerprint = hashlib.sha256(f"{name}|{port}".encode()).hexdigest()[:8]
    return f"{name[:TARGET_GROUP_PREFIX].rstrip('-')}-{fingerprint}"


@dataclass(frozen=True)
class HostRouteArgs:
    """What a route is made of."""

    hosts: Sequence[str]
    port: int
    zone_id: pulumi.Input[str]
    vpc_id: pulumi.Input[str]
    listener_arn: pulumi.Input[str]
    balancer: aws.lb.LoadBalancer
    shutdown: ShutdownTimes


class HostRoute(pulumi.ComponentResource):
    """Everything between a name that people type and a target group that the controller fills with pods."""

    def __init__(self, name: str, args: HostRouteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:HostRoute", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.target_group = aws.lb.TargetGroup(
            name,
            name=target_group_name(name, args.port),
            vpc_id=args.vpc_id,
            target_type="ip",
            protocol="HTTP",
            port=args.port,
            deregistration_delay=args.shutdown.deregistration_delay,
            health_check=aws.lb.TargetGroupHealthCheckArgs(
                path="/",
                matcher="200-399",
                interval=10,
                timeout=5,
                healthy_threshold=2,
                unhealthy_threshold=2,
            ),
            tags={"Name": name},
            opts=child,
        )
        self.rule = aws.lb.ListenerRule(
            f"{name}-rule",
            listener_arn=args.listener_arn,
            # No priority: the hosts exclude each other, so AWS may take the next free number and a new service
            # moves no other. https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lb_listener_rule
            conditions=[
                aws.lb.ListenerRuleConditionArgs(
                    host_header=aws.lb.ListenerRuleConditionHostHeaderArgs(values=list(args.hosts))
                )
            ],
            actions=[aws.lb.ListenerRuleActionArgs(type="forward", target_group_arn=self.target_group.arn)],
            opts=child,
        )
        for host in args.hosts:
            aws.route53.Record(
                f"{name}-{host}",
                zone_id=args.zone_id,
                name=host,
                type="A",
                aliases=[
                    aws.route53.RecordAliasArgs(
                        name=args.balancer.dns_name,
                        zone_id=args.balancer.zone_id,
                        evaluate_target_health=False,
                    )
                ],
                opts=child,
            )

        self.register_outputs({"target_group_arn": self.target_group.arn})
