"""What stands already, as AWS tells it, and which changes of it are refused before anything is touched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from infra import standing
from infra.database_changes import StandingDatabase
from infra.settings import Settings
from infra.stack_file import parse_settings
from infra.standing import Standing, find_standing, made_from, refused_changes, require_allowed_changes
from tests.says import Says
from tests.stack_values import as_values, stack_config

pytestmark = pytest.mark.unit

PROVIDER: Any = SimpleNamespace(package="aws")
NOTHING = Standing([], {}, None, [], [])
ZONES = ("us-west-2a", "us-west-2b", "us-west-2c")
BASELINE, BURST = (" ".join(["m5.large", capacity, *ZONES]) for capacity in ("ON_DEMAND", "SPOT"))
SAME = Standing(["10.30.0.0/16"], {"baseline": [BASELINE], "burst": [BURST]}, "1.36", [], [])


def settings(edit: Callable[[dict[str, Any]], None] = lambda _: None) -> Settings:
    config = stack_config("prod")
    config["slipway:network"] |= {"cidr": "10.30.0.0/16", "availabilityZones": list(ZONES)}
    config["slipway:cluster"]["version"] = "1.36"
    edit(config)
    return parse_settings("slipway", "prod", as_values(config))


class Aws:
    """AWS's SDK in the memory of the test, and what it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tags: Sequence[Mapping[str, str]]) -> None:
        self.versions: dict[str, str] = {}
        self.nodes: dict[str, str] = {}
        self.engines: dict[str, str] = {}
        self.asked: list[str] = []
        self.found: dict[str, Any] = {}
        self._tags = tags
        self.resourcegroupstaggingapi = SimpleNamespace(
            get_resources=self._resources, GetResourcesTagFilterArgs=lambda *, key, values: (key, values)
        )
        self.eks = SimpleNamespace(
            get_clusters=self._clusters,
            get_cluster=self._cluster,
            get_node_groups=self._groups,
            get_node_group=self._group,
        )
        self.rds = SimpleNamespace(get_instance=self._instance)
        monkeypatch.setattr(standing, "aws", self)

    def _resources(self, *, opts: pulumi.InvokeOptions, **given: Any) -> SimpleNamespace:
        self.found = {**given, "provider": opts.provider}
        return SimpleNamespace(resource_tag_mapping_lists=[SimpleNamespace(tags=each) for each in self._tags])

    def _clusters(self, *, opts: pulumi.InvokeOptions) -> SimpleNamespace:
        assert opts.provider is PROVIDER
        return SimpleNamespace(names=list(self.versions))

    def _cluster(self, *, name: str, opts: pulumi.InvokeOptions) -> SimpleNamespace:
        assert opts.provider is PROVIDER
        return SimpleNamespace(version=self.versions[name])

    def _groups(self, *, cluster_name: str, opts: pulumi.InvokeOptions) -> SimpleNamespace:
        assert opts.provider is PROVIDER
        self.asked.append(cluster_name)
        return SimpleNamespace(names=list(self.nodes))

    def _group(self, *, cluster_name: str, node_group_name: str, opts: pulumi.InvokeOptions) -> SimpleNamespace:
        assert (cluster_name, opts.provider) == ("slipway-prod", PROVIDER)
        return SimpleNamespace(version=self.nodes[node_group_name])

    def _instance(self, *, db_instance_identifier: str, opts: pulumi.InvokeOptions) -> SimpleNamespace:
        assert opts.provider is PROVIDER
        return SimpleNamespace(engine_version=self.engines[db_instance_identifier])


TAGS: Sequence[Mapping[str, str]] = (
    {"slipway-cidr": "10.30.0.0/16"},
    {"project": "slipway"},
    {"slipway-node-group": "baseline", "slipway-made-from": BASELINE},
    {"slipway-node-group": "burst", "slipway-made-from": BURST},
    {"slipway-node-group": "burst"},
    {"slipway-database": "slipway-prod-database", "slipway-made-from": "100 GiB"},
    {"slipway-database": "slipway-prod-database-thursday"},
    {"slipway-database": ""},
)


def test_what_stands_is_found_by_the_stacks_own_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = Aws(monkeypatch, TAGS)
    aws.versions = {"slipway-staging": "1.30", "slipway-prod": "1.36"}
    aws.engines = {"slipway-prod-database": "18.1", "slipway-prod-database-thursday": "18.2"}
    assert find_standing(settings(), PROVIDER) == Standing(
        vpc_cidrs=["10.30.0.0/16"],
        node_groups={"baseline": [BASELINE], "burst": [BURST, ""]},
        cluster_version="1.36",
        node_versions=[],
        databases=[
            StandingDatabase("slipway-prod-database", "18.1", "100 GiB"),
            StandingDatabase("slipway-prod-database-thursday", "18.2", ""),
        ],
    )
    assert aws.found == {
        "resource_type_filters": ["ec2:vpc", "eks:nodegroup", "rds:db"],
        "tag_filters": [("project", ["slipway"]), ("stack", ["prod"])],
        "provider": PROVIDER,
    }
    assert aws.asked == [], "nodes are looked at only where the control plane is to have another version"


@pytest.mark.parametrize(
    ("versions", "nodes", "found"),
    [
        ({"slipway-prod": "1.35"}, {"a": "1.35", "b": "1.34"}, ("1.35", ["1.35", "1.34"])),
        ({"slipway-prod-2": "1.35"}, {"a": "1.35"}, (None, [])),
        ({}, {}, (None, [])),
    ],
)
def test_the_control_planes_version_and_that_of_its_nodes(
    monkeypatch: pytest.MonkeyPatch,
    versions: dict[str, str],
    nodes: dict[str, str],
    found: tuple[str | None, list[str]],
) -> None:
    aws = Aws(monkeypatch, [])
    aws.versions, aws.nodes = versions, nodes
    seen = find_standing(settings(), PROVIDER)
    assert (seen.cluster_version, seen.node_versions) == found
    assert aws.asked == (["slipway-prod"] if found[1] else [])


def test_what_a_node_group_is_made_from() -> None:
    groups = settings().node_groups
    assert [made_from(groups[name], ZONES) for name in ("baseline", "burst")] == [BASELINE, BURST]


@pytest.mark.parametrize("stands", [NOTHING, SAME, replace(SAME, vpc_cidrs=["10.30.0.0/16"] * 2)])
def test_a_stack_that_stands_as_its_file_says_is_not_refused(stands: Standing) -> None:
    assert list(refused_changes(settings(), stands)) == []


def refused(stands: Standing, edit: Callable[[dict[str, Any]], None] = lambda _: None) -> list[tuple[str, str]]:
    return [(each.path, each.message) for each in refused_changes(settings(edit), stands)]


def test_the_range_of_a_vpc_stays() -> None:
    assert refused(replace(SAME, vpc_cidrs=["10.30.0.0/16", "10.31.0.0/16"])) == [
        ("slipway:network.cidr", Says("10.30.0.0/16", "10.31.0.0/16", "second stack"))
    ]


@pytest.mark.parametrize(
    ("running", "nodes", "facts"),
    [
        ("1.37", [], ("1.36", "1.37")),
        ("1.34", [], ("1.35 first",)),
        ("1.35", ["1.35", "1.34"], ("1.34", "slipway:cluster.nodeVersion 1.35")),
        ("1.35", ["1.35"], None),
        ("1.36", ["1.20"], None),
    ],
)
def test_the_control_plane_goes_up_step_by_step(running: str, nodes: list[str], facts: tuple[str, ...] | None) -> None:
    told = refused(replace(SAME, cluster_version=running, node_versions=nodes))
    assert told == ([] if facts is None else [("slipway:cluster.version", Says(*facts))])


@pytest.mark.parametrize(
    ("made", "refusing"),
    [
        ({"burst": ["m5.xlarge SPOT us-west-2a"]}, True),
        ({"burst": [""]}, True),
        ({"burst": ["m5.xlarge SPOT us-west-2a", BURST]}, False),
        ({"burst": []}, False),
        ({"former": ["m5.xlarge"]}, False),
        # Nothing but the stack file sizes this one: it comes back at the size it had.
        ({"baseline": ["m5.xlarge ON_DEMAND us-west-2a"]}, False),
    ],
)
def test_a_group_that_sizes_itself_is_replaced_in_two_steps(made: dict[str, list[str]], refusing: bool) -> None:
    told = refused(replace(SAME, node_groups=made))
    if not refusing:
        assert told == []
        return
    existing = made["burst"][0]
    steps = (
        "    pulumi up --stack prod\n",
        "    pulumi config rm --path 'slipway:nodeGroups.burst' --stack prod && pulumi up --stack prod",
    )
    facts = (f"'{existing}'", f"'{BURST}'", "docs/node-replacement.md", "put slipway:nodeGroups.burst back")
    assert told == [("slipway:nodeGroups.burst", Says(*facts, *steps))]


def test_a_database_that_would_go_is_kept() -> None:
    lost = StandingDatabase("slipway-prod-database-thursday", "18.1", "100 GiB")
    assert refused(replace(SAME, databases=[lost])) == [("slipway:database.restored", Says(lost.name))]


def test_all_that_is_refused_is_told_at_once_and_nothing_was_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = Aws(monkeypatch, [{"slipway-cidr": "10.31.0.0/16"}, {"slipway-node-group": "burst"}])
    aws.versions = {"slipway-prod": "1.37"}
    with pytest.raises(pulumi.RunError) as error:
        require_allowed_changes(settings(), PROVIDER)
    first, *rest = str(error.value).splitlines()
    assert first == "Pulumi.prod.yaml has 3 problems; nothing was changed."
    paths = ("slipway:network.cidr", "slipway:cluster.version", "slipway:nodeGroups.burst")
    assert [line.split(": ")[0].strip() for line in rest if line.startswith("  slipway:")] == list(paths)


def test_a_stack_whose_changes_are_allowed_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    aws = Aws(monkeypatch, TAGS[:4])
    aws.versions = {"slipway-prod": "1.36"}
    require_allowed_changes(settings(), PROVIDER)
    assert aws.found["provider"] is PROVIDER
