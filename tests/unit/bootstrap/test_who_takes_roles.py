"""Who may take which role, decided by a library that evaluates trust policies."""

import pytest

from tests.unit.bootstrap.bootstrapped import ACCOUNT, ENVIRONMENTS, arn, by_github, may_take, roles_of

pytestmark = pytest.mark.unit

TEAM = f"arn:aws:iam::{ACCOUNT}:role/platform-team"
GITHUB_ENVIRONMENTS = {
    "deploy": "{}",
    "preview": "{}-preview",
    "image-push": "{}-images",
    "image-promotion": "{}-promotion",
}
ROLES = [(environment, purpose) for environment in ENVIRONMENTS for purpose in roles_of(environment)]


def test_images_are_pushed_to_the_first_environment_and_promoted_into_the_others() -> None:
    assert set(ROLES) == {
        *((environment, purpose) for environment in ENVIRONMENTS for purpose in ("deploy", "preview")),
        ("dev", "image-push"),
        ("staging", "image-promotion"),
        ("prod", "image-promotion"),
    }


@pytest.mark.parametrize(("environment", "purpose"), ROLES)
def test_a_role_is_for_the_jobs_of_one_github_environment(environment: str, purpose: str) -> None:
    job = GITHUB_ENVIRONMENTS[purpose].format(environment)
    assert may_take(environment, purpose, by_github(f"repo:example/slipway:environment:{job}")) == [True]
    refused = [
        f"repo:example/slipway:environment:{job}2",
        f"repo:example/slipway-fork:environment:{job}",
        f"repo:stranger/slipway:environment:{job}",
        "repo:example/slipway:ref:refs/heads/main",
        "repo:example/slipway:pull_request",
        *(
            f"repo:example/slipway:environment:{other.format(name)}"
            for name in ENVIRONMENTS
            for other in GITHUB_ENVIRONMENTS.values()
            if other.format(name) != job
        ),
    ]
    assert may_take(environment, purpose, *map(by_github, refused)) == [False] * len(refused)


@pytest.mark.parametrize(("environment", "purpose"), ROLES)
def test_a_token_for_somebody_else_is_refused(environment: str, purpose: str) -> None:
    job = GITHUB_ENVIRONMENTS[purpose].format(environment)
    elsewhere = by_github(f"repo:example/slipway:environment:{job}", audience="https://github.com/example")
    assert may_take(environment, purpose, elsewhere) == [False]


@pytest.mark.parametrize(("environment", "purpose"), ROLES)
def test_people_by_name_and_nobody_else(environment: str, purpose: str) -> None:
    asked = [
        ("sts:AssumeRole", TEAM, {}),
        ("sts:TagSession", TEAM, {}),
        ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/another-team", {}),
        ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:user/somebody", {}),
        ("sts:AssumeRole", "arn:aws:iam::999999999999:role/platform-team", {}),
    ]
    assert may_take(environment, purpose, *asked) == [True, True, False, False, False]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_deploy_role_may_take_itself_and_no_other_role_may(environment: str) -> None:
    others = [
        arn(environment, "preview"),
        arn(environment, "image-push"),
        *(arn(other, "deploy") for other in ENVIRONMENTS if other != environment),
    ]
    asked = [("sts:AssumeRole", each, {"aws:PrincipalArn": each}) for each in (arn(environment, "deploy"), *others)]
    assert may_take(environment, "deploy", *asked) == [True, *[False] * len(others)]
