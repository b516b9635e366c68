"""Rules about who is let in from outside: identity providers, the roles that trust them, and keys nobody could open."""

import json
from collections.abc import Mapping
from typing import Any, Final

from sandbox.aws.rules import Call, rule
from sandbox.aws.rules.identity import ROLE_TYPE
from sandbox.values import as_list, as_map, is_list

PROVIDER_TYPE: Final = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
_GITHUB: Final = "token.actions.githubusercontent.com"


def _statements(policy: Any) -> list[Mapping[str, Any]]:
    document = as_map(json.loads(policy) if isinstance(policy, str) else policy)
    statement = document.get("Statement")
    return [as_map(each) for each in (as_list(statement) if is_list(statement) else [statement])]


def _listed(value: Any) -> list[str]:
    return [str(each) for each in (value if is_list(value) else [value])]


@rule(
    "create",
    on=(PROVIDER_TYPE,),
    page="https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html",
)
def _provider_is_one(call: Call) -> None:
    """An account has one provider of a URL, which begins with https://."""
    url = str(call.inputs["url"])
    if not url.startswith("https://"):
        call.refuse("ValidationError", f"the URL {url!r} must begin with https://")
    if any(str(each.inputs.get("url")) == url for each in call.others(PROVIDER_TYPE)):
        call.refuse("EntityAlreadyExists", f"Provider with url {url} already exists.")


@rule(
    "create",
    "update",
    on=(ROLE_TYPE,),
    page="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html",
)
def _github_is_asked_who_it_is(call: Call) -> None:
    """A role that trusts GitHub says which subjects, else any repository in the world could take it."""
    for statement in _statements(call.inputs["assumeRolePolicy"]):
        federated = _listed(as_map(statement.get("Principal")).get("Federated"))
        if statement.get("Effect") != "Allow" or not any(
            each.endswith(f"oidc-provider/{_GITHUB}") for each in federated
        ):
            continue
        asked = [
            subject
            for operator, keys in as_map(statement.get("Condition")).items()
            if operator.startswith("String") and "Not" not in operator
            for key, values in as_map(keys).items()
            if key.lower() == f"{_GITHUB}:sub"
            for subject in _listed(values)
        ]
        if not asked or "*" in asked:
            call.refuse(
                "MalformedPolicyDocument",
                f"Trust policy with trusted principal {federated[0]} must evaluate, using StringEquals, StringLike or"
                f" StringEqualsIgnoreCase, {_GITHUB}:sub which is not scoped to all.",
            )


@rule(
    "create",
    "update",
    on=("aws:kms/key:Key",),
    page="https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html",
)
def _key_stays_manageable(call: Call) -> None:
    """Whoever makes a key must be able to change its policy afterwards."""
    if call.inputs.get("policy") is None or call.inputs.get("bypassPolicyLockoutSafetyCheck") is True:
        return
    for statement in _statements(call.inputs["policy"]):
        actions = _listed(statement.get("Action"))
        if statement.get("Effect") == "Allow" and {"kms:PutKeyPolicy", "kms:Put*", "kms:*", "*"} & set(actions):
            return
    call.refuse(
        "MalformedPolicyDocumentException",
        "The new key policy will not allow you to update the key policy in the future.",
    )
