"""The Node of an instance, as the kubelet of a managed node group registers it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from emulated_account import Account
from nodes_account import START, Nodes

from capacity.instance_types import UnknownInstanceTypeError
from sandbox.nodes.instances import Instance
from sandbox.nodes.manifest import node_manifest, node_taints

pytestmark = pytest.mark.unit

_NAME = "ip-10-0-1-7.us-west-2.compute.internal"
_INSTANCE = Instance(
    "i-0123456789abcdef0", "m5.large", "us-west-2b", "subnet-b", "10.0.1.7", _NAME, "web", START
)  # fmt: skip


def manifest(account: Account, instance: Instance = _INSTANCE, **changes: Any) -> dict[str, Any]:
    return node_manifest(instance, Nodes(account).group(0, **changes).record, "us-west-2")


def test_the_labels_are_those_of_kubernetes_of_eks_and_of_the_group(account: Account) -> None:
    made = manifest(account, labels={"slipway/node-group": "web", "tier": "front"}, capacityType="SPOT")
    assert made["metadata"]["name"] == _NAME
    assert made["metadata"]["labels"] == {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/instance-type": "m5.large",
        "beta.kubernetes.io/os": "linux",
        "eks.amazonaws.com/capacityType": "SPOT",
        "eks.amazonaws.com/nodegroup": "web",
        "failure-domain.beta.kubernetes.io/region": "us-west-2",
        "failure-domain.beta.kubernetes.io/zone": "us-west-2b",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": _NAME,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": "m5.large",
        "topology.kubernetes.io/region": "us-west-2",
        "topology.kubernetes.io/zone": "us-west-2b",
        "slipway/node-group": "web",
        "tier": "front",
    }


def test_a_group_without_labels_and_taints_adds_none(account: Account) -> None:
    made = manifest(account)
    assert made["spec"]["taints"] == []
    assert made["metadata"]["labels"]["eks.amazonaws.com/capacityType"] == "ON_DEMAND"
    assert "tier" not in made["metadata"]["labels"]


def test_the_taints_are_written_as_kubernetes_writes_them(account: Account) -> None:
    taints = [
        {"key": "dedicated", "value": "web", "effect": "NO_SCHEDULE"},
        {"key": "spot", "effect": "PREFER_NO_SCHEDULE"},
        {"key": "gone", "value": "soon", "effect": "NO_EXECUTE"},
    ]
    assert node_taints(Nodes(account).group(0, taints=taints).record) == [
        {"key": "dedicated", "value": "web", "effect": "NoSchedule"},
        {"key": "spot", "value": "", "effect": "PreferNoSchedule"},
        {"key": "gone", "value": "soon", "effect": "NoExecute"},
    ]


def test_the_provider_id_names_zone_and_instance(account: Account) -> None:
    assert manifest(account)["spec"]["providerID"] == "aws:///us-west-2b/i-0123456789abcdef0"


def test_pods_get_what_a_node_of_that_type_has_left(account: Account) -> None:
    status = manifest(account)["status"]
    assert status["capacity"] == {"cpu": "2000m", "memory": "7577Mi", "pods": "29"}
    assert status["allocatable"] == {"cpu": "1930m", "memory": "6903Mi", "pods": "29"}


def test_an_arm_instance_says_so(account: Account) -> None:
    labels = manifest(account, replace(_INSTANCE, type="m6g.large"))["metadata"]["labels"]
    assert labels["kubernetes.io/arch"] == labels["beta.kubernetes.io/arch"] == "arm64"
    assert labels["node.kubernetes.io/instance-type"] == "m6g.large"


def test_its_addresses_are_those_of_the_network_and_where_its_kubelet_answers(account: Account) -> None:
    assert manifest(account)["status"]["addresses"] == [
        {"type": "InternalIP", "address": "10.0.1.7"},
        {"type": "InternalDNS", "address": _NAME},
        {"type": "Hostname", "address": _NAME},
        {"type": "ExternalDNS", "address": "localhost"},
    ]


def test_it_is_marked_for_what_plays_its_kubelet(account: Account) -> None:
    assert manifest(account)["metadata"]["annotations"] == {
        "kwok.x-k8s.io/node": "fake",
        "metrics.k8s.io/resource-metrics-path": f"/metrics/nodes/{_NAME}/metrics/resource",
    }


def test_a_type_that_nobody_knows_makes_no_node(account: Account) -> None:
    with pytest.raises(UnknownInstanceTypeError, match=r"m5\.lrage.*m5\.large"):
        manifest(account, replace(_INSTANCE, type="m5.lrage"))
