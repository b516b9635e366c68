"""The node groups of the cluster behind a control plane, read from the inventory."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sandbox.aws.effects import CLUSTER_TYPE, GROUP_TYPE, NODE_GROUP_TYPE
from sandbox.inventory import Inventory, Record
from sandbox.nodes.placement import Subnet
from sandbox.values import as_list

SUBNET_TYPE: Final = "aws:ec2/subnet:Subnet"
DELETING: Final = "DELETING"
"""The status of a node group that is going away. https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html"""


@dataclass(frozen=True)
class NodeGroup:
    """A managed node group and the Auto Scaling group behind it.

    Attributes:
        record: the node group.
        scaling_group: its Auto Scaling group.
    """

    record: Record
    scaling_group: Record

    @property
    def is_going(self) -> bool:
        """Whether it is being deleted."""
        return self.record.outputs.get("status") == DELETING

    @property
    def desired(self) -> int:
        """How many instances it should have; none while it is being deleted, whatever a schedule says."""
        return 0 if self.is_going else int(self.scaling_group.outputs["desiredCapacity"])

    def subnets(self, inventory: Inventory) -> list[Subnet]:
        """Return where its instances may be."""
        found = [inventory.get(SUBNET_TYPE, str(id_)) for id_ in as_list(self.record.inputs.get("subnetIds"))]
        return [Subnet(each.id, str(each.outputs["availabilityZone"])) for each in found if each is not None]


def cluster_at(inventory: Inventory, endpoint: str) -> Record | None:
    """Return the cluster that a control plane answers for, once it exists."""
    clusters = inventory.list(type=CLUSTER_TYPE)
    return next((cluster for cluster in clusters if cluster.outputs.get("endpoint") == endpoint), None)


def scaling_group_of(inventory: Inventory, node_group: Record) -> Record | None:
    """Return the Auto Scaling group that EKS made for a node group."""
    return next((owned for owned in inventory.owned_by(node_group) if owned.type == GROUP_TYPE), None)


def node_groups_of(inventory: Inventory, cluster: Record) -> Iterator[NodeGroup]:
    """Every node group of a cluster, in the order of creation."""
    for record in inventory.list(type=NODE_GROUP_TYPE, scope=cluster.scope):
        group = scaling_group_of(inventory, record) if record.inputs["clusterName"] == cluster.id else None
        if group is not None:
            yield NodeGroup(record, group)
