"""`python -m ops migrate` as a person types it, on two real HAProxys that carry load."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.edge.edge_system import NEW, OLD, EdgeHaproxy, EdgeSystem, ask, edge_system, wait_until
from tests.edge.load import Load
from tests.ops_command import forked
from tests.says import Says

pytestmark = [pytest.mark.edge, pytest.mark.usefixtures("forked_commands")]

STEP = 200


@dataclass(frozen=True)
class TwoHaproxys:
    """Two HAProxys before the same sides, and the command for both."""

    system: EdgeSystem
    both: tuple[EdgeHaproxy, EdgeHaproxy]

    def migrate(self, *words: str, yes: bool = True) -> subprocess.CompletedProcess[str]:
        sockets = [word for each in self.both for word in ("--socket", str(each.files.socket))]
        command = forked("migrate", *sockets, *(["--yes"] if yes else []), *words)
        done = subprocess.run(
            command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, timeout=120
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def done(self, *words: str) -> str:
        done = self.migrate(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def status(self) -> dict[str, Any]:
        done = self.migrate("status", "--json")
        assert done.stderr == ""
        return json.loads(done.stdout)

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
        yield TwoHaproxys(system, both)


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
        told = fleet.status()
        assert told["problems"] == []
        counted = [
            each["services"]["shop"][side]["requests"] for each in told["instances"].values() for side in ("new", "old")
        ]
        assert sum(counted) == load.figures.total
        (line,) = (line for line in shown.splitlines() if " new " in line)
        assert line.replace(" ", "").startswith(f"│shop│new│UP│50│0│{counted[0]}│0│0│0│0│0│L7OK200│")


def test_an_instance_that_differs_is_shouted() -> None:
    with two_haproxys() as fleet:
        fleet.both[1].set_weight(NEW, 7)
        fleet.both[0].set_state(OLD, "drain")
        first, second = (str(each.files.socket) for each in fleet.both)
        shown = fleet.done("status")
        both = (f"UP, weight 50 on {first}", f"UP, weight 7 on {second}")
        assert Says("! shop, new side", *both) in shown.splitlines()
        both = (f"DRAIN, weight 50 on {first}", f"UP, weight 50 on {second}")
        assert Says("! shop, old side", *both) in shown.splitlines()
        assert "MIXED: DRAIN, UP" in shown
        assert len(fleet.status()["problems"]) == 2


def test_an_instance_that_is_gone_is_named_and_the_others_have_the_change() -> None:
    with two_haproxys() as fleet:
        first, second = fleet.both
        second.kill()
        shown = fleet.migrate("status")
        assert shown.returncode == 1
        assert Says(f"! {second.files.socket}", "Connection refused") in shown.stdout.splitlines()
        assert "1 of 2 HAProxys" in shown.stdout
        done = fleet.migrate("weight", "5")
        assert done.returncode == 1
        assert f"! {second.files.socket}: Connection refused" in done.stdout
        repeat = f": python -m ops migrate --socket {first.files.socket} --socket {second.files.socket}"
        assert f"{repeat} --yes weight 5" in done.stdout
        assert (first.state(NEW)["weight"], first.state(OLD)["weight"]) == ("5", "95")
        first.kill()
        refused = fleet.migrate("weight", "50")
        assert refused.returncode == 2
        sockets = (str(first.files.socket), str(second.files.socket))
        assert refused.stderr.strip() == Says(*sockets, "Connection refused", at="ops migrate")


def test_nobody_is_left_without_force() -> None:
    with two_haproxys() as fleet:
        fleet.done("maint", "new")
        for words in (("maint", "old"), ("drain", "old"), ("weight", "100"), ("switch", "new")):
            refused = fleet.migrate(*words)
            assert refused.returncode == 2
            *whys, what_next = refused.stderr.splitlines()
            assert whys == [Says(str(each.files.socket), "shop", "MAINT") for each in fleet.both]
            assert what_next == Says("--force")
            assert (fleet.states(), fleet.weights()) == ([("MAINT", "UP")] * 2, [("50", "50")] * 2)
        forced = fleet.migrate("maint", "old", "--force")
        assert forced.returncode == 0
        assert Says("shop", "MAINT", at=f"! {fleet.both[0].files.socket}") in forced.stdout.splitlines()
        assert fleet.states() == [("MAINT", "MAINT")] * 2


def test_a_side_that_is_down_on_one_of_them_is_not_switched_to() -> None:
    with two_haproxys() as fleet:
        fleet.system.new.kill()
        fleet.both[1].wait_for(NEW, "DOWN")
        refused = fleet.migrate("switch", "new")
        assert refused.returncode == 2
        assert Says(str(fleet.both[1].files.socket), "shop", "new", "DOWN") in refused.stderr.splitlines()
        assert fleet.weights() == [("50", "50")] * 2
        assert fleet.migrate("drain", "new").returncode == 0


def test_nobody_is_there_to_ask() -> None:
    with two_haproxys() as fleet:
        refused = fleet.migrate("weight", "5", yes=False)
        assert refused.returncode == 2
        assert Says("5 %", "95 %", at="  shop") in refused.stdout.splitlines(), "what would be done"
        assert refused.stderr.splitlines() == [Says("--yes", at="ops migrate")]
        assert fleet.weights() == [("50", "50")] * 2


@pytest.mark.parametrize(
    ("words", "facts"),
    [
        (("weight", "5", "shap"), ("shap", "shop")),
        (("weight", "101"), ("'101'", "0 to 100")),
        (("weight", "5", "--up"), ("--socket", "--up")),
        (("ready", "new", "--percent", "5"), ("--percent", "balancer")),
        (("maint", "aws"), ("'aws'", "new", "old")),
    ],
)
def test_wrong_words(words: tuple[str, ...], facts: tuple[str, ...]) -> None:
    with two_haproxys() as fleet:
        refused = fleet.migrate(*words)
        assert refused.returncode == 2
        assert refused.stderr.splitlines()[-1] == Says(*facts)
        assert fleet.weights() == [("50", "50")] * 2


def test_what_is_no_haproxy_is_told(tmp_path: Any) -> None:
    file = tmp_path / "file"
    file.write_text("no socket")
    for path, said in ((tmp_path / "none", "No such file or directory"), (file, "Connection refused")):
        command = forked("migrate", "--socket", str(path), "status")
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 1
        assert Says(f"! {path}", said) in done.stdout.splitlines()
        assert done.stderr == ""


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
