"""`python -m ops migrate` as a person types it, on two real HAProxys that carry load."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.edge.edge_system import NEW, OLD, EdgeHaproxy, ask, edge_system, wait_until
from tests.edge.load import Load
from tests.ops_command import forked
from tests.says import Says

pytestmark = [pytest.mark.edge, pytest.mark.usefixtures("forked_commands")]

STEP = 200


@dataclass(frozen=True)
class TwoHaproxys:
    """Two HAProxys before the same sides, and the command for both."""

    both: tuple[EdgeHaproxy, EdgeHaproxy]

    def done(self, *words: str) -> str:
        sockets = [word for each in self.both for word in ("--socket", str(each.files.socket))]
        command = forked("migrate", *sockets, "--yes", *words)
        done = subprocess.run(
            command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, timeout=120
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        return done.stdout

    def states(self) -> list[tuple[str, str]]:
        """Of both sides, on each HAProxy."""
        return [tuple(each.state(server)["status"] for server in (NEW, OLD)) for each in self.both]  # type: ignore[misc]

    def weights(self) -> list[tuple[str, str]]:
        return [tuple(each.state(server)["weight"] for server in (NEW, OLD)) for each in self.both]  # type: ignore[misc]


@contextmanager
def two_haproxys(**route: Any) -> Generator[TwoHaproxys]:
    with edge_system(**route) as system, EdgeHaproxy(system.values) as second:
        both = (system.haproxy, second)
        for each in both:
            for server in (NEW, OLD):
                wait_until(lambda each=each, server=server: each.state(server)["check_status"] == "L7OK")
        yield TwoHaproxys(both)


def test_every_change_under_load(record_property: Callable[[str, object], None]) -> None:
    with two_haproxys() as fleet, ExitStack() as stack:
        loads = [stack.enter_context(Load(each.site, visitors=8)) for each in fleet.both]

        def sides() -> list[set[str]]:
            return [set(load.sides_of(STEP)) for load in loads]

        assert sides() == [{"new", "old"}] * 2
        assert Says("20 %", "80 %", at="  shop") in fleet.done("weight", "20").splitlines()
        assert fleet.weights() == [("20", "80")] * 2
        for load in loads:
            load.more(STEP)
            found = load.sides_of(2 * STEP)
            assert abs(100 * found["new"] / found.total() - 20) < 5

        fleet.done("drain", "new")
        assert fleet.states() == [("DRAIN", "UP")] * 2
        assert sides() == [{"old"}] * 2
        fleet.done("ready", "new")
        assert sides() == [{"new", "old"}] * 2
        fleet.done("maint", "old")
        assert fleet.states() == [("UP", "MAINT")] * 2
        assert sides() == [{"new"}] * 2
        fleet.done("ready", "old")
        fleet.done("switch", "new")
        assert (fleet.states(), sides()) == ([("UP", "MAINT")] * 2, [{"new"}] * 2)
        fleet.done("ready", "old")
        assert sides() == [{"new"}] * 2, "it has no weight yet"
        fleet.done("switch", "old")
        assert (fleet.states(), sides()) == ([("MAINT", "UP")] * 2, [{"old"}] * 2)
        fleet.done("ready", "new")
        fleet.done("weight", "50")
        assert sides() == [{"new", "old"}] * 2
        for load in loads:
            load.more(STEP)
    told = [f"{load.figures.total} requests, failed: {dict(load.figures.reasons)}" for load in loads]
    record_property("figures", told)
    print(*told, sep="\n")
    assert not any(load.figures.failures for load in loads)


def test_status_adds_up_what_all_say() -> None:
    with two_haproxys() as fleet:
        with Load(fleet.both[0].site, visitors=2) as load:
            load.more(STEP)
        shown = fleet.done("status")
        assert "2 of 2 HAProxys" in shown
        assert "!" not in shown
        told = json.loads(fleet.done("status", "--json"))
        assert told["problems"] == []
        counted = [
            each["services"]["shop"][side]["requests"] for each in told["instances"].values() for side in ("new", "old")
        ]
        assert sum(counted) == load.figures.total
        (line,) = (line for line in shown.splitlines() if " new " in line)
        assert line.replace(" ", "").startswith(f"│shop│new│UP│50│0│{counted[0]}│0│0│0│0│0│L7OK200│")


def test_who_has_a_sides_cookie_stays_there_until_maintenance() -> None:
    with two_haproxys(stickySeconds=600) as fleet:
        first = fleet.both[0]

        def visitor(side: str) -> str:
            for _ in range(4):
                answer = ask(first.site)
                if answer.headers["x-side"] == side:
                    return answer.headers["set-cookie"].partition(";")[0]
            raise AssertionError(f"nobody came to {side}")

        cookie = visitor("new")
        for words in (("drain", "new"), ("ready", "new"), ("weight", "0")):
            fleet.done(*words)
            assert ask(first.site, Cookie=cookie).headers["x-side"] == "new"
        assert {ask(first.site).headers["x-side"] for _ in range(4)} == {"old"}
        fleet.done("switch", "old")
        assert {ask(first.site, Cookie=cookie).headers["x-side"] for _ in range(4)} == {"old"}
