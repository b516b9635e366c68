"""A push: from where the image was built to the stack's repository, under the tag of its commit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.says import Says
from tests.unit.ops.image_stacks import ECR, ImageStacks, MemoryAws
from tests.unit.ops.registry_in_memory import LAYER_BYTES, Image, blob, make_image

pytestmark = pytest.mark.unit

COMMIT = "3f2c1ab9d0e4c5b6a798897a6b5c4d3e2f1a0b9c"
TAG = f"git-{COMMIT[:12]}"
BUILT = make_image("built", label=COMMIT)
PUSH = ("push", "frontend")
Capsys = pytest.CaptureFixture[str]


def nothing_pushed(images: ImageStacks) -> bool:
    return (images.tags("dev", "frontend"), images.written("dev")) == ({}, [])


def test_a_layout_goes_by_digest_and_gets_the_tag_of_the_commit_in_its_label(
    images: ImageStacks, capsys: Capsys
) -> None:
    source = images.layout(BUILT)
    pushed = images.pushed(capsys, BUILT, *PUSH, source)
    target = images.url("dev", "frontend")
    assert images.registries.changed == [
        f"image copy --force-recursive --referrers ocidir://{source}@{BUILT.digest} {target}@{BUILT.digest}",
        f"image copy {target}@{BUILT.digest} {target}:{TAG}",
    ]
    assert images.tags("dev", "frontend") == {TAG: BUILT.digest}
    assert pushed.err.splitlines()[-1] == f"{target}:{TAG}"
    assert "frontend (1 of 1): copying 4.0 MB" in pushed.err.splitlines()
    assert images.written("dev") == []


def test_the_same_again_copies_nothing(images: ImageStacks, capsys: Capsys) -> None:
    source = images.layout(BUILT)
    images.pushed(capsys, BUILT, *PUSH, source)
    images.registries.changed.clear()
    again = images.pushed(capsys, BUILT, *PUSH, source, "--write")
    assert again.err == f"{images.url('dev', 'frontend')}:{TAG} was there already\n"
    assert images.registries.changed == []
    assert images.written("dev") == [f'frontend: {{digest: "{BUILT.digest}"}} # the front end']


def test_its_digest_can_be_written_into_the_stack_file(images: ImageStacks, capsys: Capsys) -> None:
    file = images.stack_file("staging")
    file.write_text(file.read_text().replace(f'{{digest: "sha256:{"0" * 64}"}} #', "{tag: git-0000000} #"))
    images.pushed(capsys, BUILT, *PUSH, images.layout(BUILT), "--write", "--stack", "staging", stack="staging")
    assert images.written("staging") == [f'frontend: {{digest: "{BUILT.digest}"}} # the front end']
    assert images.written("dev") == []


@pytest.mark.parametrize(
    ("image", "words", "tag"),
    [
        (make_image("a", label=COMMIT), (), TAG),
        (make_image("b", annotation=COMMIT), (), TAG),
        (make_image("c", platforms=(), label=COMMIT), (), TAG),
        (make_image("d", annotation="1234567", label=COMMIT), (), "git-1234567"),
        (make_image("e", label=COMMIT), ("--commit", "abcdef0"), "git-abcdef0"),
        (make_image("f"), ("--commit", "a" * 64), f"git-{'a' * 12}"),
    ],
)
def test_the_commit_is_what_is_said_or_else_what_the_image_says(
    images: ImageStacks, capsys: Capsys, image: Image, words: tuple[str, ...], tag: str
) -> None:
    images.pushed(capsys, image, *PUSH, images.layout(image), *words)
    assert images.tags("dev", "frontend") == {tag: image.digest}


@pytest.mark.parametrize(
    ("label", "words", "facts"),
    [
        (None, (), ("--commit", "org.opencontainers.image.revision")),
        ("main", (), ("org.opencontainers.image.revision", "'main'")),
        (COMMIT, ("--commit", "main"), ("--commit", "'main'", "7")),
        (COMMIT, ("--commit", "abcdef"), ("'abcdef'",)),
        (COMMIT, ("--commit", "a" * 65), ("a" * 65,)),
        (COMMIT, ("--commit", "ABCDEF0"), ("'ABCDEF0'",)),
        (COMMIT, ("--commit", ""), ("--commit", "''")),
    ],
)
def test_a_commit_must_be_known_and_be_one(
    images: ImageStacks, capsys: Capsys, label: str | None, words: tuple[str, ...], facts: tuple[str, ...]
) -> None:
    refused = images.ops(capsys, *PUSH, images.layout(make_image("x", label=label)), *words).refusal
    assert refused == Says(*facts, at="ops push")
    assert nothing_pushed(images)


def test_the_registries_of_both_sides_are_logged_in_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    images = ImageStacks(tmp_path, monkeypatch, ECR)
    aws = MemoryAws.of(images)
    for host in ECR.values():
        aws.let_in(host, "builder")
    images.registries.put(f"{ECR['prod']}/built", BUILT, "v1")
    words = (f"{ECR['prod']}/built:v1", "--stack", "staging", "--profile", "builder")
    pushed = images.pushed(capsys, BUILT, *PUSH, *words, stack="staging")
    assert images.registries.changed[:2] == [
        f"registry login {ECR['prod']} --user AWS --pass-stdin",
        f"registry login {ECR['staging']} --user AWS --pass-stdin",
    ]
    assert aws.sessions == [("builder", "us-west-2")] * 2
    assert "token:of" not in pushed.out + pushed.err


def test_a_service_stands_for_its_image(images: ImageStacks, capsys: Capsys) -> None:
    assert images.ops(capsys, "push", "users", images.layout(BUILT), "--write").code == 0
    assert images.tags("dev", "users") == {TAG: BUILT.digest}
    assert images.written("dev") == [f'users_backend: {{digest: "{BUILT.digest}"}}']


@pytest.mark.parametrize(
    ("words", "facts"),
    [
        (("shop",), ("dev", "shop", "frontend, users_backend")),
        (("frontend", "--stack", "prod"), ("prod is protected", "python -m ops promote")),
    ],
)
def test_where_nothing_is_pushed_to(
    images: ImageStacks, capsys: Capsys, words: tuple[str, ...], facts: tuple[str, ...]
) -> None:
    refused = images.ops(capsys, "push", words[0], images.layout(BUILT), *words[1:]).refusal
    assert refused == Says(*facts, at="ops push")
    assert images.registries.changed == []


def test_a_tag_that_stands_for_another_image_is_left(images: ImageStacks, capsys: Capsys) -> None:
    other = images.has("dev", "frontend", make_image("other"), TAG)
    refused = images.ops(capsys, *PUSH, images.layout(BUILT), "--write").refusal
    assert refused == Says(f"{images.url('dev', 'frontend')}:{TAG}", other.digest, BUILT.digest, at="ops push")
    assert (images.tags("dev", "frontend"), images.copies(), images.written("dev")) == ({TAG: other.digest}, [], [])


def test_a_registry_that_does_not_answer_is_refused_before_anything(images: ImageStacks, capsys: Capsys) -> None:
    images.registries.fails("image digest dev.example.com", "connection refused")
    refused = images.ops(capsys, *PUSH, images.layout(BUILT)).refusal
    assert refused == Says(f"{images.url('dev', 'frontend')}:{TAG}", "it cannot be reached", at="ops push")


def copying_fails(images: ImageStacks) -> tuple[str, ...]:
    images.registries.fails(f"@{BUILT.digest} {images.url('dev', 'frontend')}@", "no space left on device")
    return f"copying to {images.url('dev', 'frontend')}@{BUILT.digest}", "a disk is full"


def arrives_altered(images: ImageStacks) -> tuple[str, ...]:
    arm64 = BUILT.platforms["linux/arm64"]
    images.registries.alters[arm64] = {"layers": [blob("altered", LAYER_BYTES)]}
    return f"{images.url('dev', 'frontend')}@{BUILT.digest}", "it gets no tag"


def tag_is_refused(images: ImageStacks) -> tuple[str, ...]:
    images.registries.fails(f"image copy {images.url('dev', 'frontend')}@", "denied")
    return f"{images.url('dev', 'frontend')}:{TAG}", "does not allow it"


@pytest.mark.parametrize("break_it", [copying_fails, arrives_altered, tag_is_refused])
def test_what_fails_half_way_is_no_refusal_and_is_neither_tagged_nor_written(
    images: ImageStacks, capsys: Capsys, break_it: Callable[[ImageStacks], tuple[str, ...]]
) -> None:
    source, facts = images.layout(BUILT), break_it(images)
    failed = images.ops(capsys, *PUSH, source, "--write")
    assert (failed.code, failed.out) == (1, "")
    assert failed.err.splitlines()[-1] == Says(*facts, at="ops push")
    assert nothing_pushed(images)
