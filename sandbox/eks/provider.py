"""The stand-in for the `eks` package: one component, `eks.Cluster`."""

from __future__ import annotations

import importlib.metadata

from pulumi import Inputs, ResourceOptions
from pulumi.provider import ConstructResult, Provider

from sandbox.eks.arguments import check_arguments
from sandbox.refusal import Refusal

_CLUSTER = "eks:index:Cluster"


class EksProvider(Provider):
    """Constructs `eks.Cluster`; every other component of the package is refused by name."""

    def __init__(self) -> None:
        super().__init__(importlib.metadata.version("pulumi-eks"))

    def construct(
        self, name: str, resource_type: str, inputs: Inputs, options: ResourceOptions | None = None
    ) -> ConstructResult:
        """Register the cluster's resources with the engine.

        Raises:
            Refusal: another component, or an argument that the stand-in does not take.
        """
        if resource_type != _CLUSTER:
            raise Refusal(f"{resource_type}: the sandbox stands in for {_CLUSTER} only")
        arguments = check_arguments(name, inputs)
        # Only now: loading the SDKs takes half a second that most commands need not spend.
        from sandbox.eks.cluster import Cluster  # noqa: PLC0415

        cluster = Cluster(name, arguments, options)
        return ConstructResult(cluster.urn, cluster.outputs)
