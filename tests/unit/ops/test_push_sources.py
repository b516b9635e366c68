"""Where a pushed image comes from: a layout, an archive, a container engine, another registry."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.says import Says
from tests.unit.ops.image_stacks import ImageStacks
from tests.unit.ops.registry_in_memory import Image, make_image

pytestmark = pytest.mark.unit

COMMIT = "3f2c1ab9d0e4c5b6a798897a6b5c4d3e2f1a0b9c"
BUILT = make_image("built", label=COMMIT)
PUSH = ("push", "frontend")
Capsys = pytest.CaptureFixture[str]


def engine(images: ImageStacks, name: str, image: Image = BUILT) -> Path:
    """A container engine that has `frontend:latest`; gives back what it is asked."""
    asked = images.directory / "asked"
    archive = images.registries.archive(images.directory / "saved.json", any=image)
    images.script(
        name,
        f"""echo "$*" >>'{asked}'
for word in "$@"; do last=$word; done
if [ "$last" = frontend:latest ]; then
  while [ "$1" != --output ]; do shift; done
  exec cp '{archive}' "$2"
fi
printf 'Error response:\\n  no such reference\\n' >&2; exit 1""",
    )
    return asked


def test_of_a_layout_with_several_images_one_is_named(images: ImageStacks, capsys: Capsys) -> None:
    source = images.layout(BUILT, "two", None, "one")
    images.pushed(capsys, BUILT, *PUSH, source, "--name", "two")
    for words in ((), ("--name", "three")):
        refused = images.ops(capsys, *PUSH, source, *words).refusal
        assert refused == Says(source, "3 images", "--name", "one, two", at="ops push")


@pytest.mark.parametrize(("names", "shown"), [((None,), "1 images"), ((None, None), "2 images")])
def test_a_name_that_a_layout_does_not_have(
    images: ImageStacks, capsys: Capsys, names: tuple[str | None, ...], shown: str
) -> None:
    refused = images.ops(capsys, *PUSH, images.layout(BUILT, *names), "--name", "one").refusal
    assert refused == Says(shown, "none is named", at="ops push")


@pytest.mark.parametrize("index", [None, "no json", "{}", "[]"])
def test_a_directory_that_is_no_layout(images: ImageStacks, capsys: Capsys, index: str | None) -> None:
    source = Path(images.layout(BUILT))
    (source / "index.json").unlink()
    if index is not None:
        (source / "index.json").write_text(index)
    assert images.ops(capsys, *PUSH, str(source)).refusal == Says(str(source), "index.json", at="ops push")


def test_an_archive_is_unpacked_for_as_long_as_it_is_needed(images: ImageStacks, capsys: Capsys) -> None:
    other = make_image("other", label=COMMIT)
    archive = images.registries.archive(images.directory / "built.tar", one=other, two=BUILT)
    images.pushed(capsys, BUILT, *PUSH, str(archive), "--name", "two")
    unpacked, copied, _ = images.registries.changed
    layout_ = unpacked.split()[2].removeprefix("ocidir://").removesuffix(":image")
    assert unpacked == f"image import ocidir://{layout_}:image {archive} --name two"
    assert copied.split()[-2] == f"ocidir://{layout_}@{BUILT.digest}"
    assert (Path(layout_).parent.exists(), archive.exists()) == (False, True)


def test_an_archive_that_gives_no_image(images: ImageStacks, capsys: Capsys) -> None:
    for file in (images.registries.archive(images.directory / "empty.tar"), images.file("no.tar", "no archive")):
        assert images.ops(capsys, *PUSH, str(file)).refusal == Says(str(file), "an OCI archive", at="ops push")
    archive = images.registries.archive(images.directory / "built.tar", one=BUILT)
    images.registries.fails("image digest ocidir://", "not found")
    assert images.ops(capsys, *PUSH, str(archive)).refusal == Says(str(archive), "no image", at="ops push")


@pytest.mark.parametrize(
    ("engines", "words"),
    [
        (("docker",), "image save --output {} frontend:latest"),
        (("podman",), "image save --format oci-archive --output {} frontend:latest"),
        (("podman", "docker"), "image save --output {} frontend:latest"),
    ],
)
def test_an_engine_saves_its_image_to_a_file_that_is_gone_afterwards(
    images: ImageStacks, capsys: Capsys, engines: tuple[str, ...], words: str
) -> None:
    for name in engines:
        asked = engine(images, name)
    images.pushed(capsys, BUILT, *PUSH, "frontend:latest")
    saved_to = asked.read_text().split()[-2]
    assert asked.read_text() == f"{words.format(saved_to)}\n"
    assert images.registries.changed[0].split()[3] == saved_to
    assert not Path(saved_to).parent.exists()


def test_an_image_that_the_engine_has_not(images: ImageStacks, capsys: Capsys) -> None:
    engine(images, "podman")
    refused = images.ops(capsys, *PUSH, "frontend:old").refusal
    assert refused == "ops push: podman does not give frontend:old: Error response: no such reference"


def test_without_any_engine(images: ImageStacks, capsys: Capsys) -> None:
    refused = images.ops(capsys, *PUSH, "frontend:latest").refusal
    assert refused == Says("frontend:latest", "docker, podman", at="ops push")


@pytest.mark.parametrize(
    ("end", "tags", "with_tags"), [(":v1", ["v1"], " --digest-tags"), (f"@{BUILT.digest}", [], "")]
)
def test_an_image_of_another_registry_comes_with_its_signatures(
    images: ImageStacks, capsys: Capsys, end: str, tags: list[str], with_tags: str
) -> None:
    """Cosign's are tags: a repository without any has none."""
    images.registries.put("build.example.com/frontend", BUILT, *tags)
    images.pushed(capsys, BUILT, *PUSH, f"build.example.com/frontend{end}")
    assert images.copies()[0] == (
        f"image copy --force-recursive --referrers{with_tags} "
        f"build.example.com/frontend@{BUILT.digest} {images.url('dev', 'frontend')}@{BUILT.digest}"
    )
    missing = images.ops(capsys, *PUSH, "build.example.com/frontend:v2").refusal
    assert missing == "ops push: build.example.com/frontend:v2: there is no such image"


def test_what_a_source_is_can_be_said(images: ImageStacks, capsys: Capsys) -> None:
    """An engine's image may have a name like a registry's, and a file one like an image's."""
    asked = engine(images, "docker")
    images.file("frontend:latest", "something else")
    images.pushed(capsys, BUILT, *PUSH, "frontend:latest", "--from", "engine")
    assert len(asked.read_text().splitlines()) == 1
    refused = images.ops(capsys, *PUSH, "frontend:latest", "--from", "registry").refusal
    assert refused == Says("'frontend:latest'", "no image of a registry", at="ops push")
