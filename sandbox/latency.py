"""How long AWS takes, as a table, times a scale: 0 (the default) is no waiting, 1 is real time.

Where a documentation page gives a figure it is named beside it; the others are what people usually see.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

_SECONDS: Final[Mapping[str, float]] = {
    # https://docs.aws.amazon.com/eks/latest/userguide/create-cluster.html: "takes several minutes"
    "create aws:eks/cluster:Cluster": 540,
    "update aws:eks/cluster:Cluster": 480,
    "delete aws:eks/cluster:Cluster": 180,
    "create aws:eks/nodeGroup:NodeGroup": 180,
    "update aws:eks/nodeGroup:NodeGroup": 120,
    "delete aws:eks/nodeGroup:NodeGroup": 240,
    "create aws:eks/addon:Addon": 30,
    "update aws:eks/addon:Addon": 30,
    "delete aws:eks/addon:Addon": 10,
    # Machines start, install their packages and pass the balancer's health check; on the way back they drain.
    "create aws:autoscaling/group:Group": 180,
    "delete aws:autoscaling/group:Group": 120,
    "create aws:lb/loadBalancer:LoadBalancer": 150,
    "create aws:ec2/natGateway:NatGateway": 120,
    "delete aws:ec2/natGateway:NatGateway": 60,
    # https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html: may take up to 30 minutes
    "create aws:acm/certificateValidation:CertificateValidation": 60,
    # https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/troubleshooting-new-dns-settings-not-in-effect.html
    "create aws:route53/record:Record": 30,
    "create aws:rds/instance:Instance": 420,
    "delete aws:rds/instance:Instance": 180,
    "create aws:ec2/vpcEndpoint:VpcEndpoint": 10,
    "create aws:ec2/vpc:Vpc": 3,
    "create kubernetes:helm.sh/v3:Release": 40,
    "create kubernetes:apps/v1:Deployment": 30,
    "update kubernetes:apps/v1:Deployment": 30,
}

_ELSE: Final[Mapping[str, float]] = {"create": 2, "update": 2, "delete": 1.5, "read": 0.3}
"""Seconds of everything the table does not name."""


class Latencies:
    """Waits as long as AWS would, times a scale.

    Args:
        scale: 0 for no waiting, 1 for real time.

    Raises:
        ValueError: the scale is negative.
    """

    def __init__(self, scale: float = 0.0) -> None:
        if scale < 0:
            raise ValueError(f"the time scale is {scale}; it must be 0 (no waiting) or more")
        self.scale = scale

    def seconds(self, operation: str, type_token: str) -> float:
        """Return how long an operation takes at this scale, in seconds."""
        return _SECONDS.get(f"{operation} {type_token}", _ELSE.get(operation, 0.0)) * self.scale

    async def wait(self, operation: str, type_token: str) -> None:
        """Wait that long."""
        seconds = self.seconds(operation, type_token)
        if seconds > 0:
            await asyncio.sleep(seconds)


def scaled(scale: float) -> Latencies:
    """Return the latencies at a scale: 0 for no waiting, 1 for real time.

    Raises:
        ValueError: the scale is negative.
    """
    return Latencies(scale)
