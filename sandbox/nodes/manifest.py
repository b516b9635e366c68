"""The Node object of an instance, as the kubelet of an EKS managed node registers it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from capacity.allocatable import Resources, allocatable, capacity_of
from capacity.instance_types import instance_type
from sandbox.inventory import Record
from sandbox.kubernetes.api_types import Object
from sandbox.kwok.configuration import ADDRESS_TYPE, METRICS_ANNOTATION, NODE_ANNOTATION, metrics_path
from sandbox.nodes.instances import Instance
from sandbox.values import as_map, objects

_EFFECTS: Final[Mapping[str, str]] = {
    "NO_SCHEDULE": "NoSchedule",
    "NO_EXECUTE": "NoExecute",
    "PREFER_NO_SCHEDULE": "PreferNoSchedule",
}
"""EKS' names and Kubernetes'. https://docs.aws.amazon.com/eks/latest/APIReference/API_Taint.html"""


def node_manifest(instance: Instance, node_group: Record, region: str) -> Object:
    """Return the Node that joins for an instance.

    CPU, memory and pods come from `capacity.allocatable`, which says where the figures are from.

    Args:
        instance: the instance.
        node_group: the record of its managed node group, whose labels and taints it gets.
        region: where it is.

    Raises:
        UnknownInstanceTypeError: nobody knows what such an instance has.
    """
    kind = instance_type(instance.type)
    annotation, value = NODE_ANNOTATION
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": instance.name,
            "labels": node_labels(instance, node_group, region, kind.architecture),
            "annotations": {annotation: value, METRICS_ANNOTATION: metrics_path(instance.name)},
        },
        "spec": {"providerID": instance.provider_id, "taints": node_taints(node_group)},
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": instance.address},
                {"type": "InternalDNS", "address": instance.name},
                {"type": "Hostname", "address": instance.name},
                {"type": ADDRESS_TYPE, "address": "localhost"},
            ],
            "capacity": quantities(capacity_of(kind)),
            "allocatable": quantities(allocatable(kind)),
        },
    }


def node_labels(instance: Instance, node_group: Record, region: str, architecture: str) -> dict[str, str]:
    """Return a node's labels: Kubernetes' own, those EKS adds, and the group's.

    https://kubernetes.io/docs/reference/labels-annotations-taints/
    https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html (`eks.amazonaws.com/...`)
    """
    own = {str(key): str(value) for key, value in as_map(node_group.inputs.get("labels")).items()}
    return {
        "beta.kubernetes.io/arch": architecture,
        "beta.kubernetes.io/instance-type": instance.type,
        "beta.kubernetes.io/os": "linux",
        "eks.amazonaws.com/capacityType": str(node_group.outputs["capacityType"]),
        "eks.amazonaws.com/nodegroup": node_group.name,
        "failure-domain.beta.kubernetes.io/region": region,
        "failure-domain.beta.kubernetes.io/zone": instance.zone,
        "kubernetes.io/arch": architecture,
        "kubernetes.io/hostname": instance.name,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": instance.type,
        "topology.kubernetes.io/region": region,
        "topology.kubernetes.io/zone": instance.zone,
        **own,
    }


def node_taints(node_group: Record) -> Sequence[Mapping[str, str]]:
    """Return the taints of a group's nodes."""
    return [
        {"key": str(taint["key"]), "value": str(taint.get("value", "")), "effect": _EFFECTS[str(taint["effect"])]}
        for taint in objects(node_group.inputs.get("taints"))
    ]


def quantities(resources: Resources) -> dict[str, Any]:
    """Write an amount as Kubernetes does. https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/"""
    return {
        "cpu": f"{resources.cpu_millicores}m",
        "memory": f"{resources.memory_mib}Mi",
        "pods": str(resources.pods),
    }
