"""A promotion that ends half-way: what is not whole gets no tag, the stack's file stays, and the next run goes on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.says import Says
from tests.unit.ops.image_stacks import TODAY, Done, ImageStacks
from tests.unit.ops.registry_in_memory import LAYER_BYTES, blob, make_image

pytestmark = pytest.mark.unit

PROMOTE = ("promote", "--from", "staging", "--to", "prod")
FRONTEND, USERS = make_image("frontend"), make_image("users")
Capsys = pytest.CaptureFixture[str]


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ImageStacks:
    """Staging runs two services."""
    made = ImageStacks(tmp_path, monkeypatch)
    made.has("staging", "frontend", FRONTEND, "git-3f2c1ab")
    made.has("staging", "users", USERS, "git-3f2c1ab")
    made.runs("staging", frontend=FRONTEND, users=USERS)
    return made


def failed(images: ImageStacks, done: Done) -> str:
    """Why; it is told last, with what to do, and the stack's file is as it was."""
    assert done.code == 1
    reason, remedy = done.err.splitlines()[-2:]
    assert remedy == Says("Pulumi.prod.yaml", "run the same again", at="ops promote")
    assert images.written("prod") == []
    return reason


def test_a_copy_that_fails_leaves_the_first_image_and_writes_nothing(images: ImageStacks, capsys: Capsys) -> None:
    users = f"{images.url('prod', 'users_backend')}@{USERS.digest}"
    images.registries.fails(f"@{USERS.digest} {users}", "write: no space left on device")
    reason = failed(images, images.ops(capsys, *PROMOTE))
    assert reason == Says(f"copying to {users}", "a disk is full", "(write: no space left on device)", at="ops promote")
    assert "Elapsed" not in reason
    assert images.tags("prod", "frontend") == {f"{TODAY}-1": FRONTEND.digest}
    assert images.tags("prod", "users") == {}

    images.registries.works_again()
    images.registries.changed.clear()
    again = images.ops(capsys, *PROMOTE)
    assert again.code == 0
    assert [words.split()[-1] for words in images.registries.changed] == [
        users,
        f"{images.url('prod', 'users_backend')}:{TODAY}-1",
    ]
    assert "users_backend (1 of 1): copying 4.0 MB" in again.err.splitlines()
    assert len(images.written("prod")) == 2


ENTRIES = FRONTEND.manifests[FRONTEND.digest]["manifests"]


@pytest.mark.parametrize(
    ("digest", "altered"),
    [
        (FRONTEND.platforms["linux/arm64"], {"layers": [blob("altered", LAYER_BYTES + 1)]}),
        (FRONTEND.digest, {"manifests": [each for each in ENTRIES if "platform" in each]}),  # nothing is attested
        (FRONTEND.digest, {"manifests": ENTRIES[2:]}),  # a platform less
        (FRONTEND.digest, {"annotations": {"org.opencontainers.image.revision": "0000000"}}),
    ],
)
def test_what_arrives_as_something_else_is_neither_tagged_nor_written(
    images: ImageStacks, capsys: Capsys, digest: str, altered: Mapping[str, Any]
) -> None:
    images.registries.alters[digest] = {**FRONTEND.manifests[digest], **altered}
    reason = failed(images, images.ops(capsys, *PROMOTE))
    assert reason == Says(f"{images.url('prod', 'frontend')}@{FRONTEND.digest}", "it gets no tag", at="ops promote")
    assert images.tags("prod", "frontend") == {}
    assert [words for words in images.registries.changed if "users_backend" in words] == []


def test_a_part_that_did_not_arrive_is_told(images: ImageStacks, capsys: Capsys) -> None:
    part = f"{images.url('prod', 'frontend')}@{FRONTEND.platforms['linux/arm64']}"
    images.registries.fails(f"manifest get {part}", "request failed: not found [http 404]")
    reason = failed(images, images.ops(capsys, *PROMOTE))
    assert reason == Says(part, "[http 404]", at="ops promote")
    assert images.tags("prod", "frontend") == {}


def test_a_tag_that_somebody_else_takes_meanwhile_is_left_to_them(images: ImageStacks, capsys: Capsys) -> None:
    theirs = make_image("theirs")
    tagged = f"{images.url('prod', 'frontend')}:{TODAY}-1"

    def taken() -> None:
        images.has("prod", "frontend", theirs, f"{TODAY}-1")

    images.registries.when(f"image digest {tagged}", taken)
    reason = failed(images, images.ops(capsys, *PROMOTE))
    assert reason == Says(tagged, theirs.digest, FRONTEND.digest, at="ops promote")
    assert images.tags("prod", "frontend") == {f"{TODAY}-1": theirs.digest}
    assert [words for words in images.registries.changed if words.endswith(tagged)] == []


def test_a_tag_that_the_registry_does_not_give_is_told(images: ImageStacks, capsys: Capsys) -> None:
    tagged = f"{images.url('prod', 'frontend')}:{TODAY}-1"
    images.registries.fails(f"@{FRONTEND.digest} {tagged}", "TAG_INVALID: tag is immutable")
    reason = failed(images, images.ops(capsys, *PROMOTE))
    assert reason == Says(tagged, "TAG_INVALID", "cannot be moved", at="ops promote")


def test_a_stack_file_that_somebody_else_changes_meanwhile_is_left_to_them(images: ImageStacks, capsys: Capsys) -> None:
    theirs = images.texts["prod"] + "# theirs\n"

    def changed() -> None:
        images.file("Pulumi.prod.yaml", theirs)

    images.registries.when(f"{images.url('prod', 'users_backend')}:{TODAY}-1", changed)
    done = images.ops(capsys, *PROMOTE)
    assert done.code == 1
    assert done.err.splitlines()[-2] == Says("Pulumi.prod.yaml", "somebody else", at="ops promote")
    assert images.stack_file("prod").read_text() == theirs
    assert images.tags("prod", "users") == {f"{TODAY}-1": USERS.digest}


@pytest.mark.parametrize("service", ["frontend", "users_backend"])
def test_ctrl_c_while_an_image_is_copied_writes_nothing(images: ImageStacks, capsys: Capsys, service: str) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    made = {"frontend": FRONTEND, "users_backend": USERS}[service]
    images.registries.when(f"@{made.digest} {images.url('prod', service)}@", interrupted)
    done = images.ops(capsys, *PROMOTE)
    assert done.code == 130
    assert done.err.splitlines()[-1] == "ops promote: interrupted"
    assert images.written("prod") == []
    assert images.tags("prod", "users") == {}
    assert len(images.tags("prod", "frontend")) == (service == "users_backend")

    images.registries.works_again()
    assert images.ops(capsys, *PROMOTE).code == 0
    assert images.tags("prod", "frontend") == {f"{TODAY}-1": FRONTEND.digest}
    assert len(images.written("prod")) == 2
