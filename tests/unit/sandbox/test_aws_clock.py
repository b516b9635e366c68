"""The pretended account's clock and the schedules that come due when it moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from emulated_account import SCHEDULE, Account, group_of

from sandbox.aws import clock as clock_module
from sandbox.aws.clock import LONGEST_STEP, ClockError, Fired, clock, fire, set_clock, upcoming, was_moved
from sandbox.aws.scaling_groups import ScalingError, Sizes, sizes_of
from sandbox.inventory import Inventory, Record
from tests.says import Says

pytestmark = pytest.mark.unit

_GROUP = "aws:autoscaling/group:Group"
_LOS_ANGELES = ZoneInfo("America/Los_Angeles")
_NOON = datetime(2035, 1, 4, 12, 0, tzinfo=UTC)
_DAY, _NIGHT = (1, 2, 3), (0, 0, 1)


@pytest.fixture
def inventory(account: Account) -> Inventory:
    """An account with the group `web` by day, whose clock stands at noon of 4 January 2035, UTC.

    That is well ahead of the real time, so that actions made by a test count from there.
    """
    add_group(account.inventory, "web", _DAY)
    account.inventory.set_fact("clock", _NOON.isoformat())
    return account.inventory


def add_group(inventory: Inventory, name: str, sizes: tuple[int, int, int]) -> None:
    smallest, desired, largest = sizes
    settings = {"minSize": smallest, "desiredCapacity": desired, "maxSize": largest}
    inventory.add(Record(provider="aws", type=_GROUP, id=name, name=name, inputs=settings, outputs=settings))


def add_action(
    inventory: Inventory, name: str, sizes: tuple[int, int, int], group: str = "web", **timing: str
) -> Record:
    inputs = {
        "autoscalingGroupName": group, "scheduledActionName": name,
        "minSize": sizes[0], "desiredCapacity": sizes[1], "maxSize": sizes[2], **timing,
    }  # fmt: skip
    scope = f"us-west-2/{group}"
    return inventory.add(
        Record(provider="aws", type=SCHEDULE, id=name, name=name, scope=scope, inputs=inputs, outputs=inputs)
    )


def nightly(inventory: Inventory, zone: str = "America/Los_Angeles") -> None:
    add_action(inventory, "night", _NIGHT, recurrence="0 20 * * *", timeZone=zone)
    add_action(inventory, "morning", _DAY, recurrence="0 7 * * *", timeZone=zone)


def sizes(inventory: Inventory, group: str = "web") -> Sizes:
    record = inventory.get(_GROUP, group)
    assert record is not None
    return sizes_of(record)


def told(fired: tuple[Fired, ...]) -> list[str]:
    return [f"{each.moment:%d %H:%M} {each.action}" for each in fired]


def test_until_it_is_moved_it_shows_the_real_time(account: Account) -> None:
    before = datetime.now(UTC)
    assert before <= clock(account.inventory) <= datetime.now(UTC)
    assert not was_moved(account.inventory)
    later = datetime.now(UTC) + timedelta(hours=1)
    assert set_clock(account.inventory, later) == ()
    assert clock(account.inventory) == later
    assert was_moved(account.inventory)


def test_every_action_that_comes_due_happens_in_order(inventory: Inventory) -> None:
    nightly(inventory)
    fired = set_clock(inventory, datetime(2035, 1, 6, 8, 0, tzinfo=_LOS_ANGELES))
    assert told(fired) == [
        "04 15:00 morning", "05 04:00 night", "05 15:00 morning", "06 04:00 night", "06 15:00 morning",
    ]  # fmt: skip
    assert [each.before for each in fired[1:3]] == [Sizes(*_DAY), Sizes(*_NIGHT)]
    assert [each.after for each in fired[1:3]] == [Sizes(*_NIGHT), Sizes(*_DAY)]
    assert {each.group for each in fired} == {"web"}
    assert {each.moment.utcoffset() for each in fired} == {timedelta(0)}
    assert sizes(inventory) == Sizes(*_DAY)
    set_clock(inventory, datetime(2035, 1, 6, 20, 0, tzinfo=_LOS_ANGELES))
    assert sizes(inventory) == Sizes(*_NIGHT)


def test_the_old_moment_does_not_count_again_and_the_new_one_does(inventory: Inventory) -> None:
    nightly(inventory, "UTC")
    night = datetime(2035, 1, 4, 20, 0, tzinfo=UTC)
    assert set_clock(inventory, night - timedelta(seconds=1)) == ()
    assert told(set_clock(inventory, night)) == ["04 20:00 night"]
    assert set_clock(inventory, night) == ()
    assert set_clock(inventory, night + timedelta(seconds=1)) == ()


@pytest.mark.parametrize(
    ("moment", "facts"),
    [
        (datetime(2035, 1, 4, 13, 0), ["2035-01-04T13:00:00", "offset", "UTC"]),
        (_NOON - timedelta(minutes=1), ["2035-01-04T12:00:00+00:00", "2035-01-04T11:59:00+00:00"]),
        (_NOON + LONGEST_STEP + timedelta(seconds=1), ["732 days", "2035-01-04T12:00:00+00:00"]),
    ],
)
def test_a_moment_that_the_clock_does_not_take_changes_nothing(
    inventory: Inventory, moment: datetime, facts: list[str]
) -> None:
    nightly(inventory)
    with pytest.raises(ClockError) as refused:
        set_clock(inventory, moment)
    assert Says(*facts) == str(refused.value)
    assert clock(inventory) == _NOON
    assert sizes(inventory) == Sizes(*_DAY)


def test_an_action_made_after_the_clocks_time_counts_from_its_creation(account: Account) -> None:
    add_group(account.inventory, "web", _DAY)
    now = datetime.now(UTC)
    account.inventory.set_fact("clock", (now - timedelta(days=2)).isoformat())
    add_action(account.inventory, "hourly", _NIGHT, recurrence="0 * * * *")
    fired = set_clock(account.inventory, now + timedelta(hours=3))
    assert len(fired) == 3
    assert fired[0].moment > now


def test_equal_moments_go_by_name(inventory: Inventory) -> None:
    add_action(inventory, "b", (1, 1, 1), recurrence="0 20 * * *")
    add_action(inventory, "a", (2, 2, 2), recurrence="0 20 * * *")
    assert told(set_clock(inventory, datetime(2035, 1, 4, 21, 0, tzinfo=UTC))) == ["04 20:00 a", "04 20:00 b"]
    assert sizes(inventory) == Sizes(1, 1, 1)


def test_a_size_that_is_kept_is_what_an_earlier_action_made_it(inventory: Inventory) -> None:
    add_action(inventory, "a", (-1, 1, -1), recurrence="0 20 * * *")
    add_action(inventory, "b", (0, -1, 9), recurrence="0 21 * * *")
    fired = set_clock(inventory, datetime(2035, 1, 4, 22, 0, tzinfo=UTC))
    assert [each.after for each in fired] == [Sizes(1, 1, 3), Sizes(0, 1, 9)]
    assert sizes(inventory) == Sizes(0, 1, 9)


def test_two_groups_may_both_have_a_night(inventory: Inventory) -> None:
    add_group(inventory, "jobs", _DAY)
    add_action(inventory, "night", (0, 0, 1), recurrence="0 20 * * *")
    add_action(inventory, "night", (1, 1, 2), group="jobs", recurrence="0 20 * * *")
    fired = set_clock(inventory, datetime(2035, 1, 4, 21, 0, tzinfo=UTC))
    assert [each.group for each in fired] == ["jobs", "web"]
    assert (sizes(inventory), sizes(inventory, "jobs")) == (Sizes(0, 0, 1), Sizes(1, 1, 2))


def test_an_action_whose_group_is_gone_is_skipped(inventory: Inventory) -> None:
    add_action(inventory, "night", _NIGHT, group="gone", recurrence="0 20 * * *")
    assert set_clock(inventory, datetime(2035, 1, 6, tzinfo=UTC)) == ()
    assert upcoming(inventory) == ()
    with pytest.raises(ScalingError) as refused:
        fire(inventory, "night")
    assert Says("'night'", "gone") == str(refused.value)


def test_a_one_off_action_happens_once(inventory: Inventory) -> None:
    add_action(inventory, "boost", (5, 5, 9), startTime="2035-01-05T10:00:00Z")
    assert told(set_clock(inventory, datetime(2035, 1, 5, 10, 0, tzinfo=UTC))) == ["05 10:00 boost"]
    assert set_clock(inventory, datetime(2035, 3, 1, tzinfo=UTC)) == ()
    assert sizes(inventory) == Sizes(5, 5, 9)


def test_a_recurrence_stays_between_its_start_and_its_end(inventory: Inventory) -> None:
    add_action(
        inventory, "night", _NIGHT, recurrence="0 20 * * *",
        startTime="2035-01-05T13:00:00Z", endTime="2035-01-07T20:00:00Z",
    )  # fmt: skip
    fired = set_clock(inventory, datetime(2035, 1, 20, tzinfo=UTC))
    assert told(fired) == ["05 13:00 night", "05 20:00 night", "06 20:00 night"]


@pytest.mark.parametrize(
    ("week", "before", "after"),
    [
        (datetime(2035, 3, 10, 12, 0, tzinfo=_LOS_ANGELES), 15, 14),
        (datetime(2035, 11, 3, 12, 0, tzinfo=_LOS_ANGELES), 14, 15),
    ],
)
def test_a_local_hour_stays_that_hour_across_daylight_saving(
    inventory: Inventory, week: datetime, before: int, after: int
) -> None:
    set_clock(inventory, week - timedelta(days=1))
    add_action(inventory, "morning", _DAY, recurrence="0 7 * * *", timeZone="America/Los_Angeles")
    add_action(inventory, "noon", _DAY, recurrence="0 12 * * *")
    fired = set_clock(inventory, week + timedelta(days=6))
    mornings = [each.moment for each in fired if each.action == "morning"]
    assert [moment.hour for moment in mornings] == [before] + [after] * 6
    assert {moment.astimezone(_LOS_ANGELES).hour for moment in mornings} == {7}
    assert {each.moment.hour for each in fired if each.action == "noon"} == {12}
    assert [each.moment for each in fired] == sorted(each.moment for each in fired)


def test_an_hour_that_is_left_out_comes_due_right_after_and_once(inventory: Inventory) -> None:
    set_clock(inventory, datetime(2035, 3, 11, 1, 0, tzinfo=_LOS_ANGELES))
    add_action(inventory, "early", _DAY, recurrence="30 2 * * *", timeZone="America/Los_Angeles")
    first = set_clock(inventory, datetime(2035, 3, 11, 3, 0, tzinfo=_LOS_ANGELES))
    assert told(first) == ["11 10:00 early"]
    assert told(set_clock(inventory, datetime(2035, 3, 12, 12, 0, tzinfo=_LOS_ANGELES))) == ["12 09:30 early"]


def test_an_hour_that_is_repeated_counts_the_first_time(inventory: Inventory) -> None:
    between = datetime(2035, 11, 4, 1, 15, tzinfo=_LOS_ANGELES, fold=1)
    set_clock(inventory, datetime(2035, 11, 4, 0, 0, tzinfo=_LOS_ANGELES))
    add_action(inventory, "early", _DAY, recurrence="30 1 * * *", timeZone="America/Los_Angeles")
    assert told(set_clock(inventory, between)) == ["04 08:30 early"]
    assert told(set_clock(inventory, datetime(2035, 11, 5, 3, 0, tzinfo=_LOS_ANGELES))) == ["05 09:30 early"]


def test_a_year_over_four_nightly_actions_ends_as_it_began(inventory: Inventory) -> None:
    nightly(inventory)
    add_group(inventory, "jobs", _DAY)
    add_action(inventory, "jobs-night", _NIGHT, "jobs", recurrence="30 21 * * *", timeZone="Europe/Berlin")
    add_action(inventory, "jobs-morning", _DAY, "jobs", recurrence="30 5 * * *", timeZone="Europe/Berlin")
    before = inventory.get(_GROUP, "web")
    fired = set_clock(inventory, datetime(2036, 1, 4, 16, 0, tzinfo=UTC))
    assert len(fired) == 4 * 365 + 1
    assert inventory.get(_GROUP, "web") == before, "a group that ends as it began is not written"


def test_of_very_many_actions_the_last_are_told(inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock_module, "REPORTED", 3)
    nightly(inventory, "UTC")
    fired = set_clock(inventory, datetime(2035, 1, 10, 12, 0, tzinfo=UTC))
    assert told(fired) == ["09 07:00 morning", "09 20:00 night", "10 07:00 morning"]
    assert sizes(inventory) == Sizes(*_DAY)


def test_one_action_can_happen_at_any_time(inventory: Inventory) -> None:
    nightly(inventory)
    now = clock(inventory)
    assert fire(inventory, "night") == Fired(now, "night", "web", Sizes(*_DAY), Sizes(*_NIGHT))
    assert sizes(inventory) == Sizes(*_NIGHT)
    assert clock(inventory) == now
    with pytest.raises(ScalingError) as refused:
        fire(inventory, "noon")
    assert Says("'noon'", "night, morning") == str(refused.value)


def test_what_comes_next_is_told_in_its_own_time_zone(inventory: Inventory) -> None:
    nightly(inventory)
    add_action(inventory, "boost", (5, 5, 9), startTime="2035-01-05T10:00:00Z")
    add_action(inventory, "over", (5, 5, 9), startTime="2035-01-04T10:00:00Z")
    found = upcoming(inventory)
    assert [each.action for each in found] == ["morning", "night", "boost"]
    assert f"{found[0].moment:%d %H:%M %Z}" == "04 07:00 PST"
    assert found[2].after == Sizes(5, 5, 9)


def test_a_schedule_made_by_the_provider_comes_due(account: Account) -> None:
    cluster = account.network_addons(account.cluster())
    nodes = account.node_group(cluster)
    group = group_of(nodes)
    inputs = {
        "autoscalingGroupName": group, "scheduledActionName": "night", "minSize": 0, "desiredCapacity": 0, "maxSize": 1,
        "recurrence": "0 20 * * *", "timeZone": "Europe/Berlin",
    }  # fmt: skip
    account.create(SCHEDULE, "night", inputs)
    assert len(set_clock(account.inventory, datetime.now(UTC) + timedelta(days=2))) in {1, 2}
    seen = account.found(nodes)
    assert seen["scalingConfig"] == {"minSize": 0, "desiredSize": 0, "maxSize": 1}


def test_records_are_not_confused_by_an_empty_time_zone(inventory: Inventory) -> None:
    action = add_action(inventory, "night", _NIGHT, recurrence="0 20 * * *")
    inventory.update(replace(action, inputs={**action.inputs, "timeZone": "", "startTime": ""}))
    assert told(set_clock(inventory, datetime(2035, 1, 4, 21, 0, tzinfo=UTC))) == ["04 20:00 night"]
