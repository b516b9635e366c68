"""A project directory of stacks dev, staging and prod whose outputs a test says; `pulumi` in it only tells those."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SERVICES = {"frontend": "frontend", "users": "users_backend"}
ZEROS = "sha256:" + "0" * 64

_STACK_FILE = """\
# The {stack} stack.
config:
  slipway:protect: {protect}
  slipway:domain: {stack}.example.com # not to be lost

  # What promotion writes.
  slipway:images:
    frontend: {{digest: "{zeros}"}} # the front end
    users_backend: {{digest: "{zeros}"}}

  slipway:tags: {{owner: platform}}
"""


class ImageStackFiles:
    """The files.

    Args:
        directory: made for it
        programs: where `pulumi` is written
        hosts: the registry of each stack; prod is protected
    """

    def __init__(self, directory: Path, programs: Path, hosts: Mapping[str, str]) -> None:
        self.directory, self.programs, self.hosts = directory, programs, hosts
        for folder in {directory, programs}:
            folder.mkdir()
        self.file("Pulumi.yaml", "name: slipway\n")
        self.texts: dict[str, str] = {}
        for stack in hosts:
            protect = str(stack == "prod").lower()
            self.texts[stack] = _STACK_FILE.format(stack=stack, protect=protect, zeros=ZEROS)
            self.file(f"Pulumi.{stack}.yaml", self.texts[stack])
            self.export(stack)
        # The words are: stack output --json --stack NAME.
        outputs = f'test "$*" = "stack output --json --stack $5" && exec cat "{directory}/outputs-$5.json"'
        self.script("pulumi", f"{outputs}\necho 'error: no stack named' $5 >&2; exit 255")

    def file(self, name: str, text: str) -> Path:
        path = self.directory / name
        path.write_text(text)
        return path

    def script(self, name: str, text: str) -> None:
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def stack_file(self, stack: str) -> Path:
        return self.directory / f"Pulumi.{stack}.yaml"

    def repository(self, stack: str, image: str) -> str:
        """The repository's name within its registry."""
        return f"slipway-{stack}/{image}"

    def url(self, stack: str, image: str) -> str:
        return f"{self.hosts[stack]}/{self.repository(stack, image)}"

    def export(self, stack: str, **changes: Any) -> None:
        """Let a stack have these outputs beside its repositories; None takes one away."""
        outputs: dict[str, Any] = {
            "registryUrls": {image: self.url(stack, image) for image in SERVICES.values()},
            "runningImages": {},
            "notDeployed": {},
            **changes,
        }
        given = {name: value for name, value in outputs.items() if value is not None}
        self.file(f"outputs-{stack}.json", json.dumps(given))
