"""The programs that tests need and that neither PyPI nor a Go module has: finds them, and installs them where it may.

`missing` only looks. `install` asks Debian's package manager, as root:

    python -m tools.prerequisites haproxy chromium

Only the standard library is used: this runs before the project's own environment exists.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# Debian keeps servers in folders that the PATH of an unprivileged person may lack.
_SERVERS: Final = "/usr/sbin:/usr/local/sbin"
_APT: Final = "apt-get"
# From here on Go fetches by itself the newer Go that a module asks for. https://go.dev/doc/toolchain
_OLDEST_GO: Final = (1, 21)


@dataclass(frozen=True)
class Program:
    """A program that a person installs.

    Attributes:
        name: of the command
        why: what the tests do with it
        debian: Debian's package; empty where Debian's is too old
        brew: Homebrew's formula, for macOS; empty where macOS has the program itself
        others: further commands that do as well
        found: whether it is there, where it takes more to know than to look for the command
        page: where it comes from, where no package manager is asked
    """

    name: str
    why: str
    debian: str = ""
    brew: str = ""
    others: tuple[str, ...] = ()
    found: Callable[[], bool] | None = None
    page: str = ""

    def is_there(self) -> bool:
        """Whether this machine has it."""
        if self.found is not None:
            return self.found()
        path = f"{os.environ.get('PATH', '')}:{_SERVERS}"
        return any(shutil.which(each, path=path) for each in (self.name, *self.others))


def _has_postgresql() -> bool:
    """Whether there are a server's programs, which Debian keeps out of the PATH; `tests/edge` looks there alone."""
    return any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def _has_go() -> bool:
    try:
        told = subprocess.run(["go", "version"], capture_output=True, text=True, check=False).stdout  # noqa: S607
    except OSError:
        return False
    version = re.search(r"go(\d+)\.(\d+)", told)
    return version is not None and (int(version[1]), int(version[2])) >= _OLDEST_GO


GIT: Final = Program("git", "holds the repositories of pipelines and promotion", "git", "git")
GO: Final = Program(
    "go", "builds tools; 1.21 or newer, which fetches the one it needs", found=_has_go, page="https://go.dev/dl/"
)
HAPROXY: Final = Program("haproxy", "is the migration balancer", "haproxy", "haproxy")
AB: Final = Program("ab", "sends the load of the load test", "apache2-utils")
PS: Final = Program("ps", "shows that no process is left", "procps")
OPENSSL: Final = Program("openssl", "hashes passwords as a person would", "openssl", "openssl")
POSTGRESQL: Final = Program("initdb", "makes a database server", "postgresql", found=_has_postgresql)
CHROMIUM: Final = Program(
    "chromium", "shows a report", "chromium", "chromium", others=("chromium-browser", "google-chrome")
)


def missing(programs: Sequence[Program]) -> list[Program]:
    """Those of the programs that this machine lacks."""
    return [each for each in programs if not each.is_there()]


def message(lacking: Sequence[Program], system: str = sys.platform) -> str:
    """What to tell a person whose machine lacks these: all of them, and the one line that installs them."""
    lines = [f"  {each.name:9} {each.why}" for each in lacking]
    if system == "darwin":
        packages, command = [each.brew for each in lacking if each.brew], "brew install"
    else:
        packages, command = [each.debian for each in lacking if each.debian], f"sudo {_APT} install --yes"
    lines += [f"Get {each.name} from {each.page}" for each in lacking if each.page]
    if packages:
        lines.append(f"Install with: {command} {' '.join(packages)}")
    return "\n".join(["these tests need programs that this machine lacks; nothing was run:", *lines])


def can_install(lacking: Sequence[Program]) -> bool:
    """Whether this process may install all of these by Debian's package manager."""
    return os.geteuid() == 0 and shutil.which(_APT) is not None and all(each.debian for each in lacking)


def install(packages: Sequence[str]) -> int:
    """Install Debian's packages; gives back the exit code."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    words = ([_APT, "update", "-qq"], [_APT, "install", "--yes", "-qq", "--no-install-recommends", *packages])
    # What it unpacks is of no interest; why it fails is, and goes to standard error.
    codes = (
        subprocess.run(each, env=quiet, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False).returncode
        for each in words
    )
    return next((code for code in codes if code != 0), 0)


if __name__ == "__main__":
    sys.exit(install(sys.argv[1:]))
