"""Rules about roles and policies."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sandbox.aws.account import ROLE_TYPE
from sandbox.aws.rules import Call, rule
from sandbox.inventory import Inventory, Record
from sandbox.values import as_list, as_map, is_list

ATTACHMENT_TYPE: Final = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
_POLICY_TYPE: Final = "aws:iam/policy:Policy"
_INLINE_TYPE: Final = "aws:iam/rolePolicy:RolePolicy"
_MANAGED_POLICY_LIMIT: Final = 6144


def trusted_by(role: Record) -> set[str]:
    """Return the principals (services, roles, providers) that a role's trust policy lets assume it."""
    trusted: set[str] = set()
    for statement in _statements(_document(role.inputs.get("assumeRolePolicy"))):
        if statement.get("Effect") != "Allow":
            continue
        for identifiers in as_map(statement.get("Principal")).values():
            trusted |= {str(each) for each in (identifiers if is_list(identifiers) else [identifiers])}
    return trusted


def _document(policy: Any) -> Mapping[str, Any]:
    if isinstance(policy, str):
        policy = json.loads(policy)
    return as_map(policy)


def _statements(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    statement = document.get("Statement")
    return [as_map(each) for each in (as_list(statement) if is_list(statement) else [statement])]


def policies_of(inventory: Inventory, role_name: str) -> set[str]:
    """Return the ARNs of the managed policies attached to a role."""
    attached = {
        str(each.inputs["policyArn"])
        for each in inventory.list(type=ATTACHMENT_TYPE)
        if each.inputs.get("role") == role_name
    }
    role = inventory.get(ROLE_TYPE, role_name)
    return attached | {str(arn) for arn in as_list(role.inputs.get("managedPolicyArns") if role else None)}


def _policy_texts(inputs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in ("policy", "assumeRolePolicy"):
        if inputs.get(name) is not None:
            yield name, inputs[name]


@rule(
    "create", "update",
    on=(ROLE_TYPE, _POLICY_TYPE, _INLINE_TYPE, "aws:s3/bucketPolicy:BucketPolicy", "aws:kms/key:Key"),
    page="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html",
)  # fmt: skip
def _policy_is_well_formed(call: Call) -> None:
    """A policy is a JSON document of statements with an effect; only a trust or resource policy names principals."""
    for name, policy in _policy_texts(call.inputs):
        try:
            document = _document(policy)
        except ValueError as error:
            call.refuse("MalformedPolicyDocument", f"{name} is not JSON: {error}")
        statements = _statements(document)
        if not any(statements):
            call.refuse("MalformedPolicyDocument", f"{name} has no Statement")
        for statement in statements:
            _check_statement(call, name, statement)


def _check_statement(call: Call, name: str, statement: Mapping[str, Any]) -> None:
    if statement.get("Effect") not in {"Allow", "Deny"}:
        call.refuse("MalformedPolicyDocument", f"{name}: a statement's Effect is {statement.get('Effect')!r}")
    if not {"Action", "NotAction"} & statement.keys():
        call.refuse("MalformedPolicyDocument", f"{name}: a statement has no Action")
    identity_policy = call.type in {_POLICY_TYPE, _INLINE_TYPE}
    if identity_policy and not {"Resource", "NotResource"} & statement.keys():
        call.refuse("MalformedPolicyDocument", f"{name}: Policy statement must contain resources.")
    has_principal = bool({"Principal", "NotPrincipal"} & statement.keys())
    if identity_policy and has_principal:
        call.refuse("MalformedPolicyDocument", f"{name}: Policy document should not specify a principal.")
    if not identity_policy and not has_principal:
        call.refuse("MalformedPolicyDocument", f"{name}: Missing required field Principal")


@rule(
    "create",
    "update",
    on=(_POLICY_TYPE,),
    page="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
)
def _policy_is_short(call: Call) -> None:
    """A managed policy has at most 6,144 characters, white space not counted."""
    policy = call.inputs["policy"]
    length = len("".join(str(policy if isinstance(policy, str) else json.dumps(policy)).split()))
    if length > _MANAGED_POLICY_LIMIT:
        call.refuse("LimitExceeded", f"Cannot exceed quota for PolicySize: {_MANAGED_POLICY_LIMIT} (has {length})")


@rule("delete", on=(ROLE_TYPE,), page="https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html")
def _role_is_bare(call: Call) -> None:
    """A role with policies or instance profiles cannot be deleted."""
    if call.existing.inputs.get("forceDetachPolicies") is True:
        return
    attached = [
        each
        for type_token in (ATTACHMENT_TYPE, _INLINE_TYPE, "aws:iam/instanceProfile:InstanceProfile")
        for each in call.inventory.list(type=type_token)
        if each.inputs.get("role") == call.existing.id
    ]
    if attached:
        call.refuse("DeleteConflict", f"Cannot delete entity, must detach all policies first: {attached[0].id}")


@rule("delete", on=(_POLICY_TYPE,), page="https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html")
def _policy_is_detached(call: Call) -> None:
    """A policy attached to a role cannot be deleted."""
    for attachment in call.inventory.list(type=ATTACHMENT_TYPE):
        if attachment.inputs.get("policyArn") == call.existing.arn:
            call.refuse("DeleteConflict", f"Cannot delete a policy attached to entities: {attachment.inputs['role']}")


def role_of(call: Call, arn: Any, services: set[str], code: str) -> Record:
    """Return a role, which must exist and trust one of some services.

    Raises:
        AwsError: it does not.
    """
    role = call.inventory.by_arn(str(arn))
    if role is None or role.type != ROLE_TYPE:
        call.refuse(code, f"The role {arn} does not exist")
    if not trusted_by(role) & services:
        call.refuse(
            code, f"Role {arn} is not trusted by {' or '.join(sorted(services))}: its trust policy says otherwise"
        )
    return role
