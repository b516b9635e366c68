"""The registry of unit tests answers what regctl answers with a real registry: one scenario, told to both."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ops.image_reference import Repository
from ops.image_tool import RegistryTool
from ops.image_trouble import RegistryTrouble
from tests.edge.image_project import ImageProject
from tests.edge.made_images import MadeImage, make_image
from tests.unit.ops.registry_in_memory import Image, MemoryRegistries

pytestmark = pytest.mark.edge

COMMIT = "3f2c1ab9d0e4c5b6a798897a6b5c4d3e2f1a0b9c"


@dataclass(frozen=True)
class Place:
    """Where the scenario is played.

    Attributes:
        host: the registry
        user: who may log in
        password: with which password
        archives: by what is in them
    """

    host: str
    user: str
    password: str
    archives: Mapping[str, Path]


def remembered(made: MadeImage) -> Image:
    """The same image, as the registry of unit tests has it."""

    def read(digest: str) -> dict[str, Any]:
        return json.loads((made.directory / "blobs" / "sha256" / digest.removeprefix("sha256:")).read_bytes())

    manifests = {digest: read(digest) for digest in (*made.platforms.values(), *made.attestations, made.digest)}
    configurations = {digest: read(manifests[digest]["config"]["digest"]) for digest in made.platforms.values()}
    return Image(made.digest, manifests, configurations, made.platforms)


def real_archives(made: MadeImage, folder: Path) -> dict[str, Path]:
    """One with an image, one with two of which the second is this, one with none, and a file that is no archive."""
    folder.mkdir()
    index = made.directory / "index.json"
    whole = json.loads(index.read_bytes())
    (entry,) = whole["manifests"]
    names = [{**entry, "annotations": {"org.opencontainers.image.ref.name": name}} for name in ("first", "second")]
    names[0]["digest"] = made.platforms["linux/amd64"]
    archives: dict[str, Path] = {"none": folder / "none"}
    archives["none"].write_text("no archive")
    for name, entries in {"two": names, "empty": [], "one": [entry]}.items():
        index.write_text(json.dumps({**whole, "manifests": entries}))
        archives[name] = made.archive(folder / name)
    return archives


def play(place: Place, one: MadeImage, other: MadeImage, directory: Path) -> dict[str, object]:
    """Say all that the program ever says to regctl; gives back what came of each word."""
    tool = RegistryTool(RegistryTool.find().path)
    first, second, none = (Repository(place.host, f"slipway/{name}") for name in ("first", "second", "none"))
    platform = one.platforms["linux/arm64"]
    told: dict[str, object] = {}

    def tell(what: str, do: Callable[[], object]) -> None:
        try:
            told[what] = do()
        except RegistryTrouble as trouble:
            # Where a meaning is known, it stands before the tool's own words.
            about, _, why = str(trouble).partition(": ")
            told[what] = (about, why.partition(" (")[0] if " (" in why else "trouble")

    def copy(source: str, target: str, *, signatures: bool = False) -> None:
        tool.copy(source, target, signatures=signatures, copied=lambda _: None)

    def layout(made: MadeImage, digest: str) -> str:
        return f"ocidir://{made.directory}@{digest}"

    def unpack(archive: str, name: str | None = None) -> str | None:
        folder = directory / archive / str(name)
        folder.parent.mkdir(parents=True, exist_ok=True)
        return tool.digest(tool.unpack(place.archives[archive], folder, name))

    tell("without a login", lambda: tool.digest(first.tagged("v1")))
    tell("a wrong password", lambda: tool.login(place.host, place.user, "wrong"))
    tell("after a wrong password", lambda: tool.tags(first))
    tell("the password", lambda: tool.login(place.host, place.user, place.password))
    tell("a repository that there is not", lambda: (tool.digest(none.tagged("v1")), tool.tags(none)))
    tell("a layout's image", lambda: tool.digest(layout(one, one.digest)))
    tell("a layout's manifest", lambda: tool.manifest(layout(one, one.digest)))
    tell("a layout's configuration", lambda: tool.configuration(layout(one, platform)))
    tell("a copy of what there is not", lambda: copy(none.at(one.digest), second.at(one.digest)))
    tell("a copy by digest", lambda: copy(layout(one, one.digest), first.at(one.digest)))
    tell("a copy gets no tag", lambda: (tool.tags(first), tool.digest(first.at(one.digest))))
    tell("a tag", lambda: tool.tag(first, one.digest, "v1"))
    tell("the same tag", lambda: tool.tag(first, one.digest, "v1"))
    tell("another image", lambda: copy(layout(other, other.digest), first.at(other.digest)))
    tell("its tag is taken", lambda: tool.tag(first, other.digest, "v1"))
    tell("a tag of what there is not", lambda: tool.tag(second, other.digest, "v1"))
    tell("to another repository", lambda: copy(first.at(one.digest), second.at(one.digest), signatures=True))
    tell("tags", lambda: (tool.tags(first), tool.digest(first.tagged("v1")), tool.digest(first.tagged("v2"))))
    for name, digest in {"index": one.digest, "platform": platform, "attestation": one.attestations[0]}.items():
        tell(f"the {name}", lambda digest=digest: tool.manifest(second.at(digest)))
    tell("what was built", lambda: tool.configuration(second.at(platform)))
    tell("a manifest that there is not", lambda: tool.manifest(second.at(other.digest)))
    tell("a configuration that there is not", lambda: tool.configuration(second.at(other.digest)))
    tell("an archive", lambda: unpack("one"))
    tell("of an archive with two", lambda: unpack("two", "second"))
    tell("of one without any", lambda: unpack("empty"))
    tell("no archive", lambda: unpack("none"))
    return told


def test_both_answer_the_same(images: ImageProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = make_image(tmp_path / "one", seed=1, revision=COMMIT), make_image(tmp_path / "other", seed=2)
    registry = images.registries["dev"]
    monkeypatch.setenv("REGCTL_CONFIG", images.environment["REGCTL_CONFIG"])
    images.regctl("registry", "logout", registry.address)
    archives = real_archives(one, tmp_path / "archives")
    place = Place(registry.address, registry.user, registry.password, archives)
    real = play(place, one, other, tmp_path / "unpacked")

    folder = tmp_path / "memory"
    folder.mkdir()
    memory = MemoryRegistries.on_path(folder, monkeypatch)
    monkeypatch.setenv("PATH", str(folder))
    assert RegistryTool.find().path == memory.path
    memory.accounts[registry.address] = registry.user, registry.password
    for made in (one, other):
        memory.put(f"ocidir://{made.directory}", remembered(made))
    memory.archive(archives["one"], any=remembered(one))
    memory.archive(archives["two"], first=remembered(other), second=remembered(one))
    memory.archive(archives["empty"])
    assert play(place, one, other, folder / "unpacked") == real
    for name in ("first", "second"):
        assert memory.tags[f"{registry.address}/slipway/{name}"] == registry.tags(f"slipway/{name}")
