"""What a promotion does: copied by digest, looked at again, tagged, and only then written into the stack's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.image_stack_files import ZEROS
from tests.says import Says
from tests.unit.ops.image_stacks import TODAY, ImageStacks
from tests.unit.ops.registry_in_memory import Image, make_image

pytestmark = pytest.mark.unit

PROMOTE = ("promote", "--from", "staging", "--to", "prod")
FRONTEND, USERS = make_image("frontend"), make_image("users", platforms=("linux/amd64",))
COPY = "image copy --force-recursive --referrers"
Capsys = pytest.CaptureFixture[str]


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ImageStacks:
    """Staging runs a front end, which has a tag, and a back end, which has none."""
    made = ImageStacks(tmp_path, monkeypatch)
    made.has("staging", "frontend", FRONTEND, "git-3f2c1ab")
    made.has("staging", "users", USERS)
    made.runs("staging", frontend=FRONTEND, users=USERS)
    return made


def row(out: str, image: str) -> list[str]:
    """The cells of an image in the table."""
    (line,) = (each for each in out.splitlines() if f"│ {image} " in each)
    return [cell.strip() for cell in line.split("│")[1:-1]]


def moved(images: ImageStacks, image: str, made: Image, tag: str, *signatures: str) -> list[str]:
    """What regctl is told for one image."""
    source = f"{images.url('staging', image)}@{made.digest}"
    target = f"{images.url('prod', image)}@{made.digest}"
    tagged = f"{images.url('prod', image)}:{tag}"
    return [" ".join((COPY, *signatures, source, target)), f"image copy {target} {tagged}"]


def test_all_that_staging_runs_is_copied_by_digest_tagged_and_only_then_written(
    images: ImageStacks, capsys: Capsys
) -> None:
    seen: list[list[str]] = []
    images.registries.when("image copy", lambda: seen.append(images.written("prod")))
    done = images.ops(capsys, *PROMOTE)
    assert done.code == 0, done.err
    assert images.registries.changed == [
        # Cosign's signatures are tags: only of a repository that has some.
        *moved(images, "frontend", FRONTEND, f"{TODAY}-1", "--digest-tags"),
        *moved(images, "users_backend", USERS, f"{TODAY}-1"),
    ]
    assert images.registries.digests(images.url("prod", "frontend")) == set(FRONTEND.manifests)
    assert images.tags("prod", "frontend") == {f"{TODAY}-1": FRONTEND.digest}
    assert images.tags("prod", "users") == {f"{TODAY}-1": USERS.digest}
    assert seen == [[]] * 4
    assert images.written("prod") == [
        f'frontend: {{digest: "{FRONTEND.digest}"}} # the front end',
        f'users_backend: {{digest: "{USERS.digest}"}}',
    ]
    assert images.written("staging") == images.written("dev") == []

    assert row(done.out, "frontend") == [
        *("frontend", FRONTEND.digest[7:19], "4.0 MB", "linux/amd64, linux/arm64; 2 attestations"),
        *("to copy, to tag", f"was {'0' * 12}"),
    ]
    assert row(done.out, "users_backend")[3] == "linux/amd64; 1 attestations"
    assert "staging to prod" in done.out.splitlines()[0]
    assert done.out.splitlines()[-1] == Says("prod", "Pulumi.prod.yaml", "pulumi up --stack prod")
    said = done.err.splitlines()
    assert [line for line in said if "@" not in line and "sha256" in line] == [
        f"{images.url('prod', 'frontend')}:{TODAY}-1 is {FRONTEND.digest}",
        f"{images.url('prod', 'users_backend')}:{TODAY}-1 is {USERS.digest}",
    ]
    assert "frontend (1 of 2): copying 4.0 MB" in said
    assert "users_backend (2 of 2): copying 2.0 MB" in said


def test_only_the_services_that_are_named_go(images: ImageStacks, capsys: Capsys) -> None:
    assert images.ops(capsys, *PROMOTE, "users").code == 0
    assert images.tags("prod", "users") == {f"{TODAY}-1": USERS.digest}
    assert images.tags("prod", "frontend") == {}
    assert images.written("prod") == [f'users_backend: {{digest: "{USERS.digest}"}}']


def test_a_tag_that_runs_is_followed_to_its_digest_and_a_tag_in_the_file_gives_way(
    images: ImageStacks, capsys: Capsys
) -> None:
    images.runs("staging", frontend="git-3f2c1ab")
    file = images.stack_file("prod")
    file.write_text(file.read_text().replace(f'{{digest: "{ZEROS}"}} #', "{tag: git-0000000} #"))
    done = images.ops(capsys, *PROMOTE)
    assert done.code == 0
    assert row(done.out, "frontend")[5] == "was git-0000000"
    assert images.registries.changed[0].split()[-2:] == [
        f"{images.url('staging', 'frontend')}@{FRONTEND.digest}",
        f"{images.url('prod', 'frontend')}@{FRONTEND.digest}",
    ]
    assert images.written("prod") == [f'frontend: {{digest: "{FRONTEND.digest}"}} # the front end']


def test_a_stack_that_never_had_the_image_gets_it(images: ImageStacks, capsys: Capsys) -> None:
    images.runs("staging", users=USERS)
    file = images.stack_file("prod")
    file.write_text(file.read_text().replace(f'    users_backend: {{digest: "{ZEROS}"}}\n', ""))
    done = images.ops(capsys, *PROMOTE)
    assert done.code == 0
    assert row(done.out, "users_backend")[5] == "was -"
    assert f'users_backend:\n      digest: "{USERS.digest}"\n' in file.read_text()


def test_a_dry_run_shows_all_and_changes_nothing(images: ImageStacks, capsys: Capsys) -> None:
    single = images.has("staging", "frontend", make_image("single", platforms=()))
    images.runs("staging", frontend=single)
    done = images.ops(capsys, *PROMOTE, "--dry-run")
    assert (done.code, done.err) == (0, "")
    assert row(done.out, "frontend")[3:] == ["one platform", "to copy, to tag", f"was {'0' * 12}"]
    assert (images.registries.changed, images.written("prod")) == ([], [])


def test_the_same_again_changes_nothing(images: ImageStacks, capsys: Capsys) -> None:
    images.ops(capsys, *PROMOTE)
    images.registries.changed.clear()
    text = images.stack_file("prod").read_text()
    done = images.ops(capsys, *PROMOTE)
    assert (done.code, done.err) == (0, "")
    assert row(done.out, "frontend")[4:] == [f"{TODAY}-1", "the same"]
    assert done.out.splitlines()[-1] == "prod has all of it already; nothing was changed."
    assert images.registries.changed == []
    assert images.stack_file("prod").read_text() == text


def test_what_was_promoted_but_is_not_in_the_file_is_only_written(images: ImageStacks, capsys: Capsys) -> None:
    """As after a rollback: the image has its tag, and keeps it."""
    tags = ("promoted-2026-11-02-1", "promoted-2026-11-02-10", "promoted-2026-11-02-9")
    images.has("prod", "frontend", FRONTEND, *tags)
    done = images.ops(capsys, *PROMOTE, "frontend")
    assert done.code == 0
    assert row(done.out, "frontend")[4:] == ["promoted-2026-11-02-10", f"was {'0' * 12}"]
    assert images.registries.changed == []
    assert done.err == ""
    assert images.written("prod") == [f'frontend: {{digest: "{FRONTEND.digest}"}} # the front end']


def test_what_is_there_without_a_promotions_tag_is_put_right_and_tagged(images: ImageStacks, capsys: Capsys) -> None:
    """As after an interruption, or a push from elsewhere: nobody knows whether it is whole."""
    images.has("prod", "frontend", FRONTEND, "git-3f2c1ab")
    images.has("prod", "frontend", make_image("earlier"), f"{TODAY}-1")
    done = images.ops(capsys, *PROMOTE, "frontend")
    assert done.code == 0
    assert row(done.out, "frontend")[4] == "there, to tag"
    wanted = moved(images, "frontend", FRONTEND, f"{TODAY}-2", "--digest-tags")
    assert images.registries.changed == wanted


def test_an_image_that_is_done_is_tagged_although_the_file_names_it_already(
    images: ImageStacks, capsys: Capsys
) -> None:
    """What the file says proves nothing of the registry."""
    file = images.stack_file("prod")
    file.write_text(file.read_text().replace(ZEROS, FRONTEND.digest, 1))
    done = images.ops(capsys, *PROMOTE, "frontend")
    assert done.code == 0
    assert row(done.out, "frontend")[4:] == ["to copy, to tag", "the same"]
    assert images.tags("prod", "frontend") == {f"{TODAY}-1": FRONTEND.digest}
