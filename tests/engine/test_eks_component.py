"""The stand-in for `pulumi_eks.Cluster` under the real engine registers what the real component registers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.engine.sandbox_stack import PROGRAMS, SandboxStack, succeeded

pytestmark = pytest.mark.engine

# Seen with the real provider and the same arguments.
REGISTERED = {
    "eks:index:Cluster::main",
    "eks:index:Cluster$eks:index:ServiceRole::main-eksRole",
    "eks:index:Cluster$eks:index:ServiceRole$aws:iam/role:Role::main-eksRole-role",
    "eks:index:Cluster$eks:index:ServiceRole$aws:iam/rolePolicyAttachment:RolePolicyAttachment::main-eksRole-4b490823",
    "eks:index:Cluster$aws:eks/cluster:Cluster::main-eksCluster",
    "eks:index:Cluster$pulumi:providers:kubernetes::main-eks-k8s",
    "eks:index:Cluster$aws:eks/accessEntry:AccessEntry::main-admin",
    "eks:index:Cluster$aws:eks/accessEntry:AccessEntry$aws:eks/accessPolicyAssociation:AccessPolicyAssociation::main-admin-all",
}


@pytest.fixture
def cluster(upped_stack: Callable[..., SandboxStack]) -> SandboxStack:
    return upped_stack(PROGRAMS / "cluster")


def test_its_children_are_those_of_the_real_component(cluster: SandboxStack) -> None:
    names = {each["urn"].split("::", 2)[2] for each in cluster.resources()}
    assert {name for name in names if name.startswith("eks:")} == REGISTERED


def test_a_preview_of_nothing_yet_shows_the_same_children(new_stack: Callable[..., SandboxStack]) -> None:
    outcome = succeeded(new_stack(PROGRAMS / "cluster").preview())
    names = {step.urn.split("::", 2)[2] for step in outcome.steps}
    assert {name for name in names if name.startswith("eks:")} == REGISTERED


def test_a_second_up_changes_nothing(cluster: SandboxStack) -> None:
    outcome = succeeded(cluster.up())
    assert outcome.changes == ()


def test_its_outputs_belong_to_the_cluster(cluster: SandboxStack) -> None:
    outputs = cluster.outputs()
    (made,) = (each for each in cluster.inventory() if each["type"] == "aws:eks/cluster:Cluster")
    assert outputs["arn"] == made["outputs"]["arn"]
    assert outputs["group"] == made["outputs"]["vpcConfig"]["clusterSecurityGroupId"]
    assert outputs["endpoint"] == made["outputs"]["endpoint"]
    described = outputs["kubeconfig"]["clusters"][0]["cluster"]
    assert described["server"] == made["outputs"]["endpoint"]
    assert described["certificate-authority-data"] == made["outputs"]["certificateAuthority"]["data"]
    command = outputs["kubeconfig"]["users"][0]["user"]["exec"]
    assert [command["command"], *command["args"]] == (
        ["aws", "--region", "us-west-2", "eks", "get-token", "--cluster-name", "little", "--output", "json"]
    )


def test_the_association_waits_for_its_entry_and_the_cluster_for_its_policy(cluster: SandboxStack) -> None:
    by_name = {each["urn"].rpartition("::")[2]: each for each in cluster.resources()}
    assert by_name["main-eksRole-4b490823"]["urn"] in by_name["main-eksCluster"]["dependencies"]
    assert by_name["main-admin"]["urn"] in by_name["main-admin-all"]["dependencies"]
    assert by_name["main-eksCluster"]["urn"] in by_name["main-admin"]["dependencies"]
