"""Launch templates and instances that nobody logs in to."""

from typing import Any

import pytest

from policy.graph import UNKNOWN
from policy.rules_machines import closed_machines
from sandbox.aws.schema import schema_of
from tests.says import Says
from tests.unit.policy.rule_answers import answers, aws, told_value

pytestmark = pytest.mark.unit

TEMPLATE = "ec2/launchTemplate:LaunchTemplate"
INSTANCE = "ec2/instance:Instance"
TOKENS: dict[str, Any] = {"metadataOptions": {"httpTokens": "required"}}


@pytest.mark.parametrize("type_", [TEMPLATE, INSTANCE])
def test_a_closed_machine_is_let_through(type_: str) -> None:
    assert answers(closed_machines, aws(type_, **TOKENS)) == []
    assert answers(closed_machines, aws(type_, metadataOptions=UNKNOWN)) == []


@pytest.mark.parametrize("options", [None, {}, {"httpTokens": "optional"}])
def test_metadata_is_handed_out_by_session_only(options: Any) -> None:
    value = told_value((options or {}).get("httpTokens"))
    assert answers(closed_machines, aws(TEMPLATE, metadataOptions=options)) == [
        Says("metadataOptions.httpTokens", value, "required", "IMDSv2")
    ]


def test_no_key_pair() -> None:
    assert answers(closed_machines, aws(INSTANCE, keyName="mine", **TOKENS)) == [Says("keyName", "'mine'", "none")]


def test_no_public_address() -> None:
    assert answers(closed_machines, aws(INSTANCE, associatePublicIpAddress=True, **TOKENS)) == [
        Says("associatePublicIpAddress", "True", "false")
    ]
    interfaces = [{"associatePublicIpAddress": "false"}, {"associatePublicIpAddress": "true"}]
    assert answers(closed_machines, aws(TEMPLATE, networkInterfaces=interfaces, **TOKENS)) == [
        Says("networkInterfaces[1].associatePublicIpAddress", "'true'", "false")
    ]


def test_other_resources_are_not_asked() -> None:
    assert answers(closed_machines, aws("ec2/vpc:Vpc", keyName="mine")) == []


@pytest.mark.parametrize("type_", [TEMPLATE, INSTANCE])
def test_the_installed_sdk_has_these_properties(type_: str) -> None:
    assert {"metadataOptions", "keyName"} <= set(schema_of(f"aws:{type_}").inputs)
