"""What came of a simulation: samples of every sync period, and what they add up to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final, NamedTuple

_HOUR: Final = 3600.0
_NOTICEABLE: Final = 0.001
"""From this share of the demand on a period counts as short; less comes of rounding."""


class ServiceSample(NamedTuple):
    """A service in one sync period.

    Attributes:
        demand: what is asked of it, in millicores
        served: what of that its pods do
        replicas: what its Deployment asks for
        ready: pods that serve
        pending: pods without a node
        utilization_percent: what its autoscaler read
    """

    demand: float
    served: float
    replicas: int
    ready: int
    pending: int
    utilization_percent: int | None


class GroupSample(NamedTuple):
    """A node group in one sync period.

    Attributes:
        desired: nodes asked for
        taking: nodes that take pods
        paid: nodes that cost money, those that start and those that are drained too
    """

    desired: int
    taking: int
    paid: int


@dataclass(frozen=True)
class ServiceTotals:
    """A service over the whole time.

    Attributes:
        demanded_core_hours: what was asked of it
        unmet_core_hours: what of that nobody did
        short_hours: how long something was unmet
        longest_short_hours: how long at a stretch
        pending_pod_hours: pods without a node, times how long
        most_pods: the highest count asked for
        pod_hours: pods asked for, times how long
    """

    demanded_core_hours: float
    unmet_core_hours: float
    short_hours: float
    longest_short_hours: float
    pending_pod_hours: float
    most_pods: int
    pod_hours: float

    @property
    def unmet_percent(self) -> float:
        """What share of the demand was not met."""
        return 100 * self.unmet_core_hours / self.demanded_core_hours if self.demanded_core_hours else 0.0


@dataclass(frozen=True)
class Outcome:
    """What came of one strategy.

    Attributes:
        name: the strategy's
        begin: of the first sample
        period: of each, in seconds
        services: samples by service
        groups: samples by node group
    """

    name: str
    begin: datetime
    period: float
    services: Mapping[str, Sequence[ServiceSample]]
    groups: Mapping[str, Sequence[GroupSample]]

    def moment(self, tick: int) -> datetime:
        """When a sample was taken."""
        return self.begin + timedelta(seconds=tick * self.period)

    def node_hours(self, group: str) -> float:
        """Node hours that a group costs."""
        return sum(sample.paid for sample in self.groups[group]) * self.period / _HOUR

    @property
    def all_node_hours(self) -> float:
        """Node hours of all groups."""
        return sum(self.node_hours(group) for group in self.groups)

    def totals(self, service: str) -> ServiceTotals:
        """What a service's samples add up to."""
        samples, hours = self.services[service], self.period / _HOUR
        short = [sample.demand - sample.served > sample.demand * _NOTICEABLE for sample in samples]
        return ServiceTotals(
            demanded_core_hours=sum(sample.demand for sample in samples) / 1000 * hours,
            unmet_core_hours=sum(sample.demand - sample.served for sample in samples) / 1000 * hours,
            short_hours=sum(short) * hours,
            longest_short_hours=max((len(list(run)) for is_short, run in groupby(short) if is_short), default=0)
            * hours,
            pending_pod_hours=sum(sample.pending for sample in samples) * hours,
            most_pods=max((sample.replicas for sample in samples), default=0),
            pod_hours=sum(sample.replicas for sample in samples) * hours,
        )
