"""A project whose stacks' outputs are written by the test, with real registries for their images."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ops.image_tool import RegistryTool
from tests.edge.made_images import MadeImage
from tests.edge.registry_server import RegistryServer
from tests.ops_command import forked, own_process

CHECKOUT = Path(__file__).resolve().parents[2]
SERVICES = {"frontend": "frontend", "users": "users_backend"}
_LIMIT = 300

_STACK_FILE = """\
# The {stack} stack.
config:
  slipway:protect: {protect}
  slipway:domain: {stack}.example.com # not to be lost

  # What promotion writes.
  slipway:images:
    frontend: {{digest: "sha256:{zeros}"}} # the front end
    users_backend: {{digest: "sha256:{zeros}"}}

  slipway:tags: {{owner: platform}}
"""


class ImageProject:
    """Stacks dev, staging and prod in a repository of their own, and `python -m ops` run there.

    Args:
        directory: made for it
        dev: the registry of dev and staging
        prod: the registry of prod
    """

    def __init__(self, directory: Path, dev: RegistryServer, prod: RegistryServer) -> None:
        self.directory = directory
        self.registries = {"dev": dev, "staging": dev, "prod": prod}
        directory.mkdir()
        (directory / "Pulumi.yaml").write_text("name: slipway\n")
        for stack in self.registries:
            protect = str(stack == "prod").lower()
            text = _STACK_FILE.format(stack=stack, protect=protect, zeros="0" * 64)
            self.stack_file(stack).write_text(text)
            self.export(stack)
        script = directory / "pulumi"
        # The words are: stack output --json --stack NAME.
        script.write_text(f'#!/bin/sh\nexec cat "{directory}/outputs-$5.json"\n')
        script.chmod(0o755)
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(CHECKOUT),
            "PATH": f"{directory}:{os.environ['PATH']}",
            "REGCTL_CONFIG": str(directory / "regctl.json"),
            "DOCKER_CONFIG": str(directory / "docker"),
        }
        self.git("init", "-q")
        (directory / ".gitignore").write_text("regctl.json\npulumi\noutputs-*\n")
        self.commit()
        for registry in {dev.address: dev, prod.address: prod}.values():
            self.regctl("registry", "set", registry.address, "--tls", "disabled", "--skip-check")
            assert self.ops("login", registry.address, "--user", registry.user, given=registry.password).returncode == 0

    def stack_file(self, stack: str) -> Path:
        return self.directory / f"Pulumi.{stack}.yaml"

    def repository(self, stack: str, image: str) -> str:
        """The repository's name within its registry."""
        return f"slipway-{stack}/{image}"

    def url(self, stack: str, image: str) -> str:
        return f"{self.registries[stack].address}/{self.repository(stack, image)}"

    def export(self, stack: str, **changes: Any) -> None:
        """Let a stack have these outputs beside its repositories; None takes one away."""
        outputs: dict[str, Any] = {
            "registryUrls": {image: self.url(stack, image) for image in SERVICES.values()},
            "runningImages": {},
            "notDeployed": {},
            **changes,
        }
        given = {name: value for name, value in outputs.items() if value is not None}
        (self.directory / f"outputs-{stack}.json").write_text(json.dumps(given))

    def runs(self, stack: str, images: Mapping[str, str]) -> None:
        """Let a stack run these: by service, what comes after the repository, such as `@sha256:…`."""
        running = {service: self.url(stack, SERVICES[service]) + end for service, end in images.items()}
        self.export(stack, runningImages=running)

    def push(self, stack: str, service: str, image: MadeImage, commit: str = "3f2c1ab") -> None:
        """Push an image and let the stack run it."""
        done = self.ops("push", service, str(image.directory), "--stack", stack, "--commit", commit)
        assert done.returncode == 0, done.stderr

    def ops(self, *words: str, given: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            forked(*words),
            cwd=self.directory,
            env={**self.environment, **variables},
            input=given,
            capture_output=True,
            text=True,
            timeout=_LIMIT,
            check=False,
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command as people do, in a process group of its own, to stop it half-way."""
        return subprocess.Popen(
            own_process(*words),
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def regctl(self, *words: str, given: str = "") -> str:
        tool = RegistryTool.find()
        done = subprocess.run(
            [tool.path, *words], env=self.environment, input=given, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "t")

    def git(self, *words: str) -> str:
        return subprocess.run(["git", *words], cwd=self.directory, capture_output=True, text=True, check=True).stdout

    def changed_lines(self, stack: str) -> list[str]:
        """The lines of a stack file that differ from what was committed, as `git diff` marks them."""
        shown = self.git("diff", "--unified=0", "--", self.stack_file(stack).name).splitlines()
        return [line for line in shown if line[:1] in {"+", "-"} and line[:3] not in {"+++", "---"}]


def refused(done: subprocess.CompletedProcess[str], code: int = 2) -> str:
    """What a command said that did not do it: one line, without a traceback."""
    assert done.returncode == code, done.stdout + done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]
