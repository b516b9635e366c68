"""One HAProxy of two dies: who asks again at the other sees nothing of it."""

from __future__ import annotations

import http.client
import threading

import pytest

from infra.haproxy_configuration import HEALTH_PATH
from infra.haproxy_health import FrontHealthCheck
from tests.edge.edge_system import EdgeHaproxy, ask, edge_system

pytestmark = pytest.mark.edge

REQUESTS = 400


def ask_either(ports: list[int]) -> tuple[int, bool]:
    """What the first that answers says, and whether another had to be asked."""
    for number, port in enumerate(ports):
        try:
            answer = ask(port)
        except (OSError, http.client.HTTPException):
            continue
        return answer.status, number > 0
    raise AssertionError("nobody answers")


def test_a_client_that_asks_again_sees_no_error() -> None:
    with edge_system() as system, EdgeHaproxy(system.values) as second:
        ports = [system.haproxy.site, second.site]
        answers: list[tuple[int, bool]] = []
        seen = threading.Event()

        def visit() -> None:
            for number in range(REQUESTS):
                answers.append(ask_either(ports if number % 2 else ports[::-1]))
                if number == REQUESTS // 4:
                    seen.set()

        visitor = threading.Thread(target=visit)
        visitor.start()
        assert seen.wait(30)
        system.haproxy.kill()
        visitor.join(60)
        assert len(answers) == REQUESTS
        assert {status for status, _ in answers} == {200}
        repeated = sum(again for _, again in answers)
        print(f"{REQUESTS} requests, {repeated} asked again, 0 failed")
        assert repeated > REQUESTS // 10
        assert not system.haproxy.is_running()


def test_how_long_the_balancer_in_front_sends_to_a_dead_one() -> None:
    check = FrontHealthCheck()
    assert check.notices_dead_process_within == 10
    assert check.notices_dead_machine_within == 12
    assert check.timeout < check.interval
    with edge_system() as system:
        assert ask(system.haproxy.site, check.path).status == 200
        assert check.path == HEALTH_PATH
        system.haproxy.kill()
        with pytest.raises(ConnectionError):
            ask(system.haproxy.site, check.path)
