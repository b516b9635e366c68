"""The shipped environments as bootstrap makes them, and what may be asked of their roles."""

import json
from functools import cache
from typing import Any

import yaml

from bootstrap.environment import RolePlan, role_plans
from bootstrap.secrets_key import key_policy
from bootstrap.settings import EnvironmentSettings
from bootstrap.stack_file import parse_settings
from bootstrap.trust import GITHUB
from tests.stack_values import ROOT, as_values
from tools.iam_decisions import Question, decide

PROJECT = "slipway-bootstrap"
ACCOUNT = "123456789012"
REGION = "us-west-2"
ZONE = "Z0123456789ABCDEFGHIJ"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0b5f0a3e-6f2b-4f0e-9d0c-2f6d1a1c7e11"
STACKS = ("account", "dev", "staging", "prod")
ENVIRONMENTS = ("dev", "staging", "prod")


def stack_config(stack: str) -> dict[str, Any]:
    """`bootstrap/Pulumi.<stack>.yaml` over the project's defaults."""
    declared = yaml.safe_load((ROOT / "bootstrap" / "Pulumi.yaml").read_text())["config"]
    defaults = {key: entry.get("default", entry.get("value")) for key, entry in declared.items()}
    return {**defaults, **yaml.safe_load((ROOT / "bootstrap" / f"Pulumi.{stack}.yaml").read_text())["config"]}


@cache
def roles_of(environment: str) -> dict[str, RolePlan]:
    """The roles of a shipped environment, by purpose."""
    settings = parse_settings(PROJECT, environment, as_values(stack_config(environment)), ROOT)
    assert isinstance(settings, EnvironmentSettings)
    return role_plans(settings, ZONE, KEY)


def arn(environment: str, purpose: str) -> str:
    """The ARN of one of an environment's roles."""
    return f"arn:aws:iam::{ACCOUNT}:role/slipway-{environment}-{purpose}"


def may(environment: str, purpose: str, *requests: tuple[str, str, dict[str, str]]) -> list[bool]:
    """Whether a role may do each of these: an action, what it acts on, and the conditions of the request."""
    policies = list(roles_of(environment)[purpose].policies.values())
    role = arn(environment, purpose)
    return [
        answer == "Allowed"
        for answer in decide(
            [
                Question(
                    action,
                    resource,
                    ACCOUNT,
                    role,
                    {**context, "aws:PrincipalArn": role},
                    policies,
                    policy_of_key(resource, environment),
                )
                for action, resource, context in requests
            ]
        )
    ]


def policy_of_key(resource: str, environment: str) -> dict[str, Any] | None:
    """The policy that a key has: the environment's own that of bootstrap, any other AWS's default; else nothing.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    if ":kms:" not in resource:
        return None
    if resource == KEY:
        return key_policy(ACCOUNT, [arn(environment, "deploy"), arn(environment, "preview")])
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}],
    }


def may_take(environment: str, purpose: str, *requests: tuple[str, str, dict[str, str]]) -> list[bool]:
    """Whether each of these may take a role: an action, who asks, and the conditions of the request."""
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:*", "Resource": "*"}]}
    trust = roles_of(environment)[purpose].trust
    return [
        answer == "Allowed"
        for answer in decide(
            [
                Question(
                    action,
                    arn(environment, purpose),
                    ACCOUNT,
                    _known(principal),
                    _known(context),
                    [] if "oidc" in principal else [allowed],
                    _known(trust),
                )
                for action, principal, context in requests
            ]
        )
    ]


def by_github(subject: str, audience: str = "sts.amazonaws.com") -> tuple[str, str, dict[str, str]]:
    """The request of a workflow's job, whose token says this of it."""
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{GITHUB}"
    return "sts:AssumeRoleWithWebIdentity", provider, {f"{GITHUB}:aud": audience, f"{GITHUB}:sub": subject}


def _known(value: Any) -> Any:
    """The same under the name of a provider whose `aud` and `sub` stand in the library's list of condition keys.

    It has GitHub's other claims, but passes over these two, which every provider has.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
    """
    return json.loads(json.dumps(value).replace(GITHUB, "cognito-identity.amazonaws.com"))


def compact(document: Any) -> str:
    """As it counts towards the size of a policy."""
    return json.dumps(document, separators=(",", ":"))
