"""How images are named: registry, repository, tag, digest."""

import re
from dataclasses import dataclass
from typing import Self

from ops.refusal import Refusal

# https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
_NAME = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"
_DIGEST = r"sha256:[0-9a-f]{64}"
# The first part of a name is a host only if it could not be a name: that is how engines tell the two apart.
# https://pkg.go.dev/github.com/distribution/reference#ParseNormalizedNamed
_HOST = r"localhost(?::\d+)?|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d+)?|[A-Za-z0-9-]+:\d+|\[[0-9a-fA-F:]+\](?::\d+)?"
_REFERENCE = re.compile(
    rf"(?P<host>{_HOST})/(?P<name>{_NAME}(?:/{_NAME})*)(?::(?P<tag>{_TAG}))?(?:@(?P<digest>{_DIGEST}))?"
)

SHOWN_DIGITS = 12
"""How much of a digest tables show."""


@dataclass(frozen=True)
class Repository:
    """A repository of one registry, such as `slipway-dev/frontend`."""

    registry: str
    name: str

    def __str__(self) -> str:
        return f"{self.registry}/{self.name}"

    @classmethod
    def parse(cls, url: str) -> Self:
        """The repository with this address.

        Raises:
            Refusal: it is none.
        """
        found = _REFERENCE.fullmatch(url)
        if found is None or found["tag"] or found["digest"]:
            raise Refusal(f"{url!r} is no repository; expected such as registry.example.com/team/frontend")
        return cls(found["host"], found["name"])

    def at(self, digest: str) -> str:
        """The image with this digest, as a reference."""
        return f"{self}@{digest}"

    def tagged(self, tag: str) -> str:
        """The image with this tag, as a reference."""
        return f"{self}:{tag}"


@dataclass(frozen=True)
class Reference:
    """An image as a container names it: with a tag, a digest, or both."""

    repository: Repository
    tag: str | None
    digest: str | None

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.repository}{tag}" + (f"@{self.digest}" if self.digest else "")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The image with this reference.

        Raises:
            Refusal: it names no registry, or neither a tag nor a digest.
        """
        found = _REFERENCE.fullmatch(text)
        if found is None or not (found["tag"] or found["digest"]):
            raise Refusal(f"{text!r} is no image of a registry; expected such as registry.example.com/team/frontend:v1")
        return cls(Repository(found["host"], found["name"]), found["tag"], found["digest"])


def names_a_registry(text: str) -> bool:
    """Whether a reference begins with the host of a registry."""
    return _REFERENCE.fullmatch(text) is not None


def short(name: str | None) -> str:
    """A digest by its first digits, for people; a tag as it is; a dash for nothing."""
    if name is None:
        return "-"
    return name.removeprefix("sha256:")[:SHOWN_DIGITS] if name.startswith("sha256:") else name
