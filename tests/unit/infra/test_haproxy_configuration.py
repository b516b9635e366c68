"""The text that HAProxy reads: a pure function of settings, with times that fit each other."""

import json
import re
from ipaddress import IPv4Network
from typing import Any

import pytest
from pydantic import TypeAdapter

from infra.haproxy_configuration import PASSWORD_VARIABLE, Place, haproxy_configuration, hard_stop_seconds
from infra.haproxy_health import FrontHealthCheck
from infra.haproxy_settings import HaproxySettings
from infra.shutdown import ShutdownTimes
from sandbox.compose_demo import FILE, compose_configuration
from tests.unit.infra.test_haproxy_settings import VALUES

pytestmark = pytest.mark.unit

PLACE = Place(front_cidrs=(IPv4Network("10.10.0.0/16"),))


def rendered(drain: int = 30, place: Place = PLACE, **changes: Any) -> str:
    settings = TypeAdapter(HaproxySettings).validate_json(json.dumps(VALUES | changes), strict=True)
    return haproxy_configuration(settings, ShutdownTimes(drain), place)


def seconds(text: str, name: str) -> int:
    return int(re.search(rf"^    {name} (\d+)s$", text, re.MULTILINE)[1])  # type: ignore[index]


def test_the_same_settings_are_the_same_text() -> None:
    assert rendered() == rendered()


@pytest.mark.parametrize("drain", [5, 30, 600])
def test_no_time_cuts_a_request(drain: int) -> None:
    text, times = rendered(drain), ShutdownTimes(drain)
    kept = seconds(text, "timeout http-keep-alive")
    assert kept > times.idle_timeout, "the balancer in front, not HAProxy, closes an idle connection"
    assert seconds(text, "timeout client") >= kept
    assert seconds(text, "timeout server") >= drain, "a request may take as long as the stack says"
    assert seconds(text, "hard-stop-after") == hard_stop_seconds(times) > kept + drain
    assert seconds(text, "timeout connect") < drain


def test_each_service_has_a_back_end_with_both_servers() -> None:
    text = rendered()
    assert re.findall(r"^backend (\S+)$", text, re.MULTILINE) == ["service-frontend", "service-users"]
    weights = re.findall(r"^    server (aws|old) \S+ weight (\d+)", text, re.MULTILINE)
    assert weights == [("aws", "5"), ("old", "95"), ("aws", "1"), ("old", "255")]


def test_only_what_changes_nothing_is_sent_twice() -> None:
    text = rendered()
    assert text.count("retry-on conn-failure empty-response\n") == 2
    assert text.count("http-request disable-l7-retry unless METH_GET or METH_OPTIONS\n") == 2


def test_an_address_needs_no_name_server() -> None:
    sides = {name: {**VALUES["old"], "address": f"10.0.0.{number}"} for number, name in enumerate(("new", "old"))}
    assert "resolvers" not in rendered(**sides)
    assert "nameserver dns0 169.254.169.253:53" in rendered()
    assert "parse-resolv-conf" in rendered(place=Place(front_cidrs=(), nameservers=()))


def test_no_password_stands_in_the_file() -> None:
    assert f'insecure-password "${{{PASSWORD_VARIABLE}}}"' in rendered()
    hashed = "$6$salt$" + 86 * "a"
    with_hash = rendered(statistics={"user": "operator", "passwordHash": hashed})
    assert f"user operator password '{hashed}'" in with_hash
    assert PASSWORD_VARIABLE not in with_hash


def test_the_statistics_page_is_on_loopback_unless_somebody_is_let_in() -> None:
    assert "bind 127.0.0.1:8001" in rendered()
    open_page = rendered(statistics={"user": "operator", "allowedCidrs": ["10.0.0.0/8"]})
    assert "bind *:8001" in open_page
    assert "acl let_in src 127.0.0.1 10.0.0.0/8" in open_page


def test_how_soon_a_dead_haproxy_is_noticed() -> None:
    check = FrontHealthCheck()
    assert (check.notices_dead_process_within, check.notices_dead_machine_within, check.sends_again_within) == (
        10, 12, 10,
    )  # fmt: skip


def test_the_compose_file_has_this_configuration() -> None:
    assert FILE.read_text() == compose_configuration()
