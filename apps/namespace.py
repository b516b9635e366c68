"""The namespace of the services, which refuses any pod that breaks the restricted standard."""

import pulumi
import pulumi_kubernetes as k8s

from apps.security import NAMESPACE_LABELS


class Namespace(pulumi.ComponentResource):
    """A namespace with the restricted pod security standard enforced."""

    def __init__(
        self, name: str, namespace: str, cluster: pulumi.Resource, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("slipway:apps:Namespace", name, None, opts)
        made = k8s.core.v1.Namespace(
            name,
            metadata=k8s.meta.v1.ObjectMetaArgs(name=namespace, labels=NAMESPACE_LABELS),
            opts=pulumi.ResourceOptions(parent=self, deleted_with=cluster),
        )
        self.name = made.metadata.name
        self.register_outputs({"name": self.name})
