"""The registrar: it stands in for the AWS Load Balancer Controller's duty to keep target groups filled with pods.

It works while the controller is installed in the cluster, with pods that have a role. Beside it does
what Elastic Load Balancing itself does with the targets it registered: health checks and draining.
Everything it knows is in the inventory and in the API server, so it may be stopped and started at any time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from sandbox.aws.rules.edge import GROUP_TYPE
from sandbox.inventory import Inventory, Record
from sandbox.kubernetes.api_server import MERGE, ApiServer
from sandbox.kubernetes.api_types import ApiServerError, KindUnknownError, Object, UnreachableError
from sandbox.nodes.groups import cluster_at
from sandbox.nodes.instances import INSTANCE_TYPE
from sandbox.registrar.balancers import zones_in_use
from sandbox.registrar.bindings import Bound, bound_by, is_going
from sandbox.registrar.controller import Controller
from sandbox.registrar.definition import API_VERSION, KIND
from sandbox.registrar.endpoints import Cluster
from sandbox.registrar.mirror import Mirror
from sandbox.registrar.plan import (
    FINALIZER,
    Changes,
    Registration,
    changes_of,
    condition_patch,
    finalizer_patch,
    gate_changes,
    unbound_gates,
)
from sandbox.registrar.targets import TARGET_TYPE, Address
from sandbox.registrar.views import Binding, binding_of, node_status_of, pod_of, service_ports_of, slice_of

_log = logging.getLogger(__name__)


_ENDED: Final = frozenset({"shutting-down", "terminated"})
"""https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html"""

_STRATEGIC: Final = "application/strategic-merge-patch+json"
_TICK_SECONDS: Final = 0.5
"""How often it looks at the inventory, which tells nobody of changes."""
_GATHER_SECONDS: Final = 0.05
"""How long it waits after a change in the cluster for more of them: a rollout makes many at once."""
_REQUESTS_AT_ONCE: Final = 4
_OUTDATED: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT})
"""The object is another by now, or gone: the next look at it decides anew."""


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class _Patch:
    """One request to the API server; its answer goes into the mirror."""

    mirror: Mirror[Any]
    api_version: str
    kind: str
    name: str
    namespace: str
    change: Object
    subresource: str = ""
    content_type: str = MERGE


class Registrar:
    """Keeps the target groups of one cluster filled.

    Args:
        api: the cluster's API server.
        inventory: the account.
        endpoint: by which the cluster is known in the account.
        time_scale: seconds here for each second that health checks and draining take at AWS.
        now: tells the time.
    """

    def __init__(
        self,
        api: ApiServer,
        inventory: Inventory,
        endpoint: str,
        time_scale: float = 1.0,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._api, self._inventory, self._endpoint = api, inventory, endpoint
        self._scale, self._now = time_scale, now
        self._controller = Controller(api, inventory)
        self._wake = threading.Event()
        self._complaints: frozenset[str] = frozenset()
        self._bindings = Mirror(api, API_VERSION, KIND, binding_of, self._wake.set)
        self._services = Mirror(api, "v1", "Service", service_ports_of, self._wake.set)
        self._slices = Mirror(api, "discovery.k8s.io/v1", "EndpointSlice", slice_of, self._wake.set)
        self._pods = Mirror(api, "v1", "Pod", pod_of, self._wake.set)
        self._nodes = Mirror(api, "v1", "Node", node_status_of, self._wake.set)
        kept = (self._bindings, self._services, self._slices, self._pods, self._nodes)
        self.mirrors: tuple[Mirror[Any], ...] = kept

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop, whatever is missing or goes away meanwhile."""
        for mirror in self.mirrors:
            threading.Thread(target=mirror.run, args=(stop,), daemon=True).start()
        told = ""
        while not stop.is_set():
            self._wake.wait(_TICK_SECONDS)
            stop.wait(_GATHER_SECONDS)
            self._wake.clear()
            try:
                self.step()
                told = ""
            except (ApiServerError, UnreachableError, KindUnknownError) as error:
                if str(error) != told:
                    told = str(error)
                    _log.warning("will try again: %s", error)
                stop.wait(_TICK_SECONDS)

    def step(self) -> None:
        """Look at everything once, and do what is to be done.

        Raises:
            ApiServerError: a request was refused.
            UnreachableError: nobody answered.
        """
        cluster = cluster_at(self._inventory, self._endpoint)
        if cluster is None:
            return
        groups = {group.key: group for group in self._inventory.list(type=GROUP_TYPE, scope=cluster.scope)}
        complaints: set[str] = set()
        content = self._content() if self._controller.works(cluster, complaints) else None
        bound = [] if content is None else list(bound_by(content, groups, complaints))
        self._tell(complaints)
        changes = self._change_targets(cluster, groups, bound)
        if content is not None:
            patches = [*self._gates(content, bound, changes), *self._binding_patches(content, bound)]
            self._send(patches)

    def _content(self) -> Cluster | None:
        """What the cluster holds; `None` while not everything is known, and nothing may be taken for gone."""
        if not all(mirror.complete for mirror in self.mirrors):
            return None
        return Cluster(
            bindings=self._bindings.held(),
            services=self._services.held(),
            slices=self._slices.held(),
            pods=self._pods.held(),
            nodes=self._nodes.held(),
        )

    def _tell(self, complaints: set[str]) -> None:
        for complaint in sorted(complaints - self._complaints):
            _log.warning(complaint)
        self._complaints = frozenset(complaints)

    def _change_targets(self, cluster: Record, groups: Mapping[str, Record], bound: list[Bound]) -> Changes:
        wanted: dict[str, dict[str, Address]] = {}
        for each in bound:
            wanted.setdefault(each.group.key, {}).update(each.addresses)
        existing = [
            record
            for record in self._inventory.list(type=TARGET_TYPE, scope=cluster.scope)
            # What another cluster, or a person, has registered in a bound group is not left there.
            if record.outputs.get("cluster") == cluster.id or record.owner in wanted
        ]
        if not existing and not wanted:
            return Changes()
        registration = Registration(groups, zones_in_use(self._inventory), wanted, cluster.id, self._scale)
        changes = changes_of(registration, existing, self._answers(), self._now())
        if changes:
            self._record(changes)
        return changes

    def _answers(self) -> Callable[[Address], bool | None]:
        if not (self._pods.complete and self._nodes.complete):
            return lambda _: None
        dead = frozenset(
            str(instance.outputs["privateDnsName"])
            for instance in self._inventory.list(type=INSTANCE_TYPE)
            if instance.outputs["state"] in _ENDED
        )
        content = Cluster({}, {}, {}, self._pods.held(), self._nodes.held(), dead)
        return lambda address: content.answers(address.pod, address.ip, address.node)

    def _record(self, changes: Changes) -> None:
        with self._inventory.transaction():
            for record in changes.removed:
                self._inventory.remove(record)
            for record in changes.altered:
                self._inventory.update(record)
            for record in changes.added:
                # Pulumi may have deleted the group since it was read.
                if self._inventory.get(GROUP_TYPE, record.owner.split("|", 1)[1]) is not None:
                    self._inventory.add(record)

    def _gates(self, content: Cluster, bound: list[Bound], changes: Changes) -> Iterator[_Patch]:
        """Set the readiness gates of the pods of every binding, and of those whose binding goes."""
        targets = [
            (
                each.binding,
                {
                    address.pod: changes.targets[each.group.key, id_]
                    for id_, address in each.addresses.items()
                    if (each.group.key, id_) in changes.targets
                },
            )
            for each in bound
        ]
        going = (binding for binding in content.bindings.values() if is_going(binding))
        gates = [
            *gate_changes(targets, content.pods),
            *(gate for binding in going for gate in unbound_gates(binding, content.pods)),
        ]
        now = self._now()
        for pod, gate, condition in gates:
            change = condition_patch(pod, gate, condition, now)
            yield _Patch(self._pods, "v1", "Pod", pod.name, pod.namespace, change, "status", _STRATEGIC)

    def _binding_patches(self, content: Cluster, bound: list[Bound]) -> Iterator[_Patch]:
        """Add the finalizer to new bindings, take it from those that go, and tell which generation was seen."""
        for binding in content.bindings.values():
            if is_going(binding) or not (binding.deleting or FINALIZER in binding.finalizers):
                yield self._binding_patch(binding, finalizer_patch(binding, present=not binding.deleting))
        for binding in (each.binding for each in bound):
            if not binding.deleting and binding.observed != binding.generation:
                yield self._binding_patch(binding, {"status": {"observedGeneration": binding.generation}}, "status")

    def _binding_patch(self, binding: Binding, change: Object, subresource: str = "") -> _Patch:
        return _Patch(self._bindings, API_VERSION, KIND, binding.name, binding.namespace, change, subresource)

    def _send(self, patches: list[_Patch]) -> None:
        if not patches:
            return
        with ThreadPoolExecutor(_REQUESTS_AT_ONCE) as pool:
            for _ in pool.map(self._send_one, patches):
                self._wake.set()

    def _send_one(self, patch: _Patch) -> None:
        try:
            answer = self._api.patch(
                *(patch.api_version, patch.kind, patch.name, patch.namespace),
                change=patch.change,
                subresource=patch.subresource,
                content_type=patch.content_type,
            )
        except ApiServerError as error:
            if error.status not in _OUTDATED:
                raise
        else:
            patch.mirror.put(answer)
