"""What is refused before anything is copied: one clear line each, and nothing changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.edge.image_project import ImageProject, refused
from tests.edge.made_images import MadeImage, make_image
from tests.says import Says

pytestmark = pytest.mark.edge

PROMOTE = ("promote", "--from", "staging", "--to", "prod")


@pytest.fixture
def frontend(tmp_path: Path, images: ImageProject) -> MadeImage:
    """A front end that staging runs."""
    made = make_image(tmp_path / "frontend", seed=1, platforms=("linux/amd64",))
    images.push("staging", "frontend", made)
    images.runs("staging", {"frontend": f"@{made.digest}"})
    return made


def nothing_changed(images: ImageProject) -> bool:
    tags = images.registries["prod"].tags(images.repository("prod", "frontend"))
    return tags == {} and images.changed_lines("prod") == []


def test_a_wrong_password_at_login_is_not_kept_and_not_shown(images: ImageProject) -> None:
    prod = images.registries["prod"]
    done = images.ops("login", prod.address, "--user", prod.user, given="not-the-password")
    assert refused(done) == Says(prod.address, "password", at="ops login")
    assert "not-the-password" not in done.stdout + done.stderr
    assert "not-the-password" not in (images.directory / "regctl.json").read_text()


@pytest.mark.usefixtures("frontend")
def test_a_password_that_no_longer_holds(images: ImageProject) -> None:
    kept = images.directory / "regctl.json"
    settings = json.loads(kept.read_text())
    settings["hosts"][images.registries["prod"].address]["pass"] = "of-last-year"
    kept.write_text(json.dumps(settings))
    line = refused(images.ops(*PROMOTE))
    assert line == Says("password", "python -m ops login", at="ops promote")
    assert "of-last-year" not in line
    assert nothing_changed(images)


def test_the_store_of_passwords_is_for_its_owner_alone(images: ImageProject) -> None:
    assert (images.directory / "regctl.json").stat().st_mode & 0o077 == 0


def test_a_registry_that_is_not_ecr_wants_a_user_and_a_password(images: ImageProject) -> None:
    address = images.registries["prod"].address
    assert refused(images.ops("login", address)) == Says(address, "--user")
    assert refused(images.ops("login", address, "--user", "me", given="\n")) == Says(address, "password", "empty")


def test_unknown_and_undeployed_services_are_told_at_once(images: ImageProject, frontend: MadeImage) -> None:
    running = {"frontend": f"{images.url('staging', 'frontend')}@{frontend.digest}"}
    waiting = {"users": "only its repositories exist; to deploy it, set slipway:images.users_backend"}
    images.export("staging", runningImages=running, notDeployed=waiting)
    line = refused(images.ops(*PROMOTE, "users", "front", "frontend"))
    assert line == Says("staging", "users", waiting["users"], "service front", "frontend, users", at="ops promote")
    assert nothing_changed(images)


@pytest.mark.usefixtures("frontend")
def test_a_target_without_the_repository(images: ImageProject) -> None:
    images.export("prod", registryUrls={"users_backend": images.url("prod", "users_backend")})
    named = refused(images.ops(*PROMOTE, "frontend"))
    assert named == Says("prod", "no repository", "frontend", "bring", at="ops promote")
    assert refused(images.ops(*PROMOTE)) == Says("staging", "nothing", "prod", "repository", at="ops promote")


@pytest.mark.usefixtures("frontend")
@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_a_stack_that_is_not_deployed(images: ImageProject, stack: str) -> None:
    images.export(stack, registryUrls=None, runningImages=None, notDeployed=None)
    assert refused(images.ops(*PROMOTE)) == Says(f"stack {stack}", "registryUrls", at="ops promote")


def test_stacks_that_there_are_not(images: ImageProject) -> None:
    unknown = refused(images.ops("promote", "--from", "staging", "--to", "production"))
    assert unknown == Says("production", "dev, prod, staging", at="ops promote")
    assert refused(images.ops("promote", "--from", "prod", "--to", "prod")) == Says("--from", "--to", "prod", "two")


@pytest.mark.usefixtures("frontend")
def test_a_digest_that_the_source_has_lost(images: ImageProject) -> None:
    images.runs("staging", {"frontend": "@sha256:" + "1" * 64})
    lost = f"{images.url('staging', 'frontend')}@sha256:{'1' * 64}"
    assert refused(images.ops(*PROMOTE)) == Says("registry", at=f"ops promote: {lost}")
    assert nothing_changed(images)


@pytest.mark.usefixtures("frontend")
def test_a_stack_file_with_uncommitted_changes(images: ImageProject) -> None:
    file = images.stack_file("prod")
    file.write_text(file.read_text() + "# mine\n")
    assert refused(images.ops(*PROMOTE)) == Says("Pulumi.prod.yaml", "commit", at="ops promote")
    assert images.changed_lines("prod") == ["+# mine"]
    assert images.registries["prod"].tags(images.repository("prod", "frontend")) == {}


@pytest.mark.usefixtures("frontend")
def test_a_registry_that_is_not_there(images: ImageProject) -> None:
    images.registries["prod"].kill()
    assert refused(images.ops(*PROMOTE)) == Says("reached", at="ops promote")
    assert images.changed_lines("prod") == []


def test_a_tag_that_stands_for_another_image(images: ImageProject, frontend: MadeImage, tmp_path: Path) -> None:
    other = make_image(tmp_path / "other", seed=2, platforms=("linux/amd64",))
    line = refused(images.ops("push", "frontend", str(other.directory), "--stack", "staging", "--commit", "3f2c1ab"))
    assert line == Says("/slipway-staging/frontend:git-3f2c1ab", frontend.digest, other.digest, at="ops push")
    tags = images.registries["staging"].tags(images.repository("staging", "frontend"))
    assert tags == {"git-3f2c1ab": frontend.digest}


def test_a_protected_stack_takes_images_by_promotion_only(images: ImageProject, frontend: MadeImage) -> None:
    line = refused(images.ops("push", "frontend", str(frontend.directory), "--stack", "prod", "--commit", "3f2c1ab"))
    assert line == Says("prod", "protected", "python -m ops promote", at="ops push")


def test_without_regctl_it_says_how_to_get_it(images: ImageProject) -> None:
    line = refused(images.ops(*PROMOTE, PATH="/usr/bin:/bin", XDG_CACHE_HOME=str(images.directory / "empty")))
    assert line == Says("regctl", "make image-tools", at="ops promote")
