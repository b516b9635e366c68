"""regctl and the registries it talks to, in the memory of the test: it takes regctl's own words and none else.

`tests/edge` proves the same commands with the real one; here every failure can be had, at every moment.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ops import image_tool

LAYER_BYTES, CONFIG_BYTES, STATEMENT_BYTES = 2_000_000, 1_000, 500
_MISSING = "request failed: not found [http 404]"


@dataclass(frozen=True)
class Image:
    """An image with its parts.

    Attributes:
        digest: of its index, or of its manifest where it has no index
        manifests: all that belong to it, by digest, the parts before the whole
        configurations: of each platform, by the digest of its manifest
        platforms: the manifests of the platforms, by name
    """

    digest: str
    manifests: Mapping[str, Mapping[str, Any]]
    configurations: Mapping[str, Mapping[str, Any]]
    platforms: Mapping[str, str]


def digest_of(content: object) -> str:
    return "sha256:" + hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def make_image(
    seed: str,
    platforms: Sequence[str] = ("linux/amd64", "linux/arm64"),
    label: str | None = None,
    annotation: str | None = None,
    created: str | None = "2026-11-01T10:00:00Z",
) -> Image:
    """An image of which nothing is shared with one of another seed.

    Args:
        seed: what its digests are made from
        platforms: each with an attestation; without any it is no index
        label: the commit that the labels name
        annotation: the commit that the annotations name
        created: what its configuration says of its age
    """
    manifests: dict[str, Mapping[str, Any]] = {}
    configurations: dict[str, Mapping[str, Any]] = {}
    digests: dict[str, str] = {}
    entries: list[Mapping[str, Any]] = []
    revision = "org.opencontainers.image.revision"
    notes = {"annotations": {revision: annotation}} if annotation else {}
    labels = {revision: label} if label else None

    def put(content: Mapping[str, Any]) -> str:
        manifests[digest_of(content)] = content
        return digest_of(content)

    for platform in platforms or ("",):
        blobs = {"config": blob(f"{seed}{platform}c", CONFIG_BYTES), "layers": [blob(f"{seed}{platform}", LAYER_BYTES)]}
        digest = digests[platform] = put({**blobs, **({} if platforms else notes)})
        configurations[digest] = {"config": {"Labels": labels}, **({"created": created} if created else {})}
        if platforms:
            system, machine = platform.split("/")
            entries.append({"digest": digest, "platform": {"os": system, "architecture": machine}})
            said = put({"layers": [blob(f"{seed}{platform}s", STATEMENT_BYTES)]})
            entries.append({"digest": said, "annotations": {"vnd.docker.reference.type": "attestation-manifest"}})
    top = put({"manifests": entries, **notes}) if platforms else digests[""]
    return Image(top, manifests, configurations, digests)


def blob(name: str, size: int) -> Mapping[str, Any]:
    return {"digest": digest_of(name), "size": size}


@dataclass
class MemoryRegistries:
    """Every registry and OCI layout, as regctl reaches them.

    Attributes:
        path: what regctl is called
        tags: by repository and tag, the digest
        accounts: user and password of the registries that let nobody in without
        logins: user and password that were kept, by registry
        changed: what it was told that changes something, in this order
        alters: manifests that come out of a copy as something else
    """

    path: Path
    tags: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    accounts: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    logins: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    changed: list[str] = field(default_factory=list[str])
    alters: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    _manifests: dict[str, dict[str, Mapping[str, Any]]] = field(default_factory=dict[str, Any])
    _configurations: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    _images: dict[str, Image] = field(default_factory=dict[str, Image])
    _hooks: list[tuple[str, Callable[[], str | None]]] = field(default_factory=list[Any])

    @classmethod
    def on_path(cls, folder: Path, monkeypatch: pytest.MonkeyPatch) -> MemoryRegistries:
        """A regctl in this folder, which is on PATH; nothing of it is a process."""
        made = cls(folder / "regctl")
        made.path.touch(mode=0o755)
        processes = SimpleNamespace(
            run=made.run, CompletedProcess=subprocess.CompletedProcess, SubprocessError=subprocess.SubprocessError
        )
        monkeypatch.setattr(image_tool, "subprocess", processes)
        monkeypatch.setattr(image_tool, "run_on_a_terminal", made.run_on_a_terminal)
        return made

    def put(self, place: str, image: Image, *tags: str) -> Image:
        """Let a repository or layout have an image under these tags."""
        self._manifests.setdefault(place, {}).update(image.manifests)
        self.tags.setdefault(place, {}).update(dict.fromkeys(tags, image.digest))
        self._configurations.update(image.configurations)
        return image

    def archive(self, path: Path, **images: Image) -> Path:
        """Write a file that `image import` takes, with these images by name."""
        self._images.update({image.digest: image for image in images.values()})
        path.write_text(json.dumps({name: image.digest for name, image in images.items()}))
        return path

    def digests(self, place: str) -> set[str]:
        """Every manifest that a repository has."""
        return set(self._manifests.get(place, ()))

    def when(self, words: str, do: Callable[[], str | None]) -> None:
        """Before it does what contains these words: what `do` gives back is said as the reason of its failure."""
        self._hooks.append((words, do))

    def fails(self, words: str, said: str) -> None:
        self.when(words, lambda: said)

    def works_again(self) -> None:
        self._hooks.clear()

    def run(self, words: Sequence[object], **options: Any) -> subprocess.CompletedProcess[str]:
        """As `subprocess.run`."""
        path, *rest = (str(word) for word in words)
        assert path == str(self.path)
        assert (options["capture_output"], options["text"]) == (True, True)
        if rest == ["version"]:
            return subprocess.CompletedProcess(words, 0, f"VCSTag:     v{image_tool.VERSION}\n", "")
        try:
            return subprocess.CompletedProcess(words, 0, self._answer(rest, options["input"]), "")
        except _SaidNoError as error:
            return subprocess.CompletedProcess(words, 1, "", str(error))

    def run_on_a_terminal(self, words: Sequence[str], read: Callable[[str], None]) -> tuple[int, str]:
        """As the function of that name: copies tell how far they are, and say why they failed after that."""
        path, *rest = words
        assert path == str(self.path)
        shown = "Manifests: 1/3 | Blobs: 1.500MB copied, 2.000kB skipped, 7.390MB queued | Elapsed: 1s"
        for line in ("nothing of use", shown):
            read(line)
        try:
            self._answer(rest, "")
        except _SaidNoError as error:
            return 1, f"{shown} \n{error}"
        return 0, shown

    def _answer(self, words: Sequence[str], given: str) -> str:
        self._fail_on_demand(" ".join(words))
        match list(words):
            case ["image", "digest", reference]:
                return f"{self._found(reference)[1]}\n"
            case ["manifest", "get", reference, "--format", "raw-body"]:
                place, digest = self._found(reference)
                return json.dumps(self._manifests[place][digest])
            case ["image", "inspect", reference, "--format", "raw-body"]:
                return json.dumps(self._configurations[self._found(reference)[1]])
            case ["tag", "ls", repository]:
                self._require_login(repository)
                if repository not in self.tags:
                    raise _SaidNoError(f"{repository}: {_MISSING}: NAME_UNKNOWN")
                return "\n".join(self.tags[repository])
            case ["image", "copy", *_, source, target]:
                self._copy(source, target)
            case ["image", "import", reference, archive, *name]:
                self._unpack(reference, Path(archive), name)
            case ["registry", "login", host, "--user", user, "--pass-stdin"]:
                self.logins[host] = user, given
                self._require_login(host)
            case ["registry", "logout", host]:
                del self.logins[host]
            case _:
                raise AssertionError(f"regctl does not know {words}")
        if words[1] != "digest":
            self.changed.append(" ".join(words))
        return ""

    def _fail_on_demand(self, words: str) -> None:
        for wanted, do in self._hooks:
            said = do() if wanted in words else None
            if said is not None:
                raise _SaidNoError(said)

    def _found(self, reference: str) -> tuple[str, str]:
        """Repository and digest of an image that is there."""
        named, _, digest = reference.partition("@")
        folder, _, last = named.rpartition("/")
        place, _, tag = last.partition(":")
        place = f"{folder}/{place}"
        self._require_login(place)
        digest = digest or self.tags.get(place, {}).get(tag, "")
        if digest not in self._manifests.get(place, ()):
            raise _SaidNoError(f"failed to get manifest {reference}: {_MISSING}")
        return place, digest

    def _require_login(self, place: str) -> None:
        host = place.partition("/")[0]
        if host in self.accounts and self.logins.get(host) != self.accounts[host]:
            raise _SaidNoError(f"{host}: unauthorized [http 401]")

    def _copy(self, source: str, target: str) -> None:
        place, digest = self._found(source)
        named, _, wanted = target.partition("@")
        to, _, tag = named.rpartition(":") if not wanted else (named, "", "")
        self._require_login(to)
        assert wanted in {"", digest}, "regctl refuses to write another digest than it is told"
        self._copy_parts(place, to, digest)
        self.tags.setdefault(to, {}).update({tag: digest} if tag else {})

    def _copy_parts(self, place: str, to: str, digest: str) -> None:
        manifest = self._manifests[place][digest]
        for entry in manifest.get("manifests", ()):
            self._copy_parts(place, to, entry["digest"])
        self._manifests.setdefault(to, {})[digest] = self.alters.get(digest, manifest)

    def _unpack(self, reference: str, archive: Path, name: Sequence[str]) -> None:
        try:
            images: Mapping[str, str] = json.loads(archive.read_text())
        except ValueError:
            raise _SaidNoError(f"failed to read {archive}: no archive") from None
        assert name[:1] in ([], ["--name"])
        if not images:
            raise _SaidNoError("could not find requested tag in index.json, image")
        chosen = images[name[1]] if name else next(iter(images.values()))
        layout, _, tag = reference.rpartition(":")
        self.put(layout, self._images[chosen], tag)


class _SaidNoError(Exception):
    """What regctl says when it fails."""
