"""The work copy of a stack file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from sandbox.refusal import Refusal
from sandbox.stack_files import Project, Vault, find_project, missing_ciphertexts, plan, write_work_copy
from tests.says import Says

pytestmark = pytest.mark.unit

PROJECT = """
name: shop
runtime: python
config:
  shop:databasePasswords: {default: {}}
  shop:token: {secret: true}
  shop:limits: {default: {small: 1, large: 2}}
"""
STACK = """
# why
encryptionsalt: v1:theirs
config:
  shop:services:
    users: {database: {kind: sidecar}}
    orders: {database: {kind: external}}
    frontend: {}
  shop:databasePasswords:
    orders: {secure: v1:theirs}
  shop:opening: 22:00
  shop:power: on
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    (tmp_path / "Pulumi.dev.yaml").write_text(STACK)
    return find_project(tmp_path)


def _written(project: Project, tmp_path: Path, *overlay: str) -> dict[str, Any]:
    planned = plan(project, "dev", overlay)
    vault = Vault(tmp_path / "vault", "v1:ours", {str(path): f"v1:{path}" for path in planned.secrets})
    write_work_copy(planned, vault, tmp_path / "copy.yaml")
    return YAML(typ="safe").load(tmp_path / "copy.yaml")


def test_a_password_is_supplied_for_each_service_with_a_database(project: Project) -> None:
    assert [str(path) for path in plan(project, "dev", []).secrets] == [
        "shop:databasePasswords.orders",
        "shop:token",
        "shop:databasePasswords.users",
    ]


def test_the_copy_has_the_sandboxs_salt_and_no_foreign_ciphertext(project: Project, tmp_path: Path) -> None:
    copy = _written(project, tmp_path)
    assert copy["encryptionsalt"] == "v1:ours"
    assert "theirs" not in (tmp_path / "copy.yaml").read_text()
    assert copy["config"]["shop:databasePasswords"] == {
        "orders": {"secure": "v1:shop:databasePasswords.orders"},
        "users": {"secure": "v1:shop:databasePasswords.users"},
    }
    assert copy["config"]["shop:token"] == {"secure": "v1:shop:token"}


def test_values_are_those_that_pulumi_reads(project: Project, tmp_path: Path) -> None:
    config = _written(project, tmp_path)["config"]
    assert (config["shop:opening"], config["shop:power"]) == ("22:00", "on")


def test_the_checkouts_file_is_not_touched(project: Project, tmp_path: Path) -> None:
    _written(project, tmp_path, "shop:opening=9")
    assert (tmp_path / "Pulumi.dev.yaml").read_text() == STACK


@pytest.mark.parametrize(
    ("overlay", "key", "value"),
    [
        ("shop:protect=false", "shop:protect", False),
        ("protect=false", "shop:protect", False),
        ("shop:name=", "shop:name", None),
        ("shop:list=[a, 0]", "shop:list", ["a", 0]),
        ("shop:when=22:00", "shop:when", "22:00"),
        ('shop:text="0"', "shop:text", "0"),
        ("shop:limits.large=5", "shop:limits", {"small": 1, "large": 5}),
        ("aws:tags.team=web=1", "aws:tags", {"team": "web=1"}),
    ],
)
def test_a_value_for_one_command(project: Project, tmp_path: Path, overlay: str, key: str, value: object) -> None:
    assert _written(project, tmp_path, overlay)["config"][key] == value


def test_a_value_deep_inside_leaves_the_rest(project: Project, tmp_path: Path) -> None:
    services = _written(project, tmp_path, "shop:services.frontend.replicas=0")["config"]["shop:services"]
    assert services["frontend"] == {"replicas": 0}
    assert services["users"] == {"database": {"kind": "sidecar"}}


def test_a_given_password_replaces_the_throw_away_one(project: Project) -> None:
    planned = plan(project, "dev", ["shop:databasePasswords.orders=mine"])
    assert "shop:databasePasswords.orders" not in {str(path) for path in planned.secrets}


def test_a_database_server_gets_a_throw_away_password_for_its_administrator(project: Project) -> None:
    path = "shop:database.administrator.password"
    assert path not in {str(each) for each in plan(project, "dev", []).secrets}
    assert path in {str(each) for each in plan(project, "dev", ["shop:database={storageGiB: 20}"]).secrets}
    given = plan(project, "dev", ["shop:database={administrator: {password: mine}}"])
    assert path not in {str(each) for each in given.secrets}


@pytest.mark.parametrize(
    "overlay",
    ["nonsense", "=1", "shop:=1", "shop:[0]=1", "shop:a..b=1", "shop:a=[", "shop:opening.hour=1", "shop:services[0]=1"],
)
def test_an_overlay_that_makes_no_sense_is_refused(project: Project, overlay: str) -> None:
    with pytest.raises(Refusal, match=f"^--set {re.escape(overlay.partition('=')[0])}"):
        plan(project, "dev", [overlay])


def test_a_stack_without_a_file_is_refused_with_those_there_are(project: Project) -> None:
    with pytest.raises(Refusal, match=r"Pulumi\.prod\.yaml .*dev"):
        plan(project, "prod", [])


def test_only_new_secrets_are_missing(project: Project, tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault.json", "salt", {"shop:token": "v1:x", "shop:databasePasswords.orders": "v1:y"})
    assert missing_ciphertexts(plan(project, "dev", []), vault) == ["shop:databasePasswords.users"]


def test_a_vault_is_read_as_it_was_written(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "deep" / "vault.json", "salt", {"a": "b"})
    vault.save()
    assert Vault.load(vault.file) == vault


def test_a_directory_without_a_project_is_refused() -> None:
    with pytest.raises(Refusal, match=r"Pulumi\.yaml.* /( |$)"):
        find_project(Path("/"))


def test_a_broken_file_is_named_with_the_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: [")
    with pytest.raises(Refusal) as refused:
        find_project(tmp_path)
    assert Says("line 1", "column 8", at=f"{tmp_path}/Pulumi.yaml") == str(refused.value)
