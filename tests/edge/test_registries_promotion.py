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


def test_what_staging_runs_comes_to_prod_whole_and_once(
    images: ImageProject, frontend: MadeImage, tmp_path: Path
) -> None:
    users = make_image(tmp_path / "users", seed=2)
    images.push("staging", "users", users)
    images.runs("staging", {"frontend": f"@{frontend.digest}", "users": f"@{users.digest}"})
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
        assert f'{image}: {{digest: "{made.digest}"}}' in images.stack_file("prod").read_text()
    again = images.ops(*PROMOTE)
    assert again.returncode == 0, again.stderr
    assert Says("prod", "already", "nothing") in again.stdout.splitlines()


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


def test_an_image_of_a_gibibyte_arrives(images: ImageProject, tmp_path: Path) -> None:
    platforms = ("linux/amd64",)
    large = make_image(tmp_path / "large", seed=5, layer_bytes=1 << 28, layers=4, platforms=platforms)
    images.push("staging", "frontend", large)
    images.runs("staging", {"frontend": f"@{large.digest}"})
    done = images.ops(*PROMOTE)
    assert done.returncode == 0, done.stderr
    assert Says("1.07 GB", at="frontend (1 of 1)") in done.stderr.splitlines()
    assert images.registries["prod"].missing_parts(images.repository("prod", "frontend"), today(1)) == []
