"""Identity rules, both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest
from emulated_account import ATTACHMENT, ROLE, Account

from sandbox.aws.errors import AwsError

pytestmark = pytest.mark.unit

_POLICY = "aws:iam/policy:Policy"
_ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.mark.parametrize(
    ("policy", "fact"),
    [
        ("{", "JSON"),
        ("{}", "Statement"),
        (_document({"Effect": "Maybe", "Action": "*", "Resource": "*"}), "Effect is 'Maybe'"),
        (_document({"Effect": "Allow", "Resource": "*"}), "Action"),
        (_document({"Effect": "Allow", "Action": "*"}), "resources"),
        (_document({**_ALLOW, "Principal": "*"}), "principal"),
    ],
)
def test_a_malformed_policy_is_refused(account: Account, policy: str, fact: str) -> None:
    with pytest.raises(AwsError, match=f"MalformedPolicyDocument: policy.*{fact}"):
        account.create(_POLICY, "policy", {"policy": policy})


def test_a_policy_has_a_limit(account: Account) -> None:
    with pytest.raises(AwsError, match=r"LimitExceeded: .*\b6144\b.*\b6305\b"):
        account.create(_POLICY, "policy", {"policy": _document({**_ALLOW, "Sid": "a" * 6200})})
    made = account.create(_POLICY, "policy", {"policy": _document(_ALLOW)})
    assert made.id.startswith("arn:aws:iam::123456789012:policy/")


def test_a_trust_policy_names_somebody(account: Account) -> None:
    with pytest.raises(AwsError, match=r"MalformedPolicyDocument: assumeRolePolicy: .*Principal"):
        account.create(ROLE, "role", {"assumeRolePolicy": _document(_ALLOW)})


def test_role_names_collide(account: Account) -> None:
    role = account.role("role", "ec2.amazonaws.com")
    with pytest.raises(AwsError, match="EntityAlreadyExists"):
        account.create(ROLE, "other", {"assumeRolePolicy": role.inputs["assumeRolePolicy"], "name": role.id})


def test_a_role_goes_after_its_policies_and_a_policy_after_its_roles(account: Account) -> None:
    role = account.role("role", "ec2.amazonaws.com")
    policy = account.create(_POLICY, "policy", {"policy": _document(_ALLOW)})
    attachment = account.create(ATTACHMENT, "attachment", {"role": role.id, "policyArn": policy.arn})
    for used in (role, policy):
        with pytest.raises(AwsError, match="DeleteConflict"):
            account.delete(used)
    for each in (attachment, policy, role):
        account.delete(each)


def test_an_attachment_needs_its_role_and_policy(account: Account) -> None:
    with pytest.raises(AwsError, match=r"NoSuchEntity: .* nobody"):
        account.create(ATTACHMENT, "a", {"role": "nobody", "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"})
    role = account.role("role", "ec2.amazonaws.com")
    with pytest.raises(AwsError, match="NotFound: policyArn: arn:aws:iam::123456789012:policy/none"):
        account.create(ATTACHMENT, "a", {"role": role.id, "policyArn": "arn:aws:iam::123456789012:policy/none"})
    assert account.create(ATTACHMENT, "a", {"role": role.id, "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"})
