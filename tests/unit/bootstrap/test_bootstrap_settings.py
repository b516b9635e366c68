"""Bootstrap's stack files are checked like the program's: every problem at once, with its path and what is allowed."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bootstrap.settings import AccountSettings, EnvironmentSettings, GithubSettings, PromotionSource, is_account
from bootstrap.stack_file import parse_settings
from infra.problems import SettingsError
from tests.stack_values import ROOT, as_values
from tests.stack_values import stack_config as program_config
from tests.unit.bootstrap.bootstrapped import PROJECT, STACKS, stack_config

pytestmark = pytest.mark.unit


def problems(stack: str, changes: dict[str, Any], program: Path = ROOT) -> list[str]:
    """What is wrong with a shipped stack file after some changes; None takes a key away."""
    config = {key: value for key, value in {**stack_config(stack), **changes}.items() if value is not None}
    try:
        parse_settings(PROJECT, stack, as_values(config), program)
    except SettingsError as error:
        return [str(problem) for problem in error.problems]
    return []


@pytest.mark.parametrize("stack", STACKS)
def test_shipped_files_are_sound(stack: str) -> None:
    settings = parse_settings(PROJECT, stack, as_values(stack_config(stack)), ROOT)
    assert isinstance(settings, AccountSettings if stack == "account" else EnvironmentSettings)
    assert settings.all_tags == {"owner": "platform", "project": "slipway-bootstrap", "stack": stack}


def test_which_stacks_are_an_accounts() -> None:
    assert [each for each in ("account", "account-prod", "dev", "accounting") if is_account(each)] == [
        "account",
        "account-prod",
    ]


def test_a_whole_environment() -> None:
    changes = {
        f"{PROJECT}:github": {"repository": "example@12/slipway@34", "imageRepositories": ["example/shop"]},
        f"{PROJECT}:promotesFrom": {"environment": "staging", "account": "210987654321", "region": "eu-west-1"},
        f"{PROJECT}:readers": ["arn:aws:iam::123456789012:role/auditors"],
    }
    settings = parse_settings(PROJECT, "prod", as_values({**stack_config("prod"), **changes}), ROOT)
    assert isinstance(settings, EnvironmentSettings)
    assert settings.github == GithubSettings.model_validate(
        {"repository": "example@12/slipway@34", "imageRepositories": ("example/shop",)}
    )
    assert settings.promotes_from == PromotionSource(environment="staging", account="210987654321", region="eu-west-1")
    assert settings.readers == ("arn:aws:iam::123456789012:role/auditors",)


@pytest.mark.parametrize(
    ("stack", "key", "value", "expected"),
    [
        ("dev", "account", None, f"{PROJECT}:account: is required; expected a text of twelve digits: an AWS account"),
        ("dev", "account", "1234", f'{PROJECT}:account: is "1234"; expected a text of twelve digits: an AWS account'),
        ("dev", "deployers", [], f"{PROJECT}:deployers: is required; expected a list of at least 1, each the ARN"),
        ("dev", "deployers", "me", f'{PROJECT}:deployers: is "me"; expected a list'),
        ("dev", "tags", {"team": "a"}, f"{PROJECT}:tags.owner: is required"),
        ("dev", "tags", {"owner": "a", "stack": "b"}, f"{PROJECT}:tags.stack: is set by the program"),
        ("dev", "github", {}, None),
        ("dev", "github", {"repository": "shop"}, f'{PROJECT}:github.repository: is "shop"; expected a repository as'),
        ("dev", "github", {"repository": "a/*"}, f'{PROJECT}:github.repository: is "a/*"; expected a repository as'),
        (
            "dev",
            "github",
            {"repository": "a/b", "repo": "a/b"},
            f"{PROJECT}:github.repo: is not a known key; expected one of image",
        ),
        ("dev", "githubProvider", True, f"{PROJECT}:githubProvider: belongs to an account's stack"),
        ("dev", "domains", "x", f"{PROJECT}:domains: is not a known key; expected one of account, deployers"),
        ("prod", "promotesFrom", {"environment": "a-b"}, f'{PROJECT}:promotesFrom.environment: is "a-b"; expected a'),
        (
            "prod",
            "promotesFrom",
            {"environment": "prod"},
            f"{PROJECT}:promotesFrom.environment: is prod, this environment",
        ),
        ("account", "domain", "dev.example.com", f"{PROJECT}:domain: belongs to an environment's stack"),
        ("account", "githubProvider", "yes", f'{PROJECT}:githubProvider: is "yes"; expected true or false'),
        ("account", "githubProvider", None, f"{PROJECT}:githubProvider: is required; expected true or false"),
    ],
)
def test_one_mistake_is_told_once(stack: str, key: str, value: Any, expected: str | None) -> None:
    found = problems(stack, {f"{PROJECT}:{key}": value})
    if expected is None:
        assert found == []
    else:
        assert any(each.startswith(expected) for each in found), found
        assert len([each for each in found if each.startswith(f"{PROJECT}:{key}")]) == 1, found


def test_an_environment_whose_name_would_reach_into_anothers() -> None:
    values = as_values(stack_config("dev"))
    with pytest.raises(SettingsError) as told:
        parse_settings(PROJECT, "dev-eu", values, ROOT)
    assert [str(each) for each in told.value.problems] == [
        'stack name: is "dev-eu"; expected a name of at most 19 lower-case letters and digits that begins with a letter'
    ]


def test_many_mistakes_are_told_at_once() -> None:
    found = problems(
        "dev",
        {
            "aws:region": None,
            "terraform:x": "1",
            f"{PROJECT}:domain": "-",
            f"{PROJECT}:deployers": ["a", "b"],
            f"{PROJECT}:nonsense": "1",
        },
    )
    assert [each.partition(": ")[0] for each in found] == [
        "terraform",
        f"{PROJECT}:nonsense",
        "aws:region",
        f"{PROJECT}:domain",
        f"{PROJECT}:deployers[0]",
        f"{PROJECT}:deployers[1]",
    ]


def test_the_two_files_of_an_environment_say_the_same(tmp_path: Path) -> None:
    assert problems("dev", {}, tmp_path) == [], "the program's file may still have to be written"
    theirs = {**program_config("dev"), "slipway:account": "210987654321", "aws:region": "eu-west-1"}
    (tmp_path / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": theirs}))
    assert problems("dev", {}, tmp_path) == [
        f'{PROJECT}:account: is "123456789012"; expected "210987654321", '
        "which Pulumi.dev.yaml of slipway has as slipway:account",
        'aws:region: is "us-west-2"; expected "eu-west-1", which Pulumi.dev.yaml of slipway has as aws:region',
    ]
    (tmp_path / "Pulumi.dev.yaml").write_text("config: [")
    (broken,) = problems("dev", {}, tmp_path)
    assert broken.startswith("Pulumi.dev.yaml: of slipway cannot be read: ")
