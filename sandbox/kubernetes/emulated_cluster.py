"""Clusters without an API server: their objects are records in the inventory, checked by rules."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sandbox.aws.errors import KubernetesError
from sandbox.difference import INPUTS_KEY, merged_outputs
from sandbox.inventory import Inventory, Record
from sandbox.kubernetes.back_end import Seen, Target
from sandbox.kubernetes.objects import (
    ALWAYS_THERE,
    BINDING_TYPE,
    CONTROLLER_CHART,
    NAMESPACE_TYPE,
    RELEASE_TYPE,
    id_of,
    live_object,
    name_and_namespace,
    preview_object,
)  # fmt: skip
from sandbox.kubernetes.rules import ALL, OF_RELEASES, Request, enforce
from sandbox.values import at_path, revealed

_CLUSTER_KEY: Final = "__cluster"
"""Where an object's state remembers its cluster: several providers share this process."""

_NUMBER_KEY: Final = "__number"


@dataclass(frozen=True)
class EmulatedCluster:
    """The cluster at an endpoint, as far as the inventory holds it.

    Args:
        inventory: what exists, AWS included.
        endpoint: where a kubeconfig points; empty where there is none.
        only_releases: whether only Helm releases are here, beside a real API server with all other objects.
    """

    inventory: Inventory
    endpoint: str
    only_releases: bool = False

    async def preview_create(self, target: Target, inputs: dict[str, Any]) -> dict[str, Any]:
        """Say what would be known of a new object."""
        return preview_object(target.type, inputs)

    async def create(self, target: Target, inputs: dict[str, Any]) -> Seen:
        """Make an object.

        Raises:
            KubernetesError: the cluster does not exist, or a rule refuses it.
        """
        with self.inventory.transaction():
            cluster = self.name(target.name)
            self._enforce("create", target, revealed(inputs), cluster)
            record = self._store(target.type, inputs, cluster)
        return Seen(record.id, {**record.outputs, INPUTS_KEY: inputs}, inputs)

    def _enforce(self, operation: str, target: Target, inputs: dict[str, Any], cluster: str) -> None:
        rules = OF_RELEASES if self.only_releases else ALL
        enforce(Request(operation, target.type, inputs, cluster, self.inventory), rules)

    def _store(self, type_token: str, inputs: dict[str, Any], cluster: str) -> Record:
        number = self.inventory.next_number()
        name, namespace = name_and_namespace(type_token, revealed(inputs))
        makes = type_token == RELEASE_TYPE and inputs.get("createNamespace") is True and not self.only_releases
        if makes and namespace not in ALWAYS_THERE:
            self._make_namespace(namespace, cluster)
        outputs = {**live_object(type_token, inputs, number, 1), _NUMBER_KEY: number, _CLUSTER_KEY: cluster}
        return self.inventory.add(
            Record(
                provider="kubernetes",
                type=type_token,
                id=id_of(type_token, revealed(inputs)),
                name=name,
                scope=cluster,
                inputs=inputs,
                outputs=outputs,
            )
        )

    def _make_namespace(self, name: str, cluster: str) -> None:
        if self.inventory.get(NAMESPACE_TYPE, name, cluster) is None:
            self._store(NAMESPACE_TYPE, {"metadata": {"name": name}}, cluster)

    async def read(self, target: Target, id_: str, state: dict[str, Any], inputs: dict[str, Any]) -> Seen | None:
        """Look at an object; `None` where it, or its cluster, is gone."""
        record = self._find(target.type, id_, state)
        if record is None:
            return None
        seen = self.inventory.unseal(record.inputs, inputs)
        outputs = self.inventory.unseal(record.outputs, state)
        return Seen(record.id, {**outputs, INPUTS_KEY: seen}, seen)

    async def has_failed(self, target: Target, id_: str, state: dict[str, Any]) -> bool:  # noqa: ARG002
        """Nothing fails here: objects are kept and checked, and no container runs."""
        return False

    async def preview_update(
        self,
        target: Target,  # noqa: ARG002
        state: dict[str, Any],
        inputs: dict[str, Any],
        ignored: Sequence[str],  # noqa: ARG002
    ) -> dict[str, Any]:
        """Say what would be known of a changed object."""
        return {**merged_outputs(state, inputs), INPUTS_KEY: inputs}

    async def update(
        self,
        target: Target,
        id_: str,
        state: dict[str, Any],
        inputs: dict[str, Any],
        ignored: Sequence[str],  # noqa: ARG002
    ) -> dict[str, Any]:
        """Change an object in place.

        Raises:
            KubernetesError: it is gone, or a rule refuses the change.
        """
        with self.inventory.transaction():
            record = self._find(target.type, id_, state)
            if record is None:
                raise KubernetesError(f"{target.kind.lower()}s {id_!r} not found")
            self._enforce("update", target, revealed(inputs), record.scope)
            number = int(record.outputs[_NUMBER_KEY])
            generation = int(at_path(state, "metadata.generation") or at_path(state, "status.revision") or 1) + 1
            outputs = {
                **live_object(target.type, inputs, number, generation),
                **{_NUMBER_KEY: number, _CLUSTER_KEY: record.scope},
            }
            self.inventory.update(replace(record, inputs=inputs, outputs=outputs))
        return {**outputs, INPUTS_KEY: inputs}

    async def delete(self, target: Target, id_: str, state: dict[str, Any]) -> None:
        """Delete an object, a namespace with everything in it; what is gone already counts as deleted.

        Raises:
            KubernetesError: it could never end.
        """
        with self.inventory.transaction():
            record = self._find(target.type, id_, state)
            if record is None:
                return
            self._enforce("delete", target, revealed(record.inputs), record.scope)
            if target.type == NAMESPACE_TYPE:
                self._empty(record)
            self.inventory.remove(record)

    def cancel(self) -> None:
        """Nothing takes long enough to be cancelled."""

    def _empty(self, namespace: Record) -> None:
        inside = [
            record
            for record in self.inventory.list(provider="kubernetes", scope=namespace.scope)
            if record.id.startswith(f"{namespace.id}/")
        ]
        charts = [
            str(each.inputs.get("chart")) for each in self.inventory.list(type=RELEASE_TYPE, scope=namespace.scope)
        ]
        if any(record.type == BINDING_TYPE for record in inside) and not any(
            CONTROLLER_CHART in chart for chart in charts
        ):
            raise KubernetesError(
                f"namespace {namespace.id!r} stays Terminating: TargetGroupBindings with finalizers left"
            )
        for record in inside:
            self.inventory.remove(record)

    def _find(self, type_token: str, id_: str, state: dict[str, Any]) -> Record | None:
        cluster = state.get(_CLUSTER_KEY)
        return self.inventory.get(type_token, id_, cluster if isinstance(cluster, str) else None)

    def name(self, asked_for: str) -> str:
        """Return the name of the cluster that the endpoint belongs to.

        Args:
            asked_for: the logical name of what needs the cluster.

        Raises:
            KubernetesError: there is none.
        """
        for cluster in self.inventory.list(type="aws:eks/cluster:Cluster"):
            if self.endpoint and cluster.outputs["endpoint"] == self.endpoint:
                return cluster.id
        where = f"no cluster answers at {self.endpoint}" if self.endpoint else "no kubeconfig was given"
        raise KubernetesError(f"{asked_for}: configured Kubernetes cluster is unreachable: {where}")
