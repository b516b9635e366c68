"""HAProxy's own answers, read."""

from __future__ import annotations

import pytest

from ops.haproxy_runtime import UnknownAnswerError, servers_of, split_answers
from tests.says import Says
from tests.unit.ops.captured_answers import CAPTURED, captured, captured_servers

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("name", "new", "old"),
    [
        ("both-up", ("UP", True, 50), ("UP", True, 50)),
        ("new-drained-old-down", ("DRAIN", True, 50), ("DOWN", False, 95)),
        ("new-unchecked-old-maint", ("UNCHECKED", False, 50), ("MAINT", False, 95)),
    ],
)
def test_state_health_and_weight(name: str, new: tuple[str, bool, int], old: tuple[str, bool, int]) -> None:
    servers = captured_servers(name)
    assert servers.keys() == {("shop", "new"), ("shop", "old")}
    for side, wanted in (("new", new), ("old", old)):
        server = servers["shop", side]
        assert (server.state, server.well, server.weight) == wanted


def test_figures() -> None:
    server = captured_servers("both-up")["shop", "new"]
    assert (server.requests, server.sessions, server.errors, server.last_check) == (5, 0, 0, "L7OK 200")
    old = captured_servers("new-drained-old-down")["shop", "old"]
    assert old.last_check == "L4CON Connection refused"


def test_errors_are_counted() -> None:
    statistics, state = captured("both-up")
    names = statistics.removeprefix("# ").splitlines()[0].split(",")
    rows = [line.split(",") for line in statistics.splitlines()]
    (new,) = (row for row in rows if row[:2] == ["service-shop", "aws"])
    wanted = {"scur": "3", "hrsp_5xx": "7", "econ": "11", "eresp": "13", "wretr": "17", "wredis": "19"}
    for name, value in wanted.items():
        new[names.index(name)] = value
    server = servers_of("\n".join(",".join(row) for row in rows), state)["shop", "new"]
    found = (server.sessions, server.errors, server.connection_errors, server.response_errors, server.retries)
    assert (*found, server.redispatches) == (3, 7, 11, 13, 17, 19)


@pytest.mark.parametrize(
    ("bits", "state"),
    [(0x01, "MAINT"), (0x02, "MAINT"), (0x04, "MAINT"), (0x20, "NO ADDRESS"), (0x21, "MAINT"), (0x10, "DRAIN")],
)
def test_what_an_operator_or_the_dns_did(bits: int, state: str) -> None:
    statistics, states = captured("both-up")
    server = servers_of(statistics, states.replace("127.0.0.1 2 0 50", f"127.0.0.1 2 {bits} 50", 1))["shop", "new"]
    assert server.state == state
    assert not server.takes_requests
    assert server.well == (state == "DRAIN")


def test_a_server_of_weight_zero_takes_nothing() -> None:
    statistics, states = captured("both-up")
    servers = servers_of(statistics, states.replace("127.0.0.1 2 0 50", "127.0.0.1 2 0 0", 1))
    assert not servers["shop", "new"].takes_requests
    assert servers["shop", "old"].takes_requests


@pytest.mark.parametrize("name", CAPTURED)
def test_both_answers_at_once_are_told_apart(name: str) -> None:
    statistics, state = captured(name)
    assert servers_of(*split_answers(statistics + state, 2)) == captured_servers(name)


def test_answers_of_commands() -> None:
    assert split_answers("\n\nNo such server.\n\n\n", 4) == ["", "", "No such server.", ""]
    with pytest.raises(UnknownAnswerError) as unknown:
        split_answers("Permission denied\n", 2)
    assert Says("1", "2", "'Permission denied'") == str(unknown.value)


def test_what_is_not_known_is_said() -> None:
    statistics, state = captured("both-up")
    without_old = "\n".join(line for line in statistics.splitlines() if ",old," not in line)
    for told, stands, says in (
        (statistics, "2\n# be_id\n", Says("state", "'2\\n# be_id\\n'")),
        (statistics, "", Says("state", "''")),
        ("# pxname,svname,\nsite,FRONTEND,\n", state, Says("no service")),
        (without_old, state, Says("side", "shop")),
        (statistics, state.replace("shop 2 old", "shop 2 other"), Says("KeyError", "'srv_admin_state'")),
    ):
        with pytest.raises(UnknownAnswerError) as unknown:
            servers_of(told, stands)
        assert says == str(unknown.value)
