"""Who is let in from outside, both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest
from emulated_account import ROLE, Account

from sandbox.aws.errors import AwsError
from tests.says import Says

pytestmark = pytest.mark.unit

PROVIDER = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
KEY = "aws:kms/key:Key"
GITHUB = "token.actions.githubusercontent.com"
URL = {"url": f"https://{GITHUB}", "clientIdLists": ["sts.amazonaws.com"]}


def _trust(condition: dict[str, Any] | None) -> dict[str, str]:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{GITHUB}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    statement |= {} if condition is None else {"Condition": condition}
    return {"assumeRolePolicy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}


def _key_policy(*actions: str) -> dict[str, str]:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        "Action": list(actions),
        "Resource": "*",
    }
    return {"policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}


def test_an_account_has_one_provider_of_a_url(account: Account) -> None:
    made = account.create(PROVIDER, "github", URL)
    assert made.arn == f"arn:aws:iam::123456789012:oidc-provider/{GITHUB}"
    with pytest.raises(AwsError, match="EntityAlreadyExists"):
        account.create(PROVIDER, "again", URL)
    account.delete(made)
    assert account.create(PROVIDER, "again", URL).arn == made.arn


def test_a_providers_url_begins_with_https(account: Account) -> None:
    with pytest.raises(AwsError, match=f"ValidationError: .*'{GITHUB}'.* https://"):
        account.create(PROVIDER, "github", {**URL, "url": GITHUB})


@pytest.mark.parametrize(
    "condition",
    [
        None,
        {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}},
        {"StringLike": {f"{GITHUB}:sub": "*"}},
        {"StringNotEquals": {f"{GITHUB}:sub": "repo:example/shop:environment:dev"}},
    ],
)
def test_a_role_that_any_repository_could_take_is_refused(account: Account, condition: dict[str, Any] | None) -> None:
    with pytest.raises(AwsError) as refused:
        account.create(ROLE, "deploy", _trust(condition))
    facts = (f"oidc-provider/{GITHUB}", "StringEquals", "StringLike", "StringEqualsIgnoreCase", f"{GITHUB}:sub")
    assert Says("MalformedPolicyDocument", *facts) == str(refused.value)


@pytest.mark.parametrize("operator", ["StringEquals", "StringLike", "StringEqualsIgnoreCase"])
def test_a_role_that_asks_who_it_is_is_made(account: Account, operator: str) -> None:
    condition = {operator: {f"{GITHUB}:sub": ["repo:example/shop:environment:dev"]}}
    assert account.create(ROLE, "deploy", _trust(condition)).arn.startswith("arn:aws:iam::123456789012:role/deploy")


def test_a_key_whose_policy_nobody_could_change_is_refused(account: Account) -> None:
    with pytest.raises(AwsError, match=r"MalformedPolicyDocumentException: .*update"):
        account.create(KEY, "key", _key_policy("kms:Encrypt", "kms:Decrypt"))
    account.create(KEY, "key", _key_policy("kms:PutKeyPolicy", "kms:Decrypt"))
    account.create(KEY, "whole", _key_policy("kms:*"))
    account.create(KEY, "default", {})
