"""IAM policy documents that more than one component needs."""

import json


def trust(service: str, actions: tuple[str, ...] = ("sts:AssumeRole",)) -> str:
    """A trust policy: which AWS service may take the role."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": list(actions)}],
        }
    )


POD_IDENTITY_TRUST = trust("pods.eks.amazonaws.com", ("sts:AssumeRole", "sts:TagSession"))
"""For a role that pods take through EKS Pod Identity.

https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
"""
