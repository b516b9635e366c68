"""A project whose stacks' outputs are written by the test, with real registries for their images."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from ops.image_tool import RegistryTool
from tests.edge.made_images import MadeImage
from tests.edge.registry_server import RegistryServer
from tests.image_stack_files import SERVICES, ImageStackFiles
from tests.ops_command import forked, own_process

CHECKOUT = Path(__file__).resolve().parents[2]
_LIMIT = 300


class ImageProject(ImageStackFiles):
    """Stacks dev, staging and prod in a repository of their own, and `python -m ops` run there.

    Args:
        directory: made for it
        dev: the registry of dev and staging
        prod: the registry of prod
    """

    def __init__(self, directory: Path, dev: RegistryServer, prod: RegistryServer) -> None:
        self.registries = {"dev": dev, "staging": dev, "prod": prod}
        super().__init__(directory, directory, {stack: each.address for stack, each in self.registries.items()})
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(CHECKOUT),
            "PATH": f"{directory}:{os.environ['PATH']}",
            "REGCTL_CONFIG": str(directory / "regctl.json"),
            "DOCKER_CONFIG": str(directory / "docker"),
        }
        self.git("init", "-q")
        (directory / ".gitignore").write_text("regctl.json\npulumi\noutputs-*\n")
        self.git("add", "-A")
        self.git("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "t")
        for registry in {dev.address: dev, prod.address: prod}.values():
            self.regctl("registry", "set", registry.address, "--tls", "disabled", "--skip-check")
            assert self.ops("login", registry.address, "--user", registry.user, given=registry.password).returncode == 0

    def runs(self, stack: str, images: Mapping[str, str]) -> None:
        """Let a stack run these: by service, what comes after the repository, such as `@sha256:…`."""
        running = {service: self.url(stack, SERVICES[service]) + end for service, end in images.items()}
        self.export(stack, runningImages=running)

    def push(self, stack: str, service: str, image: MadeImage, commit: str = "3f2c1ab") -> None:
        """Push an image and let the stack run it."""
        done = self.ops("push", service, str(image.directory), "--stack", stack, "--commit", commit)
        assert done.returncode == 0, done.stderr

    def ops(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            forked(*words),
            cwd=self.directory,
            env=self.environment,
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

    def git(self, *words: str) -> str:
        return subprocess.run(["git", *words], cwd=self.directory, capture_output=True, text=True, check=True).stdout


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """What a command said that did not do it: one line, without a traceback."""
    assert done.returncode == 2, done.stdout + done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]
