"""Finds, downloads or builds the programs of a local control plane, and those that move images.

Only the standard library is used: set-up runs this before the project's own environment exists.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sandbox.toolchain import ToolMissing, cache_directory, fetch, go_build, install, reason_of

if TYPE_CHECKING:
    from sandbox.control_plane.components import Binaries

_KUBERNETES: Final = "kubernetes"
_RELEASES: Final = "https://dl.k8s.io/release/v{version}/bin/{system}/{machine}/{command}"


@dataclass(frozen=True)
class GoTool:
    """Commands that come from one pinned Go module.

    Attributes:
        name: its directory in the cache
        version: what its module's `go.mod` pins
        packages: a Go package for each command
        linker: how the version gets into the commands
        duration: what to expect of a build on two cores
        version_words: what a command is called with to report its version
        module: its directory in `tools/`, where that is not named as the tool
    """

    name: str
    version: str
    packages: tuple[str, ...]
    linker: str
    duration: str
    version_words: tuple[str, ...] = ("--version",)
    module: str = ""

    @property
    def source(self) -> str:
        """The directory in `tools/` whose `go.mod` pins it."""
        return self.module if self.module else self.name

    @property
    def commands(self) -> tuple[str, ...]:
        """The names of the commands; a major version at the end of a package's path is none."""
        return tuple(self.name if _is_major(package) else package.rsplit("/", 1)[1] for package in self.packages)

    @property
    def directory(self) -> Path:
        """Where the cache has the commands."""
        return cache_directory() / self.name / self.version

    def found(self, command: str) -> Path | None:
        """The command on PATH when it is of the same minor version, else the one in the cache, else None."""
        on_path = shutil.which(command)
        if on_path is not None and self._fits(on_path):
            return Path(on_path)
        cached = self.directory / command
        return cached if os.access(cached, os.X_OK) else None

    def _fits(self, command: str) -> bool:
        try:
            shown = subprocess.run(
                [command, *self.version_words], capture_output=True, text=True, timeout=30, check=True
            )
        except (OSError, subprocess.SubprocessError):
            return False
        minor = self.version.rsplit(".", 1)[0]
        return re.search(rf"\bv?{re.escape(minor)}\.\d", shown.stdout + shown.stderr) is not None


def _is_major(package: str) -> bool:
    return re.fullmatch(r"v\d+", package.rsplit("/", 1)[1]) is not None


KUBERNETES_VERSION: Final = "1.36.4"

CONTROL_PLANE_TOOLS: Final = (
    GoTool("etcd", "3.6.5", ("go.etcd.io/etcd/server/v3",), "", "20 s to 1 min"),
    GoTool(
        _KUBERNETES,
        KUBERNETES_VERSION,
        tuple(
            f"k8s.io/kubernetes/cmd/{name}" for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
        ),
        f"-X k8s.io/component-base/version.gitVersion=v{KUBERNETES_VERSION}",
        "4 to 12 min",
    ),
    GoTool(
        "kubectl",
        KUBERNETES_VERSION,
        ("k8s.io/kubernetes/cmd/kubectl",),
        f"-X k8s.io/component-base/version.gitVersion=v{KUBERNETES_VERSION}",
        "20 s to 2 min",
        ("version", "--client"),
        _KUBERNETES,
    ),
    GoTool(
        "kwok", "0.8.0", ("sigs.k8s.io/kwok/cmd/kwok",), "-X sigs.k8s.io/kwok/pkg/consts.Version=v0.8.0", "1 to 5 min"
    ),
    GoTool("metrics-server", "0.9.0", ("sigs.k8s.io/metrics-server/cmd/metrics-server",), "", "2 to 6 min"),
)

# regctl copies images for `python -m ops`; registry is the distribution registry that tests push to.
IMAGE_TOOLS: Final = (
    GoTool("regctl", "0.11.7", ("github.com/regclient/regclient/cmd/regctl",), "", "5 s to 1 min", ("version",)),
    GoTool("registry", "3.1.2", ("github.com/distribution/distribution/v3/cmd/registry",), "", "1 to 3 min"),
)

# actionlint reads the workflows; kube-score the objects that the program asks of Kubernetes.
LINT_TOOLS: Final = (
    GoTool("actionlint", "1.7.12", ("github.com/rhysd/actionlint/cmd/actionlint",), "", "5 s to 1 min"),
    GoTool(
        "kube-score",
        "1.20.0",
        ("github.com/zegl/kube-score/cmd/kube-score",),
        "-X main.version=1.20.0",
        "30 s to 2 min",
        ("version",),
    ),
)


def ensure_tools(tools: Sequence[GoTool]) -> None:
    """Have all programs of these: found, downloaded or built.

    Raises:
        ToolMissing: one cannot be had.
    """
    for tool in tools:
        if all(tool.found(command) for command in tool.commands):
            continue
        makers = [partial(_download, tool), partial(_build, tool)]
        reasons = install(tool.directory / tool.commands[0], makers[0 if tool.source == _KUBERNETES else 1 :])
        if reasons:
            raise ToolMissing(
                f"{tool.name} {tool.version} is needed: {reasons}. Install it, or Go (https://go.dev/dl/)."
            )


def control_plane_binaries() -> Binaries:
    """Where the programs of a control plane are.

    Raises:
        ToolMissing: one is neither installed nor built yet.
    """
    from sandbox.control_plane.components import Binaries  # noqa: PLC0415  # set-up has none of what it imports

    found: dict[str, Path] = {}
    for tool in CONTROL_PLANE_TOOLS:
        for command in tool.commands:
            path = tool.found(command)
            if path is None:
                raise ToolMissing(
                    f"{command} {tool.version} is neither installed nor built yet; run `make cluster-tools`"
                )
            found[command] = path
    return Binaries(
        etcd=found["etcd"],
        api_server=found["kube-apiserver"],
        controller_manager=found["kube-controller-manager"],
        scheduler=found["kube-scheduler"],
        metrics_server=found["metrics-server"],
        kwok=found["kwok"],
    )


def _build(tool: GoTool, directory: Path) -> Path:
    title = f"building {', '.join(tool.commands)} {tool.version} with Go, once ({tool.duration})"
    made = go_build(directory, title, tool.source, tool.packages, tool.linker)
    for package, command in zip(tool.packages, tool.commands, strict=True):
        # Go names a command after the last part of its path that is no version; not every release agrees.
        for other in (package.rsplit("/", 1)[1], package.rsplit("/", 2)[1]):
            if (made / other).exists() and other != command:
                (made / other).rename(made / command)
    return made


def _download(tool: GoTool, directory: Path) -> Path:
    """The official binaries of Kubernetes; there are some for Linux only. https://kubernetes.io/releases/download/"""
    machine = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine())
    if platform.system() != "Linux" or machine is None:
        raise ToolMissing(f"no official download for {platform.system()} {platform.machine()}")
    made = directory / "made"
    made.mkdir()
    for command in tool.commands:
        url = _RELEASES.format(version=tool.version, system="linux", machine=machine, command=command)
        try:
            # The sums come first: they are small, so a closed network shows at once.
            sha256 = fetch(f"{url}.sha256").decode().strip()
            content = fetch(url)
        except OSError as error:
            raise ToolMissing(f"the download failed ({reason_of(error)})") from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ToolMissing(f"the download of {command} does not have the published SHA-256")
        (made / command).write_bytes(content)
        (made / command).chmod(0o755)
    return made


GROUPS: Final[Mapping[str, tuple[GoTool, ...]]] = {
    "cluster": CONTROL_PLANE_TOOLS,
    "images": IMAGE_TOOLS,
    "lint": LINT_TOOLS,
}
"""Tools by what they are for."""


def path_of(command: str) -> Path:
    """Where a command of one of the tools is.

    Raises:
        ToolMissing: no tool has such a command, or it is neither installed nor built yet.
    """
    tools = (tool for group in GROUPS.values() for tool in group if command in tool.commands)
    path = next((tool.found(command) for tool in tools), None)
    if path is None:
        raise ToolMissing(f"{command} is neither installed nor built yet; `make test-all` builds all tools")
    return path


def main(words: Sequence[str]) -> int:
    """Have the programs of each word, `cluster`, `images` or `lint`, or all; gives back the exit code.

    `path` and a command print where that is.
    """
    path, command = (words[0] == "path", words[1]) if len(words) == 2 else (False, "")  # noqa: PLR2004
    unknown = [] if path else [word for word in words if word not in GROUPS]
    if unknown:
        print(f"setup: {' '.join(unknown)}: expected {' or '.join(GROUPS)}", file=sys.stderr)
        return 2
    try:
        if path:
            print(path_of(command))
            return 0
        for word in words if words else GROUPS:
            ensure_tools(GROUPS[word])
    except ToolMissing as missing:
        print(f"setup: {missing}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
