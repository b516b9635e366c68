"""One service of a simulation: its Deployment, its pods from creation to their end, and its autoscaler.

A pod is pending until it has a node, starts for a given time, and then takes its share of the service's demand up to
its CPU limit. Which pod goes first when the count falls is the order of the ReplicaSet controller: those without a
node, those not ready, those that share a node with most of their kind, the youngest.
https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#scaling-a-replicaset
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from capacity.horizontal_autoscaler import Autoscaler, ControllerTimes, Memory, PodReading, decide, first_memory


@dataclass(frozen=True)
class ServiceModel:
    """What a simulation has to know of a service.

    Attributes:
        name: its key in the stack file
        request_millicores: of a pod, all containers
        limit_millicores: what the container that does the work may use
        idle_millicores: what a pod uses that serves nothing
        start_seconds: from getting a node until it is ready
        leave_seconds: from its deletion until its room is free
        replicas: to begin with
        autoscaler: where there is one; else the count stays
    """

    name: str
    request_millicores: int
    limit_millicores: int
    idle_millicores: float
    start_seconds: float
    leave_seconds: float
    replicas: int
    autoscaler: Autoscaler | None


@dataclass(slots=True, eq=False)
class SimulatedPod:
    """One pod. Times are seconds since the beginning.

    Attributes:
        service: whose
        created: when
        node: where; `None` while it is pending
        started: when it got its node
        ready_at: when it is ready, as far as that is known
        left_at: when its room is free again, once it was deleted
        used: millicores, in the last interval
        measured: whether there was an interval that it ran in
    """

    service: str
    created: float
    node: str | None = None
    started: float = math.inf
    ready_at: float = math.inf
    left_at: float = math.inf
    used: float = 0.0
    measured: bool = False


@dataclass
class SimulatedService:
    """The service as it is at one time.

    Attributes:
        model: what it is
        replicas: what its Deployment asks for
        pods: those that are not leaving
        leaving: those that still take room
        utilization_percent: what its autoscaler read last
        memory: what its autoscaler remembers, once it looked
    """

    model: ServiceModel
    replicas: int = field(init=False)
    pods: list[SimulatedPod] = field(default_factory=list[SimulatedPod])
    leaving: list[SimulatedPod] = field(default_factory=list[SimulatedPod])
    utilization_percent: int | None = None
    memory: Memory | None = None

    def __post_init__(self) -> None:
        self.replicas = self.model.replicas

    def sync(self, now: float, times: ControllerTimes, window: float) -> None:
        """Let the autoscaler look at what the pods used in the last interval, of `window` seconds."""
        autoscaler = self.model.autoscaler
        if autoscaler is None:
            return
        memory = first_memory(now, self.replicas) if self.memory is None else self.memory
        # Most pods are ready for long and used the same: one reading stands for all of them.
        settled: dict[float, PodReading] = {}
        readings: list[PodReading] = []
        for pod in self.pods:
            if pod.measured and pod.ready_at + window <= now:
                if pod.used not in settled:
                    settled[pod.used] = PodReading(self.model.request_millicores, math.ceil(pod.used))
                readings.append(settled[pod.used])
            else:
                readings.append(self._reading(pod, now, window))
        decision = decide(autoscaler, times, memory, now, self.replicas, readings)
        self.replicas, self.memory = decision.replicas, decision.memory
        self.utilization_percent = decision.utilization_percent

    def _reading(self, pod: SimulatedPod, now: float, window: float) -> PodReading:
        ready = pod.ready_at <= now
        return PodReading(
            self.model.request_millicores,
            math.ceil(pod.used) if pod.measured else None,
            pending=pod.node is None,
            ready=ready,
            started=pod.started,
            ready_since=pod.ready_at if ready else pod.started,
            measured=now,
            window=window,
        )

    def reconcile(self, now: float) -> None:
        """Make or delete pods until there are as many as asked for, and forget those whose time is over."""
        self.leaving = [pod for pod in self.leaving if pod.left_at > now]
        while len(self.pods) < self.replicas:
            self.pods.append(SimulatedPod(self.model.name, now))
        if len(self.pods) > self.replicas:
            beside = Counter(pod.node for pod in self.pods)
            order = sorted(
                self.pods,
                key=lambda pod: (pod.node is not None, pod.ready_at <= now, -beside[pod.node], -pod.created),
            )
            for pod in order[: len(self.pods) - self.replicas]:
                self.delete(pod, now)

    def delete(self, pod: SimulatedPod, now: float) -> None:
        """Let a pod leave; the next `reconcile` replaces it where it is still wanted."""
        self.pods.remove(pod)
        if pod.node is not None:
            pod.left_at = now + self.model.leave_seconds
            self.leaving.append(pod)

    def place(self, pod: SimulatedPod, node: str, now: float) -> None:
        """Give a pending pod its node."""
        pod.node, pod.started, pod.ready_at = node, now, now + self.model.start_seconds

    @property
    def pending(self) -> list[SimulatedPod]:
        """Those without a node, the oldest first."""
        return [pod for pod in self.pods if pod.node is None]

    def ready(self, now: float) -> list[SimulatedPod]:
        """Those that serve."""
        return [pod for pod in self.pods if pod.ready_at <= now]

    def share(self, now: float, demand: float) -> None:
        """Give the demand of the interval that begins now, in millicores, to the pods that are ready."""
        ready = self.ready(now)
        each = min(demand / len(ready), self.model.limit_millicores) if ready else 0.0
        for pod in self.pods:
            pod.measured = pod.node is not None
            pod.used = max(each, self.model.idle_millicores) if pod.ready_at <= now else self.model.idle_millicores

    def served(self, ready: Sequence[SimulatedPod], demand: float) -> float:
        """What of the demand the pods took, in millicores."""
        return min(demand, sum(pod.used for pod in ready))
