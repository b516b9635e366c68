"""How images, their promotions and what they consist of are named and read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from ops.image_parts import parts_of, revision_of
from ops.image_promotion import newest_first, next_tag
from ops.image_reference import Reference, Repository, names_a_registry, short
from ops.image_trouble import words_of_trouble
from ops.refusal import Refusal
from tests.says import Says

pytestmark = pytest.mark.unit

ECR = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("text", "registry", "name", "tag", "digest"),
    [
        (f"{ECR}/slipway-dev/frontend:git-3f2c1ab", ECR, "slipway-dev/frontend", "git-3f2c1ab", None),
        (f"{ECR}/slipway-dev/users_backend@{DIGEST}", ECR, "slipway-dev/users_backend", None, DIGEST),
        (f"localhost:5000/a:v1@{DIGEST}", "localhost:5000", "a", "v1", DIGEST),
        ("localhost/a:v1", "localhost", "a", "v1", None),
        ("[::1]:5000/a/b__c:1", "[::1]:5000", "a/b__c", "1", None),
    ],
)
def test_a_reference_is_read_and_written(
    text: str, registry: str, name: str, tag: str | None, digest: str | None
) -> None:
    reference = Reference.parse(text)
    assert reference == Reference(Repository(registry, name), tag, digest)
    assert str(reference) == text
    assert names_a_registry(text)


@pytest.mark.parametrize(
    "text", ["frontend", "frontend:v1", "team/frontend:v1", f"{ECR}/a", f"{ECR}/A:v1", f"{ECR}/a@sha256:12", ""]
)
def test_what_is_no_image_of_a_registry_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        Reference.parse(text)
    assert Says(repr(text), "image", "registry.example.com/team/frontend:v1") == str(refused.value)


@pytest.mark.parametrize("text", [f"{ECR}/a:v1", f"{ECR}/a@{DIGEST}", "frontend", ""])
def test_what_is_no_repository_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        Repository.parse(text)
    assert Says(repr(text), "repository", "registry.example.com/team/frontend") == str(refused.value)


@pytest.mark.parametrize(("name", "shown"), [(DIGEST, "abababababab"), ("git-3f2c1ab", "git-3f2c1ab"), (None, "-")])
def test_people_see_the_first_digits_of_a_digest(name: str | None, shown: str) -> None:
    assert short(name) == shown


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ((), "promoted-2026-11-24-1"),
        (("git-3f2c1ab", "promoted-2026-11-23-7"), "promoted-2026-11-24-1"),
        (("promoted-2026-11-24-2", "promoted-2026-11-24-9", "promoted-2026-11-24-10"), "promoted-2026-11-24-11"),
        (("promoted-2026-11-24-x", "promoted-2026-11-24"), "promoted-2026-11-24-1"),
    ],
)
def test_promotions_of_a_day_count_up(tags: tuple[str, ...], expected: str) -> None:
    assert next_tag(tags, date(2026, 11, 24)) == expected


def test_the_latest_promotion_comes_first() -> None:
    tags = ("promoted-2026-11-24-2", "git-1234567", "promoted-2026-11-24-10", "promoted-2026-12-01-1")
    assert newest_first(tags) == ["promoted-2026-12-01-1", "promoted-2026-11-24-10", "promoted-2026-11-24-2"]


def manifest(*layers: tuple[str, int]) -> dict[str, Any]:
    return {"config": {"digest": "c", "size": 5}, "layers": [{"digest": each, "size": size} for each, size in layers]}


def test_parts_of_an_index_are_its_platforms_attestations_and_blobs_each_once() -> None:
    attestation = {"vnd.docker.reference.type": "attestation-manifest"}
    manifests: Mapping[str, Mapping[str, Any]] = {
        "top": {
            "annotations": {"org.opencontainers.image.revision": "abcdef0"},
            "manifests": [
                {"digest": "one", "platform": {"os": "linux", "architecture": "amd64"}},
                {"digest": "two", "platform": {"os": "linux", "architecture": "arm", "variant": "v7"}},
                {"digest": "said", "platform": {"os": "unknown"}, "annotations": attestation},
                {"digest": "three"},
            ],
        },
        "one": manifest(("base", 100), ("own", 10)),
        "two": manifest(("base", 100)),
        "said": {"layers": [{"digest": "statement", "size": 1}]},
        "three": manifest(),
    }
    parts = parts_of("top", manifests.__getitem__)
    assert parts.bytes == 116
    assert parts.platforms == {"linux/amd64": "one", "linux/arm/v7": "two", "three": "three"}
    assert parts.attestations == 1
    assert revision_of(parts.annotations, {}) == "abcdef0"


def test_an_image_of_one_platform_is_its_own_platform() -> None:
    parts = parts_of("top", {"top": manifest(("base", 100))}.__getitem__)
    assert (parts.bytes, parts.platforms, parts.attestations) == (105, {"": "top"}, 0)


@pytest.mark.parametrize(
    ("configuration", "revision"),
    [
        ({"config": {"Labels": {"org.opencontainers.image.revision": "1234567"}}}, "1234567"),
        ({"config": {"Labels": None}}, None),
        ({"config": {}}, None),
        ({}, None),
    ],
)
def test_a_label_may_say_the_commit(configuration: Mapping[str, Any], revision: str | None) -> None:
    assert revision_of({}, configuration) == revision


@pytest.mark.parametrize(
    ("said", "facts"),
    [
        (
            "failed to request manifest head x: no credentials available: unauthorized",
            ("password", "python -m ops login"),
        ),
        ("x: request failed: forbidden [http 403]: {}", ("not allow",)),
        ('request failed: not found [http 404]: {"errors":[{"code":"NAME_UNKNOWN"}]}', ("no such repository", "bring")),
        ("dial tcp 127.0.0.1:1: connect: connection refused", ("reached",)),
        ('Head "http://127.0.0.1/v2/": EOF', ("reached",)),
        ("write /tmp/x: no space left on device", ("disk is full",)),
        ("http status: Internal Server Error [http 500]", ("registry", "disk")),
        ("http: server gave HTTP response to HTTPS client", ("TLS", "regctl registry set HOST --tls disabled")),
        ('{"code":"TAG_INVALID","message":"tag is immutable"}', ("exists", "moved")),
    ],
)
def test_trouble_is_told_in_one_line_with_the_tools_own_words(said: str, facts: tuple[str, ...]) -> None:
    words = words_of_trouble("thing", f"time=2026-11-24 level=WARN msg=retrying\n{said}\n\n")
    assert words == Says(*facts, f"({said})", at="thing")
    assert "\n" not in words
    assert "level=WARN" not in words


def test_trouble_that_is_not_known_is_the_tools_own_words_if_it_has_any() -> None:
    assert words_of_trouble("thing", "time=2026-11-24\nunexpected EOF\n") == "thing: unexpected EOF"
    assert words_of_trouble("thing", "time=2026-11-24\n") == Says("regctl", "not say", at="thing")
