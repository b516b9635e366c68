"""From host names to the pods of one service: records, listener rules, a target group."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.haproxy_fleet import FleetSide
from infra.listener_rules import WHOLE, Priorities, forward_to, host_condition, path_condition
from infra.migration import OldSide
from infra.shutdown import ShutdownTimes
from infra.target_group_names import target_group_name


@dataclass(frozen=True)
class HostRouteArgs:
    """What a route is made of."""

    hosts: Sequence[str]
    port: int
    zone_id: pulumi.Input[str]
    vpc_id: pulumi.Input[str]
    listener_arn: pulumi.Input[str]
    priorities: Priorities
    balancer: aws.lb.LoadBalancer
    shutdown: ShutdownTimes
    way: OldSide | FleetSide | None
    """Only while the service moves over from an old system: what the rule names beside the pods."""


class HostRoute(pulumi.ComponentResource):
    """Everything between a name that people type and a target group that the controller fills with pods."""

    def __init__(self, name: str, args: HostRouteArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:HostRoute", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
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
            opts=self._child,
        )
        self._rule(f"{name}-rule", args.priorities.host, [], self._division())
        if isinstance(args.way, OldSide) and args.way.settings.paths is not None:
            paths, to_old = args.way.settings.paths, [(args.way.target_group_arn, WHOLE)]
            if paths.new:
                to_new = [(self.target_group.arn, WHOLE)]
                self._rule(f"{name}-new-paths", args.priorities.new_paths, paths.new, forward_to(to_new))
            if paths.old:
                self._rule(f"{name}-old-paths", args.priorities.old_paths, paths.old, forward_to(to_old))
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
                opts=self._child,
            )

        self.register_outputs({"target_group_arn": self.target_group.arn})

    def _division(self) -> aws.lb.ListenerRuleActionArgs:
        """All to the pods; or so much of it as the migration says; or all to HAProxy, which divides it.

        The pods' group is named even at 0 per cent: a group that no rule names has no healthy target, and the pods'
        readiness gates would close.
        https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
        """
        way, pods = self._args.way, self.target_group.arn
        match way:
            case None:
                return forward_to([(pods, WHOLE)])
            case FleetSide():
                return forward_to([(way.target_group_arn, WHOLE), (pods, 0)])
            case OldSide():
                percent = way.settings.new_percent
                weights = [(pods, percent), (way.target_group_arn, WHOLE - percent)]
                return forward_to(weights, way.settings.sticky_seconds)

    def _rule(
        self, name: str, priority: int, paths: Sequence[str], action: aws.lb.ListenerRuleActionArgs
    ) -> aws.lb.ListenerRule:
        way = self._args.way
        return aws.lb.ListenerRule(
            name,
            listener_arn=self._args.listener_arn,
            priority=priority,
            conditions=[host_condition(self._args.hosts), *([path_condition(paths)] if paths else [])],
            actions=[action],
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(way.waits_for) if way else None),
        )
