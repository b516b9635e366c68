"""What an image consists of, read from its manifests."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_REVISION = "org.opencontainers.image.revision"


@dataclass(frozen=True)
class ImageParts:
    """One image, of one platform or several.

    Attributes:
        bytes: of all blobs, each counted once
        platforms: the digest of the manifest of each platform, by a name such as `linux/amd64`; of an image that is no
            index its own digest, under an empty name
        attestations: how many manifests say something of a platform, such as where it was built or what is in it
        annotations: of the index or manifest itself
    """

    bytes: int
    platforms: Mapping[str, str]
    attestations: int
    annotations: Mapping[str, str]


def parts_of(digest: str, manifest: Callable[[str], Mapping[str, Any]]) -> ImageParts:
    """What the image with this digest consists of.

    Args:
        digest: the image's
        manifest: gives the manifest or index with a digest
    """
    top = manifest(digest)
    blobs: dict[str, int] = {}
    platforms: dict[str, str] = {}
    attestations = 0
    if "manifests" not in top:
        platforms[""] = digest
        _add_blobs(blobs, top)
    for entry in top.get("manifests", []):
        # https://docs.docker.com/build/metadata/attestations/attestation-storage/
        if entry.get("annotations", {}).get("vnd.docker.reference.type") == "attestation-manifest":
            attestations += 1
        else:
            platforms[_platform(entry)] = entry["digest"]
        _add_blobs(blobs, manifest(entry["digest"]))
    return ImageParts(sum(blobs.values()), platforms, attestations, top.get("annotations", {}))


def revision_of(annotations: Mapping[str, str], configuration: Mapping[str, Any]) -> str | None:
    """The commit that an image says it was built from, in its annotations or its labels.

    https://github.com/opencontainers/image-spec/blob/main/annotations.md#pre-defined-annotation-keys
    """
    labels: Mapping[str, str] | None = configuration.get("config", {}).get("Labels")  # null where there are none
    both = {**(labels if labels is not None else {}), **annotations}
    return both.get(_REVISION)


def _platform(entry: Mapping[str, Any]) -> str:
    platform: Mapping[str, str] = entry.get("platform", {})
    if not platform:
        return str(entry["digest"])
    return "/".join(platform[key] for key in ("os", "architecture", "variant") if platform.get(key))


def _add_blobs(blobs: dict[str, int], manifest: Mapping[str, Any]) -> None:
    config = [manifest["config"]] if "config" in manifest else []
    for blob in (*config, *manifest.get("layers", [])):
        blobs[blob["digest"]] = blob["size"]
