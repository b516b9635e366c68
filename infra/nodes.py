"""Managed node groups, their instances, and the schedules of their sizes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pulumi
import pulumi_aws as aws
from pulumi_aws.eks.outputs import NodeGroupResource

from capacity.instance_types import instance_type
from infra.iam_documents import trust
from infra.node_settings import NodeGroupSettings
from infra.scaling_policies import ScalingPolicies, ScalingPoliciesArgs
from infra.schedules import ScheduledAction
from infra.settings import Settings
from infra.standing import MADE_FROM_TAG, NODE_GROUP_TAG, made_from

# What a node itself must be allowed: to join and to pull images. Pods have roles of their own, the CNI's among them.
# https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html
NODE_POLICIES = (
    "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
    "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
)

# Those without a GPU's drivers: https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html (amiType)
_AMI_TYPES = {"amd64": "AL2023_x86_64_STANDARD", "arm64": "AL2023_ARM_64_STANDARD"}

NODE_GROUP_LABEL = "slipway/node-group"
"""On every node, its group's name in the stack file: EKS' own label changes when a group is made anew."""


def scheduled_actions(settings: NodeGroupSettings, now: datetime) -> tuple[ScheduledAction, ...]:
    """All actions of a group's schedules, and those of its boosts that lie ahead."""
    recurring = [action for name, schedule in settings.schedules.items() for action in schedule.actions(name)]
    once = [action for name, boost in settings.boosts.items() for action in boost.actions(name, now)]
    return (*recurring, *once)


def sizes_owned_elsewhere(settings: NodeGroupSettings) -> list[str]:
    """Which sizes the program leaves alone once the group exists.

    Where schedules own them, setting them again would undo the night, and where a policy or the cluster autoscaler owns
    the desired size, the growth
    (https://github.com/terraform-aws-modules/terraform-aws-eks/issues/1879 and /issues/2030).
    """
    if settings.sizes_are_scheduled:
        return ["scalingConfig"]
    return ["scalingConfig.desiredSize"] if settings.desired_size_is_scaled else []


class NodeRole(pulumi.ComponentResource):
    """The role of all nodes."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:NodeRole", name, None, opts)
        role = aws.iam.Role(
            name, assume_role_policy=trust("ec2.amazonaws.com"), opts=pulumi.ResourceOptions(parent=self)
        )
        attachments = [
            aws.iam.RolePolicyAttachment(
                f"{name}-{policy.rpartition('/')[2]}",
                role=role.name,
                policy_arn=policy,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for policy in NODE_POLICIES
        ]
        # Known only with its policies: a node that starts before them cannot join.
        self.arn = pulumi.Output.all(role.arn, *(attachment.id for attachment in attachments)).apply(
            lambda values: str(values[0])
        )

        self.register_outputs({"arn": self.arn})


def _autoscaling_group_name(resources: Sequence[NodeGroupResource]) -> str:
    groups = resources[0].autoscaling_groups
    assert groups is not None  # noqa: S101 - EKS makes exactly one for every node group
    return str(groups[0].name)


@dataclass(frozen=True)
class NodeGroupArgs:
    """What a node group is made of."""

    group: str
    """Its name in the stack file."""
    settings: NodeGroupSettings
    cluster_name: pulumi.Input[str]
    role_arn: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    zones: Sequence[str]
    """Of the subnets."""
    version: str | None
    """Of Kubernetes; None for what EKS chose when the group was made."""
    tags: Mapping[str, str]
    """For instances and disks, which the provider's default tags do not reach."""
    waits_for: Sequence[pulumi.Resource]
    """The network add-ons: without them no node becomes ready. And the network: what nodes and pods ask of AWS leaves
    by its NAT gateways, to the last request of the load balancer controller when the stack goes."""
    now: datetime


class NodeGroup(pulumi.ComponentResource):
    """One managed node group with its launch template and its scheduled actions."""

    def __init__(self, name: str, args: NodeGroupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:NodeGroup", name, None, opts)
        settings = args.settings
        child = pulumi.ResourceOptions(parent=self)
        template = self._launch_template(name, args)
        size = settings.size
        self.group = aws.eks.NodeGroup(
            name,
            cluster_name=args.cluster_name,
            node_role_arn=args.role_arn,
            version=args.version,
            subnet_ids=list(args.subnet_ids),
            ami_type=_AMI_TYPES[instance_type(settings.instance_type).architecture],
            capacity_type=settings.capacity_type,
            instance_types=[settings.instance_type],
            launch_template=aws.eks.NodeGroupLaunchTemplateArgs(
                id=template.id, version=template.latest_version.apply(str)
            ),
            scaling_config=aws.eks.NodeGroupScalingConfigArgs(
                min_size=size.min, desired_size=size.desired, max_size=size.max
            ),
            update_config=aws.eks.NodeGroupUpdateConfigArgs(max_unavailable=1),
            node_repair_config=aws.eks.NodeGroupNodeRepairConfigArgs(enabled=True),
            labels={**settings.labels, NODE_GROUP_LABEL: args.group},
            taints=[
                aws.eks.NodeGroupTaintArgs(key=taint.key, value=taint.value, effect=taint.effect)
                for taint in settings.taints
            ],
            tags={NODE_GROUP_TAG: args.group, MADE_FROM_TAG: made_from(settings, args.zones)},
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=list(args.waits_for),
                ignore_changes=sizes_owned_elsewhere(settings),
            ),
        )
        self.name = self.group.node_group_name
        # Only EKS knows the name of the Auto Scaling group it makes.
        self.autoscaling_group_name = self.group.resources.apply(_autoscaling_group_name)
        for action in scheduled_actions(settings, args.now):
            aws.autoscaling.Schedule(
                f"{name}-{action.unique_name}",
                autoscaling_group_name=self.autoscaling_group_name,
                scheduled_action_name=f"{name}-{action.unique_name}",
                min_size=action.size.min,
                desired_capacity=action.size.desired,
                max_size=action.size.max,
                recurrence=action.recurrence,
                # A one-off start is given in UTC.
                time_zone=action.time_zone if action.recurrence else None,
                start_time=action.start_time,
                opts=child,
            )
        if settings.policies:
            ScalingPolicies(name, ScalingPoliciesArgs(settings.policies, self.autoscaling_group_name), child)

        self.register_outputs({"name": self.name, "autoscaling_group_name": self.autoscaling_group_name})

    def _launch_template(self, name: str, args: NodeGroupArgs) -> aws.ec2.LaunchTemplate:
        tags = {**args.tags, "Name": name}
        return aws.ec2.LaunchTemplate(
            name,
            description=f"Nodes of {name}",
            update_default_version=True,
            # Hop limit 1 keeps pods from the node's role.
            # https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html
            metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
                http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
            ),
            block_device_mappings=[
                aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
                    device_name="/dev/xvda",
                    ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
                        volume_type="gp3",
                        volume_size=args.settings.disk_size_gib,
                        encrypted="true",
                        delete_on_termination="true",
                    ),
                )
            ],
            # EC2 reports an instance's CPU every five minutes otherwise, too seldom for alarms of one-minute periods.
            # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/manage-detailed-monitoring.html
            monitoring=aws.ec2.LaunchTemplateMonitoringArgs(enabled=bool(args.settings.policies)),
            tag_specifications=[
                aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=tags)
                for kind in ("instance", "volume", "network-interface")
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )


@dataclass(frozen=True)
class NodeGroupsArgs:
    """All groups of a cluster, by name."""

    settings: Settings
    cluster_name: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    waits_for: Sequence[pulumi.Resource]
    now: datetime
    """What lies before it is over: boosts."""


class NodeGroups(pulumi.ComponentResource):
    """The groups and the one role that all their nodes have."""

    def __init__(self, name: str, args: NodeGroupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:NodeGroups", name, None, opts)
        everything = args.settings
        role = NodeRole(f"{name}-node", pulumi.ResourceOptions(parent=self))
        self.groups = {
            group: NodeGroup(
                f"{name}-{group}",
                NodeGroupArgs(
                    group=group,
                    settings=settings,
                    cluster_name=args.cluster_name,
                    role_arn=role.arn,
                    subnet_ids=args.subnet_ids,
                    zones=everything.network.availability_zones,
                    version=everything.cluster.node_version,
                    tags=everything.all_tags,
                    waits_for=args.waits_for,
                    now=args.now,
                ),
                pulumi.ResourceOptions(parent=self),
            )
            for group, settings in everything.node_groups.items()
        }

        self.register_outputs({})
