"""A migration by HAProxy in the stack file: what is taken, what is told, and what one HAProxy is given."""

from ipaddress import IPv4Network
from typing import Any

import pytest

from infra.haproxy_fleet import one_more
from infra.haproxy_machine import image_parameter
from infra.haproxy_migration_settings import joined
from infra.haproxy_place import fleet_configuration, fleet_place
from infra.haproxy_settings import WeightSettings, broken_haproxy_rules
from infra.haproxy_ways import ways_out
from tests.haproxy_stack_file import PASSWORD_HASH, haproxy, migration_with, problems, settings_with, side
from tests.mistakes.haproxy import PATH
from tests.says import Says
from tests.stack_values import stack_config

pytestmark = pytest.mark.unit

NEW = "internal-slipway-dev-entrance-1.us-west-2.elb.amazonaws.com"


def test_stack_file_services_and_the_new_address_become_what_one_haproxy_is_told() -> None:
    services = {
        "frontend": {"newPercent": 5, "checkPath": "/", "stickySeconds": 600},
        "users": {"weights": {"new": 1, "old": 255}, "checkPath": "/health", "checkHost": "users"},
    }
    settings, migration = migration_with(services=services, old=side(certificateName="old.example.org"))
    told = joined(migration, settings.services, NEW)
    assert (told.new.address, told.new.port, told.new.protocol, told.new.verify_certificate) == (
        NEW,
        443,
        "HTTPS",
        True,
    )
    assert (told.new.max_connections, told.new.slow_start_seconds) == (200, 30)
    assert (told.old.address, told.old.certificate_name) == ("old.example.net", "old.example.org")
    assert told.routes["frontend"].hosts == ("frontend.dev.example.com",)
    assert told.routes["frontend"].server_weights == WeightSettings(new=5, old=95)
    assert told.routes["frontend"].sticky_seconds == 600
    assert told.routes["users"].server_weights == WeightSettings(new=1, old=255)
    assert told.routes["users"].health_host == "users.dev.example.com", "given as one label, as hosts are"
    assert told.statistics.password_hash == PASSWORD_HASH
    assert (told.check_seconds, told.resolve_seconds, told.hold_seconds, told.max_connections) == (2, 5, 60, 20000)
    assert not list(broken_haproxy_rules(told))


def test_an_old_system_without_tls_keeps_nothing_of_it() -> None:
    settings, migration = migration_with(old=side(address="10.200.0.10", port=8080, protocol="HTTP"))
    assert joined(migration, settings.services, NEW).old.protocol == "HTTP"


def test_the_share_of_the_new_side_in_per_cent() -> None:
    services: dict[str, Any] = {
        "frontend": {"newPercent": 0, "checkPath": "/"},
        "users": {"weights": {"new": 64, "old": 192}, "checkPath": "/"},
    }
    _, migration = migration_with(services=services)
    assert {name: each.percent for name, each in migration.services.items()} == {"frontend": 0, "users": 25}


def test_a_configuration_is_rendered_from_settings_alone() -> None:
    settings, migration = migration_with()
    text = fleet_configuration(settings, migration, NEW)
    assert f"server aws {NEW}:443 weight 5" in text
    assert "server old old.example.net:443 weight 95" in text
    assert f"user operator password '{PASSWORD_HASH}'" in text
    assert "acl from_front src 10.10." in text
    assert "bind *:80" in text


def test_the_front_is_where_the_public_balancer_stands() -> None:
    front = fleet_place(settings_with(haproxy())).front_cidrs
    assert len(front) == 3
    assert all(cidr.subnet_of(IPv4Network("10.10.0.0/16")) for cidr in front)


def test_a_hash_never_shows() -> None:
    settings = settings_with(haproxy())
    assert PASSWORD_HASH not in repr(settings)
    for wrong in ("hunter2", ["hunter2"], {"is": "hunter2"}, None):
        (line,) = problems(haproxy(statistics={"user": "operator", "passwordHash": wrong}))
        assert line == Says("openssl passwd -6", at=f"{PATH}.statistics.passwordHash")
        assert "hunter2" not in line
    (line,) = problems(haproxy(statistics=["operator", "hunter2"]))
    assert line == Says("map", "passwordHash", "user", at=f"{PATH}.statistics")
    assert "hunter2" not in line


def test_a_fleet_takes_one_rule_and_one_target_group_whatever_moves() -> None:
    config = stack_config("dev")
    resources = config["slipway:services"]["frontend"]["resources"]
    plain = {"port": 8000, "serviceType": "ClusterIP", "runAsUser": 1000, "replicas": 1, "resources": resources}

    def with_services(count: int) -> dict[str, Any]:
        more = {f"more{each}": {**plain, "hosts": [f"more{each}"]} for each in range(count - 3)}
        return {"slipway:services": {**config["slipway:services"], **more}}

    assert problems(haproxy(), **with_services(99)) == []
    assert problems(haproxy(), **with_services(100)) == [
        Says("101 rules", "100", at=PATH),
        Says("101 target groups", "100", at=PATH),
    ]


def test_ways_out_are_as_narrow_as_they_can_be() -> None:
    def ways(**old: Any) -> list[tuple[str, int]]:
        return [(cidr, port) for cidr, port, _ in ways_out(migration_with(old=side(**old))[1].old)]

    world = ("0.0.0.0/0", 443)
    assert ways(address="10.200.0.10", port=8443) == [world, ("10.200.0.10/32", 8443)]
    assert ways(address="10.200.0.10") == [world, ("10.200.0.10/32", 443)]
    assert ways(port=8443) == [world, ("0.0.0.0/0", 8443)]
    assert ways() == [world], "AWS refuses a rule that is there already"


@pytest.mark.parametrize(
    ("instance_type", "architecture"),
    [
        *((arm, "arm64") for arm in ("t4g.small", "m7g.large", "c7gn.large", "im4gn.large", "x2gd.medium", "a1.large")),
        *((intel, "x86_64") for intel in ("t3.small", "m5.large", "c6in.large", "g4dn.xlarge", "u-6tb1.metal")),
    ],
)
def test_the_image_fits_the_processor(instance_type: str, architecture: str) -> None:
    assert image_parameter(instance_type).endswith(f"/al2023-ami-kernel-default-{architecture}")


@pytest.mark.parametrize("machines", range(2, 10))
def test_a_refresh_has_room_for_one_more_machine_and_no_second(machines: int) -> None:
    assert machines + 1 <= machines * one_more(machines) / 100 < machines + 2
