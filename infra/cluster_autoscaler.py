"""The Kubernetes cluster autoscaler, for the node groups that ask for it and for no other.

EKS itself tags the Auto Scaling group of every node group for the autoscaler ("Amazon EKS tags managed node group
resources so that they are configured to use the Kubernetes Cluster Autoscaler",
https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html), and with the usual tags it takes them all
(kubernetes/autoscaler #6527), those that a schedule or a policy sizes too. So it looks for a tag of its own, which is
set where the stack file says so and which its role is bound to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

from infra.node_settings import NodeGroupSettings
from infra.nodes import NODE_GROUP_LABEL, NodeGroups
from infra.pod_identity import pod_identity
from infra.settings import Settings

CHART = "cluster-autoscaler"
CHART_VERSION = "9.59.0"
# Of the same minor version as the cluster, "for which it was meant":
# https://github.com/kubernetes/autoscaler/tree/master/cluster-autoscaler#releases
# The newest chart in public records of autumn 2026 names an older image, which is gone:
# https://github.com/kubernetes/autoscaler/pull/10091
IMAGE_TAG = "v1.36.1"
_NAMESPACE = "kube-system"
_TEMPLATE = "k8s.io/cluster-autoscaler/node-template"
_OWNED = "owned"


def autoscaled(groups: Mapping[str, NodeGroupSettings]) -> dict[str, NodeGroupSettings]:
    """The groups that the autoscaler sizes."""
    return {name: group for name, group in groups.items() if group.cluster_autoscaler}


def discovery_tag(cluster: str) -> str:
    """The key by which the autoscaler of a cluster knows the groups it may size; their value does not matter to it.

    https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md#auto-discovery-setup
    """
    return f"slipway/cluster-autoscaler/{cluster}"


def group_tags(cluster: str, name: str, group: NodeGroupSettings) -> dict[str, str]:
    """The tags of a group's Auto Scaling group: by which it is found and, where it may be empty, what a node of it has.

    Of an empty group the autoscaler sees no node. EKS tells it labels and taints, but not how large the disk is that
    the launch template gives; and the tags are what it falls back on.
    https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/proposals/circumvent-tag-limit-aws.md
    """
    found_by = {discovery_tag(cluster): _OWNED}
    if group.size.min > 0:
        return found_by
    labels = {**group.labels, NODE_GROUP_LABEL: name}
    return {
        **found_by,
        **{f"{_TEMPLATE}/label/{key}": value for key, value in labels.items()},
        **{f"{_TEMPLATE}/taint/{one.key}": f"{one.value}:{one.kubernetes_effect}" for one in group.taints},
        f"{_TEMPLATE}/resources/ephemeral-storage": f"{group.disk_size_gib}Gi",
    }


def autoscaler_values(cluster: str, region: str) -> dict[str, Any]:
    """The chart's values.

    https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/charts/cluster-autoscaler/values.yaml
    """
    return {
        "fullnameOverride": CHART,
        "image": {"tag": IMAGE_TAG},
        "cloudProvider": "aws",
        # Given, because with hop limit 1 a pod cannot ask the instance for it.
        "awsRegion": region,
        "autoDiscovery": {"clusterName": cluster, "tags": [discovery_tag(cluster)]},
        "extraArgs": {
            "expander": "least-waste",
            # Every service has an empty directory for /tmp, and would keep its node for ever.
            # https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md#what-types-of-pods-can-prevent-ca-from-removing-a-node
            "skip-nodes-with-local-storage": False,
        },
        # One leads, the other takes over at once when its node goes.
        "replicaCount": 2,
        "podDisruptionBudget": {"maxUnavailable": 1},
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": {"app.kubernetes.io/instance": CHART}},
            }
        ],
        # AWS's names, not the cluster's: it has to make nodes where CoreDNS has none to run on.
        "dnsPolicy": "Default",
        "rbac": {"serviceAccount": {"create": True, "name": CHART}},
        # Nobody asks it anything.
        "service": {"create": False},
        "resources": {
            "requests": {"cpu": "50m", "memory": "300Mi"},
            "limits": {"cpu": "200m", "memory": "600Mi"},
        },
        # https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/examples/cluster-autoscaler-autodiscover.yaml
        "securityContext": {
            "fsGroup": 65534,
            "runAsNonRoot": True,
            "runAsUser": 65534,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containerSecurityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
    }


def autoscaler_policy(region: str, account: str, cluster: str) -> dict[str, Any]:
    """What the autoscaler may do: look, and size the groups that carry its tag.

    Without what its own list has for launch configurations and for choosing instance types by their properties, which
    no node group has. Looking cannot be limited to single groups.
    https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md#iam-policy
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "FindGroupsAndInstances",
                "Effect": "Allow",
                "Action": [
                    "autoscaling:DescribeAutoScalingGroups",
                    "autoscaling:DescribeAutoScalingInstances",
                    "autoscaling:DescribeScalingActivities",
                    "autoscaling:DescribeTags",
                    "ec2:DescribeInstanceTypes",
                    "ec2:DescribeLaunchTemplateVersions",
                ],
                "Resource": "*",
            },
            {
                "Sid": "KnowLabelsAndTaints",
                "Effect": "Allow",
                "Action": ["eks:DescribeNodegroup"],
                "Resource": f"arn:aws:eks:{region}:{account}:nodegroup/{cluster}/*",
            },
            {
                "Sid": "SizeItsGroups",
                "Effect": "Allow",
                "Action": ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
                "Resource": (
                    f"arn:aws:autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/eks-{cluster}-*"
                ),
                "Condition": {"StringEquals": {f"aws:ResourceTag/{discovery_tag(cluster)}": _OWNED}},
            },
        ],
    }


@dataclass(frozen=True)
class ClusterAutoscalerArgs:
    """What the autoscaler is made of."""

    settings: Settings
    cluster_name: pulumi.Input[str]
    nodes: NodeGroups
    waits_for: Sequence[pulumi.Resource]
    """The nodes it runs on, and the add-ons that its pods need."""


class ClusterAutoscaler(pulumi.ComponentResource):
    """The autoscaler's Helm release, its role, and the tags of the groups it may size."""

    def __init__(self, name: str, args: ClusterAutoscalerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:ClusterAutoscaler", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        settings = args.settings
        cluster = settings.name
        tags = [
            # A node group's own tags "don't propagate to any other cluster or Amazon Web Services resources".
            # https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html
            aws.autoscaling.Tag(
                f"{name}-{group}-{key.removeprefix(f'{_TEMPLATE}/')}",
                autoscaling_group_name=args.nodes.groups[group].autoscaling_group_name,
                tag=aws.autoscaling.TagTagArgs(key=key, value=value, propagate_at_launch=False),
                opts=child,
            )
            for group, one in autoscaled(settings.node_groups).items()
            for key, value in group_tags(cluster, group, one).items()
        ]
        policy = autoscaler_policy(settings.region, settings.account, cluster)
        identity = pod_identity(name, policy, args.cluster_name, _NAMESPACE, CHART, self)
        k8s.helm.v3.Release(
            name,
            k8s.helm.v3.ReleaseArgs(
                name=CHART,
                chart=CHART,
                version=CHART_VERSION,
                namespace=_NAMESPACE,
                repository_opts=k8s.helm.v3.RepositoryOptsArgs(repo="https://kubernetes.github.io/autoscaler"),
                values=autoscaler_values(cluster, settings.region),
                # Pulumi undoes a release that fails, instead of leaving half of it.
                atomic=True,
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[identity, *tags, *args.waits_for]),
        )

        self.register_outputs({})


def make_cluster_autoscaler(name: str, args: ClusterAutoscalerArgs, opts: pulumi.ResourceOptions) -> None:
    """Declare the autoscaler where a group asks for it; in any other stack, nothing."""
    if autoscaled(args.settings.node_groups):
        ClusterAutoscaler(name, args, opts)
