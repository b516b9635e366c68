"""Kubernetes as one generic Pulumi provider for every `kubernetes:*` type.

Where a kubeconfig points to this very machine, a real API server keeps the objects; else they live in the same
inventory as the emulated AWS, in the scope of the cluster that the kubeconfig names.
"""

import logging
from collections.abc import Callable
from typing import Any

from pulumi.provider.experimental import provider as sdk

from sandbox.aws.errors import KubernetesError
from sandbox.difference import INPUTS_KEY, difference
from sandbox.faults import Faults
from sandbox.interference import Interference
from sandbox.inventory import Inventory
from sandbox.kubernetes.api_cluster import ApiCluster
from sandbox.kubernetes.awaiting.lookout import Lookout
from sandbox.kubernetes.awaiting.readiness import annotation
from sandbox.kubernetes.awaiting.waiting import Waiting
from sandbox.kubernetes.back_end import BackEnd, Target
from sandbox.kubernetes.connection import Connection, Messages
from sandbox.kubernetes.emulated_cluster import EmulatedCluster
from sandbox.kubernetes.kubeconfig import endpoint_of, is_local, parsed
from sandbox.kubernetes.objects import (
    RELEASE_TYPE,
    api_version_of,
    is_auto_named,
    kind_of,
    name_and_namespace,
    replacing_properties,
    with_name,
)  # fmt: skip
from sandbox.kubernetes.options import Options, options_of
from sandbox.kubernetes.releases import Releases
from sandbox.latency import Latencies
from sandbox.urn import type_of
from sandbox.values import UNKNOWN, Secret, plain_map, property_map, revealed


class KubernetesProvider(sdk.Provider):
    """Clusters as a Pulumi provider.

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
            self._say_warning,
        )
        self.endpoint = ""
        # Both are replaced once the engine says where it listens.
        self.warn = warn if warn is not None else _log_warning
        self.progress: Callable[[str, str], None] = _log_progress
        self._back_end: BackEnd = EmulatedCluster(inventory, self.endpoint)

    async def configure(self, request: sdk.ConfigureRequest) -> sdk.ConfigureResponse:
        """Take the cluster's endpoint from the kubeconfig, which a preview may not know yet."""
        arguments = revealed(plain_map(request.args))
        kubeconfig = arguments.get("kubeconfig")
        endpoint = endpoint_of(kubeconfig)
        if endpoint:
            self.endpoint = endpoint
            self._back_end = self._back_end_at(endpoint, kubeconfig, options_of(arguments))
        return sdk.ConfigureResponse(accept_secrets=True, supports_preview=True)

    def _back_end_at(self, endpoint: str, kubeconfig: Any, options: Options) -> BackEnd:
        if not is_local(endpoint):
            return EmulatedCluster(self.inventory, endpoint)
        connection = Connection(parsed(kubeconfig))
        waiting = Waiting(connection.server, Lookout(connection.server))
        releases = Releases(EmulatedCluster(self.inventory, endpoint, only_releases=True), connection, waiting)
        messages = Messages(self._say_warning, self._say_progress)
        return ApiCluster(connection, waiting, releases, options, messages)

    def _say_warning(self, urn: str, text: str) -> None:
        self.warn(urn, text)

    def _say_progress(self, urn: str, text: str) -> None:
        self.progress(urn, text)

    def _takes_time(self, target: Target) -> bool:
        """Whether how long a call takes is still to be pretended; a real cluster takes its own time."""
        return isinstance(self._back_end, EmulatedCluster) or target.type == RELEASE_TYPE

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
        if await self._is_to_be_made_anew(request, revealed(new), state):
            # https://github.com/pulumi/pulumi-kubernetes/pull/1575
            response.changes, response.replaces = True, [*response.replaces, "status"]
        name, _ = name_and_namespace(type_token, revealed(new))
        # An object with a fixed name cannot exist beside what it replaces; the real provider knows that too:
        # https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/
        same_place = not any(path.startswith("metadata.name") for path in response.detailed_diff)
        response.delete_before_replace = (
            bool(response.replaces) and same_place and not is_auto_named(request.name, name)
        )
        return response

    async def _is_to_be_made_anew(self, request: sdk.DiffRequest, new: dict[str, Any], state: dict[str, Any]) -> bool:
        """Whether a Job failed that says of itself that it is then to be replaced."""
        target = Target(request.urn, type_of(request.urn), "")
        if target.kind != "Job" or annotation(new, "pulumi.com/replaceUnready") != "true":
            return False
        return await self._back_end.has_failed(target, request.resource_id, state)

    async def create(self, request: sdk.CreateRequest) -> sdk.CreateResponse:
        """Make an object, or on a preview say what is known of it.

        Raises:
            KubernetesError: the cluster does not exist, or refuses it.
        """
        target, inputs = _target(request), plain_map(request.properties)
        if request.preview:
            return sdk.CreateResponse(properties=property_map(await self._back_end.preview_create(target, inputs)))
        fault = await self.interference.before("create", target.type, request.urn)
        made = await self._back_end.create(target, inputs)
        await self.interference.after("create", target.type, fault, waits=self._takes_time(target))
        return sdk.CreateResponse(made.id, property_map(made.state))

    async def read(self, request: sdk.ReadRequest) -> sdk.ReadResponse:
        """Return an object as it is now; an empty id where it, or its cluster, is gone.

        Raises:
            KubernetesError: nobody can say.
        """
        target = Target(request.urn, type_of(request.urn), request.name)
        fault = await self.interference.before("read", target.type, request.urn)
        seen = await self._back_end.read(
            target, request.resource_id, plain_map(request.properties), plain_map(request.inputs)
        )
        if seen is None:
            return sdk.ReadResponse(resource_id="")
        await self.interference.after("read", target.type, fault, waits=self._takes_time(target))
        return sdk.ReadResponse(seen.id, property_map(seen.state), property_map(seen.inputs))

    async def update(self, request: sdk.UpdateRequest) -> sdk.UpdateResponse:
        """Change an object in place.

        Raises:
            KubernetesError: it is gone, or the cluster refuses the change.
        """
        target, olds, news = _target(request), plain_map(request.olds), plain_map(request.news)
        ignored = list(request.ignore_changes)
        if request.preview:
            preview = await self._back_end.preview_update(target, olds, news, ignored)
            return sdk.UpdateResponse(property_map(preview))
        fault = await self.interference.before("update", target.type, request.urn)
        state = await self._back_end.update(target, request.resource_id, olds, news, ignored)
        await self.interference.after("update", target.type, fault, waits=self._takes_time(target))
        return sdk.UpdateResponse(property_map(state))

    async def delete(self, request: sdk.DeleteRequest) -> None:
        """Delete an object, a namespace with everything in it; what is gone already counts as deleted.

        Raises:
            KubernetesError: it could never end.
        """
        target = _target(request)
        fault = await self.interference.before("delete", target.type, request.urn)
        await self._back_end.delete(target, request.resource_id, plain_map(request.properties))
        await self.interference.after("delete", target.type, fault, waits=self._takes_time(target))

    async def cancel(self) -> None:
        """End what goes on; an object that is not ready yet is reported as such, and kept."""
        self._back_end.cancel()


def _target(request: sdk.CreateRequest | sdk.UpdateRequest | sdk.DeleteRequest) -> Target:
    return Target(request.urn, type_of(request.urn), request.name, request.timeout)


def _log_warning(urn: str, text: str) -> None:
    logging.getLogger("sandbox.kubernetes").warning("%s: %s", urn, text)


def _log_progress(urn: str, text: str) -> None:
    logging.getLogger("sandbox.kubernetes").info("%s: %s", urn, text)
