"""From the settings of a stack to what a simulation plays its load through."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from capacity.assessment import offers_of
from capacity.horizontal_autoscaler import DEFAULT_SCALE_DOWN, Autoscaler, ControllerTimes
from capacity.instance_types import instance_type
from capacity.needs import Need, needs_of, taints_of
from capacity.simulated_nodes import NodeGroupModel
from capacity.simulated_service import ServiceModel
from capacity.simulation import Strategy
from capacity.week import windows_between
from capacity.workloads import Demand, Workload
from infra.schedules import GroupSize
from infra.service_settings import AutoscalingSettings
from infra.settings import Settings

_MILLICORES: Final = 1000
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class StartTimes:
    """How long what is new takes until it is of use, in seconds.

    Attributes:
        pod: from getting its node until it is ready
        node: from its launch until it takes pods
        warmup: from then on until a scaling policy counts it
    """

    pod: float
    node: float
    warmup: float


def strategy_of(name: str, settings: Settings, begin: datetime, end: datetime, start: StartTimes) -> Strategy:
    """What meets a load between two moments, with these settings.

    Raises:
        UnknownInstanceTypeError: of a node group.
    """
    needs = needs_of(settings.services, settings.node_groups)
    services = [(_service(settings, need, start), need.workload) for need in needs.services]
    # The pods of the cluster itself come first, and stay as they are.
    return Strategy(
        name,
        [*_system(needs.cluster, settings.drain_seconds), *services],
        list(_groups(settings, begin, end, start)),
        ControllerTimes(),
    )


def _service(settings: Settings, need: Need, start: StartTimes) -> ServiceModel:
    scaler = settings.services[need.name].autoscaling
    return ServiceModel(
        name=need.name,
        request_millicores=need.workload.requests.cpu_millicores,
        limit_millicores=settings.services[need.name].resources.limits.cpu_millicores,
        idle_millicores=0,
        start_seconds=start.pod,
        leave_seconds=settings.drain_seconds,
        replicas=need.least,
        autoscaler=None if scaler is None else autoscaler_of(scaler),
    )


def autoscaler_of(settings: AutoscalingSettings) -> Autoscaler:
    """The autoscaler as `apps/service.py` declares it."""
    return Autoscaler(
        settings.min_replicas,
        settings.max_replicas,
        settings.cpu_percent,
        scale_down=replace(DEFAULT_SCALE_DOWN, stabilization_seconds=settings.scale_down_stabilization_seconds),
    )


def _system(pods: Demand, leave_seconds: int) -> Iterator[tuple[ServiceModel, Workload]]:
    for workload, replicas in pods:
        yield (
            ServiceModel(
                name=workload.name,
                request_millicores=workload.requests.cpu_millicores,
                limit_millicores=workload.requests.cpu_millicores,
                idle_millicores=0,
                start_seconds=0,
                leave_seconds=leave_seconds,
                replicas=replicas,
                autoscaler=None,
            ),
            workload,
        )


def _groups(settings: Settings, begin: datetime, end: datetime, start: StartTimes) -> Iterator[NodeGroupModel]:
    first = begin.replace(second=0, microsecond=0)
    windows = windows_between(first, max(end, first + _MINUTE), settings.node_groups)
    for name, group in settings.node_groups.items():
        sizes: list[tuple[float, GroupSize]] = []
        for window in windows:
            size = window.sizings[name].size
            if not sizes or sizes[-1][1] != size:
                sizes.append(((window.start - begin).total_seconds(), size))
        kind = instance_type(group.instance_type)
        yield NodeGroupModel(
            name=name,
            sizes=tuple(sizes),
            policies=tuple(group.policies.values()),
            zones=tuple(settings.network.availability_zones),
            taints=taints_of(group.taints),
            offers=offers_of(kind),
            millicores=kind.vcpus * _MILLICORES,
            start_seconds=start.node,
            warmup_seconds=start.warmup,
        )
