"""Helm releases beside a real API server.

No chart is fetched, so a release is only recorded. What a chart brings that others need, its custom resource
definitions, really comes with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sandbox.aws.errors import KubernetesError
from sandbox.kubernetes.api_server import ApiServer
from sandbox.kubernetes.api_types import Object
from sandbox.kubernetes.awaiting.waiting import NotReadyError, Waiting
from sandbox.kubernetes.back_end import Seen, Target
from sandbox.kubernetes.charts import chart_of
from sandbox.kubernetes.connection import Connection
from sandbox.kubernetes.emulated_cluster import EmulatedCluster
from sandbox.kubernetes.objects import CONTROLLER_CHART, name_and_namespace
from sandbox.registrar.definition import TARGET_GROUP_BINDING_DEFINITION
from sandbox.values import revealed

_DEFINITIONS: Final[Mapping[str, tuple[Object, ...]]] = {CONTROLLER_CHART: (TARGET_GROUP_BINDING_DEFINITION,)}
"""By chart. Installing one adds them; neither an upgrade nor an uninstall touches them.

https://helm.sh/docs/chart_best_practices/custom_resource_definitions/
"""

_MANAGER: Final = "helm"
_ESTABLISHED_WITHIN: Final = 60.0
"""Seconds; Helm waits as long. https://github.com/helm/helm/blob/main/pkg/action/install.go"""


@dataclass(frozen=True)
class Releases:
    """The Helm releases of one cluster.

    Args:
        records: where they are recorded.
        connection: the cluster's API server.
        waiting: waits for its objects.
    """

    records: EmulatedCluster
    connection: Connection
    waiting: Waiting

    async def create(self, target: Target, inputs: dict[str, Any]) -> Seen:
        """Install a release.

        Raises:
            KubernetesError: its namespace is missing, the cluster does not answer, or a rule refuses it.
        """
        await self._has_namespace(target, inputs)
        for definition in _DEFINITIONS.get(chart_of(revealed(inputs)), ()):
            await self._define(target, definition)
        return await self.records.create(target, inputs)

    async def _has_namespace(self, target: Target, inputs: dict[str, Any]) -> None:
        _, namespace = name_and_namespace(target.type, revealed(inputs))
        made: Object = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}

        def look(api: ApiServer) -> bool:
            if api.get("v1", "Namespace", namespace) is not None:
                return True
            if inputs.get("createNamespace") is True:
                api.create(made, _MANAGER)
                return True
            return False

        if not await self.connection.ask(f"installing {target.name}", look, inputs):
            raise KubernetesError(f'installing {target.name}: namespaces "{namespace}" not found', emulated=False)

    async def _define(self, target: Target, definition: Object) -> None:
        what = f"installing {target.name}: CustomResourceDefinition {definition['metadata']['name']}"

        def apply(api: ApiServer) -> Object:
            name = str(definition["metadata"]["name"])
            existing = api.get(str(definition["apiVersion"]), str(definition["kind"]), name)
            return existing if existing is not None else api.create(definition, _MANAGER).body

        live = await self.connection.ask(what, apply, {})
        try:
            await self.waiting.until_ready(live, _ESTABLISHED_WITHIN, lambda _: None)
        except NotReadyError as error:
            raise KubernetesError(f"{what}: {error}", emulated=False) from error

    async def read(self, target: Target, id_: str, state: dict[str, Any], inputs: dict[str, Any]) -> Seen | None:
        """Look at a release.

        Raises:
            KubernetesError: the cluster does not answer.
        """
        await self._reach(target)
        return await self.records.read(target, id_, state, inputs)

    async def update(
        self, target: Target, id_: str, state: dict[str, Any], inputs: dict[str, Any], ignored: Sequence[str]
    ) -> dict[str, Any]:
        """Upgrade a release.

        Raises:
            KubernetesError: it is gone, the cluster does not answer, or a rule refuses it.
        """
        await self._reach(target)
        return await self.records.update(target, id_, state, inputs, ignored)

    async def delete(self, target: Target, id_: str, state: dict[str, Any]) -> None:
        """Uninstall a release, leaving its definitions.

        Raises:
            KubernetesError: the cluster does not answer.
        """
        await self._reach(target)
        await self.records.delete(target, id_, state)

    async def _reach(self, target: Target) -> None:
        await self.connection.ask(f"release {target.name}", lambda api: api.request("GET", "/version"), {})
