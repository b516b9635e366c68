"""Traffic moves between the sides, and HAProxy changes its configuration, while visitors ask without a pause."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from infra.haproxy_configuration import back_end
from tests.edge.edge_system import NEW, OLD, EdgeSystem, edge_system, wait_until
from tests.edge.load import Load

pytestmark = pytest.mark.edge

TIMES = 3
STEP = 300
# SLIPWAY_EDGE_REQUESTS=20000 is what docs/migration.md tells of; fewer are enough to see a fault here each time.
LEAST = int(os.environ.get("SLIPWAY_EDGE_REQUESTS", "3000"))
CLOSED = "kept connection: IncompleteReadError"

Record = Callable[[str, object], None]


@contextmanager
def load_on(system: EdgeSystem, record: Record, path: str = "/") -> Iterator[Load]:
    """Load for at least so many requests; what came of it is written into the report."""
    system.haproxy.wait_for(NEW, "UP")
    with Load(system.haproxy.site, path=path) as load:
        load.more(STEP)
        try:
            yield load
            load.more(STEP)
            while load.figures.total < LEAST:
                load.more(STEP)
        finally:
            figures = load.figures
            told = f"{figures.total} requests {dict(figures.requests)}, failed: {dict(figures.reasons)}"
            record("figures", told)
            print(told)
    assert figures.total >= LEAST
    assert figures.sides["new"] > STEP
    assert figures.sides["old"] > STEP


@pytest.mark.parametrize("state", ["maint", "drain"])
def test_one_side_is_switched_off_and_on(state: str, record_property: Record) -> None:
    with edge_system() as system, load_on(system, record_property) as load:
        for _ in range(TIMES):
            for server, other in ((NEW, "old"), (OLD, "new")):
                system.haproxy.set_state(server, state)
                assert set(load.sides_of(STEP)) == {other}
                system.haproxy.set_state(server, "ready")
                system.haproxy.wait_for(server, "UP")
                assert set(load.sides_of(STEP)) == {"old", "new"}
    assert not load.figures.failures


def test_the_weights_are_changed(record_property: Record) -> None:
    with edge_system() as system, load_on(system, record_property) as load:
        for _ in range(TIMES):
            for new, old in ((0, 100), (25, 75), (100, 0), (50, 50)):
                system.haproxy.set_weight(NEW, new)
                system.haproxy.set_weight(OLD, old)
                load.more(2 * STEP)  # a server that had nothing is given more at first, to catch up
                sides = load.sides_of(2 * STEP)
                assert abs(100 * sides["new"] / sides.total() - new) < 5
    assert not load.figures.failures


def test_a_reload_with_another_configuration(record_property: Record) -> None:
    with edge_system() as system, load_on(system, record_property) as load:
        for _ in range(TIMES):
            for percent in (10, 0, 100, 50):
                system.values["routes"]["shop"]["newPercent"] = percent
                system.haproxy.reload_with(system.values)
                # Connections of before end with their next answer; then all are the new worker's.
                sides = load.sides_of(2 * STEP)
                assert abs(100 * sides["new"] / sides.total() - percent) < 5
    assert not load.figures.failures


def test_the_new_side_stops_as_a_pod_does(record_property: Record) -> None:
    with edge_system() as system, load_on(system, record_property) as load:
        for _ in range(TIMES):
            system.new.send(signal.SIGUSR1)
            system.haproxy.wait_for(NEW, "DOWN")
            system.haproxy.wait_until_idle(NEW)
            system.new.send(signal.SIGTERM)
            assert system.new.wait() == 0
            load.more(STEP)
            system.new.start()
            system.haproxy.wait_for(NEW, "UP")
            load.more(STEP)
    assert not load.figures.failures


def test_the_new_side_stops_after_it_was_drained(record_property: Record) -> None:
    with edge_system() as system, load_on(system, record_property) as load:
        for _ in range(TIMES):
            system.haproxy.set_state(NEW, "drain")
            system.haproxy.wait_until_idle(NEW)
            system.new.send(signal.SIGTERM)
            assert system.new.wait() == 0
            load.more(STEP)
            system.new.start()
            system.haproxy.set_state(NEW, "ready")
            system.haproxy.wait_for(NEW, "UP")
            load.more(STEP)
    assert not load.figures.failures


def test_the_new_side_is_killed(record_property: Record) -> None:
    """What was under way there is lost, but for requests that may be sent again."""
    with edge_system() as system, load_on(system, record_property, "/slow?milliseconds=20") as load:
        for _ in range(TIMES):
            wait_until(lambda: system.haproxy.state(NEW)["scur"] != "0")
            system.new.kill()
            load.more(STEP)
            system.haproxy.wait_for(NEW, "DOWN")
            load.more(STEP)
            system.new.start()
            system.haproxy.wait_for(NEW, "UP")
            load.more(STEP)
        repeated = int(system.haproxy.state("BACKEND")["wredis"]) + int(system.haproxy.state("BACKEND")["wretr"])
    assert load.figures.failures["GET"] == 0
    assert repeated > 0, "somebody was served by the other side"
    # Each of 16 visitors has one request under way; a third of them are POSTs.
    assert load.figures.failures["POST"] <= 16 * TIMES
    # They are told at once: by a 502, or where a connection was kept by its end, after which a browser asks again.
    told = {f"POST, {kind}" for kind in ("new connection: 502", "kept connection: 502", CLOSED)}
    assert load.figures.reasons.keys() <= told


def test_a_reload_keeps_what_an_operator_did() -> None:
    with edge_system() as system:
        system.haproxy.wait_for(NEW, "UP")
        system.haproxy.set_state(NEW, "maint")
        system.haproxy.set_state(OLD, "drain")
        system.haproxy.set_weight(OLD, 7)
        system.haproxy.reload()
        assert system.haproxy.state(NEW)["status"] == "MAINT"
        assert system.haproxy.state(OLD)["status"] == "DRAIN"
        assert f"{back_end('shop')}" in system.haproxy.ask("show servers state")
        system.haproxy.set_state(OLD, "ready")
        assert system.haproxy.state(OLD)["weight"] == "7"
        system.values["routes"]["shop"]["newPercent"] = 40
        system.haproxy.reload_with(system.values)
        assert system.haproxy.state(OLD)["weight"] == "60", "a weight that changed in the stack file wins"
        assert system.haproxy.state(NEW)["status"] == "MAINT"
