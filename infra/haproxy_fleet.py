"""The machines that HAProxy runs on: an Auto Scaling group over all zones, and the target group that it fills."""

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.haproxy_commands import FLEET_TAG
from infra.haproxy_health import FrontHealthCheck
from infra.haproxy_machine import Machine, image_parameter, user_data
from infra.haproxy_migration_settings import FleetSettings
from infra.haproxy_role import HaproxyRole
from infra.haproxy_ways import SITE_PORT
from infra.listener_rules import FLEET_PRIORITY, WHOLE, forward_to, host_condition
from infra.shutdown import ShutdownTimes
from infra.target_group_names import target_group_name

NOBODYS_HOST = "haproxy-fleet.invalid"
"""A name that can never be anybody's. https://www.rfc-editor.org/rfc/rfc2606#section-2"""
_DISK_GIB = 16
# A first boot installs packages; a machine that is not healthy by then is replaced.
_BOOT_SECONDS = 300
_UP_TIMEOUT = "15m"
_FULL = 100


def one_more(machines: int) -> int:
    """The per cent of a fleet that has one machine more than it needs: the new one comes before an old one goes.

    https://docs.aws.amazon.com/autoscaling/ec2/userguide/understand-instance-refresh-default-values.html
    """
    return _FULL + math.ceil(_FULL / machines)


@dataclass(frozen=True)
class FleetSide:
    """HAProxy as the public rules see it: both sides of a service lie behind it."""

    target_group_arn: pulumi.Input[str]
    waits_for: Sequence[pulumi.Resource]
    """What has to be there before a request goes that way: healthy machines, and pods behind them."""


@dataclass(frozen=True)
class HaproxyFleetArgs:
    """What the fleet is made of."""

    settings: FleetSettings
    stack_name: str
    region: str
    tags: Mapping[str, str]
    """For the group, its machines and their disks, which the provider's default tags do not reach."""
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    """Private ones, of two zones at least."""
    listener_arn: pulumi.Input[str]
    """The public one."""
    security_group_id: pulumi.Input[str]
    role: HaproxyRole
    bucket: pulumi.Input[str]
    key: str
    shutdown: ShutdownTimes
    waits_for: Sequence[pulumi.Resource]
    """The configuration, the ways, and what lies at their ends."""


class HaproxyFleet(pulumi.ComponentResource):
    """Launch template, target group and Auto Scaling group; made once its machines are healthy there."""

    def __init__(self, name: str, args: HaproxyFleetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:HaproxyFleet", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self.target_group = self._target_group(f"{name}-haproxy")
        # Machines become healthy only in a group that a rule names ("unused" else), and the visitors' rules may name it
        # only once they are. So a rule for a host that nobody can ask for comes first.
        # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
        in_use = aws.lb.ListenerRule(
            f"{name}-haproxy-in-use",
            listener_arn=args.listener_arn,
            priority=FLEET_PRIORITY,
            conditions=[host_condition([NOBODYS_HOST])],
            actions=[forward_to([(self.target_group.arn, WHOLE)])],
            opts=self._child,
        )
        template = self._launch_template(f"{name}-haproxy")
        self.group = self._group(f"{name}-haproxy", template, in_use)

        self.register_outputs({"auto_scaling_group": self.group.name, "target_group_arn": self.target_group.arn})

    def _target_group(self, name: str) -> aws.lb.TargetGroup:
        check = FrontHealthCheck()
        return aws.lb.TargetGroup(
            name,
            name=target_group_name(name, SITE_PORT, "instance"),
            vpc_id=self._args.vpc_id,
            target_type="instance",
            protocol="HTTP",
            port=SITE_PORT,
            deregistration_delay=self._args.shutdown.deregistration_delay,
            health_check=aws.lb.TargetGroupHealthCheckArgs(
                path=check.path,
                matcher="200",
                interval=check.interval,
                timeout=check.timeout,
                healthy_threshold=check.healthy_threshold,
                unhealthy_threshold=check.unhealthy_threshold,
            ),
            tags={"Name": name},
            opts=self._child,
        )

    def _launch_template(self, name: str) -> aws.ec2.LaunchTemplate:
        args = self._args
        tags = {**args.tags, "Name": name, FLEET_TAG: args.stack_name}
        return aws.ec2.LaunchTemplate(
            name,
            description=f"Machines of {name}",
            update_default_version=True,
            image_id=image_parameter(args.settings.instance_type),
            instance_type=args.settings.instance_type,
            iam_instance_profile=aws.ec2.LaunchTemplateIamInstanceProfileArgs(arn=args.role.instance_profile_arn),
            user_data=self._user_data(),
            monitoring=aws.ec2.LaunchTemplateMonitoringArgs(enabled=True),
            # https://docs.aws.amazon.com/securityhub/latest/userguide/autoscaling-controls.html
            metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
                http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
            ),
            # No key pair: who has to look goes through Session Manager.
            network_interfaces=[
                aws.ec2.LaunchTemplateNetworkInterfaceArgs(
                    device_index=0,
                    associate_public_ip_address="false",
                    security_groups=[args.security_group_id],
                    delete_on_termination="true",
                )
            ],
            block_device_mappings=[
                aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
                    device_name="/dev/xvda",
                    ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
                        volume_type="gp3", volume_size=_DISK_GIB, encrypted="true", delete_on_termination="true"
                    ),
                )
            ],
            tag_specifications=[
                aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=tags)
                for kind in ("instance", "volume", "network-interface")
            ],
            opts=self._child,
        )

    def _user_data(self) -> pulumi.Output[str]:
        args, role = self._args, self._args.role

        def text(known: list[str]) -> str:
            bucket, log_group, metric_log_group = known
            machine = Machine(
                bucket=bucket,
                key=args.key,
                region=args.region,
                log_group=log_group,
                metric_log_group=metric_log_group,
                namespace=f"Slipway/{args.stack_name}",
                shutdown=args.shutdown,
            )
            return base64.b64encode(user_data(machine).encode()).decode()

        return pulumi.Output.all(args.bucket, role.log_group.name, role.metric_log_group.name).apply(text)

    def _group(self, name: str, template: aws.ec2.LaunchTemplate, in_use: aws.lb.ListenerRule) -> aws.autoscaling.Group:
        """As many machines as the stack file says, replaced by Auto Scaling where one is not healthy.

        `pulumi up` waits here until all of them are healthy in the target group, and fails where they do not become so:
        then no visitor's rule has been touched. https://www.pulumi.com/registry/packages/aws/api-docs/autoscaling/group/
        """
        args, machines = self._args, self._args.settings.machines
        return aws.autoscaling.Group(
            name,
            min_size=machines,
            max_size=machines,
            desired_capacity=machines,
            vpc_zone_identifiers=list(args.subnet_ids),
            launch_template=aws.autoscaling.GroupLaunchTemplateArgs(
                id=template.id, version=template.latest_version.apply(str)
            ),
            target_group_arns=[self.target_group.arn],
            health_check_type="ELB",
            health_check_grace_period=_BOOT_SECONDS,
            # Until then a new machine counts as healthy whatever the balancer says of it; so no old one goes for it.
            default_instance_warmup=_BOOT_SECONDS,
            wait_for_elb_capacity=machines,
            wait_for_capacity_timeout=_UP_TIMEOUT,
            instance_maintenance_policy=aws.autoscaling.GroupInstanceMaintenancePolicyArgs(
                min_healthy_percentage=_FULL, max_healthy_percentage=one_more(machines)
            ),
            # Begun by a new version of the template. Going back by itself is not offered with an image by parameter.
            # https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RefreshPreferences.html
            instance_refresh=aws.autoscaling.GroupInstanceRefreshArgs(
                strategy="Rolling",
                preferences=aws.autoscaling.GroupInstanceRefreshPreferencesArgs(
                    min_healthy_percentage=_FULL, max_healthy_percentage=one_more(machines)
                ),
            ),
            tags=[
                aws.autoscaling.GroupTagArgs(key=key, value=value, propagate_at_launch=False)
                for key, value in {**args.tags, "Name": name}.items()
            ],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[in_use, *args.waits_for]),
        )
