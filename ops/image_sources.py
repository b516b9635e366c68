"""Where an image that is pushed comes from: a container engine, an archive, or a registry."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from ops.image_reference import Reference, names_a_registry
from ops.image_registries import Registries
from ops.image_tool import RegistryTool
from ops.refusal import Refusal

ENGINES = ("docker", "podman")


class Kind(StrEnum):
    """What a source is."""

    ENGINE = "engine"
    ARCHIVE = "archive"
    REGISTRY = "registry"


@dataclass(frozen=True)
class SourceImage:
    """An image that can be copied from.

    Attributes:
        place: what comes before the digest in its reference: a repository, or an OCI layout
        digest: its digest
        has_tags: whether signatures may lie beside it as tags
    """

    place: str
    digest: str
    has_tags: bool

    def at(self, digest: str) -> str:
        """A part of the image, as a reference."""
        return f"{self.place}@{digest}"


def kind_of(source: str) -> Kind:
    """What a person means: a path that exists, a name with a registry's host in front, else an engine's image."""
    if Path(source).exists():
        return Kind.ARCHIVE
    return Kind.REGISTRY if names_a_registry(source) else Kind.ENGINE


@contextmanager
def opened(source: str, kind: Kind, name: str | None, registries: Registries) -> Generator[SourceImage]:
    """The image, as long as it is needed; what was unpacked is gone afterwards.

    Args:
        source: what the person typed
        kind: what it is
        name: which image of an archive with several
        registries: the way to registries

    Raises:
        Refusal: there is no such image.
        RegistryTrouble: it cannot be read.
    """
    if kind is Kind.REGISTRY:
        yield _in_registry(source, registries)
    elif kind is Kind.ARCHIVE and Path(source).is_dir():
        yield _in_layout(Path(source), name)
    else:
        with tempfile.TemporaryDirectory(prefix="slipway-image-") as directory:
            archive = Path(source) if kind is Kind.ARCHIVE else _saved(source, Path(directory) / "saved.tar")
            yield _unpacked(archive, Path(directory) / "layout", name, registries.tool)


def _in_registry(source: str, registries: Registries) -> SourceImage:
    reference = Reference.parse(source)
    registries.log_in(reference.repository.registry)
    digest = registries.tool.digest(source)
    if digest is None:
        raise Refusal(f"{source}: there is no such image")
    return SourceImage(str(reference.repository), digest, has_tags=bool(registries.tool.tags(reference.repository)))


def _in_layout(directory: Path, name: str | None) -> SourceImage:
    """An OCI layout that is a directory. https://github.com/opencontainers/image-spec/blob/main/image-layout.md"""
    try:
        entries: list[dict[str, Any]] = json.loads((directory / "index.json").read_bytes())["manifests"]
    except (OSError, ValueError, KeyError, TypeError):
        raise Refusal(f"{directory} is no OCI layout: it has no index.json with manifests") from None
    names = {entry.get("annotations", {}).get("org.opencontainers.image.ref.name"): entry for entry in entries}
    if name is not None and name in names:
        return SourceImage(f"ocidir://{directory}", names[name]["digest"], has_tags=False)
    if name is None and len(entries) == 1:
        return SourceImage(f"ocidir://{directory}", entries[0]["digest"], has_tags=False)
    known = ", ".join(sorted(str(each) for each in names if each is not None))
    raise Refusal(
        f"{directory} has {len(entries)} images; say which with --name: {known if known else 'none is named'}"
    )


def _unpacked(archive: Path, layout: Path, name: str | None, tool: RegistryTool) -> SourceImage:
    digest = tool.digest(tool.unpack(archive, layout, name))
    if digest is None:
        raise Refusal(f"{archive} holds no image")
    return SourceImage(f"ocidir://{layout}", digest, has_tags=False)


def _saved(image: str, archive: Path) -> Path:
    """An engine's image, written to a file by the engine itself."""
    engine = next((each for each in ENGINES if shutil.which(each) is not None), None)
    if engine is None:
        raise Refusal(f"{image}: there is no container engine to ask; expected one of {', '.join(ENGINES)}")
    # Docker's is an OCI archive as well where its image store keeps attestations; podman's is when it is asked for one.
    form = ["--format", "oci-archive"] if engine == "podman" else []
    words = [engine, "image", "save", *form, "--output", str(archive), image]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refusal(f"{engine} does not give {image}: {' '.join(done.stderr.split())}")
    return archive
