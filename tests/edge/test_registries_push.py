"""Images from where they were built to a real registry: archives of builders and engines, and what is no archive."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.edge.image_project import ImageProject, refused
from tests.edge.made_images import engine_archive, make_image
from tests.says import Says

pytestmark = pytest.mark.edge

COMMIT = "3f2c1ab9d0e4c5b6a798897a6b5c4d3e2f1a0b9c"
TAG = f"git-{COMMIT[:12]}"


def test_an_archive_keeps_its_digest_and_gets_the_tag_of_its_commit(images: ImageProject, tmp_path: Path) -> None:
    built = make_image(tmp_path / "built", seed=1, revision=COMMIT)
    done = images.ops("push", "frontend", str(built.archive(tmp_path / "built.tar")))
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{built.digest}\n"
    dev, repository = images.registries["dev"], images.repository("dev", "frontend")
    assert dev.tags(repository) == {TAG: built.digest}
    assert dev.missing_parts(repository, TAG) == []


def test_an_image_of_a_container_engine_has_the_same_digest_each_time(images: ImageProject, tmp_path: Path) -> None:
    """The engine's own form has no digest: regctl makes manifest and index."""
    built = make_image(tmp_path / "built", seed=1, revision=COMMIT)
    archive = engine_archive(tmp_path / "saved.tar", built, "frontend:latest")
    script = images.directory / "docker"
    script.write_text(f"#!/bin/sh\nexec cp '{archive}' \"$4\"\n")
    script.chmod(0o755)
    done = images.ops("push", "frontend", "frontend:latest")
    assert done.returncode == 0, done.stderr
    dev, repository = images.registries["dev"], images.repository("dev", "frontend")
    assert dev.tags(repository) == {TAG: done.stdout.strip()}
    assert dev.missing_parts(repository, TAG) == []
    assert images.ops("push", "frontend", "frontend:latest").stdout == done.stdout


@pytest.mark.parametrize("content", [b"", b"no archive"])
def test_a_file_that_is_no_archive(images: ImageProject, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file.tar").write_bytes(content)
    line = refused(images.ops("push", "frontend", str(tmp_path / "file.tar"), "--commit", "3f2c1ab"))
    assert line == Says(f"{tmp_path}/file.tar", "OCI archive", at="ops push")
