"""The agent that keeps the nodes of a control plane in step with the instances of the emulated account.

It plays Auto Scaling (launches and ends instances), the kubelet that registers a node, the draining that EKS does
before an instance of a managed node group ends, and the cloud's node lifecycle controller, which removes the Node of
an instance that is gone once it is not ready.

What is left out: a node group whose launch template or release version changes keeps its nodes (on EKS they are
replaced); `outages.end_instance` replaces one of them by hand.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from capacity.instance_types import UnknownInstanceTypeError
from sandbox.inventory import Inventory
from sandbox.kubernetes.api_server import ApiServer
from sandbox.kubernetes.api_types import ApiServerError, KindUnknownError, Object, UnreachableError
from sandbox.kubernetes.api_types import condition_of as condition
from sandbox.kwok.configuration import DEAD_LABEL
from sandbox.nodes.drain import Drain, cordon
from sandbox.nodes.groups import SUBNET_TYPE, NodeGroup, cluster_at, node_groups_of
from sandbox.nodes.instances import LIVE, Instance, State, SubnetFullError, change_state, forget, instances_of, launch
from sandbox.nodes.manifest import node_manifest
from sandbox.nodes.outages import failed_zones
from sandbox.nodes.placement import Plan, plan
from sandbox.nodes.timing import Timing

_CLOUD: Final = "aws:///"
_LOG: Final = logging.getLogger("sandbox.nodes")


@dataclass(frozen=True)
class _Member:
    """An instance and what it belongs to."""

    instance: Instance
    group: NodeGroup


class NodeAgent:
    """Keeps the nodes of one control plane.

    Args:
        api: the control plane.
        inventory: the account.
        endpoint: the control plane's address, by which its cluster is known in the account.
        timing: how long things take.
        now: the time.
        clock: the time in seconds, for pauses.
    """

    def __init__(
        self,
        api: ApiServer,
        inventory: Inventory,
        endpoint: str,
        timing: Timing | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._inventory = inventory
        self._endpoint = endpoint
        self._timing = timing if timing is not None else Timing()
        self._now = now
        self._clock = clock
        self._drains: dict[str, Drain] = {}
        self._looked = float("-inf")

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; a control plane that does not answer is waited for."""
        while not stop.is_set():
            try:
                self.step()
            except UnreachableError as error:
                _LOG.debug("the API server does not answer: %s", error)
            except (ApiServerError, KindUnknownError) as error:
                _LOG.warning("the API server refused: %s", error)
            stop.wait(self._timing.poll)

    def step(self) -> None:
        """Look once, and do what can be done at once.

        Raises:
            ApiServerError: the API server refused something.
            UnreachableError: it does not answer.
        """
        cluster = cluster_at(self._inventory, self._endpoint)
        if cluster is None:
            return
        members: list[_Member] = []
        for group in node_groups_of(self._inventory, cluster):
            self._scale(group)
            instances = instances_of(self._inventory, group.scaling_group)
            members += [_Member(instance, group) for instance in instances]
        self._follow(members)

    def _scale(self, group: NodeGroup) -> None:
        """Launch and end what the group's size asks for. Without anything to do, nothing is locked."""
        if not self._plan(group):
            return
        with self._inventory.transaction():
            wanted = self._plan(group)  # again, now that nobody else can change anything
            for subnet in wanted.launch:
                self._launch(group, subnet.id, rebalancing=wanted.rebalancing)
            for id_ in wanted.end:
                change_state(self._inventory, id_, State.SHUTTING_DOWN, LIVE, self._now(), "more than desired")

    def _launch(self, group: NodeGroup, subnet_id: str, *, rebalancing: bool) -> None:
        subnet = self._inventory.get(SUBNET_TYPE, subnet_id)
        if subnet is None:
            return
        try:
            launch(self._inventory, group.scaling_group, group.record, subnet, self._now(), rebalancing=rebalancing)
        except SubnetFullError as error:
            _LOG.warning("%s cannot grow: %s", group.record.name, error)

    def _plan(self, group: NodeGroup) -> Plan:
        # Read anew: what is planned has to fit what is so when it is done.
        current = self._inventory.get(group.scaling_group.type, group.scaling_group.id, group.scaling_group.scope)
        record = self._inventory.get(group.record.type, group.record.id, group.record.scope)
        if current is None or record is None:
            return Plan()
        return plan(
            NodeGroup(record, current).desired,
            group.subnets(self._inventory),
            instances_of(self._inventory, current),
            failed_zones(self._inventory),
            self._now(),
        )

    def _follow(self, members: list[_Member]) -> None:
        """Bring every node where its instance is."""
        is_quiet = all(member.instance.state is State.RUNNING for member in members)
        if is_quiet and self._clock() - self._looked < self._timing.look:
            return
        nodes = {str(node["metadata"]["name"]): node for node in self._api.list("v1", "Node")}
        self._looked = self._clock()
        for member in members:
            node = nodes.get(member.instance.name)
            match member.instance.state:
                case State.PENDING:
                    self._joining(member, node)
                case State.RUNNING:
                    self._running(member, node)
                case State.SHUTTING_DOWN:
                    self._leaving(member, node)
                case State.TERMINATED:
                    self._dead(member, node)
        self._remove_orphans(members, nodes)

    def _joining(self, member: _Member, node: Object | None) -> None:
        instance = member.instance
        if node is None:
            self._register(member)
        elif (condition(node, "Ready") or {}).get("status") == "True":
            change_state(self._inventory, instance.id, State.RUNNING, {State.PENDING}, self._now())
            _LOG.info("%s (%s) has joined", instance.name, instance.id)

    def _running(self, member: _Member, node: Object | None) -> None:
        if node is None:  # somebody deleted it, or the control plane has lost it: the kubelet registers again
            self._register(member)

    def _register(self, member: _Member) -> None:
        instance, group = member.instance, member.group.record
        try:
            self._api.create(node_manifest(instance, group, group.scope))
        except (UnknownInstanceTypeError, ApiServerError) as error:
            # Noted where whoever waits for the node sees it; the other nodes go on.
            if str(error) != instance.reason:
                _LOG.warning("%s (%s) cannot join: %s", instance.name, instance.id, error)
                change_state(self._inventory, instance.id, instance.state, {instance.state}, self._now(), str(error))

    def _leaving(self, member: _Member, node: Object | None) -> None:
        instance = member.instance
        if node is None:
            self._gone(instance)
            return
        if instance.id not in self._drains:
            self._drains[instance.id] = Drain(self._api, instance.name, self._timing.retry, self._clock)
            _LOG.info("draining %s (%s): %s", instance.name, instance.id, instance.reason)
        drain = self._drains[instance.id]
        cordon(self._api, node)
        is_empty = drain.step()
        limit = self._timing.deletion_drain_limit if member.group.is_going else self._timing.drain_limit
        since = (self._now() - (instance.ending or instance.launched)).total_seconds()
        if not is_empty and since < limit:
            return
        if not is_empty:
            kept = "; ".join(f"{name}: {why}" for name, why in drain.refusals.items())
            _LOG.warning("%s was not empty after %g s and goes regardless (%s)", instance.name, limit, kept)
        change_state(self._inventory, instance.id, State.TERMINATED, {State.SHUTTING_DOWN}, self._now())
        self._delete_node(instance.name)
        self._gone(instance)

    def _dead(self, member: _Member, node: Object | None) -> None:
        if node is None:
            self._gone(member.instance)
        else:
            self._bury(node)

    def _bury(self, node: Object) -> None:
        """Let a node without its instance fall silent, and remove it once Kubernetes has seen that it is not ready.

        https://kubernetes.io/docs/concepts/architecture/cloud-controller/#node-controller
        """
        name = str(node["metadata"]["name"])
        if DEAD_LABEL not in node["metadata"].get("labels", {}):
            self._api.patch("v1", "Node", name, change={"metadata": {"labels": {DEAD_LABEL: "true"}}})
        elif (condition(node, "Ready") or {}).get("status") != "True":
            self._delete_node(name)

    def _remove_orphans(self, members: list[_Member], nodes: Mapping[str, Object]) -> None:
        """Nodes whose instances have no record any more, as when a node group was removed by force."""
        known = {member.instance.provider_id for member in members}
        for node in nodes.values():
            provider_id = str(node.get("spec", {}).get("providerID", ""))
            if provider_id.startswith(_CLOUD) and provider_id not in known:
                self._bury(node)

    def _delete_node(self, name: str) -> None:
        self._api.delete("v1", "Node", name)
        _LOG.info("%s is removed", name)

    def _gone(self, instance: Instance) -> None:
        self._drains.pop(instance.id, None)
        forget(self._inventory, instance.id)
