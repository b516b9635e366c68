"""The way in: one Application Load Balancer that ends TLS and knows each host by a rule."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.access_logs import AccessLogs, AccessLogsArgs
from infra.settings import LoadBalancerSettings
from infra.shutdown import ShutdownTimes

# TLS 1.3, with a key exchange that outlives quantum computers for those who can; 1.2 with forward secrecy for the rest.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"


@dataclass(frozen=True)
class LoadBalancerArgs:
    """What the load balancer is made of."""

    settings: LoadBalancerSettings
    account: str
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    certificate_arn: pulumi.Input[str]
    nodes_security_group_id: pulumi.Input[str]
    """The group that nodes, and so pods, are in."""
    ports: Sequence[int]
    """The pods' ports; nothing else of them is reachable from the balancer."""
    shutdown: ShutdownTimes
    protect: bool
    waits_for: Sequence[pulumi.Resource]
    """The network with its internet gateway, which has to be there first, and cannot go while the balancer is there.

    https://docs.aws.amazon.com/vpc/latest/userguide/igw-detaching.html
    """


class LoadBalancer(pulumi.ComponentResource):
    """An internet-facing balancer: port 80 redirects, port 443 serves the hosts that have a route, else 404."""

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:LoadBalancer", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        group = aws.ec2.SecurityGroup(
            f"{name}-balancer",
            description="The load balancer: open to the world on 80 and 443, to the pods on their ports",
            vpc_id=args.vpc_id,
            tags={"Name": f"{name}-balancer"},
            opts=child,
        )
        self.security_group_id, self.certificate_arn = group.id, args.certificate_arn
        open_ports = [
            aws.vpc.SecurityGroupIngressRule(
                f"{name}-balancer-{port}",
                security_group_id=group.id,
                description=f"The world, on {port}",
                cidr_ipv4="0.0.0.0/0",
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                opts=child,
            )
            for port in (80, 443)
        ]
        to_pods = [rule for port in args.ports for rule in self._pod_port(name, port, group, args)]
        self.balancer = aws.lb.LoadBalancer(
            # AWS allows 32 characters, of which Pulumi's suffix takes eight.
            name[:24].rstrip("-"),
            load_balancer_type="application",
            internal=False,
            security_groups=[group.id],
            subnets=list(args.subnet_ids),
            # https://docs.aws.amazon.com/securityhub/latest/userguide/elb-controls.html#elb-4
            drop_invalid_header_fields=True,
            enable_deletion_protection=args.protect,
            idle_timeout=args.shutdown.idle_timeout,
            access_logs=self._access_logs(name, args),
            tags={"Name": name},
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, depends_on=list(args.waits_for)),
        )
        aws.lb.Listener(
            f"{name}-http",
            load_balancer_arn=self.balancer.arn,
            port=80,
            protocol="HTTP",
            default_actions=[
                aws.lb.ListenerDefaultActionArgs(
                    type="redirect",
                    redirect=aws.lb.ListenerDefaultActionRedirectArgs(
                        protocol="HTTPS",
                        port="443",
                        # As they came. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html#redirect-actions
                        host="#{host}",
                        path="/#{path}",
                        query="#{query}",
                        status_code="HTTP_301",
                    ),
                )
            ],
            opts=child,
        )
        self.https_listener = aws.lb.Listener(
            f"{name}-https",
            load_balancer_arn=self.balancer.arn,
            port=443,
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
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*open_ports, *to_pods]),
        )

        self.register_outputs({"dns_name": self.balancer.dns_name, "https_listener_arn": self.https_listener.arn})

    def _access_logs(self, name: str, args: LoadBalancerArgs) -> aws.lb.LoadBalancerAccessLogsArgs | None:
        days = args.settings.access_log_retention_days
        if days is None:
            return None
        logs = AccessLogs(
            name, AccessLogsArgs(args.account, days, keep=args.protect), pulumi.ResourceOptions(parent=self)
        )
        return aws.lb.LoadBalancerAccessLogsArgs(bucket=logs.bucket, enabled=True)

    def _pod_port(
        self, name: str, port: int, group: aws.ec2.SecurityGroup, args: LoadBalancerArgs
    ) -> tuple[aws.vpc.SecurityGroupEgressRule, aws.vpc.SecurityGroupIngressRule]:
        child = pulumi.ResourceOptions(parent=self)
        out = aws.vpc.SecurityGroupEgressRule(
            f"{name}-balancer-to-pods-{port}",
            security_group_id=group.id,
            description=f"Requests and health checks to pods, on {port}",
            referenced_security_group_id=args.nodes_security_group_id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=child,
        )
        into = aws.vpc.SecurityGroupIngressRule(
            f"{name}-pods-from-balancer-{port}",
            security_group_id=args.nodes_security_group_id,
            description=f"Requests and health checks from the load balancer, on {port}",
            referenced_security_group_id=group.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=child,
        )
        return out, into
