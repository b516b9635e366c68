"""A stack file becomes settings, or the list of everything that is wrong with it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from infra.problems import SettingsError
from infra.settings import Settings
from infra.stack_file import PROJECT_KEYS, parse_settings
from tests.says import Says
from tests.stack_values import ROOT, STACKS, as_values, project, stack_config

pytestmark = pytest.mark.unit

Config = dict[str, Any]


def problems(config: Config, stack: str = "dev") -> list[str]:
    with pytest.raises(SettingsError) as caught:
        parse_settings("slipway", stack, as_values(config))
    return [str(problem) for problem in caught.value.problems]


def without(config: Config, *keys: str) -> Config:
    return {key: value for key, value in config.items() if key not in keys}


@pytest.mark.parametrize("stack", STACKS)
def test_shipped_stack_files_are_sound(stack: str) -> None:
    assert parse_settings("slipway", stack, as_values(stack_config(stack))).name == f"slipway-{stack}"


def test_dev_has_the_figures_of_the_system() -> None:
    settings = parse_settings("slipway", "dev", as_values(stack_config("dev")))
    frontend = settings.services["frontend"]
    assert frontend.resources.requests.quantities() == {"cpu": "60m", "memory": "64Mi"}
    assert frontend.resources.limits.quantities() == {"cpu": "70m", "memory": "128Mi"}
    assert frontend.autoscaling is not None
    scaling = frontend.autoscaling
    assert (scaling.min_replicas, scaling.max_replicas, scaling.cpu_percent) == (2, 8, 10)
    group = settings.node_groups["general"]
    assert (group.instance_type, group.size.desired) == ("m5.large", 2)
    assert settings.region == "us-west-2"
    assert {service.service_type for service in settings.services.values()} == {"NodePort"}


@pytest.mark.parametrize("stack", STACKS)
def test_the_least_service_of_the_documents_is_sound_and_has_nothing_to_spare(stack: str) -> None:
    text = (ROOT / "docs" / "changing.md").read_text()
    least = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)[0])["slipway:services"]["orders"]
    config = stack_config(stack)
    config["slipway:services"]["orders"] = least
    assert parse_settings("slipway", stack, as_values(config)).services["orders"].replicas == 2
    config["slipway:services"]["orders"] = {**least, "hosts": []}
    assert parse_settings("slipway", stack, as_values(config)).services["orders"].hosts == ()
    for key in least:
        config["slipway:services"]["orders"] = {each: value for each, value in least.items() if each != key}
        place = "" if key == "replicas" else f".{key}"
        assert problems(config, stack) == [Says(at=f"slipway:services.orders{place}")]


def test_every_key_is_declared_with_a_description() -> None:
    declared = {key: entry for key, entry in project()["config"].items() if key.startswith("slipway:")}
    assert {key.removeprefix("slipway:") for key in declared} == set(PROJECT_KEYS)
    assert all(len(entry["description"]) > 10 and "default" in entry for entry in declared.values())


def test_settings_cannot_be_changed() -> None:
    settings = parse_settings("slipway", "dev", as_values(stack_config("dev")))
    with pytest.raises(ValueError, match="frozen"):
        settings.drain_seconds = 1  # type: ignore[misc]
    assert isinstance(settings, Settings)


def test_a_password_never_shows() -> None:
    settings = parse_settings("slipway", "dev", as_values(stack_config("dev")))
    assert "tell-no-one" not in repr(settings) + str(settings)


def edited(edit: Callable[[Config], Any], stack: str = "dev") -> Config:
    config = stack_config(stack)
    edit(config)
    return config


def services(config: Config) -> dict[str, Any]:
    return config["slipway:services"]


def group(config: Config) -> dict[str, Any]:
    return config["slipway:nodeGroups"]["general"]


WRONG: list[tuple[str, Callable[[Config], Any], Says]] = [
    (
        "number as text",
        lambda c: group(c).update(diskSizeGiB="40"),
        Says('"40"', "20", "16384", at="slipway:nodeGroups.general.diskSizeGiB"),
    ),
    (
        "a zone twice, by its letter and in full",
        lambda c: c["slipway:network"].update(availabilityZones=["a", "b", "us-west-2a"]),
        Says("us-west-2a", "twice", at="slipway:network.availabilityZones[2]"),
    ),
    (
        "no password",
        lambda c: c["slipway:databasePasswords"].pop("users"),
        Says(
            "required",
            "pulumi config set --secret --path 'slipway:databasePasswords.users'",
            at="slipway:databasePasswords.users",
        ),
    ),
    ("no account", lambda c: c.update({"slipway:account": ""}), Says("required", "twelve", at="slipway:account")),
    (
        "unknown key of one kind of policy",
        lambda c: group(c).update(policies={"cpu": {"kind": "targetTracking", "cpuPercent": 50, "nodes": 1}}),
        Says("cpuPercent", "kind", at="slipway:nodeGroups.general.policies.cpu.nodes"),
    ),
    ("misspelt namespace", lambda c: c.update({"slipwya:drainSeconds": 60}), Says("slipway:", at="slipwya")),
]
"""What `tests/mistakes` has not: its tables say things by their paths, and only of what the sandbox does not supply."""


@pytest.mark.parametrize(("edit", "says"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_one_mistake_is_named_by_path_value_and_what_is_allowed(edit: Callable[[Config], Any], says: Says) -> None:
    assert problems(edited(edit)) == [says]


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    def edit(config: Config) -> None:
        config["slipway:colour"] = "red"
        services(config)["frontend"]["resources"]["limits"]["gpu"] = 1
        services(config)["users"]["database"]["host"] = "db.example.com"
        services(config)["thoughts"]["replicas"] = 3
        config["slipway:cluster"].pop("version")

    found = problems(edited(edit))
    assert [line.split(": ")[0] for line in found] == [
        "slipway:colour",
        "slipway:cluster.version",
        "slipway:services.frontend.resources.limits.gpu",
        "slipway:services.users.database.host",
        "slipway:services.thoughts.replicas",
    ]


def test_more_public_services_than_a_balancer_takes() -> None:
    def edit(config: Config) -> None:
        frontend = services(config)["frontend"]
        for number in range(101):
            services(config)[f"extra{number}"] = {**frontend, "hosts": [f"extra{number}.dev.example.com"]}

    assert problems(edited(edit)) == [Says("104", "100 rules", at="slipway:services")]


def test_more_deep_hosts_than_a_certificate_takes() -> None:
    def edit(config: Config) -> None:
        frontend = services(config)["frontend"]
        for number in range(9):
            services(config)[f"extra{number}"] = {**frontend, "hosts": [f"extra{number}.shop.dev.example.com"]}

    assert problems(edited(edit)) == [Says("9 hosts", "dev.example.com", "8", at="slipway:services")]


def test_a_database_in_a_range_that_overlaps_the_vpc() -> None:
    def edit(config: Config) -> None:
        services(config)["users"]["database"]["cidrs"] = ["10.120.0.0/24", "10.20.128.0/17"]

    assert problems(edited(edit, "staging"), "staging") == [
        Says("10.20.128.0/17", "overlap", "10.20.0.0/16", at="slipway:services.users.database.cidrs[1]")
    ]
