"""What a promotion refuses before anything is copied: one line, exit code 2, and nothing changed anywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.says import Says
from tests.unit.ops.image_stacks import ACCOUNTS, ECR, TODAY, ImageStacks, MemoryAws
from tests.unit.ops.registry_in_memory import make_image

pytestmark = pytest.mark.unit

PROMOTE = ("promote", "--from", "staging", "--to", "prod")
FRONTEND, USERS = make_image("frontend"), make_image("users", platforms=())
AMD64, ARM64 = FRONTEND.platforms["linux/amd64"], FRONTEND.platforms["linux/arm64"]
Capsys = pytest.CaptureFixture[str]


def staged(images: ImageStacks) -> ImageStacks:
    """Staging runs two services."""
    images.has("staging", "frontend", FRONTEND, "git-3f2c1ab")
    images.has("staging", "users", USERS)
    images.runs("staging", frontend=FRONTEND, users=USERS)
    return images


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ImageStacks:
    return staged(ImageStacks(tmp_path, monkeypatch))


@pytest.fixture
def ecr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[ImageStacks, MemoryAws]:
    """The same in registries of ECR, in an account each."""
    images = staged(ImageStacks(tmp_path, monkeypatch, ECR))
    return images, MemoryAws.of(images)


def refused(images: ImageStacks, capsys: Capsys, *words: str) -> str:
    said = images.ops(capsys, *words).refusal
    assert (images.copies(), images.written("prod")) == ([], [])
    return said


@pytest.mark.parametrize(
    ("words", "facts"),
    [
        (("promote", "--from", "prod", "--to", "prod"), ("--from", "--to", "prod")),
        (("promote", "--from", "staging", "--to", "production"), ("production", "dev, prod, staging")),
        ((*PROMOTE, "front"), ("staging has no service front", "frontend, users")),
        ((*PROMOTE, "--pulumi", ""), ("--pulumi",)),
    ],
)
def test_words_that_name_nothing(
    images: ImageStacks, capsys: Capsys, words: tuple[str, ...], facts: tuple[str]
) -> None:
    assert refused(images, capsys, *words) == Says(*facts, at="ops promote")


@pytest.mark.parametrize("words", [("--from", "staging"), ("--to", "prod")])
def test_both_stacks_are_named(images: ImageStacks, capsys: Capsys, words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        images.ops(capsys, "promote", *words)
    assert ended.value.code == 2


def lost(images: ImageStacks) -> tuple[str, ...]:
    images.runs("staging", frontend=make_image("lost"))
    return f"{images.url('staging', 'frontend')}@{make_image('lost').digest}", "no longer has it"


def wrong_password(images: ImageStacks) -> tuple[str, ...]:
    images.registries.accounts["prod.example.com:5000"] = "me", "of-today"
    images.registries.logins["prod.example.com:5000"] = "me", "of-last-year"
    return "prod.example.com:5000", "python -m ops login"


def of_ours(images: ImageStacks) -> tuple[str, ...]:
    images.commit()
    images.file("Pulumi.prod.yaml", images.texts["prod"].replace("# not to be lost", "# of ours"))
    images.texts["prod"] = images.stack_file("prod").read_text()
    return ("Pulumi.prod.yaml", "not committed")


@pytest.mark.parametrize("break_it", [lost, wrong_password, of_ours])
def test_what_is_not_as_it_should_be(
    images: ImageStacks, capsys: Capsys, break_it: Callable[[ImageStacks], tuple[str, ...]]
) -> None:
    facts = break_it(images)
    line = refused(images, capsys, *PROMOTE)
    assert line == Says(*facts, at="ops promote")
    assert "of-last-year" not in line


def test_a_file_with_changes_of_ours_is_left_and_a_committed_one_written(images: ImageStacks, capsys: Capsys) -> None:
    """What would not change is not written, so nothing can get lost."""
    images.has("prod", "frontend", FRONTEND, f"{TODAY}-1")
    images.commit()
    text = images.texts["prod"].replace("0" * 64, FRONTEND.digest.removeprefix("sha256:"), 1)
    images.file("Pulumi.prod.yaml", text)
    done = images.ops(capsys, *PROMOTE, "frontend")
    assert (done.code, done.err, images.stack_file("prod").read_text()) == (0, "", text)
    images.commit()
    assert images.ops(capsys, *PROMOTE).code == 0
    assert len(images.written("prod")) == 2


def test_all_images_are_looked_at_before_one_is_refused(images: ImageStacks, capsys: Capsys) -> None:
    images.runs("staging", frontend=make_image("lost"), users=make_image("lost too"))
    line = refused(images, capsys, *PROMOTE)
    assert line == Says(make_image("lost").digest, make_image("lost too").digest, at="ops promote")
    assert line.count("; ") == 1


def test_profiles_are_each_for_their_own_registry(ecr: tuple[ImageStacks, MemoryAws], capsys: Capsys) -> None:
    images, aws = ecr
    aws.let_in(ECR["staging"], "releaser")
    aws.let_in(ECR["prod"], "keeper")
    done = images.ops(capsys, *PROMOTE, "--from-profile", "releaser", "--to-profile", "keeper")
    assert done.code == 0, done.err
    assert aws.sessions == [("releaser", "us-west-2"), ("keeper", "us-west-2")]
    assert images.registries.changed[:2] == [
        f"registry login {ECR['staging']} --user AWS --pass-stdin",
        f"registry login {ECR['prod']} --user AWS --pass-stdin",
    ]
    assert images.tags("prod", "frontend") == {f"{TODAY}-1": FRONTEND.digest}
    assert "token:of" not in done.out + done.err


def test_in_one_registry_the_login_of_the_target_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    images = staged(ImageStacks(tmp_path, monkeypatch, {"staging": ECR["prod"], "prod": ECR["prod"]}))
    aws = MemoryAws.of(images)
    seen: list[tuple[str, str]] = []
    images.registries.when("image copy", lambda: seen.append(images.registries.logins[ECR["prod"]]))
    assert images.ops(capsys, *PROMOTE, "--from-profile", "reader", "--to-profile", "keeper").code == 0
    assert aws.sessions == [("reader", "us-west-2"), ("keeper", "us-west-2")]
    assert seen == [("AWS", "token:of-keeper")] * 4


def test_without_a_profile_the_one_in_force_is_asked(ecr: tuple[ImageStacks, MemoryAws], capsys: Capsys) -> None:
    images, aws = ecr
    assert images.ops(capsys, *PROMOTE).code == 0
    assert aws.sessions == [(None, "us-west-2")] * 2


def test_a_profile_that_there_is_not(ecr: tuple[ImageStacks, MemoryAws], capsys: Capsys) -> None:
    images, _ = ecr
    assert refused(images, capsys, *PROMOTE, "--to-profile", "nobody") == Says("nobody", at="ops promote")


@pytest.mark.parametrize(
    ("what", "fact"), [("movable", "slipway:immutableImages"), ("missing", "bring its stack up first")]
)
def test_a_repository_whose_tags_would_prove_nothing(
    ecr: tuple[ImageStacks, MemoryAws], capsys: Capsys, what: str, fact: str
) -> None:
    images, aws = ecr
    getattr(aws, what).update({"slipway-staging/frontend", "slipway-prod/frontend"})
    line = refused(images, capsys, *PROMOTE)
    assert line == Says(images.url("prod", "frontend"), fact, at="ops promote")
    assert "users_backend" not in line
    assert "slipway-staging" not in line, "the source's tags are followed to digests"


@pytest.mark.parametrize(
    ("words", "scans", "problems"),
    [
        ((), {AMD64: ("COMPLETE", {"HIGH": 2, "MEDIUM": 1})}, [("frontend for linux/amd64", "2 HIGH", "MEDIUM")]),
        (
            (),
            {USERS.digest: ("IN_PROGRESS", {}), ARM64: None},
            [("users_backend: its scan", "not finished"), ("frontend for linux/arm64",)],
        ),
        ((), {AMD64: ("COMPLETE", {"MEDIUM": 7})}, []),
        (("--highest-severity", "LOW"), {AMD64: ("COMPLETE", {"MEDIUM": 7})}, [("7 MEDIUM", "LOW")]),
        (("--highest-severity", "HIGH"), {AMD64: ("COMPLETE", {"HIGH": 2})}, []),
        (("--without-scan",), {AMD64: None, USERS.digest: ("COMPLETE", {"CRITICAL": 1})}, []),
    ],
)
def test_what_the_scan_of_the_source_found(
    ecr: tuple[ImageStacks, MemoryAws],
    capsys: Capsys,
    words: tuple[str, ...],
    scans: dict[str, tuple[str, dict[str, int]] | None],
    problems: list[tuple[str, ...]],
) -> None:
    images, aws = ecr
    aws.scans.update(scans)
    if problems:
        line = refused(images, capsys, *PROMOTE, *words)
        for facts in problems:
            assert line == Says(*facts, at="ops promote")
        assert line.count("frontend") + line.count("users_backend") == len(problems)
    else:
        assert images.ops(capsys, *PROMOTE, *words).code == 0
        assert len(images.written("prod")) == 2
    account, repositories = ACCOUNTS["staging"], ("slipway-staging/frontend", "slipway-staging/users_backend")
    wanted = [(account, repositories[0], each) for each in (AMD64, ARM64)]
    wanted.append((account, repositories[1], USERS.digest))
    assert aws.asked == ([] if "--without-scan" in words else wanted)
