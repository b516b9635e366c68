"""The program without components, from what a preview registered."""

from pathlib import Path
from typing import Any

import pytest

from bench.flat_program import write_flat
from bench.recorded_requests import UNKNOWN, Requests, differences, requests_in
from tests.says import Says

URN = "urn:pulumi:prod::slipway::"
STACK = f"{URN}pulumi:pulumi:Stack::slipway-prod"
GROUP = f"{URN}slipway:infra:Network::net"
VPC = f"{URN}slipway:infra:Network$aws:ec2/vpc:Vpc::main"
SUBNET = f"{URN}slipway:infra:Network$aws:ec2/subnet:Subnet::a"


def _registered(urn: str, **request: Any) -> dict[str, Any]:
    type_, name = urn.split("::")[2].rpartition("$")[2], urn.split("::")[3]
    request = {"type": type_, "name": name, "parent": STACK, **request}
    return {
        "method": "/pulumirpc.ResourceMonitor/RegisterResource",
        "request": request,
        "response": {"urn": urn},
    }


def _messages(**subnet: Any) -> list[dict[str, Any]]:
    return [
        _registered(STACK),
        _registered(GROUP),
        _registered(VPC, custom=True, parent=GROUP, object={"cidrBlock": "10.0.0.0/16"}, protect=True),
        _registered(
            SUBNET,
            custom=True,
            parent=GROUP,
            object={"vpcId": UNKNOWN, "cidrBlock": "10.0.0.0/24", **subnet},
            dependencies=[VPC],
            propertyDependencies={"vpcId": {"urns": [GROUP]}},
        ),
    ]


@pytest.fixture
def requests() -> Requests:
    return requests_in(_messages())


def test_only_resources_are_registered_and_what_is_unknown_comes_from_what_it_came_from(
    requests: Requests, tmp_path: Path
) -> None:
    write_flat(requests, tmp_path / "flat", "prod")
    text = (tmp_path / "flat" / "flat_resources.py").read_text()
    assert "resource_0 = pulumi_aws.ec2.Vpc('main', cidr_block='10.0.0.0/16'" in text
    assert "protect=True" in text
    # A component stands for what is in it.
    assert "vpc_id=unseen(resource_0" in text
    assert "Network" not in text


def test_the_flat_project_has_the_providers_settings_and_none_of_slipways(requests: Requests, tmp_path: Path) -> None:
    write_flat(requests, tmp_path / "flat", "prod")
    text = (tmp_path / "flat" / "Pulumi.prod.yaml").read_text()
    assert "aws:region" in text
    assert "\n  slipway:" not in text


def test_two_previews_of_the_same_do_not_differ(requests: Requests) -> None:
    assert differences(requests, requests_in(_messages())) == []


def test_another_input_is_a_difference(requests: Requests) -> None:
    found = differences(requests, requests_in(_messages(mapPublicIpOnLaunch=True)))
    assert found == [Says("inputs", "'mapPublicIpOnLaunch': True", at="aws:ec2/subnet:Subnet a")]
