"""What holds for every policy that bootstrap writes, whatever it is for."""

import pytest

from bootstrap.statements import Document
from tests.unit.bootstrap.bootstrapped import ENVIRONMENTS, compact, roles_of

pytestmark = pytest.mark.unit

POLICIES: list[tuple[str, Document]] = [
    (f"{environment}-{purpose}-{part}", document)
    for environment in ENVIRONMENTS
    for purpose, plan in roles_of(environment).items()
    for part, document in plan.policies.items()
]
NAMED = pytest.mark.parametrize(("name", "document"), POLICIES, ids=[name for name, _ in POLICIES])


@NAMED
def test_it_fits_into_a_managed_policy(name: str, document: Document) -> None:
    assert len(compact(document)) <= 6144, name


@NAMED
def test_patterns_only_look_and_each_statement_says_what_it_is_for(name: str, document: Document) -> None:
    for statement in document["Statement"]:
        verbs = [action.partition(":")[2] for action in statement["Action"]]
        assert all("*" not in verb or verb == "Describe*" for verb in verbs), (name, statement)
        assert statement["Sid"].isalnum()
    assert len({statement["Sid"] for statement in document["Statement"]}) == len(document["Statement"])


@NAMED
def test_what_is_about_everything_looks_or_has_a_condition_or_is_a_login(name: str, document: Document) -> None:
    looks = ("Describe", "List", "Get")
    for statement in document["Statement"]:
        if "*" in statement["Resource"] and "Condition" not in statement:
            assert all(action.partition(":")[2].startswith(looks) for action in statement["Action"]), (name, statement)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_role_has_room_for_its_policies(environment: str) -> None:
    """At most ten can be attached to one. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html."""
    assert all(len(plan.policies) <= 10 for plan in roles_of(environment).values())
