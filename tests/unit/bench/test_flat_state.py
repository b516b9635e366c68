"""A state without its components."""

from __future__ import annotations

from typing import Any

import pytest

from bench.flat_state import flat_state

pytestmark = pytest.mark.unit

ROOT = "urn:pulumi:prod::slipway::pulumi:pulumi:Stack::slipway-prod"
COMPONENT = "urn:pulumi:prod::slipway::slipway:infra:Network::network"
VPC = "urn:pulumi:prod::slipway::slipway:infra:Network$aws:ec2/vpc:Vpc::vpc"
FLAT_VPC = "urn:pulumi:prod::slipway::aws:ec2/vpc:Vpc::vpc"
FLAT_SUBNET = "urn:pulumi:prod::slipway::aws:ec2/subnet:Subnet::subnet"

RESOURCES: list[dict[str, Any]] = [
    {"urn": ROOT, "type": "pulumi:pulumi:Stack", "custom": False},
    {"urn": COMPONENT, "type": "slipway:infra:Network", "custom": False, "parent": ROOT},
    {"urn": VPC, "type": "aws:ec2/vpc:Vpc", "custom": True, "parent": COMPONENT, "deletedWith": COMPONENT},
    {
        **{"urn": VPC.replace("vpc:Vpc::vpc", "subnet:Subnet::subnet"), "type": "aws:ec2/subnet:Subnet"},
        **{"custom": True, "parent": COMPONENT, "dependencies": [VPC, COMPONENT]},
        **{"propertyDependencies": {"vpcId": [VPC]}, "deletedWith": VPC},
    },
]


def test_components_go_and_what_was_in_them_stays() -> None:
    flat = flat_state({"version": 3, "deployment": {"manifest": {"magic": "any"}, "resources": RESOURCES}})
    root, vpc, subnet = flat["deployment"]["resources"]
    assert (root["urn"], vpc["urn"], subnet["urn"]) == (ROOT, FLAT_VPC, FLAT_SUBNET)
    assert "parent" not in root
    assert vpc["parent"] == subnet["parent"] == ROOT
    assert subnet["dependencies"] == [FLAT_VPC]
    assert subnet["propertyDependencies"] == {"vpcId": [FLAT_VPC]}
    assert subnet["deletedWith"] == FLAT_VPC
    assert "deletedWith" not in vpc
    assert flat["deployment"]["manifest"] == {"magic": "any"}
