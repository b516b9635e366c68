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
    ("change", "named"),
    [
        ({"fargate": True}, "fargate"),
        ({"nodeGroupOptions": {}}, "nodeGroupOptions"),
        ({"skipDefaultNodeGroup": False}, "skipDefaultNodeGroup"),
        ({"skipDefaultNodeGroup": None}, "skipDefaultNodeGroup"),
        ({"skipDefaultSecurityGroups": None}, "skipDefaultSecurityGroups"),
        ({"useDefaultVpcCni": None}, "useDefaultVpcCni"),
        ({"authenticationMode": "CONFIG_MAP"}, "authenticationMode"),
        ({"createOidcProvider": True}, "createOidcProvider"),
        ({"createInstanceRole": True}, "createInstanceRole"),
        ({"kubeProxyAddonOptions": None}, "kube-proxy"),
        ({"corednsAddonOptions": {"enabled": True}}, "coredns"),
        ({"subnetIds": ["subnet-1"]}, "subnetIds"),
        ({"vpcId": None}, "vpcId"),
    ],
)
def test_what_it_does_not_make_is_refused_by_name(change: dict[str, object], named: str) -> None:
    with pytest.raises(Refusal, match=named):
        check_arguments("main", {**GOOD, **change})


def test_every_argument_it_takes_is_one_of_the_real_component() -> None:
    real = {camel_case(name) for name in inspect.signature(eks.ClusterArgs.__init__).parameters}
    assert real >= eks_arguments._TAKEN


def test_the_kubeconfig_names_the_role_and_profile_it_was_given() -> None:
    made = kubeconfig(
        cluster="main", endpoint="https://x", certificate="Zm9v", region="us-west-2", role="arn:x", profile="me"
    )
    words = made["users"][0]["user"]["exec"]["args"]
    assert words[-4:] == ["--role", "arn:x", "--profile", "me"]
