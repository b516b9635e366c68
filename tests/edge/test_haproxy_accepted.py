"""HAProxy takes every configuration that our settings let through, without a complaint."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from infra.haproxy_configuration import PASSWORD_VARIABLE, VPC_RESOLVER, Place, haproxy_configuration
from infra.haproxy_settings import broken_haproxy_rules
from infra.shutdown import ShutdownTimes
from sandbox.compose_demo import compose_configuration
from sandbox.local_haproxy import haproxy_program, has_prometheus_exporter, problems_of
from sandbox.refusal import Refusal
from tests.edge.edge_system import EdgeHaproxy, edge_system, settings_of
from tests.edge.random_settings import random_values
from tests.says import Says

pytestmark = pytest.mark.edge

SEEDS = range(100)
# https://man7.org/linux/man-pages/man5/resolv.conf.5.html: names that do not exist are not waited for.
ENVIRONMENT = {PASSWORD_VARIABLE: "thrown-away", "RES_OPTIONS": "attempts:1 timeout:1"}


def complaint(seed: int, program: str, folder: Path) -> str:
    """What HAProxy has against the settings of this seed."""
    settings = settings_of(random_values(seed))
    assert not list(broken_haproxy_rules(settings)), seed
    place = Place(
        front_cidrs=(IPv4Network("10.10.0.0/20"), IPv4Network("10.10.16.0/20")),
        socket=str(folder / "socket"),
        state_file=str(folder / "state"),
        nameservers=(VPC_RESOLVER,) if seed % 2 else (),
        prometheus=has_prometheus_exporter(program),
    )
    text = haproxy_configuration(settings, ShutdownTimes(5 + 595 * (seed % 2)), place)
    directory = folder / str(seed)
    directory.mkdir()
    return problems_of(program, text, directory, ENVIRONMENT)


def test_it_takes_a_hundred_random_settings(tmp_path: Path) -> None:
    program = haproxy_program()
    # Side by side, since each waits for the names of its sides, which do not exist.
    with ThreadPoolExecutor(16) as pool:
        complaints = pool.map(lambda seed: complaint(seed, program, tmp_path), SEEDS)
        assert {seed: told for seed, told in zip(SEEDS, complaints, strict=True) if told} == {}


def test_a_password_that_is_not_set_is_no_empty_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSWORD_VARIABLE, raising=False)
    with edge_system() as system:
        text = system.haproxy.rendered(system.values)
        assert problems_of(haproxy_program(), text, tmp_path, {}) == Says(PASSWORD_VARIABLE, "not set")


def test_a_configuration_that_haproxy_refuses_changes_nothing() -> None:
    with edge_system() as system:
        haproxy = system.haproxy
        before = haproxy.worker()
        broken = haproxy.rendered(system.values).replace("balance roundrobin", "balance nonsense")
        with pytest.raises(Refusal, match="balance"):
            haproxy.reload(broken)
        assert haproxy.worker() == before
        assert haproxy.files.configuration.read_text() == haproxy.rendered(system.values)


def test_haproxy_has_no_warning_about_it() -> None:
    with edge_system() as system, EdgeHaproxy(system.values) as haproxy:
        assert "[WARNING]" not in haproxy.files.log.read_text()


def test_it_takes_the_configuration_of_the_compose_file(tmp_path: Path) -> None:
    assert problems_of(haproxy_program(), compose_configuration(), tmp_path, ENVIRONMENT) == ""
