"""What the nodes of a week cost: node hours, money, and how many instances are worth reserving.

No price stands in the code: prices differ by region and change.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from capacity.week import Week
from infra.node_settings import NodeGroupSettings

# 8760 hours of a year over twelve months, as AWS reckons: https://docs.aws.amazon.com/pricing-calculator/latest/userguide/
HOURS_OF_A_MONTH: Final = 730


@dataclass(frozen=True)
class Prices:
    """What an hour of an instance type costs, each as far as it is known.

    Attributes:
        on_demand: while an instance runs
        reserved: for each hour of the term, with what was paid in advance spread over it
        spot: while an instance runs
    """

    on_demand: float | None
    reserved: float | None
    spot: float | None


@dataclass(frozen=True)
class GroupHours:
    """The node hours of a group in a week.

    Attributes:
        group: its name
        instance_type: of its nodes
        spot: whether they are spot instances
        fewest: hours of the nodes that there are in any case
        most: hours of all that policies may add
        always_on: hours if there were always as many as in its largest hour, of those that there are in any case
    """

    group: str
    instance_type: str
    spot: bool
    fewest: float
    most: float
    always_on: float

    @property
    def saved(self) -> float:
        """Hours that schedules save."""
        return self.always_on - self.fewest


def node_hours(week: Week, groups: Mapping[str, NodeGroupSettings]) -> tuple[GroupHours, ...]:
    """The node hours of every group."""
    return tuple(
        GroupHours(
            group=name,
            instance_type=group.instance_type,
            spot=group.capacity_type == "SPOT",
            fewest=sum(window.hours * window.sizings[name].at_least for window in week.windows),
            most=sum(window.hours * window.sizings[name].at_most for window in week.windows),
            always_on=week.hours * max(window.sizings[name].at_least for window in week.windows),
        )
        for name, group in groups.items()
    )


@dataclass(frozen=True)
class Reservable:
    """The n-th on-demand instance of a type, over all groups.

    Attributes:
        instance_type: of it
        number: n, from 1
        hours: how long at least so many run in the week
        week_hours: of the whole week
    """

    instance_type: str
    number: int
    hours: float
    week_hours: float

    @property
    def share(self) -> float:
        """For which part of the time it runs."""
        return self.hours / self.week_hours

    def worth_reserving(self, prices: Prices) -> bool | None:
        """Whether a reservation, paid for every hour of its term, costs less than the hours it runs on demand.

        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/concepts-reserved-instances-application.html

        Returns:
            None where a price is not known
        """
        if prices.on_demand is None or prices.reserved is None:
            return None
        return self.share * prices.on_demand > prices.reserved


def reservable(week: Week, groups: Mapping[str, NodeGroupSettings]) -> tuple[Reservable, ...]:
    """Each instance that runs on demand at some time of the week, by type, the longest-running first.

    A reservation is not bound to a group: instances of one type are counted together.
    """
    found: list[Reservable] = []
    on_demand = [name for name, group in groups.items() if group.capacity_type == "ON_DEMAND"]
    for type_ in dict.fromkeys(groups[name].instance_type for name in on_demand):
        alike = [name for name in on_demand if groups[name].instance_type == type_]
        running = [(sum(window.sizings[name].at_least for name in alike), window.hours) for window in week.windows]
        for number in range(1, max(count for count, _ in running) + 1):
            hours = sum(length for count, length in running if count >= number)
            found.append(Reservable(type_, number, hours, week.hours))
    return tuple(found)


@dataclass(frozen=True)
class MonthlyCost:
    """What a month like this week costs.

    Attributes:
        scheduled: with the sizes as declared, on demand or spot
        always_on: without schedules
        with_reservations: as declared, with the instances reserved for which that costs less
    """

    scheduled: float
    always_on: float
    with_reservations: float


def monthly_cost(
    week: Week, hours: Sequence[GroupHours], instances: Sequence[Reservable], prices: Mapping[str, Prices]
) -> MonthlyCost | None:
    """The cost of the nodes that there are in any case, or nothing where a price is missing."""
    known = [_hourly(each, prices) for each in hours]
    if any(price is None for price in known):
        return None
    a_month = HOURS_OF_A_MONTH / week.hours
    scheduled = sum(each.fewest * (price or 0) for each, price in zip(hours, known, strict=True)) * a_month
    always_on = sum(each.always_on * (price or 0) for each, price in zip(hours, known, strict=True)) * a_month
    return MonthlyCost(scheduled, always_on, scheduled - sum(saved_by_reserving(instances, prices)))


def saved_by_reserving(instances: Sequence[Reservable], prices: Mapping[str, Prices]) -> Iterator[float]:
    """What each instance that is worth reserving saves in a month."""
    for each in instances:
        price = prices.get(each.instance_type)
        if price is not None and each.worth_reserving(price):
            yield HOURS_OF_A_MONTH * (each.share * (price.on_demand or 0) - (price.reserved or 0))


def _hourly(hours: GroupHours, prices: Mapping[str, Prices]) -> float | None:
    price = prices.get(hours.instance_type)
    if price is None:
        return None
    return price.spot if hours.spot else price.on_demand
