"""regctl, which does all the talking to registries: copying, tags, digests.

Chosen over crane and skopeo: it copies an index whole, with the attestations in it, *and* what refers to it, as OCI
referrers and as cosign's tags (`--referrers`, `--digest-tags`), reads OCI layouts and engines' archives, shows bytes
while it copies, and builds in seconds from one pinned module. https://github.com/regclient/regclient
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from ops.image_reference import Repository
from ops.image_trouble import RegistryTrouble, words_of_trouble
from ops.refusal import Refusal
from ops.terminal_process import run_on_a_terminal

VERSION = "0.11.7"
"""What `tools/regctl/go.mod` pins; of those on PATH the same or a newer minor version will do."""

_SHOWN_VERSION = re.compile(r"VCSTag:\s+v(\d+)\.(\d+)\.\d+")
_COPIED = re.compile(r"Blobs: ([\d.]+)([kMGT]?B) copied, ([\d.]+)([kMGT]?B) skipped")
_UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_MISSING = re.compile(r"\[http 404\]|not found$|file does not exist|no such file")


@dataclass(frozen=True)
class RegistryTool:
    """regctl, where it was found.

    References are written as it takes them: `host/name:tag`, `host/name@digest`, or `ocidir://path@digest` for an OCI
    layout. Where it says no, every method raises `RegistryTrouble`.
    """

    path: Path

    @classmethod
    def find(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The one on PATH if it is new enough, else the one that `make image-tools` built.

        Raises:
            Refusal: there is neither.
        """
        on_path = shutil.which("regctl", path=environment.get("PATH"))
        if on_path is not None and _is_new_enough(on_path):
            return cls(Path(on_path))
        base = environment.get("XDG_CACHE_HOME")
        cached = (Path(base) if base else Path.home() / ".cache") / "slipway" / "regctl" / VERSION / "regctl"
        if os.access(cached, os.X_OK):
            return cls(cached)
        raise Refusal(f"regctl {VERSION} or newer is needed to copy images; install it, or run `make image-tools`")

    def digest(self, reference: str) -> str | None:
        """The digest that a reference stands for; None where there is no such image."""
        done = self._run(["image", "digest", reference])
        if done.returncode != 0:
            if _MISSING.search(done.stderr.strip()):
                return None
            raise RegistryTrouble(words_of_trouble(reference, done.stderr))
        return done.stdout.strip()

    def manifest(self, reference: str) -> Mapping[str, Any]:
        """The manifest or index itself, without looking inside."""
        manifest: Mapping[str, Any] = json.loads(
            self._say(reference, ["manifest", "get", reference, "--format", "raw-body"])
        )
        return manifest

    def configuration(self, reference: str) -> Mapping[str, Any]:
        """What the image of one platform was built as: labels, time of creation."""
        configuration: Mapping[str, Any] = json.loads(
            self._say(reference, ["image", "inspect", reference, "--format", "raw-body"])
        )
        return configuration

    def tags(self, repository: Repository | str) -> tuple[str, ...]:
        """Every tag of a repository; none where it is empty."""
        done = self._run(["tag", "ls", str(repository)])
        if done.returncode != 0:
            # An empty repository and one that is not there look alike in the protocol.
            if _MISSING.search(done.stderr):
                return ()
            raise RegistryTrouble(words_of_trouble(str(repository), done.stderr))
        return tuple(done.stdout.split())

    def copy(self, source: str, target: str, *, signatures: bool, copied: Callable[[int], None]) -> None:
        """Copy an image with all its platforms, its attestations and what refers to it.

        What the target has already is skipped; what it lacks of an image it has is put right. A manifest goes only
        when all it names is there, so that whatever stops this leaves nothing that points at something incomplete.

        Args:
            source: which
            target: where; by digest, it gets no tag
            signatures: also cosign's, which are tags: only for a source that has tags
            copied: is told now and then how many bytes are there
        """
        words = ["image", "copy", "--force-recursive", "--referrers", *(["--digest-tags"] if signatures else [])]

        def read(line: str) -> None:
            found = _COPIED.search(line)
            if found is not None:
                copied(round(float(found[1]) * _UNITS[found[2]] + float(found[3]) * _UNITS[found[4]]))

        code, said = run_on_a_terminal([str(self.path), *words, source, target], read)
        if code != 0:
            last = said.rpartition("Elapsed: ")[2]
            raise RegistryTrouble(words_of_trouble(f"copying to {target}", re.sub(r"^\d+s\s", "", last)))

    def tag(self, repository: Repository, digest: str, tag: str) -> None:
        """Let a tag point to an image that is there. A tag that exists is left as it is.

        Raises:
            RegistryTrouble: also when the tag exists and stands for something else.
        """
        reference = repository.tagged(tag)
        before = self.digest(reference)
        if before is None:
            self._say(reference, ["image", "copy", repository.at(digest), reference])
        after = self.digest(reference)
        if after != digest:
            raise RegistryTrouble(f"{reference} exists already and is {after}, not {digest}; it was left as it is")

    def unpack(self, archive: Path, layout: Path, name: str | None) -> str:
        """Make an OCI layout of an archive, an OCI one or an engine's, and give back the image's reference in it."""
        reference = f"ocidir://{layout}:image"
        about = f"{archive}, read as an OCI archive or an engine's"
        self._say(about, ["image", "import", reference, str(archive), *(["--name", name] if name else [])])
        return reference

    def login(self, registry: str, user: str, password: str) -> None:
        """Keep user and password for a registry, once it has taken them."""
        words = ["registry", "login", registry, "--user", user, "--pass-stdin"]
        done = self._run(words, password)
        if done.returncode != 0:
            self._run(["registry", "logout", registry])  # it keeps what was refused
            raise RegistryTrouble(words_of_trouble(registry, done.stderr))

    def _say(self, about: str, words: Sequence[str]) -> str:
        done = self._run(words)
        if done.returncode != 0:
            raise RegistryTrouble(words_of_trouble(about, done.stderr))
        return done.stdout

    def _run(self, words: Sequence[str], given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run([self.path, *words], input=given, capture_output=True, text=True, check=False)


def _is_new_enough(command: str) -> bool:
    try:
        shown = subprocess.run([command, "version"], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    found = _SHOWN_VERSION.search(shown.stdout)
    wanted = tuple(int(part) for part in VERSION.split(".")[:2])
    return found is not None and (int(found[1]), int(found[2])) >= wanted
