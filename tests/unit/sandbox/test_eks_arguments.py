"""What the stand-in for `pulumi_eks.Cluster` takes."""

from __future__ import annotations

import inspect

import pulumi_eks as eks
import pytest
from pulumi.provider.experimental.util import camel_case

from sandbox.eks import arguments as eks_arguments
from sandbox.eks.arguments import check_arguments
from sandbox.eks.kubeconfig import kubeconfig
from sandbox.refusal import Refusal
from tests.says import Says

pytestmark = pytest.mark.unit

GOOD = {
    "vpcId": "vpc-1",
    "privateSubnetIds": ["subnet-1"],
    "skipDefaultNodeGroup": True,
    "skipDefaultSecurityGroups": True,
    "useDefaultVpcCni": True,
    "authenticationMode": "API",
    "kubeProxyAddonOptions": {"enabled": False},
    "corednsAddonOptions": {"enabled": False},
}


def test_the_arguments_that_slipway_gives_are_taken() -> None:
    assert check_arguments("main", {**GOOD, "fargate": None}) == GOOD


@pytest.mark.parametrize(
    ("change", "facts"),
    [
        ({"fargate": True}, ["fargate"]),
        ({"nodeGroupOptions": {}}, ["nodeGroupOptions"]),
        ({"skipDefaultNodeGroup": False}, ["skipDefaultNodeGroup", "True", "False"]),
        ({"skipDefaultNodeGroup": None}, ["skipDefaultNodeGroup", "True", "None"]),
        ({"skipDefaultSecurityGroups": None}, ["skipDefaultSecurityGroups", "True"]),
        ({"useDefaultVpcCni": None}, ["useDefaultVpcCni", "True"]),
        ({"authenticationMode": "CONFIG_MAP"}, ["authenticationMode", "'API'", "'CONFIG_MAP'"]),
        ({"createOidcProvider": True}, ["createOidcProvider"]),
        ({"createInstanceRole": True}, ["createInstanceRole"]),
        ({"kubeProxyAddonOptions": None}, ["kube-proxy", "enabled", "False"]),
        ({"corednsAddonOptions": {"enabled": True}}, ["coredns", "enabled", "False"]),
        ({"subnetIds": ["subnet-1"]}, ["subnetIds", "publicSubnetIds", "privateSubnetIds"]),
        ({"vpcId": None}, ["vpcId"]),
    ],
)
def test_what_it_does_not_make_is_refused_by_name(change: dict[str, object], facts: list[str]) -> None:
    with pytest.raises(Refusal) as refused:
        check_arguments("main", {**GOOD, **change})
    assert Says(*facts, at="eks.Cluster 'main'") == str(refused.value)


def test_every_argument_it_takes_is_one_of_the_real_component() -> None:
    real = {camel_case(name) for name in inspect.signature(eks.ClusterArgs.__init__).parameters}
    assert real >= eks_arguments._TAKEN


def test_the_kubeconfig_names_the_role_and_profile_it_was_given() -> None:
    made = kubeconfig(
        cluster="main", endpoint="https://x", certificate="Zm9v", region="us-west-2", role="arn:x", profile="me"
    )
    words = made["users"][0]["user"]["exec"]["args"]
    assert words[-4:] == ["--role", "arn:x", "--profile", "me"]
