"""The command line of clock and sizes: what it prints, and how it refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from emulated_account import SCHEDULE, Account, Made, group_of

from sandbox.__main__ import main
from sandbox.autoscaling_command import moment_of
from sandbox.aws.clock import clock
from tests.says import Says

pytestmark = pytest.mark.unit

_NOON = "2035-01-04T12:00:00+00:00"


class Shell:
    """Runs commands on an account and keeps what they say."""

    def __init__(self, account: Account, capture: pytest.CaptureFixture[str]) -> None:
        self.account = account
        self._capture = capture

    def run(self, *words: str) -> list[str]:
        code = main(["--state", str(self.account.directory), "autoscaling", *words])
        shown = self._capture.readouterr()
        assert (code, shown.err) == (0, "")
        return shown.out.splitlines()

    def refused(self, *words: str) -> str:
        try:
            code: object = main(["--state", str(self.account.directory), "autoscaling", *words])
        except SystemExit as end:
            code = end.code
        shown = self._capture.readouterr()
        assert (code, shown.out) == (2, "")
        return shown.err


@pytest.fixture
def nodes(account: Account) -> Made:
    """The node group `web` with a night and a policy, its account's clock at noon of 4 January 2035, UTC."""
    cluster = account.network_addons(account.cluster())
    made = account.node_group(cluster, tags={"slipway-node-group": "web"})
    group = group_of(made)
    night = {
        "autoscalingGroupName": group, "scheduledActionName": "night", "minSize": 0, "desiredCapacity": 0, "maxSize": 1,
        "recurrence": "0 20 * * *", "timeZone": "America/Los_Angeles",
    }  # fmt: skip
    account.create(SCHEDULE, "night", night)
    policy = {
        "autoscalingGroupName": group, "name": "more", "adjustmentType": "ChangeInCapacity", "scalingAdjustment": 1,
    }  # fmt: skip
    account.create("aws:autoscaling/policy:Policy", "more", policy)
    account.inventory.set_fact("clock", _NOON)
    return made


@pytest.fixture
def shell(account: Account, nodes: Made, capsys: pytest.CaptureFixture[str]) -> Shell:
    assert nodes.id
    return Shell(account, capsys)


def test_the_clock_shows_what_comes_next(shell: Shell) -> None:
    assert shell.run("clock") == [
        Says("2035-01-04 12:00 UTC"),
        "NEXT (UTC)        LOCAL          ACTION  GROUP  NODES",
        "2035-01-05 04:00  Thu 20:00 PST  night   web    0 (0 to 1)",
    ]


def test_the_clock_tells_what_happened_on_the_way(shell: Shell) -> None:
    assert shell.run("clock", "+8h") == [Says("2035-01-04 20:00 UTC"), Says("No")]
    assert shell.run("clock", "2035-01-04T20:01-08:00") == [
        Says("2035-01-05 04:01 UTC"),
        "TIME (UTC)        ACTION  GROUP  BEFORE      AFTER",
        "2035-01-05 04:00  night   web    2 (1 to 3)  0 (0 to 1)",
    ]


def test_of_a_long_time_the_last_is_shown(shell: Shell) -> None:
    lines = shell.run("clock", "+10w")
    assert (lines[1], len(lines)) == (Says("70", "20"), 3 + 20)


def test_a_clock_that_was_never_moved_shows_the_real_time(shell: Shell) -> None:
    shell.account.inventory.set_fact("clock", None)
    assert shell.run("clock")[0] == Says("real time", "UTC")


def test_sizes_change_by_hand_by_policy_and_by_schedule(shell: Shell) -> None:
    assert shell.run("desired", "web", "1") == [
        "GROUP  BEFORE      AFTER       WHY",
        "web    2 (1 to 3)  1 (1 to 3)  set by hand",
    ]
    assert shell.run("policy", "more", "85.5")[1] == "web    1 (1 to 3)  2 (1 to 3)  ChangeInCapacity 1 at 85.5"
    assert shell.run("fire", "night")[1] == "2035-01-04 12:00  night   web    2 (1 to 3)  0 (0 to 1)"
    assert clock(shell.account.inventory) == datetime.fromisoformat(_NOON)


@pytest.mark.parametrize(
    ("words", "facts"),
    [
        ("clock 2035-01-04T20:01", ["'2035-01-04T20:01'", "+8h"]),
        ("clock 2035-01-04", ["'2035-01-04'", "offset", "+8h"]),
        ("clock tomorrow", ["'tomorrow'", "+8h"]),
        ("clock +8y", ["'+8y'", "+8h"]),
        ("clock 2035-01-04T11:00Z", ["2035-01-04T12:00:00+00:00", "2035-01-04T11:00:00+00:00"]),
        ("clock +9999w", ["732 days"]),
        ("clock 9999-12-31T23:00-08:00", ["732 days"]),
        ("clock +99999w", ["'+99999w'", "+8h"]),
        ("desired web 4", ["4", "3"]),
        ("desired jobs 1", ["'jobs'", "web"]),
        ("desired web many", ["int", "'many'"]),
        ("policy less 5", ["'less'", "more"]),
        ("policy more nan", ["nan"]),
        ("fire morning", ["'morning'", "night"]),
        ("", ["required"]),
    ],
)
def test_a_refusal_is_told_with_exit_code_2(shell: Shell, words: str, facts: list[str]) -> None:
    assert Says(*facts) == shell.refused(*words.split())
    assert clock(shell.account.inventory) == datetime.fromisoformat(_NOON)


def test_without_an_account_there_is_nothing_to_scale(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    state = account.directory / "other"
    assert main(["--state", str(state), "autoscaling", "clock"]) == 2
    assert Says("nothing exists") == capsys.readouterr().err
    assert not state.exists()


@pytest.mark.parametrize(
    ("text", "ahead"),
    [
        ("+30m", timedelta(minutes=30)),
        ("+8h", timedelta(hours=8)),
        ("+2d", timedelta(days=2)),
        ("+1w", timedelta(weeks=1)),
        ("2035-01-04T13:00:00Z", timedelta(hours=1)),
    ],
)
def test_times_are_absolute_or_counted_from_now(text: str, ahead: timedelta) -> None:
    now = datetime(2035, 1, 4, 12, 0, tzinfo=UTC)
    assert moment_of(text, now) == now + ahead
