"""Images on their way from one real registry to another: all of each, once, under a tag that stays."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.edge.image_project import ImageProject
from tests.edge.made_images import MadeImage, make_image
from tests.says import Says

pytestmark = pytest.mark.edge

PROMOTE = ("promote", "--from", "staging", "--to", "prod")


def today(number: int) -> str:
    return f"promoted-{datetime.now(UTC).date().isoformat()}-{number}"


@pytest.fixture
def frontend(tmp_path: Path, images: ImageProject) -> MadeImage:
    """A front end that staging runs."""
    made = make_image(tmp_path / "frontend", seed=1)
    images.push("staging", "frontend", made)
    images.runs("staging", {"frontend": f"@{made.digest}"})
    return made


@pytest.fixture
def users(tmp_path: Path, images: ImageProject, frontend: MadeImage) -> MadeImage:
    """A back end that staging runs beside it."""
    made = make_image(tmp_path / "users", seed=2)
    images.push("staging", "users", made)
    images.runs("staging", {"frontend": f"@{frontend.digest}", "users": f"@{made.digest}"})
    return made


def test_what_staging_runs_comes_to_prod_whole_and_into_its_stack_file(
    images: ImageProject, frontend: MadeImage, users: MadeImage
) -> None:
    done = images.ops(*PROMOTE)
    assert done.returncode == 0, done.stderr
    prod = images.registries["prod"]
    for image, made in (("frontend", frontend), ("users_backend", users)):
        repository = images.repository("prod", image)
        assert prod.tags(repository) == {today(1): made.digest}
        assert prod.missing_parts(repository, today(1)) == []
        index = json.loads(prod.get(f"{repository}/manifests/{today(1)}")[2])
        kinds = [entry.get("annotations", {}).get("vnd.docker.reference.type") for entry in index["manifests"]]
        assert kinds == [None, "attestation-manifest", None, "attestation-manifest"]
    zeros = "sha256:" + "0" * 64
    assert images.changed_lines("prod") == [
        f'-    frontend: {{digest: "{zeros}"}} # the front end',
        f'-    users_backend: {{digest: "{zeros}"}}',
        f'+    frontend: {{digest: "{frontend.digest}"}} # the front end',
        f'+    users_backend: {{digest: "{users.digest}"}}',
    ]
    assert images.changed_lines("staging") == []


def test_the_same_again_changes_nothing(images: ImageProject, frontend: MadeImage) -> None:
    assert images.ops(*PROMOTE).returncode == 0
    prod, repository = images.registries["prod"], images.repository("prod", "frontend")
    text = images.stack_file("prod").read_text()
    again = images.ops(*PROMOTE)
    assert again.returncode == 0, again.stderr
    assert Says("prod", "already", "nothing") in again.stdout.splitlines()
    assert prod.tags(repository) == {today(1): frontend.digest}
    assert images.stack_file("prod").read_text() == text


def test_the_number_of_a_day_counts_up_and_an_image_keeps_its_first_tag(
    images: ImageProject, frontend: MadeImage, tmp_path: Path
) -> None:
    assert images.ops(*PROMOTE).returncode == 0
    second = make_image(tmp_path / "second", seed=3)
    images.push("staging", "frontend", second, "aaaaaaa")
    for digest in (second.digest, frontend.digest):
        images.commit()
        images.runs("staging", {"frontend": f"@{digest}"})
        assert images.ops(*PROMOTE).returncode == 0
    tags = images.registries["prod"].tags(images.repository("prod", "frontend"))
    assert tags == {today(1): frontend.digest, today(2): second.digest}
    assert frontend.digest in images.stack_file("prod").read_text()


def test_only_the_services_that_are_named_go(images: ImageProject, frontend: MadeImage, users: MadeImage) -> None:
    assert images.ops(*PROMOTE, "users").returncode == 0
    prod = images.registries["prod"]
    assert prod.tags(images.repository("prod", "users_backend")) == {today(1): users.digest}
    assert prod.tags(images.repository("prod", "frontend")) == {}
    assert frontend.digest not in images.stack_file("prod").read_text()


def test_a_tag_that_dev_runs_is_followed_to_its_digest(images: ImageProject, tmp_path: Path) -> None:
    made = make_image(tmp_path / "frontend", seed=4)
    images.push("dev", "frontend", made, "abcdef0")
    images.runs("dev", {"frontend": ":git-abcdef0"})
    assert images.ops("promote", "--from", "dev", "--to", "staging").returncode == 0
    assert images.registries["staging"].tags(images.repository("staging", "frontend")) == {today(1): made.digest}
    assert images.changed_lines("staging")[1] == f'+    frontend: {{digest: "{made.digest}"}} # the front end'


def test_signatures_and_what_refers_to_an_image_go_with_it(images: ImageProject, frontend: MadeImage) -> None:
    source = f"{images.url('staging', 'frontend')}@{frontend.digest}"
    images.regctl("artifact", "put", "--artifact-type", "application/spdx+json", "--subject", source, given="{}")
    cosign = frontend.digest.replace(":", "-") + ".sig"  # where cosign keeps a signature
    signature = f"{images.url('staging', 'frontend')}:{cosign}"
    images.regctl("artifact", "put", "--artifact-type", "application/vnd.dev.cosign", signature, given="{}")

    assert images.ops(*PROMOTE).returncode == 0
    target = f"{images.url('prod', 'frontend')}@{frontend.digest}"
    listed = json.loads(images.regctl("artifact", "list", target, "--format", "body"))
    assert [each["artifactType"] for each in listed["manifests"]] == ["application/spdx+json"]
    repository = images.repository("prod", "frontend")
    tags = images.registries["prod"].tags(repository)
    assert tags[cosign] == images.registries["staging"].tags(images.repository("staging", "frontend"))[cosign]
    assert images.registries["prod"].missing_parts(repository, cosign) == []


def test_a_dry_run_shows_all_and_changes_nothing(images: ImageProject, frontend: MadeImage) -> None:
    done = images.ops(*PROMOTE, "--dry-run", COLUMNS="200")
    assert done.returncode == 0, done.stderr
    row = next(line for line in done.stdout.splitlines() if "frontend" in line)
    assert frontend.digest[7:19] in row
    assert row == Says("linux/amd64, linux/arm64; 2 attestations", "to copy, to tag", "was 000000000000")
    assert images.registries["prod"].tags(images.repository("prod", "frontend")) == {}
    assert images.changed_lines("prod") == []


def test_an_image_of_a_gibibyte_arrives(images: ImageProject, tmp_path: Path) -> None:
    platforms = ("linux/amd64",)
    large = make_image(tmp_path / "large", seed=5, layer_bytes=1 << 28, layers=4, platforms=platforms)
    images.push("staging", "frontend", large)
    images.runs("staging", {"frontend": f"@{large.digest}"})
    done = images.ops(*PROMOTE)
    assert done.returncode == 0, done.stderr
    assert Says("1.07 GB", at="frontend (1 of 1)") in done.stderr.splitlines()
    assert images.registries["prod"].missing_parts(images.repository("prod", "frontend"), today(1)) == []


def test_images_shows_each_service_by_environment(images: ImageProject, frontend: MadeImage) -> None:
    assert images.ops(*PROMOTE).returncode == 0
    images.runs("prod", {"frontend": "@" + frontend.digest})
    done = images.ops("images", "--json", "--stack", "staging", "--stack", "prod")
    assert done.returncode == 0, done.stderr
    rows = {(row["image"], row["stack"]): row for row in json.loads(done.stdout)}
    staging, prod = rows["frontend", "staging"], rows["frontend", "prod"]
    assert staging["digest"] == prod["digest"] == frontend.digest
    assert (staging["tags"], staging["promoted"]) == (["git-3f2c1ab"], None)
    assert (prod["tags"], prod["promoted"]) == ([today(1)], today(1))
    assert staging["drift"] == Says("stack file", "000000000000")
    assert prod["drift"] == ""
    assert staging["since"] == "2026-11-01T10:00:00Z"
    assert rows["users_backend", "prod"]["drift"] == Says("stack file", "000000000000", "nothing")


def test_images_says_which_stack_does_not_answer_and_shows_the_others(
    images: ImageProject, frontend: MadeImage
) -> None:
    images.export("prod", registryUrls=None)
    done = images.ops("images", COLUMNS="200")
    assert done.returncode == 1
    assert Says("stack prod", "registryUrls", at="ops images") in done.stderr.splitlines()
    row = next(line for line in done.stdout.splitlines() if frontend.digest[7:19] in line)
    assert "git-3f2c1ab" in row
