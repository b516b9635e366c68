"""Decisions of a migration: settings, places among the listener's rules, zones of targets, names."""

import json
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from infra.listener_rules import Priorities, rule_priorities
from infra.migration import zone_of_target
from infra.problems import SettingsError
from infra.settings import Settings
from infra.stack_file import parse_settings
from infra.target_group_names import target_group_name
from tests.mistakes.migration import PATH, PRIVATE
from tests.says import Says
from tests.stack_values import as_values, stack_config

pytestmark = pytest.mark.unit

OLD = {
    "addresses": ["10.200.0.10"],
    "port": 8080,
    "protocol": "HTTP",
    "healthCheckPath": "/",
    "healthCheckCodes": "200-399",
}


def settings_with(migration: Any, **more: Any) -> Settings:
    config = {**stack_config("dev"), "slipway:migration": migration, **more}
    return parse_settings("slipway", "dev", as_values(config))


def problems(migration: Any, **more: Any) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        settings_with(migration, **more)
    return [str(problem) for problem in caught.value.problems]


def moving(old: Any = None, **frontend: Any) -> dict[str, Any]:
    services = {"frontend": {"newPercent": 5, **frontend}}
    return {"kind": "alb", "old": {**OLD, **(old or {})}, "services": services}


def test_an_empty_map_is_no_migration() -> None:
    assert settings_with({}).migration is None


def test_zero_and_all_are_shares() -> None:
    for percent in (0, 100):
        migration = settings_with(moving(newPercent=percent)).migration
        assert migration is not None
        assert migration.services["frontend"].new_percent == percent
        assert migration.services["frontend"].sticky_seconds is None
        assert migration.services["frontend"].paths is None


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "10.10.1.7", "172.16.0.1", "172.31.255.254", "192.168.1.1", "100.64.0.1", "100.127.0.1"]
)
def test_private_addresses_are_taken(address: str) -> None:
    assert settings_with(moving(old={"addresses": [address]})).migration


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "172.32.0.1", "100.128.0.1", "169.254.1.1", "127.0.0.1", "0.0.0.0", "fd00::1", "old", 10]
)
def test_other_addresses_are_told_once(address: Any) -> None:
    assert problems(moving(old={"addresses": [address]})) == [
        Says(json.dumps(address), *PRIVATE, at=f"{PATH}.old.addresses[0]")
    ]


@pytest.mark.parametrize("codes", ["200", "200,301,404", "200-399", "200-299,404"])
def test_status_codes_are_taken(codes: str) -> None:
    assert settings_with(moving(old={"healthCheckCodes": codes})).migration


def test_all_that_is_wrong_with_a_migration_is_told_at_once() -> None:
    wrong = moving(old={"addresses": ["8.8.8.8", "10.0.0.1"], "port": 0}, newPercent=101, paths={"new": ["x"]})
    paths = [line.split(": ")[0] for line in problems({**wrong, "speed": 1})]
    assert sorted(paths) == [
        f"{PATH}.old.addresses[0]",
        f"{PATH}.old.port",
        f"{PATH}.services.frontend.newPercent",
        f"{PATH}.services.frontend.paths.new[0]",
        f"{PATH}.speed",
    ]


def test_five_hosts_leave_no_room_for_a_path() -> None:
    services = stack_config("dev")["slipway:services"]
    services["frontend"]["hosts"] = ["a", "b", "c", "d", "e"]
    assert problems(moving(paths={"new": ["/a"]}), **{"slipway:services": services}) == [
        Says("1", "0", "5 values", at=f"{PATH}.services.frontend.paths.new")
    ]


def test_a_balancer_has_room_for_both_sides() -> None:
    config = stack_config("dev")
    resources = config["slipway:services"]["frontend"]["resources"]
    plain = {"port": 8000, "serviceType": "ClusterIP", "runAsUser": 1000, "replicas": 1, "resources": resources}
    more = {f"more{each}": {**plain, "hosts": [f"more{each}"]} for each in range(96)}
    services = {"slipway:services": {**config["slipway:services"], **more}}
    assert settings_with(moving(paths={"new": ["/a"]}), **services).migration, "100 rules, 100 target groups"
    assert problems(moving(paths={"new": ["/a"], "old": ["/b"]}), **services) == [Says("101 rules", "100", at=PATH)]
    both = moving()
    both["services"]["users"] = {"newPercent": 5}
    assert problems(both, **services) == [Says("101 target groups", "100", at=PATH)]


def test_the_order_of_a_services_rules() -> None:
    places = rule_priorities(["frontend", "thoughts", "users"])
    assert all(each.new_paths < each.old_paths < each.host for each in places.values())
    assert all(each.new_paths >= 1 and each.host <= 50000 for each in places.values())


def test_a_new_service_moves_no_other_rule() -> None:
    before = rule_priorities(["frontend", "users"])
    after = rule_priorities(["adverts", "frontend", "search", "users"])
    assert {name: after[name] for name in before} == before


def test_priorities_are_free() -> None:
    names = [f"service-{each}" for each in range(2000)]
    taken = [number for each in rule_priorities(names).values() for number in vars(each).values()]
    assert len(set(taken)) == 3 * len(names), "names with one place among them"
    assert min(taken) >= 1
    assert max(taken) <= 50000
    assert isinstance(rule_priorities(["a"])["a"], Priorities)


def test_the_zone_of_a_target() -> None:
    vpc = IPv4Network("10.10.0.0/16")
    assert zone_of_target(IPv4Address("10.10.3.4"), vpc) is None
    assert zone_of_target(IPv4Address("10.11.3.4"), vpc) == "all"


def test_names_of_groups_that_replace_each_other() -> None:
    name = "slipway-production-a-long-name-old"
    names = {target_group_name(name, port, protocol) for port in (80, 443) for protocol in ("HTTP", "HTTPS")}
    assert len(names) == 4
    assert all(len(each) <= 32 for each in names)
