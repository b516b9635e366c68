"""`pulumi new` with this repository makes a development stack that the program takes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from infra.stack_file import parse_settings
from sandbox.toolchain import find_pulumi
from tests.stack_values import ROOT, as_values

pytestmark = pytest.mark.engine


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """The repository as somebody else would get it: what git tracks, and nothing that lies about."""
    target = tmp_path / "template"
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in tracked.splitlines():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target / name)
    return target


def test_pulumi_new_asks_and_makes_a_dev_stack(template: Path, tmp_path: Path) -> None:
    pulumi = find_pulumi()
    assert pulumi is not None
    project, state = tmp_path / "project", tmp_path / "state"
    for directory in (project, state):
        directory.mkdir()
    answers = {"slipway:account": "111122223333", "slipway:domain": "dev.shop.example", "aws:region": "eu-central-1"}
    words = [word for key, value in answers.items() for word in ("--config", f"{key}={value}")]
    done = subprocess.run(
        [str(pulumi), "new", str(template), "--dir", str(project), "--stack", "dev", "--yes", *words],
        env={
            **os.environ,
            "PULUMI_BACKEND_URL": f"file://{state}",
            "PULUMI_HOME": str(tmp_path / "home"),
            "PULUMI_CONFIG_PASSPHRASE": "x",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "SLIPWAY_PYTHON": sys.executable,
            "SLIPWAY_LANGUAGE_HOST": str(ROOT / "sandbox" / "language_host.py"),
        },
        cwd=project,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr

    declared = yaml.safe_load((project / "Pulumi.yaml").read_text())
    assert declared["name"] == "slipway"
    defaults = {key: entry["default"] for key, entry in declared["config"].items() if "default" in entry}
    made = {**defaults, **yaml.safe_load((project / "Pulumi.dev.yaml").read_text())["config"]}
    made["slipway:databasePasswords"] = {"thoughts": "a", "users": "b"}
    settings = parse_settings("slipway", "dev", as_values(made))
    assert settings.deploy_role_arn == "arn:aws:iam::111122223333:role/slipway-dev-deploy"
    assert settings.services["frontend"].hosts == ("frontend.dev.shop.example",)
    assert settings.network.availability_zones == ("eu-central-1a", "eu-central-1b", "eu-central-1c")


def test_the_template_asks_for_account_domain_and_region() -> None:
    asked = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["template"]["config"]
    assert asked.keys() == {"slipway:account", "slipway:domain", "aws:region"}
    assert all(entry["description"] for entry in asked.values()), json.dumps(asked)
