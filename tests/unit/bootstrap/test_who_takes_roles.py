"""Who may take which role, decided by a library that evaluates trust policies."""

import pytest

from tests.unit.bootstrap.bootstrapped import ACCOUNT, ENVIRONMENTS, arn, by_github, may_take, roles_of

pytestmark = pytest.mark.unit

TEAM = f"arn:aws:iam::{ACCOUNT}:role/platform-team"
GITHUB_ENVIRONMENTS = {
    "deploy": ("{}",),
    "preview": ("{}-preview", "{}-drift"),
    "image-push": ("{}-images",),
    "image-promotion": ("{}-promotion",),
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
def test_a_role_is_for_the_jobs_of_its_github_environments(environment: str, purpose: str) -> None:
    jobs = [each.format(environment) for each in GITHUB_ENVIRONMENTS[purpose]]
    allowed = [by_github(f"repo:example/slipway:environment:{job}") for job in jobs]
    assert may_take(environment, purpose, *allowed) == [True] * len(jobs)
    job = jobs[0]
    refused = [
        f"repo:example/slipway:environment:{job}2",
        f"repo:example/slipway-fork:environment:{job}",
        f"repo:stranger/slipway:environment:{job}",
        "repo:example/slipway:ref:refs/heads/main",
        "repo:example/slipway:pull_request",
        *(
            f"repo:example/slipway:environment:{other.format(name)}"
            for name in ENVIRONMENTS
            for others in GITHUB_ENVIRONMENTS.values()
            for other in others
            if other.format(name) not in jobs
        ),
    ]
    assert may_take(environment, purpose, *map(by_github, refused)) == [False] * len(refused)


@pytest.mark.parametrize(("environment", "purpose"), ROLES)
def test_a_token_for_somebody_else_is_refused(environment: str, purpose: str) -> None:
    job = GITHUB_ENVIRONMENTS[purpose][0].format(environment)
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


@pytest.mark.parametrize("purpose", ["deploy", "preview"])
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_the_program_works_as_may_take_itself_and_no_other_role_may(environment: str, purpose: str) -> None:
    others = [
        arn(environment, "preview" if purpose == "deploy" else "deploy"),
        arn(environment, "image-push"),
        *(arn(other, purpose) for other in ENVIRONMENTS if other != environment),
    ]
    asked = [("sts:AssumeRole", each, {"aws:PrincipalArn": each}) for each in (arn(environment, purpose), *others)]
    assert may_take(environment, purpose, *asked) == [True, *[False] * len(others)]
