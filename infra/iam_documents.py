"""IAM policy documents that more than one component needs."""

import json
from typing import Any


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


def trust_of_account(service: str, account: str) -> dict[str, Any]:
    """Who may take a role: a service of AWS's, and that only for what is in this account.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": account}},
            }
        ],
    }
