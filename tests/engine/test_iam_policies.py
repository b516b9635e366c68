"""Every IAM policy that bootstrap and the program make, as they stand in the account, looked through by two tools."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from parliament import analyze_policy_string

from tests.engine.sandbox_stack import BOOTSTRAP, CHECKOUT, SandboxStack
from tests.engine.test_cluster_autoscaler import ELASTIC
from tests.engine.test_migration_kinds import fleet
from tests.stack_values import STACKS
from tools.iam_decisions import errors_of

pytestmark = pytest.mark.engine

KINDS = {
    ("aws:iam/policy:Policy", "policy"): "identity",
    ("aws:iam/rolePolicy:RolePolicy", "policy"): "identity",
    ("aws:iam/role:Role", "assumeRolePolicy"): "trust",
    ("aws:s3/bucketPolicy:BucketPolicy", "policy"): "resource",
    ("aws:kms/key:Key", "policy"): "resource",
    ("aws:sns/topicPolicy:TopicPolicy", "policy"): "resource",
}
"""Where a policy can stand, and what it is for."""

IN_A_KEYS_POLICY = 'in the policy of a key, "*" is that key'
DESCRIBE = "the provider describes what it finds; some of these can be limited to one thing, but looking harms nothing"
ITS_OWN_BUCKET = "whoever makes a bucket's policy can open it to themselves; here only the logs of their own balancer"
EXPLAINED: dict[tuple[str, str], str] = {
    ("RESOURCE_STAR", "kms:ScheduleKeyDeletion"): IN_A_KEYS_POLICY,
    ("RESOURCE_STAR", "kms:Decrypt"): IN_A_KEYS_POLICY,
    ("RESOURCE_STAR", "ec2:DescribeVpcAttribute"): DESCRIBE,
    ("RESOURCE_STAR", "rds:DescribeDBInstances"): DESCRIBE,
    ("RESOURCE_POLICY_PRIVILEGE_ESCALATION", "-access-logs-*"): ITS_OWN_BUCKET,
    ("RESOURCE_MISMATCH", "ssm:SendCommand"): "documents and machines stand in two statements, of which one has tags",
    ("RESOURCE_MISMATCH", "rds:RestoreDBInstanceToPointInTime"): "a server and option groups stand in two statements",
    ("RESOURCE_MISMATCH", "ssm:GetParameter"): "AWS's own parameters belong to no account, so there is no number",
}
"""Findings that are none, by issue and something that only this finding names, with the reason."""

Policy = tuple[str, str, dict[str, Any]]


def policies_of(stack: SandboxStack) -> list[Policy]:
    """The kind, the owner and the document of every policy in an account."""
    found: list[Policy] = []
    for record in stack.inventory():
        for name, value in record["inputs"].items():
            if isinstance(value, str) and '"Statement"' in value:
                kind = KINDS[record["type"], name]  # a policy in a new place has to be looked at
                found.append((kind, f"{record['type']} {record['name']}", json.loads(value)))
    return found


@pytest.fixture(params=["account", *STACKS, "dev with everything"])
def policies(request: pytest.FixtureRequest, upped_stack: Callable[..., SandboxStack]) -> list[Policy]:
    """Those of an account's part, or of an environment with its stack up."""
    stack, _, more = request.param.partition(" ")
    project = BOOTSTRAP if stack == "account" else CHECKOUT
    return policies_of(upped_stack(project, stack, set={**fleet(), **ELASTIC} if more else None))


def explained_by(finding: Any) -> list[tuple[str, str]]:
    """What explains a finding of parliament's: keys of `EXPLAINED`."""
    shown = json.dumps(finding.detail)
    return [(issue, part) for issue, part in EXPLAINED if issue == finding.issue and part in shown]


def test_parliament_finds_nothing_that_is_not_explained(policies: list[Policy]) -> None:
    looked_at = [(owner, document) for kind, owner, document in policies if kind != "trust"]
    assert looked_at
    unexplained = [
        f"{owner}: {finding.issue} {finding.detail}"
        for owner, document in looked_at
        for finding in analyze_policy_string(json.dumps(document)).findings
        if not explained_by(finding)
    ]
    assert unexplained == []


def test_each_document_is_what_aws_takes_in_its_place(policies: list[Policy]) -> None:
    """Parliament knows no trust policies; this one knows all three kinds, and today's actions and conditions."""
    for kind in ("identity", "trust", "resource"):
        documents = [(owner, document) for found, owner, document in policies if found == kind]
        for (owner, _), errors in zip(documents, errors_of(kind, [each for _, each in documents]), strict=True):
            assert errors == [], owner


def test_nothing_may_do_everything_to_everything(policies: list[Policy]) -> None:
    for _, owner, document in policies:
        for statement in document["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            if statement["Effect"] == "Allow":
                assert not [action for action in actions if action.endswith("*") and ":Describe*" not in action], owner


def test_every_explanation_is_needed(upped_stack: Callable[..., SandboxStack]) -> None:
    used = {
        key
        for kind, _, document in policies_of(upped_stack(CHECKOUT, "prod"))
        if kind != "trust"
        for finding in analyze_policy_string(json.dumps(document)).findings
        for key in explained_by(finding)
    }
    assert used == EXPLAINED.keys()


def test_both_tools_see_a_mistake() -> None:
    unknown = {"Effect": "Allow", "Action": ["s3:MakeObject"], "Resource": ["*"]}
    findings = analyze_policy_string(json.dumps({"Version": "2012-10-17", "Statement": [unknown]})).findings
    assert [explained_by(each) for each in findings] == [[]]
    without = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"}
    ((*errors,),) = errors_of("trust", [{"Version": "2012-10-17", "Statement": [without]}])
    assert errors
