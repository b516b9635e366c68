"""The AWS Load Balancer Controller, for one duty: to keep target groups filled with pods.

Pulumi owns the balancer, its listeners and its target groups; nothing in the cluster makes any behind its back
(pulumi-eks #194), so the controller's other sides are off and its role could not use them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from infra.pod_identity import pod_identity
from infra.settings import Settings
from infra.target_group_names import TARGET_GROUP_PREFIX

CHART = "aws-load-balancer-controller"
# Chart and application share their number since 3.0.0. https://github.com/aws/eks-charts/pull/1297
CHART_VERSION = "3.6.0"
_NAMESPACE = "kube-system"
_SERVICE_ACCOUNT = "aws-load-balancer-controller"


def controller_values(cluster_name: str, region: str, vpc_id: str) -> dict[str, Any]:
    """The chart's values.

    https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/main/helm/aws-load-balancer-controller/values.yaml
    """
    return {
        "clusterName": cluster_name,
        # Given, because with hop limit 1 a pod cannot ask the instance for them.
        "region": region,
        "vpcId": vpc_id,
        "replicaCount": 2,
        "podDisruptionBudget": {"maxUnavailable": 1},
        "serviceAccount": {"create": True, "name": _SERVICE_ACCOUNT},
        # With it a cluster whose controller is down accepts no Service (aws-load-balancer-controller #4140).
        "enableServiceMutatorWebhook": False,
        "controllerConfig": {
            "featureGates": {"EnableServiceController": False, "NLBGatewayAPI": False, "ALBGatewayAPI": False}
        },
        # There is no gate for the ingress side (#2939): without a class it has nothing to do.
        "createIngressClassResource": False,
        "ingressClassParams": {"create": False},
        "ingressClass": "unused",
        "webhookConfig": {"disableIngressValidation": True},
        "enableBackendSecurityGroup": False,
        "enableShield": False,
        "enableWaf": False,
        "enableWafv2": False,
        "resources": {
            "requests": {"cpu": "50m", "memory": "128Mi"},
            "limits": {"cpu": "200m", "memory": "256Mi"},
        },
        "podSecurityContext": {"fsGroup": 65534, "seccompProfile": {"type": "RuntimeDefault"}},
        "securityContext": {
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def controller_policy(region: str, account: str, stack_name: str) -> dict[str, Any]:
    """What the controller may do: look, and register pods in this stack's target groups.

    Looking cannot be limited to single resources; https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html
    """
    target_groups = f"arn:aws:elasticloadbalancing:{region}:{account}:targetgroup/{stack_name[:TARGET_GROUP_PREFIX]}*"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "FindTargetGroupsAndPods",
                "Effect": "Allow",
                "Action": [
                    "ec2:DescribeInstances",
                    "ec2:DescribeNetworkInterfaces",
                    "ec2:DescribeSecurityGroups",
                    "ec2:DescribeSubnets",
                    "ec2:DescribeVpcs",
                    "elasticloadbalancing:DescribeTargetGroups",
                    "elasticloadbalancing:DescribeTargetHealth",
                ],
                "Resource": "*",
            },
            {
                "Sid": "RegisterPods",
                "Effect": "Allow",
                "Action": ["elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"],
                "Resource": target_groups,
            },
        ],
    }


@dataclass(frozen=True)
class BalancerControllerArgs:
    """What the controller is made of."""

    settings: Settings
    cluster_name: pulumi.Input[str]
    vpc_id: pulumi.Input[str]
    waits_for: Sequence[pulumi.Resource]
    """The nodes it runs on, and the add-ons that its pods need."""


class BalancerController(pulumi.ComponentResource):
    """The controller's Helm release and its role."""

    def __init__(self, name: str, args: BalancerControllerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:BalancerController", name, None, opts)
        settings = args.settings
        policy = controller_policy(settings.region, settings.account, settings.name)
        identity = pod_identity(name, policy, args.cluster_name, _NAMESPACE, _SERVICE_ACCOUNT, self)
        k8s.helm.v3.Release(
            name,
            k8s.helm.v3.ReleaseArgs(
                name=CHART,
                chart=CHART,
                version=CHART_VERSION,
                namespace=_NAMESPACE,
                repository_opts=k8s.helm.v3.RepositoryOptsArgs(repo="https://aws.github.io/eks-charts"),
                values=pulumi.Output.all(args.cluster_name, args.vpc_id).apply(
                    lambda known: controller_values(known[0], settings.region, known[1])
                ),
                # Pulumi undoes a release that fails, instead of leaving half of it.
                atomic=True,
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[identity, *args.waits_for]),
        )

        self.register_outputs({})
