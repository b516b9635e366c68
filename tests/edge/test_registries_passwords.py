"""What a real registry says to a wrong password, and where regctl keeps a right one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.edge.image_project import ImageProject, refused
from tests.edge.made_images import make_image
from tests.says import Says

pytestmark = pytest.mark.edge


def test_what_is_kept_is_for_its_owner_alone_and_no_wrong_password(images: ImageProject) -> None:
    kept, prod = images.directory / "regctl.json", images.registries["prod"]
    assert kept.stat().st_mode & 0o077 == 0
    done = images.ops("login", prod.address, "--user", prod.user, given="not-the-password")
    assert refused(done) == Says(prod.address, "password", at="ops login")
    assert "not-the-password" not in done.stdout + done.stderr + kept.read_text()


def test_a_password_that_no_longer_holds_and_a_registry_that_is_gone(images: ImageProject, tmp_path: Path) -> None:
    kept, prod = images.directory / "regctl.json", images.registries["prod"]
    made = make_image(tmp_path / "frontend", seed=1, platforms=("linux/amd64",))
    images.push("staging", "frontend", made)
    images.runs("staging", {"frontend": f"@{made.digest}"})
    settings = json.loads(kept.read_text())
    settings["hosts"][prod.address]["pass"] = "of-last-year"
    kept.write_text(json.dumps(settings))
    line = refused(images.ops("promote", "--from", "staging", "--to", "prod"))
    assert line == Says("password", "python -m ops login", at="ops promote")
    assert "of-last-year" not in line
    prod.kill()
    line = refused(images.ops("promote", "--from", "staging", "--to", "prod"))
    assert line == Says("reached", at="ops promote")
