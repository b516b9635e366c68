"""What a preview leads to: the graph and the rules see all of it, and nothing that is secret."""

from __future__ import annotations

import json

import pytest
from pulumi.runtime.rpc import UNKNOWN as NOT_KNOWN

from ops.graph_components import INTERNET
from ops.planned_stack import PlannedStack, read_planned
from ops.refusal import Refusal
from ops.report_parts import rule_results
from policy.graph import UNKNOWN
from tests.planned_preview import EDGE, LONG, MASKED, NETWORK, OPEN_TO_THE_WORLD, VPC, preview_text, step

pytestmark = pytest.mark.unit


def planned(text: str) -> PlannedStack:
    found = read_planned(text)
    assert found is not None
    return found


def test_what_goes_is_not_in_the_plan_and_what_stays_is() -> None:
    names = {(each.kind, each.name) for each in planned(preview_text()).resources()}
    assert ("Eip", "slipway-dev-old") not in names
    assert {("Vpc", "slipway-dev"), ("Subnet", LONG), ("Secret", "slipway-dev-database")} <= names


def test_the_last_step_of_a_resource_counts() -> None:
    refreshed = step("refresh", "aws:ec2/vpc:Vpc", "other", NETWORK, {"cidrBlock": "10.8.0.0/16"})
    updated = step("update", "aws:ec2/vpc:Vpc", "other", NETWORK, {"cidrBlock": "10.9.0.0/16"})
    gone = step("delete-replaced", "aws:ec2/vpc:Vpc", "other", NETWORK, {"cidrBlock": "10.8.0.0/16"})
    (found,) = [each for each in planned(preview_text(refreshed, updated, gone)).resources() if each.name == "other"]
    assert found.inputs["cidrBlock"] == "10.9.0.0/16"


def test_the_graph_is_the_planned_one_with_its_way_in() -> None:
    graph = planned(preview_text()).graph()
    assert graph.components == 2
    arrows = {(arrow.before, arrow.after) for arrow in graph.root.arrows}
    assert {(NETWORK, EDGE), (INTERNET, EDGE)} <= arrows
    assert (EDGE, NETWORK) not in arrows


def test_what_is_not_known_and_what_is_masked_break_no_rule() -> None:
    secret = step("create", "aws:ec2/subnet:Subnet", "s", NETWORK, {"a": MASKED, "b": [NOT_KNOWN], "c": {"d": 1}})
    (found,) = [each for each in planned(preview_text(secret)).resources() if each.name == "s"]
    assert found.inputs == {"a": UNKNOWN, "b": [UNKNOWN], "c": {"d": 1}}


def test_a_resource_has_its_providers_tags_and_its_links() -> None:
    linked = step("create", "aws:ec2/subnet:Subnet", "s", NETWORK, {}, propertyDependencies={"vpcId": [VPC], "x": None})
    (found,) = [each for each in planned(preview_text(linked)).resources() if each.name == "s"]
    assert found.default_tags == {"project": "slipway", "stack": "dev", "owner": "platform"}
    assert found.takes_tags
    assert found.links == {"vpcId": frozenset({VPC}), "x": frozenset()}


def test_the_rules_say_what_is_broken_and_that_the_others_hold() -> None:
    def broken(text: str) -> dict[str, tuple[str, ...]]:
        stack = planned(text)
        return {each.name: each.messages for each in rule_results(stack.resources(), stack.stack()) if each.messages}

    assert broken(preview_text()) == {}
    found = broken(preview_text(OPEN_TO_THE_WORLD))
    assert found.keys() == {"closed-to-the-world", "only-the-balancer-is-open"}
    assert all("slipway-dev-ssh" in message for messages in found.values() for message in messages)


@pytest.mark.parametrize(
    "text",
    [
        preview_text(config={"slipway:databasePasswords": json.dumps({"thoughts": "in the open"})}),
        preview_text(
            step("create", "kubernetes:core/v1:Secret", "s", EDGE, {"stringData": {"password": "in the open"}})
        ),
        preview_text(
            step("update", "kubernetes:core/v1:Secret", "s", EDGE, {"data": {"password": "aW4gdGhlIG9wZW4="}})
        ),
    ],
    ids=["a password", "a new Secret", "a Secret that changes"],
)
def test_a_preview_that_shows_secrets_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="--show-secrets") as refused:
        planned(text)
    assert "in the open" not in str(refused.value)


@pytest.mark.parametrize(
    "text", ['{"steps": []}', '{"steps": [{"op": "same", "urn": "u", "newState": {"custom": true}}]}']
)
def test_a_preview_without_its_resources_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="`pulumi preview --json`"):
        planned(text)


def test_a_preview_that_leaves_out_what_stays_is_not_taken_for_the_whole_stack() -> None:
    assert read_planned(preview_text(changeSummary={"same": 4})) is None
