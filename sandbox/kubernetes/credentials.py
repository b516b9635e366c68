"""Whether the pods of a release may call AWS: they take their role when they start, and not later.

EKS puts what leads to the role into a pod that is made while its service account has an association; a pod that was
there before has none of it. https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
"""

from typing import Final

from sandbox.inventory import Inventory, Record
from sandbox.values import as_map, at_path

_ASSOCIATION_TYPE: Final = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
_ROLE_ANNOTATION: Final = "eks.amazonaws.com/role-arn"
"""The older way, by the cluster's OIDC provider: https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html"""


def have_role(inventory: Inventory, release: Record) -> bool:
    """Whether the pods of a release have a role.

    Args:
        inventory: the account, with the objects of its clusters.
        release: a Helm release whose values name the pods' service account.
    """
    values = as_map(release.inputs.get("values"))
    if _ROLE_ANNOTATION in as_map(at_path(values, "serviceAccount.annotations")):
        return True
    wanted = {
        "clusterName": release.scope,
        "namespace": release.inputs.get("namespace") or "default",
        "serviceAccount": at_path(values, "serviceAccount.name"),
    }
    return any(
        # Made before the release, and so before its pods.
        association.position < release.position
        for association in inventory.list(type=_ASSOCIATION_TYPE)
        if wanted.items() <= association.inputs.items()
    )
