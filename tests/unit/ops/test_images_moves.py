"""Which images a promotion moves, by what two stacks export."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ops.image_outputs import StackImages
from ops.image_promotion import Move, moves_between
from ops.image_reference import Reference, Repository
from ops.refusal import Refusal
from tests.says import Says

pytestmark = pytest.mark.unit

DIGEST = "@sha256:" + "1" * 64
IMAGES = ("frontend", "users_backend", "users_backend_db")


def outputs(stack: str, images: tuple[str, ...] = IMAGES, **changes: Any) -> Mapping[str, Any]:
    host = f"{stack}.example.com"
    return {
        "registryUrls": {image: f"{host}/{image}" for image in images},
        "runningImages": {"frontend": f"{host}/frontend{DIGEST}", "users": f"{host}/users_backend{DIGEST}"},
        "runningDatabaseImages": {"users": f"{host}/users_backend_db{DIGEST}"},
        "notDeployed": {},
        **changes,
    }


def stack(name: str, images: tuple[str, ...] = IMAGES, **changes: Any) -> StackImages:
    return StackImages.read(name, outputs(name, images, **changes))


def moved(source: StackImages, target: StackImages, *services: str) -> list[tuple[str, str]]:
    return [(move.service, move.image) for move in moves_between(source, target, services)]


def test_every_image_the_target_has_a_repository_for_moves() -> None:
    first, *_ = moves_between(stack("dev"), stack("prod"), ())
    source, target = Reference.parse(f"dev.example.com/frontend{DIGEST}"), Repository("prod.example.com", "frontend")
    assert first == Move("frontend", "frontend", source, target)
    assert moved(stack("dev"), stack("prod")) == [
        ("frontend", "frontend"),
        ("users", "users_backend"),
        ("users", "users_backend_db"),
    ]


def test_a_demonstration_database_stays_where_the_target_has_no_use_for_it() -> None:
    target = stack("prod", ("frontend", "users_backend"), runningDatabaseImages={})
    assert moved(stack("dev"), target, "users") == [("users", "users_backend")]


def test_all_that_stands_in_the_way_is_told_at_once() -> None:
    waiting = {"thoughts": "only its repositories exist"}
    source = stack("dev", notDeployed=waiting)
    target = stack("prod", ("users_backend",), runningImages={}, runningDatabaseImages={})
    with pytest.raises(Refusal) as refusal:
        moves_between(source, target, ("thoughts", "shop", "frontend", "users"))
    first, rest = str(refusal.value).split(f": {waiting['thoughts']}; ")
    assert Says("dev", "thoughts") == first
    assert Says("dev", "service shop", "frontend, thoughts, users", "prod", "repository for frontend", "bring") == rest


def test_a_stack_that_was_never_up_has_nothing_to_promote() -> None:
    with pytest.raises(Refusal, match=r"^stack dev\b.* registryUrls\b.* runningImages\b"):
        StackImages.read("dev", {})


def test_a_stack_that_waits_for_all_its_images_has_nothing_to_promote() -> None:
    source = stack("dev", runningImages={}, runningDatabaseImages={}, notDeployed={"frontend": "…", "users": "…"})
    with pytest.raises(Refusal, match=r"^dev\b.* nothing\b.* prod\b"):
        moves_between(source, stack("prod"), ())


def test_an_image_from_elsewhere_is_not_taken_for_one_of_the_stacks() -> None:
    with pytest.raises(Refusal, match=r"^stack dev: frontend .*elsewhere\.example\.com/frontend:v1,"):
        stack("dev", runningImages={"frontend": "elsewhere.example.com/frontend:v1"})


def test_a_stack_of_before_the_output_of_databases_is_understood() -> None:
    without = {name: value for name, value in outputs("dev").items() if name != "runningDatabaseImages"}
    assert [each.image for each in StackImages.read("dev", without).running] == ["frontend", "users_backend"]


def test_a_repository_is_found_by_image_and_by_service() -> None:
    images = stack("dev")
    assert images.repository("users_backend_db")[1] == Repository("dev.example.com", "users_backend_db")
    assert images.repository("users")[0] == "users_backend"
    with pytest.raises(Refusal) as refused:
        images.repository("shop")
    assert Says("dev", "shop", "frontend, users_backend, users_backend_db") == str(refused.value)
