"""A project whose stacks export what the test says, and `python -m ops` in it: same process, registries in memory."""

from __future__ import annotations

import base64
import io
import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ProfileNotFound

from ops import image_ecr, images_command, promote_command
from ops.__main__ import main
from tests.image_stack_files import SERVICES, ImageStackFiles
from tests.unit.ops.registry_in_memory import Image, MemoryRegistries

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TODAY = "promoted-2026-11-24"
ACCOUNTS = {"staging": "111122223333", "prod": "444455556666"}
ECR = {stack: f"{account}.dkr.ecr.us-west-2.amazonaws.com" for stack, account in ACCOUNTS.items()}


class _Clock(datetime):
    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        assert tz is UTC, "days and ages are those of UTC"
        return NOW


@dataclass(frozen=True)
class Done:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def refusal(self) -> str:
        """The one line of a command that refused before anything was changed."""
        assert (self.code, self.err.count("\n"), self.out) == (2, 1, ""), self
        return self.err.removesuffix("\n")


class ImageStacks(ImageStackFiles):
    """Stacks dev and staging with one registry, prod with another.

    Args:
        directory: where
        monkeypatch: the test's
        hosts: other registries than these, by stack
    """

    def __init__(
        self, directory: Path, monkeypatch: pytest.MonkeyPatch, hosts: Mapping[str, str] | None = None
    ) -> None:
        given = {"dev": "dev.example.com", "staging": "dev.example.com", "prod": "prod.example.com:5000"}
        super().__init__(directory / "project", directory / "bin", {**given, **(hosts or {})})
        self.monkeypatch = monkeypatch
        monkeypatch.chdir(self.directory)
        monkeypatch.setenv("PATH", f"{self.programs}:/usr/bin:/bin")
        monkeypatch.setenv("COLUMNS", "240")
        monkeypatch.setattr("sys.stdin", io.StringIO())
        for command in (promote_command, images_command):
            monkeypatch.setattr(command, "datetime", _Clock)
        self.registries = MemoryRegistries.on_path(self.programs, monkeypatch)

    def written(self, stack: str) -> list[str]:
        """The lines of a stack file that are not as they were at the beginning."""
        before, now = self.texts[stack].splitlines(), self.stack_file(stack).read_text().splitlines()
        assert len(before) == len(now)
        return [line.strip() for line, old in zip(now, before, strict=True) if line != old]

    def runs(self, stack: str, **images: Image | str) -> None:
        """Let a stack run these: by service, an image by its digest or the tag of one."""
        ends = {name: f":{each}" if isinstance(each, str) else f"@{each.digest}" for name, each in images.items()}
        self.export(stack, runningImages={name: self.url(stack, SERVICES[name]) + end for name, end in ends.items()})

    def has(self, stack: str, service: str, image: Image, *tags: str) -> Image:
        """Let a stack's repository have an image."""
        return self.registries.put(self.url(stack, SERVICES[service]), image, *tags)

    def layout(self, image: Image, *names: str | None) -> str:
        """An OCI layout on disk with an image, once for each name."""
        directory = self.directory / "layout"
        directory.mkdir(exist_ok=True)
        notes = [{"annotations": {"org.opencontainers.image.ref.name": name}} if name else {} for name in names or [""]]
        (directory / "index.json").write_text(json.dumps({"manifests": [{"digest": image.digest, **n} for n in notes]}))
        self.registries.put(f"ocidir://{directory}", image)
        return str(directory)

    def copies(self) -> list[str]:
        """The copies that regctl was told to make."""
        return [words for words in self.registries.changed if words.startswith("image copy")]

    def tags(self, stack: str, service: str) -> Mapping[str, str]:
        return self.registries.tags.get(self.url(stack, SERVICES[service]), {})

    def commit(self) -> None:
        """Make the project a repository in which all is committed."""
        (self.directory / ".git" / "info").mkdir(parents=True, exist_ok=True)
        who = ("-c", "user.name=t", "-c", "user.email=t@example.com")
        for words in (("init", "-q"), ("add", "-A"), (*who, "commit", "-qm", "t")):
            subprocess.run(["git", *words], cwd=self.directory, check=True, capture_output=True)

    def given(self, text: str) -> None:
        """What a command reads from its standard input."""
        self.monkeypatch.setattr("sys.stdin", io.StringIO(text))

    def ops(self, capsys: pytest.CaptureFixture[str], *words: str) -> Done:
        capsys.readouterr()
        code = main(words)
        return Done(code, *capsys.readouterr())

    def pushed(self, capsys: pytest.CaptureFixture[str], image: Image, *words: str, stack: str = "dev") -> Done:
        """Push a front end, and look that it is there whole and the digest is all that programs read."""
        done = self.ops(capsys, *words)
        assert (done.code, done.out) == (0, f"{image.digest}\n"), done.err
        assert self.registries.digests(self.url(stack, "frontend")) == set(image.manifests)
        return done


@dataclass
class MemoryAws:
    """ECR's own API in the accounts of staging and prod, asked by profiles.

    Attributes:
        sessions: profile and region of each that was made, in this order
        movable: the repositories whose tags can be moved
        missing: the repositories that there are not
        pushed: tags and age, by registry, repository and digest
        scans: status and findings, by digest; COMPLETE with none of any other
        asked: account and repository of each question about a scan
    """

    registries: MemoryRegistries
    sessions: list[tuple[str | None, str]] = field(default_factory=list[tuple[str | None, str]])
    movable: set[str] = field(default_factory=set[str])
    missing: set[str] = field(default_factory=set[str])
    pushed: dict[tuple[str, str, str], tuple[Sequence[str], datetime]] = field(default_factory=dict[Any, Any])
    scans: dict[str, tuple[str, Mapping[str, int]] | None] = field(default_factory=dict[str, Any])
    asked: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])

    @classmethod
    def of(cls, images: ImageStacks) -> MemoryAws:
        """AWS for the stacks whose registries are ECR's; these let in who has a token of the profile."""
        aws = cls(images.registries)
        images.monkeypatch.setattr(image_ecr, "boto3", SimpleNamespace(Session=aws.session))
        return aws

    def let_in(self, host: str, profile: str | None) -> None:
        """Let a registry take the tokens of one profile and no others."""
        self.registries.accounts[host] = "AWS", f"token:of-{profile}"

    def session(self, *, profile_name: str | None) -> Any:
        if profile_name == "nobody":
            raise ProfileNotFound(profile=profile_name)

        def client(service: str, *, region_name: str) -> _Ecr:
            assert service == "ecr"
            self.sessions.append((profile_name, region_name))
            return _Ecr(self, profile_name)

        return SimpleNamespace(client=client)


@dataclass(frozen=True)
class _Ecr:
    aws: MemoryAws
    profile: str | None

    def get_authorization_token(self) -> Any:
        token = base64.b64encode(f"AWS:token:of-{self.profile}".encode()).decode()
        return {"authorizationData": [{"authorizationToken": token}]}

    def describe_repositories(self, *, registryId: str, repositoryNames: Sequence[str]) -> Any:  # noqa: N803
        (name,) = repositoryNames
        if name in self.aws.missing:
            raise _error("RepositoryNotFoundException")
        assert registryId in ACCOUNTS.values()
        return {"repositories": [{"imageTagMutability": "MUTABLE" if name in self.aws.movable else "IMMUTABLE"}]}

    def describe_images(self, *, registryId: str, repositoryName: str, imageIds: Any) -> Any:  # noqa: N803
        (which,) = imageIds
        found = self.aws.pushed.get((registryId, repositoryName, which["imageDigest"]))
        if found is None:
            raise _error("ImageNotFoundException")
        return {"imageDetails": [{"imageTags": found[0], "imagePushedAt": found[1]}]}

    def describe_image_scan_findings(self, *, registryId: str, repositoryName: str, imageId: Any) -> Any:  # noqa: N803
        digest = imageId["imageDigest"]
        self.aws.asked.append((registryId, repositoryName, digest))
        found = self.aws.scans.get(digest, ("COMPLETE", {}))
        if found is None:
            raise _error("ScanNotFoundException")
        status, counts = found
        return {"imageScanStatus": {"status": status}, "imageScanFindings": {"findingSeverityCounts": counts}}


def _error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Describe")
