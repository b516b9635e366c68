"""The kubeconfig of an EKS cluster, as `pulumi_eks` and `aws eks update-kubeconfig` write it."""

from __future__ import annotations

from typing import Any


def kubeconfig(
    *,
    cluster: str,
    endpoint: str,
    certificate: str | None,
    region: str,
    role: str | None = None,
    profile: str | None = None,
) -> dict[str, Any]:
    """The configuration with which `kubectl` asks the AWS command line for a token.

    https://docs.aws.amazon.com/eks/latest/userguide/create-kubeconfig.html

    Args:
        cluster: the cluster's name
        endpoint: the address of its API
        certificate: its certificate authority, base64
        region: the region it is in
        role: the ARN of a role to assume first
        profile: the AWS profile to use
    """
    words = ["--region", region, "eks", "get-token", "--cluster-name", cluster, "--output", "json"]
    if role is not None:
        words += ["--role", role]
    if profile is not None:
        words += ["--profile", profile]
    version = "client.authentication.k8s.io/v1beta1"
    user = {
        "apiVersion": version,
        "command": "aws",
        "args": words,
        "env": [{"name": "KUBERNETES_EXEC_INFO", "value": f'{{"apiVersion": "{version}"}}'}],
    }
    return {
        "apiVersion": "v1",
        "clusters": [
            {
                "cluster": {"server": endpoint, "certificate-authority-data": certificate},
                "name": "kubernetes",
            }
        ],
        "contexts": [{"context": {"cluster": "kubernetes", "user": "aws"}, "name": "aws"}],
        "current-context": "aws",
        "kind": "Config",
        "users": [{"name": "aws", "user": {"exec": user}}],
    }
