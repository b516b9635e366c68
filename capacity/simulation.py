"""Pods and nodes of a stack under a load over time.

In each sync period of the autoscalers, in this order: nodes join and leave, schedules change sizes, autoscalers look
at what the pods used in the period before, pods are made, deleted and placed, and what is asked for is shared among
the pods that are ready. Scaling policies look once a minute.

What it leaves out, so that nobody takes it for more: rollouts; memory beyond its requests; nodes lost; pods that grow
slow before their limit; the load of DaemonSets and of Kubernetes itself on a node's CPU; traffic that waits, since what
is not served in its period is lost.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from capacity.horizontal_autoscaler import ControllerTimes
from capacity.load_curve import LoadCurve
from capacity.scheduler import Scheduler
from capacity.simulated_nodes import DRAIN_LIMIT, NodeGroupModel, SimulatedGroup, SimulatedNode
from capacity.simulated_service import ServiceModel, SimulatedPod, SimulatedService
from capacity.simulation_outcome import GroupSample, Outcome, ServiceSample
from capacity.workloads import Node, Workload

_MINUTE: Final = 60.0


@dataclass(frozen=True)
class Strategy:
    """What is simulated: a stack, as far as it matters here.

    Attributes:
        name: what it is called
        services: each with how it is placed
        groups: where
        times: the autoscaler controller's
    """

    name: str
    services: Sequence[tuple[ServiceModel, Workload]]
    groups: Sequence[NodeGroupModel]
    times: ControllerTimes


def simulate(strategy: Strategy, curve: LoadCurve, progress: Callable[[float], None] = lambda _share: None) -> Outcome:
    """Play a load through.

    It begins as if the first row had held for long: with the nodes that the schedules leave at that hour, and with the
    pods that the autoscalers would have asked for.

    Args:
        strategy: what meets the load
        curve: the load
        progress: told how far it is, from 0 to 1
    """
    return _Run(strategy, curve).play(progress)


class _Run:
    def __init__(self, strategy: Strategy, curve: LoadCurve) -> None:
        self._strategy, self._curve = strategy, curve
        self._period = strategy.times.sync_period
        self._groups = [SimulatedGroup(model) for model in strategy.groups]
        self._services = {model.name: SimulatedService(model) for model, _ in strategy.services}
        self._workloads = {model.name: workload for model, workload in strategy.services}
        begin = -max((model.start_seconds for model, _ in strategy.services), default=0.0)
        for service in self._services.values():
            service.replicas = _settled(service.model, curve.demand(service.model.name, 0.0))
            service.reconcile(begin)
        self._place(begin)

    def play(self, progress: Callable[[float], None]) -> Outcome:
        ticks = int(self._curve.duration // self._period)
        services: dict[str, list[ServiceSample]] = {name: [] for name in self._services}
        groups: dict[str, list[GroupSample]] = {group.model.name: [] for group in self._groups}
        for tick in range(ticks):
            now = tick * self._period
            self._move(now, first=tick == 0)
            self._serve(now)
            for name, service in self._services.items():
                services[name].append(self._sample(service, now))
            for group in self._groups:
                groups[group.model.name].append(GroupSample(group.desired, len(group.taking(now)), len(group.nodes)))
            if (now + self._period) % _MINUTE < self._period:
                for group in self._groups:
                    group.follow_policies(now + self._period)
            if tick % 1000 == 0:
                progress(tick / ticks)
        progress(1.0)
        return Outcome(self._strategy.name, self._curve.begin, self._period, services, groups)

    def _move(self, now: float, *, first: bool) -> None:
        for group in self._groups:
            group.resize(now)
        if not first:
            for service in self._services.values():
                service.sync(now, self._strategy.times, self._period)
        for group in self._groups:
            for node in group.draining():
                self._drain(group, node, now)
        for service in self._services.values():
            service.reconcile(now)
        self._place(now)

    def _drain(self, group: SimulatedGroup, node: SimulatedNode, now: float) -> None:
        """Ask pods to leave as their budgets allow: one of a service at a time, and only while all others are ready."""
        late = node.leaves is not None and now >= node.leaves + DRAIN_LIMIT
        empty = True
        for service in self._services.values():
            here = [pod for pod in service.pods if pod.node == node.name]
            spare = len(service.ready(now)) - service.replicas + 1
            for pod in here if late else here[: max(spare, 0)][:1]:
                service.delete(pod, now)
            empty = empty and not any(pod.node == node.name for pod in (*service.pods, *service.leaving))
        if late or empty:
            group.remove(node)

    def _place(self, now: float) -> None:
        pending = [pod for service in self._services.values() for pod in service.pending]
        if not pending:
            return
        nodes = [(group.model, node) for group in self._groups for node in group.taking(now)]
        scheduler = Scheduler([_as_node(model, node) for model, node in nodes])
        places = {node.name: index for index, (_, node) in enumerate(nodes)}
        for name, service in self._services.items():
            for pod in (*service.pods, *service.leaving):
                if pod.node in places:
                    scheduler.put(self._workloads[name], places[pod.node])
        for pod in sorted(pending, key=lambda each: each.created):
            index = _scheduled(scheduler, self._workloads[pod.service])
            if index is not None:
                self._services[pod.service].place(pod, nodes[index][1].name, now)

    def _serve(self, now: float) -> None:
        """Share the load of the period that begins, and no more on a node than its CPUs do."""
        on_node: dict[str, list[SimulatedPod]] = defaultdict(list)
        for name, service in self._services.items():
            service.share(now, self._curve.demand(name, now))
            for pod in service.pods:
                if pod.node is not None:
                    on_node[pod.node].append(pod)
        for group in self._groups:
            used: dict[str, float] = {}
            for node in group.nodes:
                pods = on_node[node.name]
                wanted = sum(pod.used for pod in pods)
                if wanted > group.model.millicores:
                    for pod in pods:
                        pod.used *= group.model.millicores / wanted
                used[node.name] = min(wanted, group.model.millicores)
            group.measure(now, used)

    def _sample(self, service: SimulatedService, now: float) -> ServiceSample:
        demand, ready = self._curve.demand(service.model.name, now), service.ready(now)
        return ServiceSample(
            demand=demand,
            served=service.served(ready, demand),
            replicas=service.replicas,
            ready=len(ready),
            pending=len(service.pending),
            utilization_percent=service.utilization_percent,
        )


def _settled(model: ServiceModel, demand: float) -> int:
    """How many pods an autoscaler would have brought a service to under a load that lasts."""
    autoscaler = model.autoscaler
    if autoscaler is None:
        return model.replicas
    each = model.request_millicores * autoscaler.cpu_percent / 100
    return min(max(-int(-demand // each), autoscaler.min_replicas), autoscaler.max_replicas)


def _as_node(model: NodeGroupModel, node: SimulatedNode) -> Node:
    return Node(node.name, model.name, node.zone, model.offers, model.taints)


def _scheduled(scheduler: Scheduler, workload: Workload) -> int | None:
    """The node that a pod came to stand on."""
    before = list(scheduler.standing().get(workload, [0] * len(scheduler.nodes)))
    if scheduler.schedule(workload):
        return None
    after = scheduler.standing()[workload]
    return next(index for index, (old, new) in enumerate(zip(before, after, strict=True)) if new > old)
