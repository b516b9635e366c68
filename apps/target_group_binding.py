"""What keeps a target group filled with the pods of a service, and the readiness gate that goes with it."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

SERVICE_PORT = 80
"""Of every Kubernetes Service."""


def readiness_gate(binding: str) -> str:
    """The condition of a pod that the controller sets once the pod is healthy in the binding's target group."""
    return f"target-health.elbv2.k8s.aws/{binding}"


@dataclass(frozen=True)
class BindingArgs:
    """What a binding joins.

    Attributes:
        name: of the binding; pods know it by their readiness gate
        namespace: of the service
        labels: as the service's other objects have them
        service: the Kubernetes Service's name
        target_group_arn: where its pods are registered
        vpc_id: of the target group
    """

    name: str
    namespace: pulumi.Input[str]
    labels: Mapping[str, str]
    service: pulumi.Input[str]
    target_group_arn: pulumi.Input[str]
    vpc_id: pulumi.Input[str]


@dataclass(frozen=True)
class Binding:
    """A binding that is made: the name by which pods know it, and what is waited for."""

    name: str
    resource: pulumi.Resource


def target_group_binding(
    name: str, args: BindingArgs, opts: pulumi.ResourceOptions
) -> k8s.apiextensions.CustomResource:
    """A TargetGroupBinding.

    Every field the controller's webhook would fill is stated, so that what is declared is what is there.
    https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/targetgroupbinding/spec/
    """
    return k8s.apiextensions.CustomResource(
        name,
        api_version="elbv2.k8s.aws/v1beta1",
        kind="TargetGroupBinding",
        metadata=k8s.meta.v1.ObjectMetaArgs(name=args.name, namespace=args.namespace, labels=dict(args.labels)),
        spec={
            "serviceRef": {"name": args.service, "port": SERVICE_PORT},
            "targetGroupARN": args.target_group_arn,
            "targetType": "ip",
            "ipAddressType": "ipv4",
            "vpcID": args.vpc_id,
        },
        opts=opts,
    )
