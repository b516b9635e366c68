"""One call to a cluster's API server, as the rules see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from sandbox.aws.errors import KubernetesError
from sandbox.inventory import Inventory, Record
from sandbox.kubernetes.charts import releases_of
from sandbox.kubernetes.objects import id_of, kind_of, name_and_namespace


@dataclass(frozen=True)
class Request:
    """One call to the API server, as a rule sees it.

    Attributes:
        operation: `create`, `update` or `delete`.
        type: the type token.
        inputs: the object, secrets revealed.
        cluster: the name of the cluster it is made in.
        inventory: what exists, in AWS and in the cluster.
        page: the page of the rule being asked.
    """

    operation: str
    type: str
    inputs: Mapping[str, Any]
    cluster: str
    inventory: Inventory
    page: str = ""

    @property
    def what(self) -> str:
        """The object in words."""
        return f"{kind_of(self.type)} {id_of(self.type, self.inputs)!r}"

    def refuse(self, reason: str) -> NoReturn:
        """Refuse the call.

        Raises:
            KubernetesError: always.
        """
        raise KubernetesError(f"{self.what}: {reason}", self.page)

    def objects(self, type_token: str) -> list[Record]:
        """Return the objects of a type in this cluster."""
        return self.inventory.list(provider="kubernetes", type=type_token, scope=self.cluster)

    def exists(self, type_token: str, name: str) -> bool:
        """Whether an object of that type and name exists in this object's namespace."""
        _, namespace = name_and_namespace(self.type, self.inputs)
        return self.inventory.get(type_token, f"{namespace}/{name}", self.cluster) is not None

    def released(self, chart: str) -> list[Record]:
        """Return the releases of a chart in this cluster."""
        return releases_of(self.inventory, self.cluster, chart)
