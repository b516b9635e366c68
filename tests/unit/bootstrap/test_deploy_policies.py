"""What the deploy role may do: enough statements to deploy, none that gives everything away."""

import importlib.util
import json
from typing import Any

import pytest

from tests.stack_values import ROOT

pytestmark = pytest.mark.unit


def policies() -> dict[str, dict[str, Any]]:
    # Bootstrap is a program of its own; its modules are not part of any package.
    spec = importlib.util.spec_from_file_location("deploy_policies", ROOT / "bootstrap" / "deploy_policies.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.deploy_policies("slipway-staging", "123456789012", "us-west-2", "Z0123456789ABCDEFGHIJ")


def statements() -> list[dict[str, Any]]:
    return [statement for document in policies().values() for statement in document["Statement"]]


def test_each_policy_fits_into_a_managed_policy() -> None:
    for part, document in policies().items():
        assert len(json.dumps(document, separators=(",", ":"))) <= 6144, part


def test_no_statement_allows_everything() -> None:
    for statement in statements():
        for action in statement["Action"]:
            verb = action.split(":")[1]
            assert verb != "*"
            assert not verb.endswith("*") or verb == "Describe*", "a pattern may only look"


def test_what_is_not_limited_to_names_only_looks_or_is_limited_to_the_region() -> None:
    looks = ("Describe", "List", "Get")
    for statement in statements():
        if statement["Resource"] == ["*"] and "Condition" not in statement:
            assert all(action.split(":")[1].startswith(looks) for action in statement["Action"]), statement["Sid"]


def test_roles_and_repositories_are_the_environments_own() -> None:
    for statement in statements():
        if statement["Effect"] != "Allow" or statement["Sid"] == "ServiceRoles":
            continue
        if any(action.startswith(("iam:", "ecr:", "eks:Create", "logs:Create")) for action in statement["Action"]):
            assert all("slipway-staging" in resource for resource in statement["Resource"]), statement["Sid"]


def test_a_deployment_cannot_widen_itself_nor_hand_roles_to_others() -> None:
    by_sid = {statement["Sid"]: statement for statement in statements()}
    assert by_sid["NotItself"]["Effect"] == "Deny"
    assert by_sid["NotItself"]["Resource"] == ["arn:aws:iam::123456789012:role/slipway-staging-deploy"]
    assert "iam:PassedToService" in by_sid["HandOver"]["Condition"]["StringEquals"]


def test_records_only_in_its_own_zone() -> None:
    changes = [one for one in statements() if "route53:ChangeResourceRecordSets" in one["Action"]]
    assert [one["Resource"] for one in changes] == [["arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ"]]
