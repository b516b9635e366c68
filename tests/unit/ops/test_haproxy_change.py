"""Which commands a change is, and when nobody would answer after it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from infra.haproxy_documents import RUNTIME_COMMANDS_PATTERN
from ops.haproxy_change import Change, commands_for, differences, nobody_left
from ops.haproxy_runtime import READ, Server, Servers, Side, joined
from tests.says import Says
from tests.unit.ops.captured_answers import captured_servers

pytestmark = pytest.mark.unit

CHANGES = [
    *(Change("weight", percent=percent) for percent in (0, 5, 50, 100)),
    *(Change(verb, side) for verb in ("ready", "drain", "maint", "switch") for side in ("new", "old")),
]
UP: Server = captured_servers("both-up")["shop", "new"]
DRAINED = replace(UP, state="DRAIN")
MAINT = replace(UP, state="MAINT", well=False)
DOWN = replace(UP, state="DOWN", well=False, last_check="L4CON Connection refused")
UNCHECKED = replace(UP, state="UNCHECKED", well=False)
IDLE = replace(UP, weight=0)


def both(new: Server, old: Server) -> Servers:
    return {("shop", "new"): new, ("shop", "old"): old}


def refused(change: Change, new: Server, old: Server) -> list[str]:
    return list(nobody_left(both(new, old), change, ["shop"]))


def told(change: Change) -> list[str]:
    return [each.removeprefix("set server service-shop/") for each in commands_for(change, ["shop"])]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_the_machines_document_lets_every_command_through(change: Change) -> None:
    assert re.fullmatch(RUNTIME_COMMANDS_PATTERN, joined(commands_for(change, ["shop", "users"])))


def test_the_machines_document_lets_looking_through() -> None:
    assert re.fullmatch(RUNTIME_COMMANDS_PATTERN, joined(READ))


@pytest.mark.parametrize("before", [(0, 100), (100, 0), (50, 50), (1, 99)])
@pytest.mark.parametrize("change", [change for change in CHANGES if change.weights], ids=str)
def test_at_no_moment_have_both_sides_no_weight(change: Change, before: tuple[int, int]) -> None:
    weights = {"aws": before[0], "old": before[1]}
    for command in told(change):
        server, _, rest = command.partition(" ")
        if rest.startswith("weight "):
            weights[server] = int(rest.removeprefix("weight "))
        assert sum(weights.values()) > 0


@pytest.mark.parametrize("other", [MAINT, DRAINED, DOWN, UNCHECKED, IDLE], ids=lambda server: server.state)
@pytest.mark.parametrize("verb", ["maint", "drain"])
@pytest.mark.parametrize("side", ["new", "old"])
def test_a_side_does_not_leave_when_the_other_takes_nothing(verb: str, side: Side, other: Server) -> None:
    servers = (UP, other) if side == "new" else (other, UP)
    (why,) = refused(Change(verb, side), *servers)  # type: ignore[arg-type]
    assert Says("shop", "new", "old", verb.upper()) == why
    assert refused(Change(verb, side), UP, UP) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("percent", [0, 100])
def test_everything_goes_to_a_side_that_is_well_only(percent: int) -> None:
    change = Change("weight", percent=percent)
    for bad in (MAINT, DRAINED, DOWN, UNCHECKED):
        assert refused(change, *((bad, UP) if percent else (UP, bad))) == [Says("shop", "no weight")]
        assert refused(Change("weight", percent=50), *((bad, UP) if percent else (UP, bad))) == []
    assert refused(change, *((IDLE, UP) if percent else (UP, IDLE))) == [], "it gets its weight by this"


@pytest.mark.parametrize("side", ["new", "old"])
def test_a_switch_goes_to_a_side_whose_health_is_known(side: Side) -> None:
    change = Change("switch", side)
    for bad in (MAINT, DOWN, UNCHECKED):
        assert refused(change, *((bad, UP) if side == "new" else (UP, bad))) == [Says("shop", side, "MAINT")]
    for good in (UP, DRAINED, IDLE):
        assert refused(change, *((good, UP) if side == "new" else (UP, good))) == []


def test_ready_is_never_refused() -> None:
    assert refused(Change("ready", "new"), MAINT, DOWN) == []


@pytest.mark.parametrize(
    ("change", "other", "facts"),
    [
        (Change("switch", "old"), MAINT, ("is in MAINT", "make it ready first")),
        (Change("maint", "new"), MAINT, ("would be in MAINT",)),
        (Change("maint", "new"), DOWN, ("DOWN", "(L4CON Connection refused)")),
        (Change("maint", "new"), replace(DOWN, state="NO ADDRESS", last_check=""), ("is NO ADDRESS",)),
        (Change("maint", "new"), UNCHECKED, ("has not passed a health check",)),
        (Change("maint", "new"), IDLE, ("would have no weight",)),
    ],
)
def test_the_reason_is_each_sides_own_with_what_to_do(change: Change, other: Server, facts: tuple[str, ...]) -> None:
    (why,) = refused(change, UP, other)
    new, _, old = why.partition(", ")
    assert (new, old) == (Says("new", "MAINT"), Says("old", *facts))
    assert "()" not in why


def test_a_weight_is_no_state_and_a_state_no_weight() -> None:
    assert (Change("weight", percent=5).states, Change("drain", "new").weights) == ({}, {})


def test_what_stands_otherwise_is_told() -> None:
    change = Change("switch", "new")
    good = both(replace(UP, weight=100), replace(MAINT, weight=0))
    assert list(differences(good, change, ["shop"])) == []
    assert list(differences(both(MAINT, UP), change, ["shop"])) == [
        Says("50", "100", at="shop, new side"),
        Says("MAINT", "ready", at="shop, new side"),
        Says("50", "0", at="shop, old side"),
        Says("UP", "maint", at="shop, old side"),
    ]


def test_a_side_that_is_down_can_be_drained() -> None:
    assert list(differences(both(UP, DOWN), Change("drain", "old"), ["shop"])) == []
    for old, verb in ((UP, "drain"), (DOWN, "maint")):
        told = list(differences(both(UP, old), Change(verb, "old"), ["shop"]))  # type: ignore[arg-type]
        assert told == [Says(old.state, verb, at="shop, old side")]
