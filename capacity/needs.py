"""What the services of a stack ask of its nodes: at their least, at their most, and during an update."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from capacity.allocatable import Resources
from capacity.system_pods import SYSTEM_DEMAND
from capacity.workloads import Demand, Taint, Workload
from infra.node_settings import NodeGroupSettings, TaintSettings
from infra.service_settings import ServiceSettings, SidecarDatabaseSettings

# EKS and Kubernetes write effects differently. https://docs.aws.amazon.com/eks/latest/APIReference/API_Taint.html
_EFFECTS: Final[Mapping[str, Literal["NoSchedule", "NoExecute", "PreferNoSchedule"]]] = {
    "NO_SCHEDULE": "NoSchedule",
    "NO_EXECUTE": "NoExecute",
    "PREFER_NO_SCHEDULE": "PreferNoSchedule",
}

# As `_strategy` in `apps/service.py` has them: maxUnavailable 25 %, maxSurge 1.
_UNAVAILABLE_ONE_OF = 4
_SURGE = 1


@dataclass(frozen=True)
class Need:
    """What one service asks for.

    Attributes:
        name: its key in the stack file
        workload: one of its pods
        least: how many pods it has at least
        most: how many its autoscaler may ask for
        rolls: whether an update makes new pods before all old ones are gone
        cpu_limit: of one pod, in millicores
    """

    name: str
    workload: Workload
    least: int
    most: int
    rolls: bool
    cpu_limit: int

    def extra_pods(self, replicas: int) -> int:
        """How many pods more there are in the first wave of an update.

        The surge, and a new pod for each that is taken down: that one holds its requests until it has ended, which
        takes the grace period. `maxUnavailable` is rounded down, so a service of less than four pods has only its surge.
        https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment
        """
        return _SURGE + taken_down_at_once(replicas) if self.rolls else 0


def taken_down_at_once(replicas: int) -> int:
    """How many old pods an update may take down before a new one is ready."""
    return replicas // _UNAVAILABLE_ONE_OF


def taints_of(taints: tuple[TaintSettings, ...]) -> tuple[Taint, ...]:
    """The taints of a group as Kubernetes writes them."""
    return tuple(Taint(taint.key, taint.value, _EFFECTS[taint.effect]) for taint in taints)


def need_of(name: str, service: ServiceSettings, groups: Mapping[str, NodeGroupSettings]) -> Need:
    """What a service asks for with these settings."""
    sidecar = service.database if isinstance(service.database, SidecarDatabaseSettings) else None
    containers = [service.resources, *([sidecar.resources] if sidecar else [])]
    requests = Resources(
        cpu_millicores=sum(each.requests.cpu_millicores for each in containers),
        memory_mib=sum(each.requests.memory_mib for each in containers),
        pods=1,
    )
    group = service.node_group
    scaler = service.autoscaling
    return Need(
        name=name,
        workload=Workload(name, requests, group, taints_of(groups[group].taints) if group else ()),
        least=service.initial_replicas,
        most=service.initial_replicas if scaler is None else scaler.max_replicas,
        rolls=sidecar is None,
        cpu_limit=sum(each.limits.cpu_millicores for each in containers),
    )


def needs_of(services: Mapping[str, ServiceSettings], groups: Mapping[str, NodeGroupSettings]) -> tuple[Need, ...]:
    """What all services ask for, in the order of the stack file."""
    return tuple(need_of(name, service, groups) for name, service in services.items())


def at_least(needs: tuple[Need, ...]) -> Demand:
    """Every service at its least, after the pods of the cluster itself."""
    return [*SYSTEM_DEMAND, *((need.workload, need.least) for need in needs)]


def at_most(needs: tuple[Need, ...]) -> Demand:
    """Every service at its most."""
    return [*SYSTEM_DEMAND, *((need.workload, need.most) for need in needs)]


def during_update(needs: tuple[Need, ...]) -> Demand:
    """Every service at its least, in the first wave of an update of all of them, as one `pulumi up` may bring it."""
    return [*at_least(needs), *_new_pods(needs)]


def stalling_update(needs: tuple[Need, ...], updated: Need) -> Demand | None:
    """What has to find room for one service's update to go on at all; nothing, where it makes itself room.

    A service of so few pods that none may be taken down waits for its surge.
    """
    if not updated.rolls or taken_down_at_once(updated.least):
        return None
    return [*at_least(needs), (replace(updated.workload, name=new_revision(updated.name)), _SURGE)]


def _new_pods(needs: tuple[Need, ...]) -> Iterator[tuple[Workload, int]]:
    for need in needs:
        if extra := need.extra_pods(need.least):
            # Another revision is another workload: `matchLabelKeys` spreads each by itself.
            yield replace(need.workload, name=new_revision(need.name)), extra


def new_revision(service: str) -> str:
    """What the pods of a new version are called beside the old ones."""
    return f"{service} (new)"
