"""Images made for a test: OCI layouts with several platforms and what was attested of each."""

from __future__ import annotations

import hashlib
import io
import json
import random
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_INDEX = "application/vnd.oci.image.index.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class MadeImage:
    """An OCI layout with one image.

    Attributes:
        directory: the layout
        digest: the image's, an index of platforms and attestations
        platforms: the digest of each platform's manifest
        attestations: the digests of the attestations' manifests
    """

    directory: Path
    digest: str
    platforms: Mapping[str, str]
    attestations: Sequence[str]

    def archive(self, path: Path) -> Path:
        """The layout as one file, as `docker buildx build --output type=oci` writes it."""
        with tarfile.open(path, "w") as file:
            for each in sorted(self.directory.rglob("*")):
                file.add(each, each.relative_to(self.directory), recursive=False)
        return path


def make_image(
    directory: Path,
    seed: int,
    layer_bytes: int = 20_000,
    platforms: Sequence[str] = ("linux/amd64", "linux/arm64"),
    revision: str | None = None,
    layers: int = 2,
) -> MadeImage:
    """Make an image of which nothing can be shared with one of another seed.

    Args:
        directory: where; it is made
        seed: what its content is drawn from
        layer_bytes: size of each layer
        platforms: which it has; each with an attestation, as BuildKit adds it
        revision: the commit that its label names
        layers: how many each platform has
    """
    (directory / "blobs" / "sha256").mkdir(parents=True)
    drawn = random.Random(seed)
    entries: list[dict[str, Any]] = []
    digests: dict[str, str] = {}
    attested: list[str] = []
    for platform in platforms:
        system, _, machine = platform.partition("/")
        blobs = [_put(directory, _random_bytes(drawn, layer_bytes)) for _ in range(layers)]
        labels = {"org.opencontainers.image.revision": revision} if revision else {}
        config = {
            "os": system,
            "architecture": machine,
            "created": "2026-11-01T10:00:00Z",
            "config": {"Labels": labels},
            "rootfs": {"type": "layers", "diff_ids": [blob["digest"] for blob in blobs]},
        }
        entry = _put_manifest(directory, config, "application/vnd.oci.image.layer.v1.tar", blobs)
        digests[platform] = entry["digest"]
        entries.append({**entry, "platform": {"os": system, "architecture": machine}})
        # https://docs.docker.com/build/metadata/attestations/attestation-storage/
        statement = json.dumps({"subject": [{"digest": entry["digest"]}], "predicate": {"seed": seed}}).encode()
        blob = _put(directory, [statement])
        nothing = {"os": "unknown", "architecture": "unknown", "config": {}, "rootfs": {"type": "layers"}}
        attestation = _put_manifest(directory, nothing, "application/vnd.in-toto+json", [blob])
        attested.append(attestation["digest"])
        notes = {"vnd.docker.reference.digest": entry["digest"], "vnd.docker.reference.type": "attestation-manifest"}
        unknown = {"os": "unknown", "architecture": "unknown"}
        entries.append({**attestation, "platform": unknown, "annotations": notes})
    index = _put_json(directory, {"schemaVersion": 2, "mediaType": _INDEX, "manifests": entries})
    top = {"schemaVersion": 2, "manifests": [{"mediaType": _INDEX, **index}]}
    (directory / "index.json").write_text(json.dumps(top))
    (directory / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))
    return MadeImage(directory, index["digest"], digests, attested)


def engine_archive(path: Path, image: MadeImage, name: str, platform: str = "linux/amd64") -> Path:
    """One platform as `docker save` of an engine without an image store of its own writes it.

    https://github.com/moby/docker-image-spec/blob/main/spec.md
    """
    blobs = image.directory / "blobs" / "sha256"
    manifest = json.loads((blobs / image.platforms[platform].removeprefix("sha256:")).read_bytes())
    config: str = manifest["config"]["digest"].removeprefix("sha256:")
    layers: list[str] = [layer["digest"].removeprefix("sha256:") for layer in manifest["layers"]]
    listed = [{"Config": f"{config}.json", "RepoTags": [name], "Layers": [f"{each}/layer.tar" for each in layers]}]
    with tarfile.open(path, "w") as file:
        file.add(blobs / config, f"{config}.json")
        for each in layers:
            file.add(blobs / each, f"{each}/layer.tar")
        text = json.dumps(listed).encode()
        entry = tarfile.TarInfo("manifest.json")
        entry.size = len(text)
        file.addfile(entry, io.BytesIO(text))
    return path


def _random_bytes(drawn: random.Random, size: int) -> Iterator[bytes]:
    while size > 0:
        yield drawn.randbytes(min(size, _CHUNK))
        size -= _CHUNK


def _put_manifest(
    directory: Path, config: Mapping[str, Any], layer_type: str, blobs: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    manifest = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **_put_json(directory, config)},
        "layers": [{"mediaType": layer_type, **blob} for blob in blobs],
    }
    return {"mediaType": _MANIFEST, **_put_json(directory, manifest)}


def _put_json(directory: Path, value: Mapping[str, Any]) -> dict[str, Any]:
    return _put(directory, [json.dumps(value).encode()])


def _put(directory: Path, parts: Iterator[bytes] | Sequence[bytes]) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    partial = directory / "blobs" / "sha256" / "partial"
    with partial.open("wb") as file:
        for part in parts:
            digest.update(part)
            size += len(part)
            file.write(part)
    partial.rename(partial.with_name(digest.hexdigest()))
    return {"digest": f"sha256:{digest.hexdigest()}", "size": size}
