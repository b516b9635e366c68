"""What the services of a stack ask of its nodes: at their least, at their most, and during an update."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from capacity.allocatable import Resources
from capacity.disruptions import most_leaving, rolling_update
from capacity.system_pods import system_demand
from capacity.workloads import Demand, Taint, Workload
from infra.node_settings import NodeGroupSettings, TaintSettings
from infra.service_settings import ServiceSettings
from infra.shutdown import ShutdownTimes

# As `_strategy` in `apps/service.py` has them: maxUnavailable 25 %, maxSurge 1.
_UNAVAILABLE_ONE_OF: Final = 4
_SURGE: Final = 1
# When a pod is looked at for the first time, by `apps/probes.py`: none is ready before.
_SECONDS_UNTIL_READY: Final = 5


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


@dataclass(frozen=True)
class Needs:
    """What a stack asks for.

    Attributes:
        services: in the order of the stack file
        cluster: the pods of the cluster itself, which are placed before any service's and stay as they are
    """

    services: tuple[Need, ...]
    cluster: Demand


def taints_of(taints: tuple[TaintSettings, ...]) -> tuple[Taint, ...]:
    """The taints of a group as Kubernetes writes them."""
    return tuple(Taint(taint.key, taint.value, taint.kubernetes_effect) for taint in taints)


def need_of(name: str, service: ServiceSettings, groups: Mapping[str, NodeGroupSettings]) -> Need:
    """What a service asks for with these settings."""
    database = service.database
    sidecar = database if database is not None and database.kind == "sidecar" else None
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


def needs_of(services: Mapping[str, ServiceSettings], groups: Mapping[str, NodeGroupSettings]) -> Needs:
    """What the services and the cluster itself ask for."""
    autoscaler = any(group.cluster_autoscaler for group in groups.values())
    return Needs(
        tuple(need_of(name, service, groups) for name, service in services.items()),
        system_demand(cluster_autoscaler=autoscaler),
    )


def at_least(needs: Needs) -> Demand:
    """Every service at its least, after the pods of the cluster itself."""
    return [*needs.cluster, *((need.workload, need.least) for need in needs.services)]


def at_most(needs: Needs) -> Demand:
    """Every service at its most."""
    return [*needs.cluster, *((need.workload, need.most) for need in needs.services)]


def during_update(needs: Needs, drain_seconds: int) -> Demand:
    """Every service at its least, while an update of all of them goes on, as one `pulumi up` may bring it.

    A pod that is taken down holds its requests until it has ended, and new ones are ready long before that.
    """
    seconds_until_gone = ShutdownTimes(drain_seconds).termination_grace_period

    def rolling(need: Need) -> Demand:
        unavailable = taken_down_at_once(need.least)
        leaving = most_leaving(need.least, _SURGE, unavailable, _SECONDS_UNTIL_READY, seconds_until_gone)
        return rolling_update(need.workload, need.least, _SURGE, leaving)

    updated = [rolling(need) if need.rolls else [(need.workload, need.least)] for need in needs.services]
    old = [revision for revisions in updated for revision in revisions[:-1]]
    return [*needs.cluster, *old, *(revisions[-1] for revisions in updated)]


def stalling_update(needs: Needs, updated: Need) -> Demand | None:
    """What has to find room for one service's update to go on at all; nothing, where it makes itself room.

    A service of so few pods that none may be taken down waits for its surge.
    """
    if not updated.rolls or taken_down_at_once(updated.least):
        return None
    others = [(need.workload, need.least) for need in needs.services if need is not updated]
    return [*needs.cluster, *others, *rolling_update(updated.workload, updated.least, _SURGE, leaving=0)]


def taken_down_at_once(replicas: int) -> int:
    """How many old pods an update may take down before a new one is ready; a part of a pod does not count.

    https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#max-unavailable
    """
    return replicas // _UNAVAILABLE_ONE_OF
