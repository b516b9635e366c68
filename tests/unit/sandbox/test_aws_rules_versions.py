"""What EKS says of versions, both ways."""

from __future__ import annotations

import pytest
from emulated_account import Account

from sandbox.aws.errors import AwsError
from tests.says import Says

pytestmark = pytest.mark.unit


def test_a_control_plane_goes_up_one_minor_version_at_a_time(account: Account) -> None:
    cluster = account.cluster(version="1.35")
    assert account.diff(cluster, {**cluster.inputs, "version": "1.36"}).replaces == []
    for wanted in ("1.37", "1.34"):
        with pytest.raises(AwsError) as refused:
            account.update(cluster, version=wanted)
        assert Says("InvalidParameterException", "1.35", wanted, at="updating EKS Cluster (main)") == str(refused.value)
    upgraded = account.update(cluster, version="1.36")
    assert upgraded["version"] == "1.36"
    assert account.update(upgraded, tags={"a": "b"})["version"] == "1.36"


def test_it_goes_up_when_its_nodes_have_its_version(account: Account) -> None:
    cluster = account.network_addons(account.cluster(version="1.35"))
    nodes = account.node_group(cluster)
    assert nodes["version"] == "1.35"
    upgraded = account.update(cluster, version="1.36")
    with pytest.raises(AwsError) as refused:
        account.update(upgraded, version="1.37")
    assert Says("InvalidRequestException", nodes["nodeGroupName"], "1.36") == str(refused.value)
    account.update(nodes, version="1.36")
    assert account.update(upgraded, version="1.37")["version"] == "1.37"


@pytest.mark.parametrize(("wanted", "taken"), [("1.37", False), ("1.36", True), ("1.33", True), ("1.32", False)])
def test_nodes_are_not_newer_and_not_much_older(account: Account, wanted: str, taken: bool) -> None:
    cluster = account.network_addons(account.cluster(version="1.36"))
    if taken:
        assert account.node_group(cluster, version=wanted)["version"] == wanted
        return
    with pytest.raises(AwsError) as refused:
        account.node_group(cluster, version=wanted)
    assert Says("InvalidParameterException", wanted, "1.36") == str(refused.value)


def test_clusters_and_node_groups_are_found_by_name(account: Account) -> None:
    clusters, groups = "aws:eks/getClusters:getClusters", "aws:eks/getNodeGroups:getNodeGroups"
    assert account.invoke(clusters)["names"] == []
    cluster = account.network_addons(account.cluster(version="1.35"))
    assert account.invoke(clusters)["names"] == ["main"]
    assert account.invoke("aws:eks/getCluster:getCluster", name="main")["version"] == "1.35"
    assert account.invoke(groups, clusterName="main")["names"] == []
    name = account.node_group(cluster)["nodeGroupName"]
    assert account.invoke(groups, clusterName="main")["names"] == [name]
    assert account.invoke(groups, clusterName="other")["names"] == []
    one = "aws:eks/getNodeGroup:getNodeGroup"
    assert account.invoke(one, clusterName="main", nodeGroupName=name)["version"] == "1.35"
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        account.invoke(one, clusterName="other", nodeGroupName=name)
