"""Bootstrap's stack files are checked like the program's: every problem at once, with its path and what is allowed."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bootstrap.settings import AccountSettings, EnvironmentSettings, GithubSettings, PromotionSource, is_account
from bootstrap.stack_file import parse_settings
from infra.problems import SettingsError
from tests.says import Says
from tests.stack_values import ROOT, as_values
from tests.stack_values import stack_config as program_config
from tests.unit.bootstrap.bootstrapped import PROJECT, STACKS, stack_config

pytestmark = pytest.mark.unit

ROLE = "arn:aws:iam::123456789012:role/platform-team"


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
    ("stack", "key", "value", "place", "facts"),
    [
        ("dev", "account", None, "account", ["required", "twelve"]),
        ("dev", "account", "1234", "account", ['"1234"', "twelve"]),
        ("dev", "deployers", [], "deployers", ["required", "1", ROLE]),
        ("dev", "deployers", "me", "deployers", ['"me"', "1", ROLE]),
        ("dev", "tags", {"team": "a"}, "tags.owner", ["required"]),
        ("dev", "tags", {"owner": "a", "stack": "b"}, "tags.stack", ["program", "other"]),
        ("dev", "github", {"repository": "shop"}, "github.repository", ['"shop"', "example/shop"]),
        ("dev", "github", {"repository": "a/*"}, "github.repository", ['"a/*"', "example@1234/shop@5678"]),
        ("dev", "github", {"repository": "a/b", "repo": "a/b"}, "github.repo", ["imageRepositories, repository"]),
        ("dev", "githubProvider", True, "githubProvider", ["account's"]),
        ("dev", "domains", "x", "domains", ["account, deployers, domain, github, promotesFrom, readers, tags"]),
        ("prod", "promotesFrom", {"environment": "a-b"}, "promotesFrom.environment", ['"a-b"', "19"]),
        ("prod", "promotesFrom", {"environment": "prod"}, "promotesFrom.environment", ["prod", "before"]),
        ("account", "domain", "dev.example.com", "domain", ["environment's"]),
        ("account", "githubProvider", "yes", "githubProvider", ['"yes"', "true", "false"]),
        ("account", "githubProvider", None, "githubProvider", ["required", "true", "false"]),
    ],
)
def test_one_mistake_is_told_once(stack: str, key: str, value: Any, place: str, facts: list[str]) -> None:
    assert problems(stack, {f"{PROJECT}:{key}": value}) == [Says(*facts, at=f"{PROJECT}:{place}")]


def test_an_environment_may_go_without_github() -> None:
    assert problems("dev", {f"{PROJECT}:github": {}}) == []


def test_an_environment_whose_name_would_reach_into_anothers() -> None:
    values = as_values(stack_config("dev"))
    with pytest.raises(SettingsError) as told:
        parse_settings(PROJECT, "dev-eu", values, ROOT)
    assert [str(each) for each in told.value.problems] == [Says('"dev-eu"', "19", at="stack name")]


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
        Says('"123456789012"', '"210987654321"', "Pulumi.dev.yaml", "slipway:account", at=f"{PROJECT}:account"),
        Says('"us-west-2"', '"eu-west-1"', "Pulumi.dev.yaml", at="aws:region"),
    ]
    (tmp_path / "Pulumi.dev.yaml").write_text("config: [")
    assert problems("dev", {}, tmp_path) == [Says("slipway", "read", at="Pulumi.dev.yaml")]
