"""`python -m ops images`: what runs where, its tags and age, and whether the stack's file says the same."""

from __future__ import annotations

import json
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.image_stack_files import ZEROS
from tests.says import Says
from tests.unit.ops.image_stacks import ACCOUNTS, ECR, NOW, TODAY, ImageStacks, MemoryAws
from tests.unit.ops.registry_in_memory import make_image

pytestmark = pytest.mark.unit

FRONTEND, USERS = make_image("frontend"), make_image("users", platforms=())
Capsys = pytest.CaptureFixture[str]


def rows(images: ImageStacks, capsys: Capsys, *words: str) -> list[dict[str, Any]]:
    done = images.ops(capsys, "images", "--json", *words)
    assert (done.code, done.err) == (0, "")
    return json.loads(done.out)


def row(stack: str, image: str = "frontend", **changes: Any) -> dict[str, Any]:
    """A row of what runs as its stack's file says, and was never promoted."""
    return {
        **{"image": image, "stack": stack, "digest": FRONTEND.digest, "tags": ["git-3f2c1ab"]},
        **{"since": "2026-11-01T10:00:00Z", "promoted": None, "drift": ""},
        **changes,
    }


def declared(images: ImageStacks, stack: str, text: str) -> None:
    """Let a stack's file say this of the front end."""
    file = images.stack_file(stack)
    file.write_text(file.read_text().replace(f'{{digest: "{ZEROS}"}} #', f"{text} #"))


def nothing_runs(stack: str, image: str) -> dict[str, Any]:
    words = f"the stack file says {'0' * 12}, nothing runs"
    return row(stack, image, digest=None, tags=[], since=None, drift=words)


def test_each_image_by_environment_in_the_order_of_the_stacks(images: ImageStacks, capsys: Capsys) -> None:
    images.has("staging", "frontend", FRONTEND, "git-3f2c1ab")
    images.has("prod", "frontend", FRONTEND, f"{TODAY}-9", "git-3f2c1ab", f"{TODAY}-10")
    images.has("prod", "frontend", make_image("another"), f"{TODAY}-11")
    images.has("prod", "users", USERS)
    images.runs("staging", frontend=FRONTEND)
    images.runs("prod", frontend=FRONTEND, users=USERS)
    declared(images, "prod", f'{{digest: "{FRONTEND.digest}"}}')
    zeros = f"the stack file says {'0' * 12}"
    promoted = {"tags": [f"{TODAY}-9", "git-3f2c1ab", f"{TODAY}-10"], "promoted": f"{TODAY}-10"}
    assert rows(images, capsys, "--stack", "staging", "--stack", "prod") == [
        row("staging", drift=zeros),
        row("prod", **promoted),
        nothing_runs("staging", "users_backend"),
        row("prod", "users_backend", digest=USERS.digest, tags=[], drift=zeros),
    ]
    order = [each["stack"] for each in rows(images, capsys, "--stack", "prod", "--stack", "staging")]
    assert order == ["prod", "staging"] * 2


def test_without_a_stack_all_that_have_a_file_are_shown(images: ImageStacks, capsys: Capsys) -> None:
    listed = [
        nothing_runs(stack, image) for image in ("frontend", "users_backend") for stack in ("dev", "prod", "staging")
    ]
    assert rows(images, capsys) == listed


@pytest.mark.parametrize(
    ("running", "said", "drift"),
    [
        ("git-3f2c1ab", "{tag: git-3f2c1ab}", ""),
        ("git-3f2c1ab", "{tag: git-aaaaaaa}", "the stack file says git-aaaaaaa"),
        ("git-3f2c1ab", f'{{digest: "{FRONTEND.digest}"}}', f"the stack file says {FRONTEND.digest[7:19]}"),
        (FRONTEND, "{tag: git-3f2c1ab}", "the stack file says git-3f2c1ab"),
        (FRONTEND, f'{{digest: "{FRONTEND.digest}", tag: git-aaaaaaa}}', ""),
        (FRONTEND, f'{{tag: git-aaaaaaa, digest: "{ZEROS}"}}', f"the stack file says {'0' * 12}"),
        (FRONTEND, "{}", "the stack file says nothing"),
    ],
)
def test_a_stack_file_that_says_something_else_is_drift(
    images: ImageStacks, capsys: Capsys, running: Any, said: str, drift: str
) -> None:
    images.has("prod", "frontend", FRONTEND, "git-3f2c1ab")
    images.runs("prod", frontend=running)
    declared(images, "prod", said)
    assert rows(images, capsys, "--stack", "prod")[0] == row("prod", drift=drift)


def test_what_runs_and_is_no_longer_in_the_registry(images: ImageStacks, capsys: Capsys) -> None:
    images.runs("prod", frontend=FRONTEND)
    lost = row("prod", digest=None, tags=[], since=None, drift="what runs is no longer in the registry")
    assert rows(images, capsys, "--stack", "prod")[0] == lost


def test_an_image_that_waits_for_its_first_digest_is_no_row(images: ImageStacks, capsys: Capsys) -> None:
    declared(images, "prod", "{}")
    assert rows(images, capsys, "--stack", "prod") == [nothing_runs("prod", "users_backend")]


def test_an_image_that_does_not_say_when_it_was_built(images: ImageStacks, capsys: Capsys) -> None:
    ageless = images.has("prod", "frontend", make_image("ageless", created=None))
    images.runs("prod", frontend=ageless)
    (shown, _) = rows(images, capsys, "--stack", "prod")
    assert (shown["digest"], shown["since"]) == (ageless.digest, None)
    table = images.ops(capsys, "images", "--stack", "prod").out
    assert cells(table)[0][4] == "-"


def cells(out: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines() if line.startswith("│")]


@pytest.mark.parametrize(
    ("passed", "age"),
    [
        (timedelta(minutes=59), "0 h"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=23, minutes=59), "23 h"),
        (timedelta(days=1), "1 d"),
        (timedelta(days=40, hours=23), "40 d"),
    ],
)
def test_the_table_for_people(images: ImageStacks, capsys: Capsys, passed: timedelta, age: str) -> None:
    dated = make_image("dated", created=(NOW - passed).isoformat())
    made = images.has("prod", "frontend", dated, f"{TODAY}-1", "git-3f2c1ab", "latest")
    images.runs("prod", frontend=made)
    done = images.ops(capsys, "images", "--stack", "prod")
    zeros = "0" * 12
    assert cells(done.out) == [
        [
            *("frontend", "prod", made.digest[7:19], "git-3f2c1ab, latest", age, f"{TODAY}-1"),
            f"the stack file says {zeros}",
        ],
        ["users_backend", "prod", "-", "", "-", "no", f"the stack file says {zeros}, nothing runs"],
    ]
    (headings,) = (line for line in done.out.splitlines() if line.startswith("┃"))
    assert headings.replace("┃", " ").split() == ["image", "stack", "digest", "tag", "age", "promoted", "drift"]


def test_ecr_tells_tags_and_when_it_was_pushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capsys) -> None:
    images = ImageStacks(tmp_path, monkeypatch, ECR)
    aws = MemoryAws.of(images)
    aws.let_in(ECR["prod"], "reader")
    images.has("prod", "frontend", FRONTEND, "git-3f2c1ab")
    images.has("prod", "users", USERS, "git-aaaaaaa")
    images.runs("prod", frontend=FRONTEND, users=USERS)
    when = NOW.astimezone(timezone(timedelta(hours=2)))
    aws.pushed[ACCOUNTS["prod"], "slipway-prod/frontend", FRONTEND.digest] = [f"{TODAY}-1", "x"], when
    frontend, users = rows(images, capsys, "--stack", "prod", "--profile", "reader")
    assert (frontend["since"], frontend["tags"]) == (NOW.isoformat(), [f"{TODAY}-1", "x"])
    assert frontend["promoted"] == f"{TODAY}-1"
    # Of what ECR itself does not know, the image is asked.
    assert (users["since"], users["tags"]) == ("2026-11-01T10:00:00Z", ["git-aaaaaaa"])
    assert images.registries.changed == [f"registry login {ECR['prod']} --user AWS --pass-stdin"]
    assert aws.sessions == [("reader", "us-west-2")]


def test_stacks_that_do_not_answer_are_told_and_the_others_shown(images: ImageStacks, capsys: Capsys) -> None:
    images.has("staging", "frontend", FRONTEND, "git-3f2c1ab")
    images.has("dev", "frontend", FRONTEND)
    images.runs("staging", frontend=FRONTEND)
    images.runs("dev", frontend=FRONTEND)
    images.export("prod", registryUrls=None)
    images.registries.fails(f"image digest {images.url('dev', 'frontend')}", "connection refused")
    done = images.ops(capsys, "images", "--json")
    assert done.code == 1
    dev, prod = done.err.splitlines()
    assert dev == Says(images.url("dev", "frontend"), "it cannot be reached", at="ops images")
    assert prod == Says("stack prod is not deployed", "registryUrls", at="ops images")
    assert [(each["image"], each["stack"]) for each in json.loads(done.out)] == [
        ("frontend", "staging"),
        ("users_backend", "staging"),
    ]


def test_a_stack_that_there_is_not_is_told(images: ImageStacks, capsys: Capsys) -> None:
    done = images.ops(capsys, "images", "--json", "--stack", "production")
    assert (done.code, done.out) == (1, "[]\n")
    assert done.err == Says("production", "dev, prod, staging", at="ops images")
