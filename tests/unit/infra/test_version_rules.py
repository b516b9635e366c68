"""Which version may follow which."""

import re

import pytest

from infra.settings import ClusterSettings
from infra.version_rules import (
    cluster_upgrade_problem,
    database_upgrade_problem,
    kube_proxy_follows_the_cluster,
    nodes_follow_the_cluster,
)
from tests.says import Says

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("standing", "wanted", "nodes"),
    [("1.36", "1.36", ["1.34"]), ("1.36", "1.37", ["1.36", "1.36"]), ("1.36", "1.37", []), ("1.36", "1.36", [])],
)
def test_a_control_plane_stays_or_goes_up_by_one(standing: str, wanted: str, nodes: list[str]) -> None:
    assert cluster_upgrade_problem(standing, wanted, nodes) is None


@pytest.mark.parametrize(
    ("standing", "wanted", "nodes", "facts"),
    [
        ("1.36", "1.38", ["1.36"], ["1.37"]),
        ("1.29", "1.36", [], ["1.30"]),
        ("1.37", "1.36", ["1.36"], ["seven days"]),
        ("1.37", "1.35", [], ["seven days"]),
        ("1.37", "1.38", ["1.37", "1.36", "1.36"], ["1.36", "slipway:cluster.nodeVersion 1.37"]),
        ("1.37", "1.38", ["1.36"], ["1.36", "slipway:cluster.nodeVersion 1.37"]),
    ],
)
def test_what_eks_refuses_is_refused_with_what_it_takes(
    standing: str, wanted: str, nodes: list[str], facts: list[str]
) -> None:
    assert cluster_upgrade_problem(standing, wanted, nodes) == Says(wanted, standing, *facts, "docs/upgrades.md")


def cluster(version: str, nodes: str | None = None) -> ClusterSettings:
    return ClusterSettings(version=version, nodeVersion=nodes, publicAccessCidrs=(), admins={}, logRetentionDays=14)  # pyright: ignore[reportCallIssue] - by the names of the stack file


@pytest.mark.parametrize(
    ("nodes", "told"),
    [
        (None, []),
        ("1.36", []),
        ("1.33", []),
        ("1.37", [Says("1.37", "1.36", at="slipway:cluster.nodeVersion")]),
        ("1.32", [Says("1.32", "3", "1.36", at="slipway:cluster.nodeVersion")]),
    ],
)
def test_nodes_are_never_newer_and_not_much_older(nodes: str | None, told: list[Says]) -> None:
    assert [str(problem) for problem in nodes_follow_the_cluster(cluster("1.36", nodes))] == told


@pytest.mark.parametrize(("version", "fits"), [("1.35", False), ("1.36", True), ("1.39", True), ("1.40", False)])
def test_kube_proxy_is_never_newer_and_not_much_older(version: str, fits: bool) -> None:
    told = [] if fits else [Says(version, "kube-proxy", "v1.36.0-eksbuild.45", at="slipway:cluster.version")]
    assert [str(problem) for problem in kube_proxy_follows_the_cluster(cluster(version))] == told


UPGRADE_TARGETS = {
    "16.9": "17.5",
    "16.8": "17.4",
    "16.7": "17.3",
    "16.6": "17.2",
    "16.5": "17.1",
    "15.13": "16.9",
}
"""Of each version the oldest target of the next major one, in AWS's table of 2025.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.PostgreSQL.MajorVersion.html
"""


@pytest.mark.parametrize(("standing", "oldest"), UPGRADE_TARGETS.items())
def test_the_oldest_target_is_the_one_of_awss_table(standing: str, oldest: str) -> None:
    major, _, minor = oldest.partition(".")
    older = f"{major}.{int(minor) - 1}"
    assert database_upgrade_problem(standing, oldest) is None
    assert database_upgrade_problem(standing, older) == Says(older, standing, f"{oldest} or newer")


@pytest.mark.parametrize(
    ("standing", "wanted"),
    [
        ("17.6", "17.6"),
        ("17.6", "17.7"),
        ("15.13", "17.5"),
        ("15", "17"),
        ("17.6", "18"),
        ("17", "17.2"),
        ("19.9", "20.0"),
    ],
)
def test_what_rds_takes(standing: str, wanted: str) -> None:
    assert database_upgrade_problem(standing, wanted) is None


@pytest.mark.parametrize(("standing", "wanted"), [("17.6", "16.10"), ("17", "16"), ("17.6", "17.5"), ("19.2", "19.1")])
def test_rds_takes_no_database_back(standing: str, wanted: str) -> None:
    assert database_upgrade_problem(standing, wanted) == Says(wanted, f"{standing} or newer", "snapshot")


@pytest.mark.parametrize("version", ["", "17.", "17.6.1", "seventeen", "v17"])
def test_what_is_no_version(version: str) -> None:
    with pytest.raises(ValueError, match=rf"^{re.escape(version)} .*\b17\.6\b"):
        database_upgrade_problem("17", version)
