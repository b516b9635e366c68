"""The statistics page is for operators on the machine; whoever else asks sees nothing."""

from __future__ import annotations

import subprocess

import pytest

from infra.haproxy_configuration import back_end
from sandbox.local_haproxy import haproxy_program, has_prometheus_exporter
from tests.edge.edge_system import NEW, PASSWORD, EdgeHaproxy, ask, credentials, edge_system

pytestmark = pytest.mark.edge

ANOTHER = "127.0.0.2"
FORM = {"Content_Type": "application/x-www-form-urlencoded"}


def switch(port: int, action: str, **headers: str) -> int:
    body = f"s={NEW}&action={action}&b={back_end('shop')}"
    return ask(port, "/", "POST", body=body, **FORM, **headers).status


def test_nobody_without_credentials() -> None:
    with edge_system() as system:
        port = system.haproxy.statistics
        assert ask(port).status == 401
        assert ask(port, Authorization=credentials("guessed")).status == 401
        assert ask(port, Authorization=credentials("")).status == 401
        assert switch(port, "maint") == 401
        page = ask(port, Authorization=credentials())
        assert page.status == 200
        assert back_end("shop").encode() in page.body
        assert PASSWORD not in system.haproxy.files.configuration.read_text()


def test_an_operator_switches_a_server() -> None:
    with edge_system() as system:
        port = system.haproxy.statistics
        for action, status in (("maint", "MAINT"), ("ready", "UP"), ("drain", "DRAIN"), ("ready", "UP")):
            assert switch(port, action, Authorization=credentials()) == 303
            system.haproxy.wait_for(NEW, status)


def test_a_page_of_another_site_switches_nothing() -> None:
    with edge_system() as system:
        told = {"Authorization": credentials(), "Sec_Fetch_Site": "cross-site"}
        assert switch(system.haproxy.statistics, "maint", **told) == 403
        assert system.haproxy.state(NEW)["status"] == "UP"


@pytest.mark.parametrize("let_in", [[], ["10.0.0.0/8"]], ids=["loopback", "a range"])
def test_nobody_from_another_address(let_in: list[str]) -> None:
    with edge_system() as system:
        system.values["statistics"]["allowedCidrs"] = let_in
        with EdgeHaproxy(system.values) as haproxy:
            for path in ("/", "/metrics"):
                with pytest.raises(ConnectionError):
                    ask(haproxy.statistics, path, source=ANOTHER, Authorization=credentials())
            assert ask(haproxy.statistics, Authorization=credentials()).status == 200


def test_it_listens_on_loopback_only_unless_somebody_is_let_in() -> None:
    with edge_system() as system:
        text = system.haproxy.rendered(system.values)
        assert f"bind 127.0.0.1:{system.haproxy.statistics}" in text


def test_metrics_are_there_for_the_machines_own_agent() -> None:
    if not has_prometheus_exporter(haproxy_program()):
        pytest.skip("this HAProxy was built without the exporter")
    with edge_system() as system:
        found = ask(system.haproxy.statistics, "/metrics").body
    assert b'haproxy_server_status{proxy="service-shop",server="aws",state="UP"} 1' in found


def test_a_hash_instead_of_a_password() -> None:
    made = subprocess.run(["openssl", "passwd", "-6", PASSWORD], capture_output=True, text=True, check=True)
    with edge_system() as system:
        system.values["statistics"]["passwordHash"] = made.stdout.strip()
        with EdgeHaproxy(system.values) as haproxy:
            assert ask(haproxy.statistics, Authorization=credentials()).status == 200
            assert ask(haproxy.statistics, Authorization=credentials("guessed")).status == 401
