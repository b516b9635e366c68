"""The week of a stack as tables: what fits when, how many node hours that is, and what it costs."""

from collections.abc import Mapping, Sequence
from typing import Final

from rich.table import Table

from capacity.cost import (
    HOURS_OF_A_MONTH,
    GroupHours,
    MonthlyCost,
    Prices,
    Reservable,
    monthly_cost,
)
from capacity.week import Week
from capacity.week_report import Pods, Row

_PODS: Final = ("pods\nleast", "free", "pods\nmost", "free")
_HOURS_WORDS: Final = 3  # the columns of the hours that hold words
HOURS_TITLES: Final = ("group", "type", "capacity", "node hours", "always on", "saved", "")


def week_titles(rows: Sequence[Row]) -> tuple[str, ...]:
    """Of the columns of `week_cells`."""
    return ("when", "hours", *(f"nodes\n{group}" for group in rows[0].nodes), *_PODS, "verdict")


def week_cells(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """When there are which nodes, and what fits, as texts."""
    return [
        (
            row.when,
            f"{row.hours:g}",
            *row.nodes.values(),
            *(cell for each in (row.least, row.most) for cell in (_placed(each), f"{each.headroom:.0f} %")),
            row.verdict,
        )
        for row in rows
    ]


def week_table(rows: Sequence[Row]) -> Table:
    """When there are which nodes, and what fits."""
    table = Table(pad_edge=False)
    first, *figures, last = week_titles(rows)
    table.add_column(first)
    for title in figures:
        table.add_column(title, justify="right")
    table.add_column(last, overflow="fold")
    for cells in week_cells(rows):
        table.add_row(*cells)
    return table


def _placed(pods: Pods) -> str:
    return str(pods.wanted) if pods.placed == pods.wanted else f"{pods.placed} of {pods.wanted}"


def hours_cells(hours: Sequence[GroupHours]) -> list[tuple[str, ...]]:
    """Node hours of a week, against nodes that are always on, as texts below `HOURS_TITLES`."""
    return [
        (
            each.group,
            each.instance_type,
            "spot" if each.spot else "on demand",
            f"{each.fewest:g}" if each.fewest == each.most else f"{each.fewest:g} to {each.most:g}",
            f"{each.always_on:g}",
            *_saved(each),
        )
        for each in hours
    ]


def hours_table(hours: Sequence[GroupHours]) -> Table:
    """Node hours of a week, against nodes that are always on."""
    table = Table(pad_edge=False)
    for number, title in enumerate(HOURS_TITLES):
        table.add_column(title, justify="right" if number >= _HOURS_WORDS else "left")
    for cells in hours_cells(hours):
        table.add_row(*cells)
    return table


def _saved(hours: GroupHours) -> tuple[str, str]:
    share = 100 * hours.saved / hours.always_on if hours.always_on else 0
    return f"{hours.saved:g}", f"{share:.0f} %"


def cost_lines(
    week: Week,
    hours: Sequence[GroupHours],
    instances: Sequence[Reservable],
    prices: Mapping[str, Prices],
    currency: str,
) -> list[str]:
    """The cost of a month, what schedules save, and what to reserve, each with its arithmetic."""
    cost = monthly_cost(week, hours, instances, prices)
    if cost is None:
        missing = sorted({f"{each.instance_type} {_kind(each)}" for each in hours if _price(each, prices) is None})
        return [f"No cost: there is no price for {', '.join(missing)}."]
    month = f"{HOURS_OF_A_MONTH}/{week.hours:g}"
    lines = [f"A month ({HOURS_OF_A_MONTH} hours; this week has {week.hours:g}), of the fewest nodes:"]
    for each in hours:
        price = _price(each, prices) or 0
        amount = each.fewest * price * HOURS_OF_A_MONTH / week.hours
        lines.append(f"  {each.group}: {each.fewest:g} h x {price:g} x {month} = {amount:.2f} {currency}")
    lines += _totals(cost, currency)
    return [*lines, *_reservations(instances, prices, cost, currency)]


def _totals(cost: MonthlyCost, currency: str) -> list[str]:
    saved = cost.always_on - cost.scheduled
    share = 100 * saved / cost.always_on if cost.always_on else 0
    return [
        f"  together {cost.scheduled:.2f} {currency}; always on it would be {cost.always_on:.2f}, "
        f"so schedules save {saved:.2f} ({share:.0f} %)"
    ]


def _reservations(
    instances: Sequence[Reservable], prices: Mapping[str, Prices], cost: MonthlyCost, currency: str
) -> list[str]:
    """How many instances are worth reserving, and why the next is not."""
    lines = ["Worth reserving is an instance that runs for a greater share of the time than reserved / on demand:"]
    known = [each for each in instances if each.worth_reserving(prices[each.instance_type]) is not None]
    lines += [_weighed(each, prices[each.instance_type]) for each in known]
    if not known:
        return ["No baseline to reserve: no reserved price is given for a type that runs on demand."]
    lines.append(
        f"  with these reserved a month costs {cost.with_reservations:.2f} {currency}, "
        f"{cost.scheduled - cost.with_reservations:.2f} less"
    )
    return lines


def _weighed(instance: Reservable, price: Prices) -> str:
    reserved, on_demand = price.reserved or 0, price.on_demand or 0
    worth = instance.worth_reserving(price)
    runs = f"{instance.hours:g} of {instance.week_hours:g} h = {100 * instance.share:.0f} %"
    share = f" = {100 * reserved / on_demand:.0f} %" if on_demand else ""
    break_even = f"{reserved:g} / {on_demand:g}{share}"
    sign, so = (">", "reserve") if worth else ("<=", "on demand")
    return f"  {instance.instance_type} no. {instance.number}: {runs} {sign} {break_even}: {so}"


def _kind(hours: GroupHours) -> str:
    return "spot" if hours.spot else "onDemand"


def _price(hours: GroupHours, prices: Mapping[str, Prices]) -> float | None:
    price = prices.get(hours.instance_type)
    return None if price is None else price.spot if hours.spot else price.on_demand
