"""The EKS add-ons: one table, each with a pinned version, in the order that works.

CoreDNS stays DEGRADED for 20 minutes on a cluster without nodes (pulumi-eks #1819), and nodes do not become ready
without a network: so there are two tiers, one before the nodes and one after them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.iam_documents import POD_IDENTITY_TRUST


class Tier(Enum):
    """When an add-on is made."""

    BEFORE_NODES = "before-nodes"
    AFTER_NODES = "after-nodes"


@dataclass(frozen=True)
class PodIdentity:
    """The role that an add-on's pods take."""

    service_account: str
    policy_arn: str


@dataclass(frozen=True)
class AddOn:
    """One row of the table."""

    name: str
    version: str
    tier: Tier
    identity: PodIdentity | None = None
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])


# `aws eks describe-addon-versions --kubernetes-version 1.36 --addon-name <name>` lists what there is; these stand in
# public records of that call from autumn 2026.
# https://docs.aws.amazon.com/eks/latest/APIReference/API_DescribeAddonVersions.html
ADD_ONS: tuple[AddOn, ...] = (
    AddOn(
        name="vpc-cni",
        version="v1.23.2-eksbuild.1",
        tier=Tier.BEFORE_NODES,
        identity=PodIdentity("aws-node", "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"),
        # Without it network policies are accepted and do nothing.
        # https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy-configure.html
        values={"enableNetworkPolicy": "true"},
    ),
    AddOn(name="kube-proxy", version="v1.36.0-eksbuild.45", tier=Tier.BEFORE_NODES),
    AddOn(name="eks-pod-identity-agent", version="v1.4.0-eksbuild.3", tier=Tier.BEFORE_NODES),
    AddOn(name="coredns", version="v1.14.7-eksbuild.11", tier=Tier.AFTER_NODES),
    AddOn(name="metrics-server", version="v0.9.0-eksbuild.11", tier=Tier.AFTER_NODES),
    AddOn(
        name="amazon-cloudwatch-observability",
        version="v6.7.0-eksbuild.1",
        tier=Tier.AFTER_NODES,
        identity=PodIdentity("cloudwatch-agent", "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"),
        # The alarms of pods read what it sends unasked, Container Insights with enhanced observability. Its successor,
        # which names every metric otherwise, "is not enabled by default":
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/container-insights-eks-otel-quickstart.html
    ),
)

# What amazon-cloudwatch-observability writes to.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-setup-logs-FluentBit.html
CONTAINER_LOG_GROUPS = ("application", "dataplane", "host", "performance")


@dataclass(frozen=True)
class AddOnsArgs:
    """Which add-ons, and where."""

    tier: Tier
    cluster_name: pulumi.Input[str]
    waits_for: Sequence[pulumi.Resource]
    """For the second tier, the nodes; and the log groups that an add-on writes to."""


class AddOns(pulumi.ComponentResource):
    """The add-ons of one tier."""

    def __init__(self, name: str, args: AddOnsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:AddOns", name, None, opts)
        for add_on in (add_on for add_on in ADD_ONS if add_on.tier is args.tier):
            aws.eks.Addon(
                f"{name}-{add_on.name}",
                cluster_name=args.cluster_name,
                addon_name=add_on.name,
                addon_version=add_on.version,
                # Sorted, or a preview would show a change where there is none.
                configuration_values=json.dumps(add_on.values, sort_keys=True) if add_on.values else None,
                pod_identity_associations=self._pod_identity(name, add_on.identity),
                resolve_conflicts_on_create="OVERWRITE",
                resolve_conflicts_on_update="OVERWRITE",
                opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.waits_for)),
            )

        self.register_outputs({})

    def _pod_identity(
        self, name: str, identity: PodIdentity | None
    ) -> list[aws.eks.AddonPodIdentityAssociationArgs] | None:
        if identity is None:
            return None
        # Not named after the add-on: a role's name takes 64 characters, Pulumi's suffix among them.
        name = f"{name}-{identity.service_account}"
        role = aws.iam.Role(name, assume_role_policy=POD_IDENTITY_TRUST, opts=pulumi.ResourceOptions(parent=self))
        attachment = aws.iam.RolePolicyAttachment(
            name, role=role.name, policy_arn=identity.policy_arn, opts=pulumi.ResourceOptions(parent=self)
        )
        # Through the attachment, so that the pods never start with a role that may do nothing.
        role_arn = pulumi.Output.all(role.arn, attachment.id).apply(lambda values: values[0])
        return [aws.eks.AddonPodIdentityAssociationArgs(role_arn=role_arn, service_account=identity.service_account)]


class ContainerLogs(pulumi.ComponentResource):
    """The log groups of everything that runs in the cluster, made before their writer and removed after it."""

    def __init__(
        self, name: str, cluster_name: str, retention_days: int, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("slipway:infra:ContainerLogs", name, None, opts)
        for kind in CONTAINER_LOG_GROUPS:
            aws.cloudwatch.LogGroup(
                f"{name}-{kind}-logs",
                name=f"/aws/containerinsights/{cluster_name}/{kind}",
                retention_in_days=retention_days,
                opts=pulumi.ResourceOptions(parent=self),
            )

        self.register_outputs({})
