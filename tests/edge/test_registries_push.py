"""Images from where they were built to a stack's repository: engine, archive, layout, registry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.edge.image_project import ImageProject, refused
from tests.edge.made_images import MadeImage, engine_archive, make_image
from tests.says import Says

pytestmark = pytest.mark.edge

COMMIT = "3f2c1ab9d0e4c5b6a798897a6b5c4d3e2f1a0b9c"
TAG = f"git-{COMMIT[:12]}"


@pytest.fixture
def built(tmp_path: Path) -> MadeImage:
    """An image whose label says what it was built from."""
    return make_image(tmp_path / "built", seed=1, revision=COMMIT)


def engine(images: ImageProject, archive: Path) -> Path:
    """A container engine that has one image, `frontend:latest`; gives back what it is asked."""
    asked = images.directory / "asked"
    script = images.directory / "docker"
    script.write_text(
        f"""#!/bin/sh
echo "$*" >>'{asked}'
case "$*" in
"image save --output "*" frontend:latest") cp '{archive}' "$4" ;;
login*) cat >>'{asked}' ;;
*) echo "Error response from daemon: reference does not exist" >&2; exit 1 ;;
esac
"""
    )
    script.chmod(0o755)
    return asked


def test_an_archive_keeps_its_digest_and_gets_the_tag_of_its_commit(
    images: ImageProject, built: MadeImage, tmp_path: Path
) -> None:
    done = images.ops("push", "frontend", str(built.archive(tmp_path / "built.tar")))
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{built.digest}\n"
    dev, repository = images.registries["dev"], images.repository("dev", "frontend")
    assert dev.tags(repository) == {TAG: built.digest}
    assert dev.missing_parts(repository, TAG) == []
    assert images.changed_lines("dev") == []


def test_the_same_again_is_there_already(images: ImageProject, built: MadeImage) -> None:
    assert images.ops("push", "frontend", str(built.directory)).returncode == 0
    again = images.ops("push", "frontend", str(built.directory))
    assert (again.returncode, again.stdout) == (0, f"{built.digest}\n")
    assert again.stderr.splitlines() == [Says(f"{images.url('dev', 'frontend')}:{TAG}", "already")]


def test_its_digest_can_be_written_into_the_stack_file(images: ImageProject, built: MadeImage) -> None:
    file = images.stack_file("dev")
    file.write_text(file.read_text().replace(f'digest: "sha256:{"0" * 64}"}} #', "tag: git-0000000} #"))
    images.commit()
    assert images.ops("push", "frontend", str(built.directory), "--write").returncode == 0
    assert images.changed_lines("dev") == [
        "-    frontend: {tag: git-0000000} # the front end",
        f'+    frontend: {{digest: "{built.digest}"}} # the front end',
    ]


def test_an_image_of_a_container_engine(images: ImageProject, built: MadeImage, tmp_path: Path) -> None:
    asked = engine(images, engine_archive(tmp_path / "saved.tar", built, "frontend:latest"))
    done = images.ops("push", "frontend", "frontend:latest")
    assert done.returncode == 0, done.stderr
    dev, repository = images.registries["dev"], images.repository("dev", "frontend")
    assert dev.tags(repository) == {TAG: done.stdout.strip()}
    assert dev.missing_parts(repository, TAG) == []
    saved_to = Path(asked.read_text().split()[3])
    assert not saved_to.parent.exists()
    assert images.ops("push", "frontend", "frontend:latest").stdout == done.stdout


def test_an_image_that_the_engine_has_not(images: ImageProject, tmp_path: Path) -> None:
    engine(images, tmp_path / "none")
    line = refused(images.ops("push", "frontend", "frontend:old"))
    assert line == Says("docker", "frontend:old", "Error response from daemon", at="ops push")


def test_an_image_of_another_registry(images: ImageProject, built: MadeImage) -> None:
    elsewhere = f"{images.registries['prod'].address}/built/frontend"
    images.regctl("image", "copy", f"ocidir://{built.directory}@{built.digest}", f"{elsewhere}:v1")
    done = images.ops("push", "frontend", f"{elsewhere}:v1")
    assert (done.returncode, done.stdout) == (0, f"{built.digest}\n")
    assert images.registries["dev"].tags(images.repository("dev", "frontend")) == {TAG: built.digest}
    missing = f"{elsewhere}:v2"
    assert refused(images.ops("push", "frontend", missing)) == Says("no such image", at=f"ops push: {missing}")


def test_a_service_stands_for_its_image(images: ImageProject, built: MadeImage) -> None:
    assert images.ops("push", "users", str(built.directory)).returncode == 0
    assert images.registries["dev"].tags(images.repository("dev", "users_backend")) == {TAG: built.digest}


def test_an_image_that_no_stack_has_a_repository_for(images: ImageProject, built: MadeImage) -> None:
    line = refused(images.ops("push", "shop", str(built.directory)))
    assert line == Says("stack dev", "repository", "shop", "frontend, users_backend", at="ops push")


def test_a_commit_must_be_known_and_be_one(images: ImageProject, tmp_path: Path) -> None:
    made = str(make_image(tmp_path / "made", seed=2).directory)
    label = "org.opencontainers.image.revision"
    assert refused(images.ops("push", "frontend", made)) == Says(made, "--commit", label, at="ops push")
    other = refused(images.ops("push", "frontend", made, "--commit", "main"))
    assert other == Says("--commit", "'main'", "7", "hexadecimal", at="ops push")


def test_of_a_layout_with_several_images_one_is_named(images: ImageProject, built: MadeImage) -> None:
    index = built.directory / "index.json"
    content = json.loads(index.read_text())
    (entry,) = content["manifests"]
    name = "org.opencontainers.image.ref.name"
    content["manifests"] = [{**entry, "annotations": {name: each}} for each in ("one", "two")]
    index.write_text(json.dumps(content))
    line = refused(images.ops("push", "frontend", str(built.directory)))
    assert line == Says(str(built.directory), "2 images", "--name: one, two", at="ops push")
    assert images.ops("push", "frontend", str(built.directory), "--name", "two").stdout == f"{built.digest}\n"


@pytest.mark.parametrize("content", [b"", b"no archive"])
def test_a_file_that_is_no_archive(images: ImageProject, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file.tar").write_bytes(content)
    line = refused(images.ops("push", "frontend", str(tmp_path / "file.tar"), "--commit", "3f2c1ab"))
    assert line == Says(f"{tmp_path}/file.tar", "OCI archive", at="ops push")


def test_a_directory_that_is_no_layout(images: ImageProject, tmp_path: Path) -> None:
    assert refused(images.ops("push", "frontend", str(tmp_path))) == Says(str(tmp_path), "OCI layout", "index.json")


def test_login_gives_an_engine_the_password_on_its_standard_input(images: ImageProject, tmp_path: Path) -> None:
    asked = engine(images, tmp_path / "none")
    dev = images.registries["dev"]
    done = images.ops("login", dev.address, "--user", dev.user, "--engine", "docker", given=f"{dev.password}\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [Says(dev.address, dev.user)]
    assert asked.read_text() == f"login --username {dev.user} --password-stdin {dev.address}\n{dev.password}"
