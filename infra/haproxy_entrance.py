"""How HAProxy reaches the new side: a balancer inside the VPC, with a rule and a target group for each service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.haproxy_migration_settings import NEW_SIDE_PORT
from infra.listener_rules import WHOLE, forward_to, host_condition, rule_priorities
from infra.load_balancer import TLS_POLICY
from infra.shutdown import ShutdownTimes
from infra.target_group_names import target_group_name


@dataclass(frozen=True)
class EnteredService:
    """A service that moves, as it is known at the entrance."""

    hosts: Sequence[str]
    port: int


@dataclass(frozen=True)
class HaproxyEntranceArgs:
    """What the entrance is made of."""

    services: Mapping[str, EnteredService]
    """By name."""
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    """Those of the public balancer: the pods' network policies let requests in from there already."""
    certificate_arn: pulumi.Input[str]
    """The visitors' own, which is for these hosts."""
    nodes_security_group_id: pulumi.Input[str]
    """The group that nodes, and so pods, are in."""
    shutdown: ShutdownTimes


class HaproxyEntrance(pulumi.ComponentResource):
    """An internal balancer: HTTPS for the hosts that move, else 404.

    A target group belongs to one balancer, so each service has another one here.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html
    """

    target_groups: Mapping[str, aws.lb.TargetGroup]
    """By the service's name; in use, so that pods registered there become healthy."""

    def __init__(self, name: str, args: HaproxyEntranceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:HaproxyEntrance", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        group = aws.ec2.SecurityGroup(
            f"{name}-entrance",
            description="The balancer inside the VPC: open to the HAProxy fleet, to the pods on their ports",
            vpc_id=args.vpc_id,
            tags={"Name": f"{name}-entrance"},
            opts=self._child,
        )
        self.security_group_id = group.id
        ports = sorted({service.port for service in args.services.values()})
        to_pods = [rule for port in ports for rule in self._pod_port(name, port, group)]
        balancer = aws.lb.LoadBalancer(
            # AWS allows 32 characters, of which Pulumi's suffix takes eight and this end another nine.
            f"{name[:15].rstrip('-')}-entrance",
            load_balancer_type="application",
            internal=True,
            security_groups=[group.id],
            subnets=list(args.subnet_ids),
            drop_invalid_header_fields=True,
            # Not even in a protected stack: it is made to go. What serves when it is gone is the public balancer, and a
            # migration that ends must not need the whole stack unprotected.
            enable_deletion_protection=False,
            idle_timeout=args.shutdown.idle_timeout,
            tags={"Name": f"{name}-entrance"},
            opts=self._child,
        )
        self.address = balancer.dns_name
        listener = aws.lb.Listener(
            f"{name}-entrance",
            load_balancer_arn=balancer.arn,
            port=NEW_SIDE_PORT,
            protocol="HTTPS",
            ssl_policy=TLS_POLICY,
            certificate_arn=args.certificate_arn,
            default_actions=[
                aws.lb.ListenerDefaultActionArgs(
                    type="fixed-response",
                    fixed_response=aws.lb.ListenerDefaultActionFixedResponseArgs(
                        content_type="text/plain", message_body="Not found", status_code="404"
                    ),
                )
            ],
            opts=pulumi.ResourceOptions(parent=self, depends_on=to_pods),
        )
        self.target_groups = {
            service: self._target_group(f"{name}-{service}-internal", each.port)
            for service, each in args.services.items()
        }
        priorities = rule_priorities(args.services)
        for service, each in args.services.items():
            aws.lb.ListenerRule(
                f"{name}-{service}-internal",
                listener_arn=listener.arn,
                priority=priorities[service].host,
                conditions=[host_condition(each.hosts)],
                actions=[forward_to([(self.target_groups[service].arn, WHOLE)])],
                opts=self._child,
            )

        self.register_outputs({"address": self.address})

    def _target_group(self, name: str, port: int) -> aws.lb.TargetGroup:
        return aws.lb.TargetGroup(
            name,
            name=target_group_name(name, port, "internal"),
            vpc_id=self._args.vpc_id,
            target_type="ip",
            protocol="HTTP",
            port=port,
            deregistration_delay=self._args.shutdown.deregistration_delay,
            # As the public balancer asks: a pod that is ready for one is for the other.
            health_check=aws.lb.TargetGroupHealthCheckArgs(
                path="/", matcher="200-399", interval=10, timeout=5, healthy_threshold=2, unhealthy_threshold=2
            ),
            tags={"Name": name},
            opts=self._child,
        )

    def _pod_port(
        self, name: str, port: int, group: aws.ec2.SecurityGroup
    ) -> tuple[aws.vpc.SecurityGroupEgressRule, aws.vpc.SecurityGroupIngressRule]:
        nodes = self._args.nodes_security_group_id
        out = aws.vpc.SecurityGroupEgressRule(
            f"{name}-entrance-to-pods-{port}",
            security_group_id=group.id,
            description=f"Requests and health checks to pods, on {port}",
            referenced_security_group_id=nodes,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=self._child,
        )
        into = aws.vpc.SecurityGroupIngressRule(
            f"{name}-pods-from-entrance-{port}",
            security_group_id=nodes,
            description=f"Requests and health checks from the balancer inside the VPC, on {port}",
            referenced_security_group_id=group.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=self._child,
        )
        return out, into
