"""What the program declares where a node group asks for the cluster autoscaler."""

import json
from typing import Any

import pytest

from policy.rules import violations
from tests.program.recorded_graph import Graph, record
from tests.program.test_policies import seen, stack_of
from tests.stack_values import STACKS, stack_config
from tools.iam_decisions import Question, decide

pytestmark = pytest.mark.program

TAG = "aws:autoscaling/tag:Tag"
RELEASE = "kubernetes:helm.sh/v3:Release"
POLICY = "aws:iam/rolePolicy:RolePolicy"
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
NAME = "slipway-prod-autoscaler"
OWN_TAG = "slipway/cluster-autoscaler/slipway-prod"
ACCOUNT = "123456789012"


def prod_with(**groups: dict[str, Any]) -> Graph:
    """prod, with groups beside its own that are sized by the autoscaler."""
    config = stack_config("prod")
    plain = {"instanceType": "m5.large", "capacityType": "SPOT", "diskSizeGiB": 60, "clusterAutoscaler": True}
    for name, more in groups.items():
        config["slipway:nodeGroups"][name] = {**plain, **more}
    return record("prod", config)


@pytest.fixture(scope="module")
def elastic() -> Graph:
    """prod with a tainted group that may be empty."""
    taint = {"key": "work", "value": "batch", "effect": "NO_SCHEDULE"}
    return prod_with(elastic={"size": {"min": 0, "desired": 1, "max": 6}, "labels": {"a": "b"}, "taints": [taint]})


def tags(graph: Graph) -> dict[str, dict[str, str]]:
    """The tags that the program sets, by the name of the Auto Scaling group."""
    found: dict[str, dict[str, str]] = {}
    for one in graph.of(TAG):
        assert one.inputs["tag"]["propagateAtLaunch"] is False
        group = found.setdefault(one.inputs["autoscalingGroupName"], {})
        group[one.inputs["tag"]["key"]] = one.inputs["tag"]["value"]
    return found


@pytest.mark.parametrize("stack", STACKS)
def test_no_shipped_stack_has_it(stack: str) -> None:
    graph = record(stack)
    assert graph.of(TAG) == []
    assert [release.inputs["name"] for release in graph.of(RELEASE)] == ["aws-load-balancer-controller"]


def test_only_its_groups_carry_the_tag_by_which_it_finds_them() -> None:
    size = {"min": 1, "desired": 1, "max": 6}
    assert tags(prod_with(one={"size": size}, two={"size": size})) == {
        "eks-slipway-prod-one": {OWN_TAG: "owned"},
        "eks-slipway-prod-two": {OWN_TAG: "owned"},
    }


def test_of_a_group_that_may_be_empty_tags_say_what_a_node_has(elastic: Graph) -> None:
    template = "k8s.io/cluster-autoscaler/node-template"
    assert tags(elastic) == {
        "eks-slipway-prod-elastic": {
            OWN_TAG: "owned",
            f"{template}/label/a": "b",
            f"{template}/label/slipway/node-group": "elastic",
            f"{template}/taint/work": "batch:NoSchedule",
            f"{template}/resources/ephemeral-storage": "60Gi",
        }
    }


def test_the_program_leaves_the_desired_size_alone_and_no_other(elastic: Graph) -> None:
    group = elastic.one(NODE_GROUP, "slipway-prod-elastic")
    assert group.ignore_changes == ("scalingConfig.desiredSize",)
    assert group.inputs["scalingConfig"] == {"minSize": 0, "desiredSize": 1, "maxSize": 6}


def test_the_release_is_pinned_restricted_and_finds_only_its_own(elastic: Graph) -> None:
    inputs = elastic.one(RELEASE, NAME).inputs
    assert (inputs["namespace"], inputs["repositoryOpts"]) == (
        "kube-system",
        {"repo": "https://kubernetes.github.io/autoscaler"},
    )
    assert inputs["version"].count(".") == 2
    values = inputs["values"]
    assert values["image"]["tag"].startswith("v1.36.")
    assert values["autoDiscovery"] == {"clusterName": "slipway-prod", "tags": [OWN_TAG]}
    assert (values["replicaCount"], values["podDisruptionBudget"]) == (2, {"maxUnavailable": 1})
    assert values["extraArgs"]["skip-nodes-with-local-storage"] is False, "else no node with a service's pod ever goes"
    assert values["securityContext"]["runAsNonRoot"] is True
    assert values["containerSecurityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }


def test_it_obeys_every_rule_of_the_stacks(elastic: Graph) -> None:
    assert [found.message for found in violations(seen(elastic), stack_of(elastic))] == []


def test_it_comes_after_nodes_add_ons_tags_and_its_role(elastic: Graph) -> None:
    before = elastic.upstream(elastic.one(RELEASE, NAME))
    association = elastic.one("aws:eks/podIdentityAssociation:PodIdentityAssociation", NAME)
    assert association.inputs["serviceAccount"] == "cluster-autoscaler"
    assert elastic.one(POLICY, NAME).urn in elastic.upstream(association)
    needed = [association, *elastic.of(NODE_GROUP), *elastic.of(TAG), *elastic.of("aws:eks/addon:Addon")]
    assert {each.urn for each in needed} <= before


GROUP = "arn:aws:autoscaling:us-west-2:123456789012:autoScalingGroup:3f0e7b5a-1c2d-4e3f-8a9b-0c1d2e3f4a5b"
OWN = f"{GROUP}:autoScalingGroupName/eks-slipway-prod-elastic-1a2b3c4"
NODE_GROUPS = "arn:aws:eks:us-west-2:123456789012:nodegroup"
MARKED = {f"aws:ResourceTag/{OWN_TAG}": "owned"}
SIZE = "autoscaling:SetDesiredCapacity"


@pytest.mark.parametrize(
    ("action", "resource", "context", "answer"),
    [
        (SIZE, OWN, MARKED, "Allowed"),
        ("autoscaling:TerminateInstanceInAutoScalingGroup", OWN, MARKED, "Allowed"),
        ("autoscaling:DescribeAutoScalingGroups", "*", {}, "Allowed"),
        ("eks:DescribeNodegroup", f"{NODE_GROUPS}/slipway-prod/a/1", {}, "Allowed"),
        (SIZE, OWN, {}, "ImplicitlyDenied"),
        (SIZE, OWN, {"aws:ResourceTag/k8s.io/cluster-autoscaler/enabled": "true"}, "ImplicitlyDenied"),
        (SIZE, OWN, {"aws:ResourceTag/slipway/cluster-autoscaler/slipway-dev": "owned"}, "ImplicitlyDenied"),
        (SIZE, f"{GROUP}:autoScalingGroupName/slipway-prod-haproxy", MARKED, "ImplicitlyDenied"),
        ("autoscaling:UpdateAutoScalingGroup", OWN, MARKED, "ImplicitlyDenied"),
        ("autoscaling:CreateOrUpdateTags", OWN, MARKED, "ImplicitlyDenied"),
        (
            "eks:DescribeNodegroup",
            f"{NODE_GROUPS}/slipway-dev/a/1",
            {},
            "ImplicitlyDenied",
        ),
    ],
)
def test_its_role_sizes_what_carries_its_tag_and_nothing_else(
    elastic: Graph, action: str, resource: str, context: dict[str, str], answer: str
) -> None:
    policy = json.loads(elastic.one(POLICY, NAME).inputs["policy"])
    role = f"arn:aws:iam::{ACCOUNT}:role/{NAME}"
    assert decide([Question(action, resource, ACCOUNT, role, context, [policy], None)]) == [answer]
