"""Node hours, money and reservations."""

from datetime import date

import pytest

from capacity.cost import Prices, monthly_cost, node_hours, reservable
from capacity.week import Week, time_zone_of, week_of
from infra.settings import Settings
from tests.capacity_settings import general, settings_of

pytestmark = pytest.mark.unit

M5 = {"m5.large": Prices(on_demand=0.1, reserved=0.06, spot=0.03)}


def week(settings: Settings, day: date = date(2026, 6, 3)) -> Week:
    return week_of(day, time_zone_of(settings.node_groups), settings.node_groups)


def test_dev_with_and_without_nights_and_weekends() -> None:
    settings = settings_of("dev")
    (scheduled,) = node_hours(week(settings), settings.node_groups)
    # One node of the two goes four nights of 11 hours, and from Friday 20:00 to Monday 07:00.
    assert scheduled.saved == 4 * 11 + 59
    assert (scheduled.fewest, scheduled.most, scheduled.always_on) == (233, 233, 336)
    awake = settings_of("dev", lambda c: general(c).update(schedules={}))
    (always,) = node_hours(week(awake), awake.node_groups)
    assert (always.fewest, always.saved) == (336, 0)


def test_a_policy_gives_a_range() -> None:
    settings = settings_of("prod")
    _, burst = node_hours(week(settings), settings.node_groups)
    assert burst.spot
    assert (burst.fewest, burst.most) == (14 * 7, 14 * 7 * 6)


def test_the_week_of_daylight_saving_has_an_hour_less_of_each_node() -> None:
    settings = settings_of("prod")
    baseline, _ = node_hours(week(settings, date(2026, 3, 8)), settings.node_groups)
    assert baseline.fewest == 3 * 167


def test_only_what_runs_long_enough_is_worth_reserving() -> None:
    settings = settings_of("dev")
    first, second = reservable(week(settings), settings.node_groups)
    assert (first.hours, second.hours) == (168, 65)
    assert first.worth_reserving(M5["m5.large"]) is True
    assert second.worth_reserving(M5["m5.large"]) is False  # 39 % of the time, and it would have to be 60 %
    assert second.worth_reserving(Prices(0.1, 0.03, None)) is True
    assert second.worth_reserving(Prices(0.1, None, None)) is None


def test_instances_of_one_type_are_counted_over_all_groups() -> None:
    def two(config):
        config["slipway:nodeGroups"]["more"] = {**general(config), "schedules": {}, "size": general(config)["size"]}

    settings = settings_of("dev", two)
    hours = [each.hours for each in reservable(week(settings), settings.node_groups)]
    assert hours == [168, 168, 168, 65]


def test_spot_is_never_reserved() -> None:
    settings = settings_of("prod")
    assert [each.number for each in reservable(week(settings), settings.node_groups)] == [1, 2, 3]


def test_a_month_like_this_week() -> None:
    settings = settings_of("prod")
    hours, instances = (
        node_hours(week(settings), settings.node_groups),
        reservable(week(settings), settings.node_groups),
    )
    cost = monthly_cost(week(settings), hours, instances, M5)
    assert cost is not None
    assert cost.scheduled == pytest.approx((504 * 0.1 + 98 * 0.03) * 730 / 168)
    assert cost.always_on == pytest.approx((504 * 0.1 + 168 * 0.03) * 730 / 168)
    assert cost.with_reservations == pytest.approx(3 * 730 * 0.06 + 98 * 0.03 * 730 / 168)


def test_without_a_price_there_is_no_cost() -> None:
    settings = settings_of("prod")
    hours = node_hours(week(settings), settings.node_groups)
    assert monthly_cost(week(settings), hours, (), {"m5.large": Prices(0.1, None, None)}) is None
    assert monthly_cost(week(settings), hours, (), {}) is None
