"""Launch templates and instances that nobody logs in to."""

from typing import Any

import pytest

from policy.graph import UNKNOWN
from policy.rules_machines import closed_machines
from sandbox.aws.schema import schema_of
from tests.unit.policy.rule_answers import answers, aws

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
    (answer,) = answers(closed_machines, aws(TEMPLATE, metadataOptions=options))
    assert answer.startswith("metadataOptions.httpTokens is ")
    assert answer.endswith("; expected required: IMDSv2 alone")


def test_no_key_pair() -> None:
    (answer,) = answers(closed_machines, aws(INSTANCE, keyName="mine", **TOKENS))
    assert answer == "keyName is 'mine'; expected none: Session Manager needs no key"


def test_no_public_address() -> None:
    (answer,) = answers(closed_machines, aws(INSTANCE, associatePublicIpAddress=True, **TOKENS))
    assert answer == "associatePublicIpAddress is True; expected false"
    interfaces = [{"associatePublicIpAddress": "false"}, {"associatePublicIpAddress": "true"}]
    (answer,) = answers(closed_machines, aws(TEMPLATE, networkInterfaces=interfaces, **TOKENS))
    assert answer == "networkInterfaces[1].associatePublicIpAddress is 'true'; expected false"


def test_other_resources_are_not_asked() -> None:
    assert answers(closed_machines, aws("ec2/vpc:Vpc", keyName="mine")) == []


@pytest.mark.parametrize("type_", [TEMPLATE, INSTANCE])
def test_the_installed_sdk_has_these_properties(type_: str) -> None:
    assert {"metadataOptions", "keyName"} <= set(schema_of(f"aws:{type_}").inputs)
