"""What reaches the sides: in turns, with the visitor's address, scheme and Host, wherever a side's name leads."""

from __future__ import annotations

import datetime
from collections import Counter
from contextlib import ExitStack
from ipaddress import IPv4Network
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from infra.haproxy_configuration import HEALTH_PATH
from sandbox.demo_process import DemoProcess
from sandbox.loopback_ports import LOOPBACK, free_port
from tests.edge.dns_server import DnsServer
from tests.edge.edge_system import (
    HOST,
    NEW,
    OLD,
    EdgeHaproxy,
    ask,
    edge_system,
    migration_values,
    side_values,
    wait_until,
)

pytestmark = pytest.mark.edge


def sides(port: int, requests: int = 40, **headers: str) -> Counter[str]:
    answers = [ask(port, **headers) for _ in range(requests)]
    assert {answer.status for answer in answers} == {200}
    return Counter(answer.headers["x-side"] for answer in answers)


def test_the_sides_take_turns() -> None:
    with edge_system() as system:
        answered = [ask(system.haproxy.site).headers["x-side"] for _ in range(200)]
    assert Counter(answered) == {"new": 100, "old": 100}
    assert all(one != next_one for one, next_one in pairwise(answered))


@pytest.mark.parametrize("percent", [0, 1, 5, 25, 100])
def test_per_cent_are_of_100_requests(percent: int) -> None:
    with edge_system(newPercent=percent) as system:
        found = sides(system.haproxy.site, 200)
    assert found["new"] == 2 * percent


def test_weights_are_shares() -> None:
    with edge_system(weights={"new": 256, "old": 64}) as system:
        assert sides(system.haproxy.site, 100) == {"new": 80, "old": 20}


def test_both_sides_are_told_the_same_of_a_visitor() -> None:
    with edge_system() as system:
        said = [
            ask(system.haproxy.site, X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="http").said for _ in range(10)
        ]
    assert {each["side"] for each in said} == {"new", "old"}
    for each in said:
        headers = each["headers"]
        assert headers["host"] == HOST
        assert headers["x-forwarded-for"] == f"203.0.113.9, {LOOPBACK}"
        assert headers["x-forwarded-proto"] == "http"


def test_https_is_what_the_balancer_in_front_means_when_it_says_nothing() -> None:
    with edge_system() as system:
        for told in ({}, {"X_Forwarded_Proto": "gopher"}):
            assert ask(system.haproxy.site, **told).said["headers"]["x-forwarded-proto"] == "https"


def test_a_stranger_is_not_believed() -> None:
    with edge_system() as system, EdgeHaproxy(system.values, front=(IPv4Network("192.0.2.0/24"),)) as haproxy:
        claimed = {"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Proto": "http"}
        headers = ask(haproxy.site, **claimed).said["headers"]
    assert headers["x-forwarded-for"] == LOOPBACK
    assert headers["x-forwarded-proto"] == "https"


def test_hosts_are_known_in_any_case_and_with_a_port_and_others_are_not() -> None:
    with edge_system() as system:
        assert ask(system.haproxy.site, Host=HOST.upper()).status == 200
        assert ask(system.haproxy.site, Host=f"{HOST}:8000").status == 200
        assert ask(system.haproxy.site, Host="elsewhere.example.com").status == 404
        assert ask(system.haproxy.site, HEALTH_PATH, Host="10.0.0.7").status == 200


def test_a_health_check_carries_the_host() -> None:
    with edge_system(checkPath="/no-such-host", checkHost="checks.example.com") as system:
        assert "hdr Host checks.example.com" in system.haproxy.files.configuration.read_text()
        wait_until(lambda: system.haproxy.state(NEW)["check_status"] == "L7OK")


def test_a_name_whose_address_changes_is_followed() -> None:
    port = free_port()
    with ExitStack() as stack:
        first = stack.enter_context(DemoProcess("first", "127.0.0.2", port))
        stack.enter_context(DemoProcess("second", "127.0.0.3", port))
        old = stack.enter_context(DemoProcess("old"))
        dns = stack.enter_context(DnsServer("new.balancer.test", first.address))
        values = migration_values(side_values(dns.name, port), side_values(LOOPBACK, old.port))
        haproxy = stack.enter_context(EdgeHaproxy(values, (dns.nameserver,)))
        wait_until(lambda: sides(haproxy.site).keys() == {"first", "old"})
        dns.address = "127.0.0.3"
        wait_until(lambda: sides(haproxy.site).keys() == {"second", "old"})
        first.kill()
        assert sides(haproxy.site).keys() == {"second", "old"}
        assert haproxy.state(NEW)["addr"] == f"127.0.0.3:{port}"


def test_a_visitor_stays_and_drain_lets_the_visit_end() -> None:
    with edge_system(stickySeconds=600) as system:
        haproxy = system.haproxy
        cookies = {
            answer.headers["x-side"]: answer.headers["set-cookie"] for answer in (ask(haproxy.site) for _ in range(4))
        }
        assert all("secure" in cookie.lower() and "httponly" in cookie.lower() for cookie in cookies.values())
        visit = {"Cookie": cookies["new"].partition(";")[0]}
        assert sides(haproxy.site, **visit).keys() == {"new"}
        assert "cookie" not in ask(haproxy.site, **visit).said["headers"], "it is not for the sides"
        haproxy.set_state(NEW, "drain")
        assert sides(haproxy.site).keys() == {"old"}
        assert sides(haproxy.site, **visit).keys() == {"new"}
        haproxy.set_state(NEW, "maint")
        assert sides(haproxy.site, **visit).keys() == {"old"}


def certificate_for(name: str, folder: Path) -> Path:
    """A key and its own certificate, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file = folder / f"{name}.pem"
    file.write_bytes(
        made.public_bytes(encoding) + key.private_bytes(encoding, form, serialization.NoEncryption()),
    )
    return file


@pytest.mark.parametrize(
    ("certified", "named", "checked", "status"),
    [
        (HOST, None, True, "UP"),
        ("inside.example.com", "inside.example.com", True, "UP"),
        ("inside.example.com", None, True, "DOWN"),
        ("inside.example.com", None, False, "UP"),
    ],
)
def test_a_side_with_tls_shows_a_certificate_for_the_name_asked_for(
    certified: str, named: str | None, checked: bool, status: str, tmp_path: Path
) -> None:
    file = certificate_for(certified, tmp_path)
    with DemoProcess("new", certificate=file) as new, DemoProcess("old") as old:
        side = {**side_values(LOOPBACK, new.port), "protocol": "HTTPS", "verifyCertificate": checked}
        side |= {"authorities": str(file)} | ({"certificateName": named} if named else {})
        with EdgeHaproxy(migration_values(side, side_values(LOOPBACK, old.port))) as haproxy:
            wait_until(lambda: haproxy.state(NEW)["check_status"] not in {"", "INI"})
            haproxy.wait_for(NEW, status)
            assert sides(haproxy.site).keys() == ({"new", "old"} if status == "UP" else {"old"})
            haproxy.wait_for(OLD, "UP")
