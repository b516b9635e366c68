"""A stack file becomes settings, or the list of everything that is wrong with it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from infra.problems import SettingsError
from infra.settings import Settings
from infra.stack_file import PROJECT_KEYS, parse_settings
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
        assert problems(config, stack), f"{key} may be left out"


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


ALARM = {"comparison": "above", "cpuPercent": 70, "periodSeconds": 60, "periods": 2}
STEP = {"beyond": 0, "nodes": 1}

WRONG: list[tuple[str, Callable[[Config], Any], str]] = [
    ("unknown top key", lambda c: c.update({"slipway:colour": "red"}), "slipway:colour: is not a known key"),
    (
        "unknown deep key",
        lambda c: services(c)["frontend"]["resources"]["limits"].update(gpu=1),
        "slipway:services.frontend.resources.limits.gpu: is not a known key; expected one of cpuMillicores, memoryMiB",
    ),
    (
        "unknown key of one kind of database",
        lambda c: services(c)["users"]["database"].update(host="db.example.com"),
        "slipway:services.users.database.host: is not a known key",
    ),
    ("missing deep key", lambda c: services(c)["frontend"].pop("port"), "slipway:services.frontend.port: is required"),
    ("missing domain", lambda c: c.update({"slipway:domain": ""}), "slipway:domain: is required"),
    ("no boolean", lambda c: c.update({"slipway:protect": "yes"}), 'slipway:protect: is "yes"; expected true or false'),
    (
        "number as text",
        lambda c: c["slipway:nodeGroups"]["general"].update(diskSizeGiB="40"),
        'slipway:nodeGroups.general.diskSizeGiB: is "40"; expected a whole number from 20 to 16384',
    ),
    (
        "too small a disk",
        lambda c: c["slipway:nodeGroups"]["general"].update(diskSizeGiB=5),
        "slipway:nodeGroups.general.diskSizeGiB: is 5; expected a whole number from 20 to 16384",
    ),
    (
        "no CIDR",
        lambda c: c["slipway:network"].update(cidr="10.10.0.0/33"),
        'slipway:network.cidr: is "10.10.0.0/33"',
    ),
    (
        "VPC too small",
        lambda c: c["slipway:network"].update(cidr="10.10.0.0/24"),
        "expected a range between /16 and /20",
    ),
    ("public VPC", lambda c: c["slipway:network"].update(cidr="8.8.0.0/16"), "expected a private range"),
    (
        "zone elsewhere",
        lambda c: c["slipway:network"].update(availabilityZones=["a", "eu-west-1b"]),
        "slipway:network.availabilityZones[1]: is eu-west-1b; expected a zone of us-west-2",
    ),
    (
        "a zone twice",
        lambda c: c["slipway:network"].update(availabilityZones=["a", "b", "us-west-2a"]),
        "slipway:network.availabilityZones[2]: is us-west-2a, which stands there twice",
    ),
    (
        "one zone",
        lambda c: c["slipway:network"].update(availabilityZones=["us-west-2a"]),
        "slipway:network.availabilityZones",
    ),
    (
        "min above max",
        lambda c: c["slipway:nodeGroups"]["general"].update(size={"min": 5, "desired": 5, "max": 4}),
        "slipway:nodeGroups.general.size: expected min <= desired <= max, got min 5, desired 5, max 4",
    ),
    (
        "no maximum",
        lambda c: c["slipway:nodeGroups"]["general"].update(size={"min": 0, "desired": 0, "max": 0}),
        "slipway:nodeGroups.general.size.max: is 0; expected a whole number from 1 to 450",
    ),
    (
        "down without up",
        lambda c: c["slipway:nodeGroups"]["general"]["schedules"]["night"].pop("up"),
        "slipway:nodeGroups.general.schedules.night.up: is required",
    ),
    (
        "no such time zone",
        lambda c: c["slipway:nodeGroups"]["general"]["schedules"]["night"].update(timeZone="America/Atlantis"),
        'slipway:nodeGroups.general.schedules.night.timeZone: is "America/Atlantis"; not in the IANA',
    ),
    (
        "no cron",
        lambda c: c["slipway:nodeGroups"]["general"]["schedules"]["night"]["down"].update(recurrence="0 25 * * *"),
        'slipway:nodeGroups.general.schedules.night.down.recurrence: is "0 25 * * *"; not a cron expression',
    ),
    (
        "host elsewhere",
        lambda c: services(c)["users"].update(hosts=["users.example.org"]),
        "slipway:services.users.hosts[0]: is users.example.org; expected dev.example.com or a name below it",
    ),
    (
        "host twice",
        lambda c: services(c)["users"].update(hosts=["frontend.dev.example.com"]),
        "slipway:services.users.hosts[0]: is frontend.dev.example.com, which slipway:services.frontend has already",
    ),
    (
        "host twice, once in full",
        lambda c: services(c)["users"].update(hosts=["frontend.dev.example.com"]),
        "slipway:services.users.hosts[0]: is frontend.dev.example.com, which slipway:services.frontend has already",
    ),
    (
        "two replicas beside a sidecar",
        lambda c: services(c)["users"].update(replicas=2),
        "slipway:services.users.replicas: is 2; expected 1 with a sidecar database: each pod would have its own empty",
    ),
    (
        "autoscaler beside a sidecar",
        lambda c: services(c)["users"].update(replicas=None, autoscaling=services(c)["frontend"]["autoscaling"]),
        "slipway:services.users.autoscaling: not allowed with a sidecar database: each pod would have its own empty",
    ),
    (
        "two owners of the replicas",
        lambda c: services(c)["frontend"].update(replicas=3),
        "slipway:services.frontend: has both; expected exactly one of replicas and autoscaling",
    ),
    (
        "root",
        lambda c: services(c)["frontend"].update(runAsUser=0),
        "slipway:services.frontend.runAsUser: is 0; expected a whole number from 1 to 65535",
    ),
    (
        "limit below request",
        lambda c: services(c)["frontend"]["resources"]["limits"].update(cpuMillicores=10),
        "slipway:services.frontend.resources: limits.cpuMillicores is 10; expected at least requests.cpuMillicores, 60",
    ),
    (
        "tag and digest",
        lambda c: c["slipway:images"]["frontend"].update(digest="sha256:" + "0" * 64),
        "slipway:images.frontend: has both; expected exactly one of tag and digest",
    ),
    (
        "image of nobody",
        lambda c: c["slipway:images"].update(backend={"tag": "a"}),
        "slipway:images.backend: no service runs it; expected one of frontend, thoughts_backend",
    ),
    (
        "no password",
        lambda c: c["slipway:databasePasswords"].pop("users"),
        "slipway:databasePasswords.users: is required; set it with: pulumi config set --secret --path",
    ),
    ("no owner", lambda c: c["slipway:tags"].pop("owner"), "slipway:tags.owner: is required"),
    ("a tag of the program's own", lambda c: c["slipway:tags"].update(stack="x"), "slipway:tags.stack: is set by the"),
    ("a tag of AWS's own", lambda c: c["slipway:tags"].update({"aws:x": "y"}), "slipway:tags.aws:x: begins with aws:"),
    ("no account", lambda c: c.update({"slipway:account": ""}), "slipway:account: is required"),
    ("a short account", lambda c: c.update({"slipway:account": "12345"}), 'slipway:account: is "12345"; expected'),
    ("no region", lambda c: c.pop("aws:region"), "aws:region: is required"),
    ("no such region", lambda c: c.update({"aws:region": "Oregon"}), 'aws:region: is "Oregon"; expected'),
    (
        "deploy role twice",
        lambda c: c["slipway:cluster"]["admins"].update(me="arn:aws:iam::123456789012:role/slipway-dev-deploy"),
        "slipway:cluster.admins.me: is the deploy role, which is an administrator already",
    ),
    (
        "unknown node group",
        lambda c: services(c)["frontend"].update(nodeGroup="burst"),
        "slipway:services.frontend.nodeGroup: is burst; expected one of general",
    ),
    (
        "steps with a gap before them",
        lambda c: group(c).update(policies={"cpu": {"kind": "step", "alarm": ALARM, "steps": [STEP | {"beyond": 5}]}}),
        "slipway:nodeGroups.general.policies.cpu: steps are beyond [5]; expected to begin at 0 and to grow",
    ),
    (
        "fewer nodes when busy",
        lambda c: group(c).update(
            policies={"cpu": {"kind": "simple", "alarm": ALARM, "nodes": -1, "cooldownSeconds": 60}}
        ),
        "slipway:nodeGroups.general.policies.cpu: nodes is -1; expected more than 0 for an alarm when the CPU is above",
    ),
    (
        "unknown key of one kind of policy",
        lambda c: group(c).update(policies={"cpu": {"kind": "targetTracking", "cpuPercent": 50, "nodes": 1}}),
        "slipway:nodeGroups.general.policies.cpu.nodes: is not a known key; expected one of cpuPercent, kind",
    ),
    (
        "a boost that ends before it starts",
        lambda c: group(c).update(
            boosts={
                "sale": {
                    "timeZone": "UTC",
                    "start": "2026-12-24T20:00:00",
                    "end": "2026-12-24T08:00:00",
                    "size": {"min": 1, "desired": 1, "max": 4},
                    "after": {"min": 1, "desired": 1, "max": 4},
                }
            }
        ),
        "slipway:nodeGroups.general.boosts.sale: start 2026-12-24 20:00 is not before end 2026-12-24 08:00",
    ),
    (
        "misspelt namespace",
        lambda c: c.update({"slipwya:drainSeconds": 60}),
        "slipwya: is not a known namespace; expected slipway: for Slipway's own keys",
    ),
    (
        "only tainted nodes",
        lambda c: c["slipway:nodeGroups"]["general"].update(
            taints=[{"key": "gpu", "value": "yes", "effect": "NO_SCHEDULE"}]
        ),
        "slipway:nodeGroups: has no group without taints",
    ),
]


@pytest.mark.parametrize(("edit", "expected"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_one_mistake_is_named_by_path_value_and_what_is_allowed(edit: Callable[[Config], Any], expected: str) -> None:
    found = problems(edited(edit))
    assert len(found) == 1, found
    assert expected in found[0]


def test_prod_refuses_a_tag_and_an_open_endpoint() -> None:
    def edit(config: Config) -> None:
        config["slipway:images"]["frontend"] = {"tag": "latest"}
        config["slipway:cluster"]["publicAccessCidrs"] = ["0.0.0.0/0"]

    found = problems(edited(edit, "prod"), "prod")
    assert len(found) == 2
    assert "slipway:images.frontend.tag: is latest; expected a digest" in found[0]
    assert "slipway:cluster.publicAccessCidrs[0]: is 0.0.0.0/0; expected named ranges" in found[1]


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    def edit(config: Config) -> None:
        for _, mistake, _ in WRONG[:3]:
            mistake(config)
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


def test_a_secret_is_never_part_of_a_message() -> None:
    config = edited(lambda c: c["slipway:databasePasswords"].update(users=["tell-no-one-either"]))
    assert "tell-no-one" not in "".join(problems(config))


def test_more_public_services_than_a_balancer_takes() -> None:
    def edit(config: Config) -> None:
        frontend = services(config)["frontend"]
        for number in range(101):
            services(config)[f"extra{number}"] = {**frontend, "hosts": [f"extra{number}.dev.example.com"]}

    assert problems(edited(edit)) == [
        "slipway:services: has 104 public services; one balancer takes 100 rules",
    ]


def test_more_deep_hosts_than_a_certificate_takes() -> None:
    def edit(config: Config) -> None:
        frontend = services(config)["frontend"]
        for number in range(9):
            services(config)[f"extra{number}"] = {**frontend, "hosts": [f"extra{number}.shop.dev.example.com"]}

    assert problems(edited(edit)) == [
        "slipway:services: has 9 hosts more than one label below dev.example.com; "
        "the certificate takes 8 beside the domain and its wildcard",
    ]


def test_a_database_in_a_range_that_overlaps_the_vpc() -> None:
    def edit(config: Config) -> None:
        services(config)["users"]["database"]["cidrs"] = ["10.120.0.0/24", "10.20.128.0/17"]

    assert problems(edited(edit, "staging"), "staging") == [
        "slipway:services.users.database.cidrs[1]: is 10.20.128.0/17; "
        "expected a range that does not overlap the VPC's, 10.20.0.0/16",
    ]
