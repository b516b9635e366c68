"""Where the instances of a group are launched, which of them end, and when its zones are evened out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.nodes.instances import Instance, State
from sandbox.nodes.placement import Plan, Subnet, endings, launches, plan

pytestmark = pytest.mark.unit

_NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
_SUBNETS = [Subnet(f"subnet-{zone}", zone) for zone in "abc"]


def instance(id_: str, state: State = State.RUNNING, minutes: float = 5, *, rebalancing: bool = False) -> Instance:
    """One in the zone that its id begins with, launched some minutes ago."""
    launched = _NOW - timedelta(minutes=minutes)
    zone = id_[0]
    return Instance(id_, "m5.large", zone, f"subnet-{zone}", "10.0.0.4", id_, "web", launched, None, state, rebalancing)


def running(*ids: str) -> list[Instance]:
    return [instance(id_) for id_ in ids]


def decide(desired: int, instances: Sequence[Instance], failed: Sequence[str] = ()) -> Plan:
    return plan(desired, _SUBNETS, instances, failed, _NOW)


def zones(decided: Plan) -> str:
    return "".join(subnet.zone for subnet in decided.launch)


@pytest.mark.parametrize(
    ("desired", "there", "launched"),
    [
        (1, "", "a"),
        (3, "", "abc"),
        (5, "", "abcab"),
        (4, "a", "bca"),
        (6, "aab", "cbc"),
        (3, "c", "ab"),
    ],
)
def test_what_is_missing_is_launched_at_once_where_there_is_least(desired: int, there: str, launched: str) -> None:
    decided = decide(desired, running(*(f"{zone}{index}" for index, zone in enumerate(there))))
    assert zones(decided) == launched
    assert (decided.end, decided.rebalancing) == ((), False)


def test_nothing_is_launched_in_a_zone_that_is_down() -> None:
    assert zones(decide(4, [], ["a"])) == "bcbc"
    assert zones(decide(4, running("a1", "b1"), ["c"])) == "ab"


def test_with_all_zones_down_a_group_waits() -> None:
    decided = decide(2, [], ["a", "b", "c"])
    assert decided == Plan()
    assert not decided


@pytest.mark.parametrize("state", [State.SHUTTING_DOWN, State.TERMINATED])
def test_what_ends_is_replaced_and_what_is_on_its_way_is_not(state: State) -> None:
    assert zones(decide(2, [instance("a1", state), instance("b1")])) == "a"
    assert not decide(2, [instance("a1", State.PENDING), instance("b1")])
    # One that is ending is not ended again, and does not stand for one that could stay.
    assert not decide(1, [instance("a1", state), instance("b1")])


def test_subnets_of_one_zone_fill_evenly() -> None:
    subnets = [Subnet("one", "a"), Subnet("two", "a"), Subnet("three", "b")]
    chosen = launches(6, subnets, [])
    assert Counter(subnet.zone for subnet in chosen) == {"a": 3, "b": 3}
    assert sorted(Counter(subnet.id for subnet in chosen if subnet.zone == "a").values()) == [1, 2]


def test_without_subnets_nothing_is_launched() -> None:
    assert launches(2, [], []) == ()


@pytest.mark.parametrize(
    ("desired", "there", "ended"),
    [
        (2, ["a1", "a2", "b1"], {"a1"}),
        (3, ["a1", "b1", "c1", "c2", "c3"], {"c1", "c2"}),
        (3, ["a1", "a2", "b1", "b2", "c1", "c2"], {"a1", "b1", "c1"}),
        (0, ["a1", "b1"], {"a1", "b1"}),
    ],
)
def test_what_is_too_much_ends_at_once_in_the_fullest_zones(desired: int, there: list[str], ended: set[str]) -> None:
    decided = decide(desired, running(*there))
    assert set(decided.end) == ended
    assert decided.launch == ()


@pytest.mark.parametrize(
    ("ages", "ended"),
    [
        ({"a1": 10, "a2": 40}, "a2"),  # the older one of the same hour
        ({"a1": 50, "a2": 70}, "a1"),  # 10 minutes of its hour are left, of the other's 50
        ({"a1": 59, "a2": 60}, "a1"),  # an hour has just begun
        ({"a2": 30, "a1": 30}, "a1"),
    ],
)
def test_in_a_zone_the_one_nearest_to_its_next_billing_hour_ends(ages: dict[str, float], ended: str) -> None:
    assert endings(1, [instance(id_, minutes=age) for id_, age in ages.items()], _NOW) == (ended,)


def test_the_fuller_zone_goes_before_the_billing_hour() -> None:
    live = [instance("a1", minutes=59), instance("b1", minutes=1), instance("b2", minutes=2)]
    assert endings(1, live, _NOW) == ("b2",)


def test_no_more_ends_than_there_is() -> None:
    assert endings(3, running("a1"), _NOW) == ("a1",)


def test_a_full_group_is_evened_out_by_one_more() -> None:
    decided = decide(4, running("a1", "a2", "b1", "b2"))
    assert (zones(decided), decided.end, decided.rebalancing) == ("c", (), True)


@pytest.mark.parametrize(
    "there",
    [
        running("a1", "b1"),
        running("a1", "a2", "b1", "c1"),
        [*running("a1", "a2", "b1"), instance("b2", State.PENDING)],
    ],
)
def test_a_group_that_is_even_or_still_on_its_way_is_not(there: list[Instance]) -> None:
    assert not decide(len(there), there)


def test_a_zone_that_is_down_makes_nothing_uneven() -> None:
    assert not decide(4, running("a1", "a2", "b1", "b2"), ["c"])
    assert zones(decide(4, running("a1", "a2", "b1", "b2"))) == "c"


def test_nobody_ends_before_the_one_that_relieves_it_has_joined() -> None:
    full = running("a1", "a2", "b1", "b2")
    relief = instance("c1", State.PENDING, rebalancing=True)
    assert not decide(4, [*full, relief])
    decided = decide(4, [*full, replace(relief, state=State.RUNNING)])
    assert decided.end == ("a1",)
    assert not decided.launch


def test_one_on_its_way_to_relieve_another_does_not_end_in_its_place() -> None:
    relief = instance("b0", State.PENDING, minutes=30, rebalancing=True)
    assert decide(2, [*running("a1", "b1", "b2"), relief]).end == ("b1",)


def test_one_that_dies_meanwhile_is_replaced_beside_the_relief() -> None:
    relief = instance("c1", State.PENDING, rebalancing=True)
    decided = decide(4, [*running("a1", "a2", "b1"), relief])
    assert (zones(decided), decided.rebalancing) == ("b", False)


@pytest.mark.parametrize("failed", ["a", "b", "c"])
def test_a_group_comes_out_even_after_an_outage_and_never_has_too_few(failed: str) -> None:
    live = [*running(*(f"{zone}{index}" for zone in "abc" if zone != failed for index in range(3)))]
    for number in range(20):
        decided = decide(6, live)
        if not decided:
            break
        assert len(decided.launch) + len(decided.end) == 1
        live = [each for each in live if each.id not in decided.end]
        live += [instance(f"{subnet.zone}-new-{number}", rebalancing=True) for subnet in decided.launch]
        assert len(live) >= 6
    assert Counter(each.zone for each in live) == {"a": 2, "b": 2, "c": 2}
