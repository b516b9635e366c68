"""Which version may follow which: of the control plane, its nodes, kube-proxy and PostgreSQL.

docs/upgrades.md has the order in which they go up.
"""

import re
from collections.abc import Callable, Collection, Iterator
from typing import Final, NamedTuple

from infra.addons import ADD_ONS
from infra.problems import Problem
from infra.settings import ClusterSettings

OLDEST_NODES: Final = 3
"""How many minor versions nodes, and kube-proxy, may be behind the control plane; they are never ahead of it.

https://kubernetes.io/releases/version-skew-policy/#kubelet and #kube-proxy
"""
_RELEASED_TOGETHER: Final = {13: 23, 14: 20, 15: 15, 16: 11, 17: 7, 18: 1}
"""The minor releases of one day; PostgreSQL makes those of all its major versions at once.

https://www.postgresql.org/about/news/postgresql-181-177-1611-1515-1420-and-1323-released-3171/
"""


def minor_of(version: str) -> int:
    """The minor version of Kubernetes: 36 for `1.36` and for `v1.36.0-eksbuild.45`."""
    return int(version.split(".")[1])


def cluster_upgrade_problem(standing: str, wanted: str, nodes: Collection[str]) -> str | None:
    """Why the control plane cannot go from one version to another; nothing where it can.

    One minor version at a time: https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html
    "all of your node groups' Kubernetes versions must match the cluster's Kubernetes version in order to update the
    cluster": https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateClusterVersion.html
    EKS takes an upgrade back within seven days, where nodes and add-ons have gone back first. That is a person's
    decision and not a deployment's: https://docs.aws.amazon.com/eks/latest/userguide/rollback-cluster.html

    Args:
        standing: what runs.
        wanted: what is to run.
        nodes: what the managed node groups run.
    """
    steps = minor_of(wanted) - minor_of(standing)
    told = f"is {wanted}, but the cluster runs {standing}"
    if steps < 0:
        return (
            f"{told}; a deployment takes no control plane back. Expected {standing}. Within seven days of an upgrade "
            "EKS takes it back by hand (docs/upgrades.md)"
        )
    if steps > 1:
        return (
            f"{told}; EKS goes up one minor version at a time. Expected 1.{minor_of(standing) + 1} first "
            "(docs/upgrades.md)"
        )
    behind = sorted(set(nodes) - {standing})
    if steps == 1 and behind:
        return (
            f"{told} and nodes of it {', '.join(behind)}; EKS takes a control plane on only when all node groups have "
            f"its version. Expected slipway:cluster.nodeVersion {standing} first (docs/upgrades.md)"
        )
    return None


def _skew_problem(control_plane: str, other: str) -> str | None:
    behind = minor_of(control_plane) - minor_of(other)
    if behind < 0:
        return f"newer than the control plane's {control_plane}"
    return f"more than {OLDEST_NODES} minor versions older than {control_plane}" if behind > OLDEST_NODES else None


def nodes_follow_the_cluster(cluster: ClusterSettings) -> Iterator[Problem]:
    """Nodes are never newer than the control plane, and not much older."""
    nodes = cluster.node_version
    if nodes is not None and (problem := _skew_problem(cluster.version, nodes)):
        yield Problem("slipway:cluster.nodeVersion", f"is {nodes}, which is {problem}")


def kube_proxy_follows_the_cluster(cluster: ClusterSettings) -> Iterator[Problem]:
    """The same of kube-proxy, whose version all stacks have in common."""
    (pinned,) = [each.version for each in ADD_ONS if each.name == "kube-proxy"]
    if problem := _skew_problem(cluster.version, pinned):
        yield Problem(
            "slipway:cluster.version",
            f"is {cluster.version}, but kube-proxy is {pinned} in infra/addons.py, which is {problem}",
        )


RULES_OF_VERSIONS: tuple[Callable[..., Iterator[Problem]], ...] = (
    nodes_follow_the_cluster,
    kube_proxy_follows_the_cluster,
)


def database_upgrade_problem(standing: str, wanted: str) -> str | None:
    """Why RDS does not take a PostgreSQL database from one engine version to another; nothing where it does.

    A version is `17` or `17.6`. Major versions may be skipped; what is refused is a way back, and a minor version that
    came out before the one that stands (of 16.9 the targets are 17.5 and later, though 17.4 is a higher major version).
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.PostgreSQL.MajorVersion.html

    Raises:
        ValueError: one of them is no version of PostgreSQL.
    """
    old, new = _postgresql(standing), _postgresql(wanted)
    told = f"is {wanted}, but the database runs {standing}"
    minors = None if old.minor is None or new.minor is None else (old.minor, new.minor)
    if new.major < old.major or (new.major == old.major and minors is not None and minors[1] < minors[0]):
        return (
            f"{told}; RDS takes no database back to an older version. Expected {standing} or newer; the way back is a "
            "snapshot or a point in time from before the upgrade, restored beside it"
        )
    if new.major > old.major and minors is not None and {old.major, new.major} <= _RELEASED_TOGETHER.keys():
        oldest = minors[0] - _RELEASED_TOGETHER[old.major] + _RELEASED_TOGETHER[new.major]
        if minors[1] < oldest:
            return f"{told}, which came out later; expected {new.major}.{oldest} or newer"
    return None


class _Postgresql(NamedTuple):
    """A version of PostgreSQL; without a minor one, whatever RDS takes for it."""

    major: int
    minor: int | None


def _postgresql(version: str) -> _Postgresql:
    found = re.fullmatch(r"(\d+)(?:\.(\d+))?", version)
    if found is None:
        raise ValueError(f"{version} is no version of PostgreSQL such as 17 or 17.6")
    return _Postgresql(int(found[1]), int(found[2]) if found[2] is not None else None)
