"""The emulated Kubernetes: one generic Pulumi provider for every `kubernetes:*` type, without an API server.

Objects live in the same inventory as the emulated AWS, in the scope of the cluster that the provider's kubeconfig
names. Where a real API server runs, another provider takes this one's place.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import yaml
from pulumi.provider.experimental import provider as sdk

from sandbox.aws.errors import KubernetesError
from sandbox.aws.provider import type_of
from sandbox.difference import INPUTS_KEY, difference, merged_outputs
from sandbox.faults import Faults
from sandbox.interference import Interference
from sandbox.inventory import Inventory, Record
from sandbox.kubernetes.objects import (
    ALWAYS_THERE,
    NAMESPACE_TYPE,
    RELEASE_TYPE,
    api_version_of,
    id_of,
    is_auto_named,
    kind_of,
    live_object,
    name_and_namespace,
    preview_object,
    replacing_properties,
    with_name,
)  # fmt: skip
from sandbox.kubernetes.rules import BINDING_TYPE, CONTROLLER_CHART, Request, enforce
from sandbox.latency import Latencies
from sandbox.values import UNKNOWN, Secret, at_path, is_list, is_map, plain_map, property_map, revealed

_CLUSTER_KEY: Final = "__cluster"
"""Where an object's state remembers its cluster: several providers share this process."""

_NUMBER_KEY: Final = "__number"


class KubernetesProvider(sdk.Provider):
    """The emulated clusters as a Pulumi provider.

    Args:
        inventory: what exists, AWS included.
        latencies: how long calls take; none by default.
        faults: what goes wrong; nothing by default.
        warn: told the URN and the text of every warning; logs it by default.
    """

    def __init__(
        self,
        inventory: Inventory,
        latencies: Latencies | None = None,
        faults: Faults | None = None,
        warn: Callable[[str, str], None] | None = None,
    ) -> None:
        self.inventory = inventory
        self.interference = Interference(
            latencies if latencies is not None else Latencies(),
            faults if faults is not None else Faults(),
            lambda code, reason: KubernetesError(f"{code}: {reason}"),
            warn if warn is not None else _log_warning,
        )
        self.endpoint = ""

    async def configure(self, request: sdk.ConfigureRequest) -> sdk.ConfigureResponse:
        """Take the cluster's endpoint from the kubeconfig, which a preview may not know yet."""
        kubeconfig = revealed(plain_map(request.args)).get("kubeconfig")
        endpoint = endpoint_of(kubeconfig)
        if endpoint:
            self.endpoint = endpoint
        return sdk.ConfigureResponse(accept_secrets=True, supports_preview=True)

    async def diff_config(self, request: sdk.DiffRequest) -> sdk.DiffResponse:
        """A kubeconfig of another cluster replaces what was made in the old one, as the real provider does."""
        old, new = plain_map(request.old_state), plain_map(request.new_inputs)
        response = difference(old, new, [], [])
        before, after = (endpoint_of(revealed(each).get("kubeconfig")) for each in (old, new))
        if before and after and before != after:
            response.replaces = ["kubeconfig"]
        return response

    async def check(self, request: sdk.CheckRequest) -> sdk.CheckResponse:
        """Fill in API version, kind and a name."""
        type_token = type_of(request.urn)
        inputs = {key: value for key, value in plain_map(request.new_inputs).items() if value is not None}
        if type_token != RELEASE_TYPE:
            inputs = {"apiVersion": api_version_of(type_token), "kind": kind_of(type_token), **inputs}
        if kind_of(type_token) == "Secret":
            # Whether the program marked them or not.
            for key in {"data", "stringData"} & inputs.keys():
                inputs[key] = inputs[key] if inputs[key] is UNKNOWN else Secret(revealed(inputs[key]))
        old = revealed(plain_map(request.old_inputs))
        named = with_name(type_token, request.name, inputs, old, request.random_seed)
        return sdk.CheckResponse(inputs=property_map(named))

    async def diff(self, request: sdk.DiffRequest) -> sdk.DiffResponse:
        """Compare the inputs an object was made from with those wanted now."""
        type_token, state = type_of(request.urn), plain_map(request.old_state)
        new = plain_map(request.new_inputs)
        response = difference(
            state.get(INPUTS_KEY, state), new, replacing_properties(type_token), request.ignore_changes
        )
        name, _ = name_and_namespace(type_token, revealed(new))
        # An object with a fixed name cannot exist beside what it replaces; the real provider knows that too:
        # https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/
        same_place = not any(path.startswith("metadata.name") for path in response.detailed_diff)
        response.delete_before_replace = (
            bool(response.replaces) and same_place and not is_auto_named(request.name, name)
        )
        return response

    async def create(self, request: sdk.CreateRequest) -> sdk.CreateResponse:
        """Make an object, or on a preview say what is known of it.

        Raises:
            KubernetesError: the cluster does not exist, or a rule refuses it.
        """
        type_token, inputs = type_of(request.urn), plain_map(request.properties)
        if request.preview:
            return sdk.CreateResponse(properties=property_map(preview_object(type_token, inputs)))
        fault = await self.interference.before("create", type_token, request.urn)
        with self.inventory.transaction():
            cluster = self._cluster(request.name)
            enforce(Request("create", type_token, revealed(inputs), cluster, self.inventory))
            record = self._store(type_token, inputs, cluster)
        await self.interference.after("create", type_token, fault)
        return sdk.CreateResponse(record.id, property_map({**record.outputs, INPUTS_KEY: inputs}))

    def _store(self, type_token: str, inputs: dict[str, Any], cluster: str) -> Record:
        number = self.inventory.next_number()
        name, namespace = name_and_namespace(type_token, revealed(inputs))
        if type_token == RELEASE_TYPE and inputs.get("createNamespace") is True and namespace not in ALWAYS_THERE:
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

    async def read(self, request: sdk.ReadRequest) -> sdk.ReadResponse:
        """Return an object as it is now; an empty id where it, or its cluster, is gone."""
        state, type_token = plain_map(request.properties), type_of(request.urn)
        record = self._find(type_token, request.resource_id, state)
        if record is None:
            return sdk.ReadResponse(resource_id="")
        inputs = self.inventory.unseal(record.inputs, plain_map(request.inputs))
        outputs = self.inventory.unseal(record.outputs, state)
        return sdk.ReadResponse(record.id, property_map({**outputs, INPUTS_KEY: inputs}), property_map(inputs))

    async def update(self, request: sdk.UpdateRequest) -> sdk.UpdateResponse:
        """Change an object in place.

        Raises:
            KubernetesError: it is gone, or a rule refuses the change.
        """
        type_token, olds, news = type_of(request.urn), plain_map(request.olds), plain_map(request.news)
        if request.preview:
            return sdk.UpdateResponse(property_map({**merged_outputs(olds, news), INPUTS_KEY: news}))
        fault = await self.interference.before("update", type_token, request.urn)
        with self.inventory.transaction():
            record = self._find(type_token, request.resource_id, olds)
            if record is None:
                raise KubernetesError(f"{kind_of(type_token).lower()}s {request.resource_id!r} not found")
            enforce(Request("update", type_token, revealed(news), record.scope, self.inventory))
            number = int(record.outputs[_NUMBER_KEY])
            generation = int(at_path(olds, "metadata.generation") or at_path(olds, "status.revision") or 1) + 1
            outputs = {
                **live_object(type_token, news, number, generation),
                **{_NUMBER_KEY: number, _CLUSTER_KEY: record.scope},
            }
            record = replace(record, inputs=news, outputs=outputs)
            self.inventory.update(record)
        await self.interference.after("update", type_token, fault)
        return sdk.UpdateResponse(property_map({**outputs, INPUTS_KEY: news}))

    async def delete(self, request: sdk.DeleteRequest) -> None:
        """Delete an object, a namespace with everything in it; what is gone already counts as deleted.

        Raises:
            KubernetesError: it could never end.
        """
        type_token, state = type_of(request.urn), plain_map(request.properties)
        fault = await self.interference.before("delete", type_token, request.urn)
        with self.inventory.transaction():
            record = self._find(type_token, request.resource_id, state)
            if record is None:
                return
            enforce(Request("delete", type_token, revealed(record.inputs), record.scope, self.inventory))
            if type_token == NAMESPACE_TYPE:
                self._empty(record)
            self.inventory.remove(record)
        await self.interference.after("delete", type_token, fault)

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

    def _cluster(self, name: str) -> str:
        """The cluster that the kubeconfig's endpoint belongs to.

        Raises:
            KubernetesError: there is none.
        """
        for cluster in self.inventory.list(type="aws:eks/cluster:Cluster"):
            if self.endpoint and cluster.outputs["endpoint"] == self.endpoint:
                return cluster.id
        where = f"no cluster answers at {self.endpoint}" if self.endpoint else "no kubeconfig was given"
        raise KubernetesError(f"{name}: configured Kubernetes cluster is unreachable: {where}")


def endpoint_of(kubeconfig: Any) -> str:
    """Return the server of a kubeconfig's current context; an empty string where there is none to read."""
    if isinstance(kubeconfig, str):
        try:
            kubeconfig = yaml.safe_load(kubeconfig)
        except yaml.YAMLError:
            return ""
    if not is_map(kubeconfig):
        return ""
    contexts, clusters = kubeconfig.get("contexts"), kubeconfig.get("clusters")
    if not is_list(clusters) or not clusters:
        return ""
    wanted = None
    for context in contexts if is_list(contexts) else []:
        if context.get("name") == kubeconfig.get("current-context"):
            wanted = at_path(context, "context.cluster")
    chosen = next((cluster for cluster in clusters if cluster.get("name") == wanted), clusters[0])
    return str(at_path(chosen, "cluster.server") or "")


def _log_warning(urn: str, text: str) -> None:
    logging.getLogger("sandbox.kubernetes").warning("%s: %s", urn, text)
