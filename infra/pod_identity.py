"""What a controller in the cluster may do in AWS, by EKS Pod Identity.

https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html
"""

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.iam_documents import POD_IDENTITY_TRUST


def pod_identity(
    name: str,
    policy: Mapping[str, Any],
    cluster_name: pulumi.Input[str],
    namespace: str,
    service_account: str,
    parent: pulumi.Resource,
) -> aws.eks.PodIdentityAssociation:
    """A role with that policy, for the pods of one service account. Pods take it when they start, so it comes first."""
    role = aws.iam.Role(name, assume_role_policy=POD_IDENTITY_TRUST, opts=pulumi.ResourceOptions(parent=parent))
    allowed = aws.iam.RolePolicy(
        name, role=role.name, policy=json.dumps(policy), opts=pulumi.ResourceOptions(parent=parent)
    )
    return aws.eks.PodIdentityAssociation(
        name,
        cluster_name=cluster_name,
        namespace=namespace,
        service_account=service_account,
        role_arn=role.arn,
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[allowed]),
    )
