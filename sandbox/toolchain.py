"""Finds the `pulumi` command line, downloads it, or builds it.

Only the standard library is used: this runs before the project's own environment exists.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PULUMI_VERSION = "3.220.0"
"""What is downloaded or built; `tools/pulumi/go.mod` pins the same."""

OLDEST_PULUMI = (3, 200, 0)
"""The oldest command line known to run the installed SDKs' programs."""

_CHECKOUT = Path(__file__).resolve().parent.parent
_RELEASES = "https://get.pulumi.com/releases/sdk"
_CHECKSUMS = "https://github.com/pulumi/pulumi/releases/download/v{version}/pulumi-{version}-checksums.txt"
# Seconds without a byte, after which the network counts as closed.
_NETWORK_LIMIT = 5.0
_PROGRESS_EVERY = 15.0

# What a built `pulumi` starts for Python programs and policy packs: the environment that the sandbox
# sets for each command says with which Python.
_START = 'exec "$SLIPWAY_PYTHON" -P -u ${SLIPWAY_FORK_CLIENT:+"$SLIPWAY_FORK_CLIENT"}'
COMMANDS = {
    "pulumi-language-python": f'#!/bin/sh\n{_START} "$SLIPWAY_LANGUAGE_HOST" "$@"\n',
    # A pack's runtime options come as further words; which environment it runs in is decided already.
    "pulumi-analyzer-policy-python": (
        '#!/bin/sh\nfor word do shift; case $word in -virtualenv=*) ;; *) set -- "$@" "$word" ;; esac; done\n'
        f'{_START} "$SLIPWAY_POLICY_HOST" "$@"\n'
    ),
}


class ToolMissing(Exception):  # noqa: N818  # what is said is what to install
    """A tool is neither there nor to be had; the text says what to install."""


def cache_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """Where tools are kept between checkouts, by name and version."""
    base = environment.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "slipway"


def cached_pulumi() -> Path:
    """The path of the `pulumi` that set-up makes, whether or not it exists yet."""
    return cache_directory() / "pulumi" / PULUMI_VERSION / "pulumi"


def find_pulumi() -> Path | None:
    """The `pulumi` on PATH when it is new enough, else the one in the cache, else None."""
    on_path = shutil.which("pulumi")
    if on_path is not None and _version_of(Path(on_path)) >= OLDEST_PULUMI:
        return Path(on_path)
    cached = cached_pulumi()
    return cached if os.access(cached, os.X_OK) else None


def has_language_host(pulumi: Path) -> bool:
    """Whether a Python language host lies beside this `pulumi`, as in official installations."""
    return (pulumi.resolve().parent / "pulumi-language-python").exists()


def _version_of(pulumi: Path) -> tuple[int, ...]:
    try:
        shown = subprocess.run([pulumi, "version"], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return ()
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", shown.stdout.strip())
    return tuple(int(part) for part in found.groups()) if found else ()


def ensure_pulumi() -> Path:
    """A `pulumi` that works: found, downloaded or built.

    Raises:
        ToolMissing: it is not installed, the download site cannot be reached and there is no Go.
    """
    found = find_pulumi()
    if found is not None:
        return found
    reasons = install(cached_pulumi(), (_download, _build))
    if reasons:
        raise ToolMissing(
            f"pulumi {PULUMI_VERSION} is needed: {reasons}. "
            "Install Pulumi (https://www.pulumi.com/docs/install/) or Go 1.21 or newer, which fetches the one it needs "
            "(https://go.dev/dl/)."
        )
    return cached_pulumi()


def install(target: Path, makers: Sequence[Callable[[Path], Path]]) -> str:
    """Put a tool into the cache with the first of `makers` that can; gives back why none could, or an empty string.

    Args:
        target: the tool's command; its directory is what is made
        makers: each makes that directory inside the one it is given and returns its path, or raises `ToolMissing`
    """
    target.parent.parent.mkdir(parents=True, exist_ok=True)
    reasons: list[str] = []
    for make in makers:
        # Made in a directory of its own and moved in one step: a second set-up at the same time, or one
        # that is stopped half-way, never leaves a broken tool behind.
        with tempfile.TemporaryDirectory(dir=target.parent.parent) as directory:
            try:
                made = make(Path(directory))
            except ToolMissing as reason:
                reasons.append(str(reason))
                continue
            _move(made, target)
            return ""
    return "; ".join(reasons)


def _move(directory: Path, target: Path) -> None:
    # `rename` replaces only an empty directory; someone else's complete one is as good as ours.
    try:
        directory.rename(target.parent)
    except OSError:
        if not os.access(target, os.X_OK):
            shutil.rmtree(target.parent, ignore_errors=True)
            directory.rename(target.parent)


def _download(directory: Path) -> Path:
    system = {"Linux": "linux", "Darwin": "darwin"}.get(platform.system())
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine())
    if system is None or machine is None:
        raise ToolMissing(f"no official download for {platform.system()} {platform.machine()}")
    name = f"pulumi-v{PULUMI_VERSION}-{system}-{machine}.tar.gz"
    try:
        # The sums come first: they are small, so a closed network shows at once.
        sums = fetch(_CHECKSUMS.format(version=PULUMI_VERSION)).decode()
        archive = fetch(f"{_RELEASES}/{name}")
    except OSError as error:  # urllib's errors and timeouts are OSErrors
        raise ToolMissing(f"the download failed ({reason_of(error)})") from error
    expected = {line.split()[1]: line.split()[0] for line in sums.splitlines() if line.strip()}
    if expected.get(name) != hashlib.sha256(archive).hexdigest():
        raise ToolMissing(f"the download of {name} does not have the published SHA-256")
    packed = directory / name
    packed.write_bytes(archive)
    with tarfile.open(packed) as content:
        content.extractall(directory, filter="data")
    packed.unlink()
    return directory / "pulumi"  # the archive's one directory holds the command and its language hosts


def fetch(url: str) -> bytes:
    """What lies at `url`; an `OSError` where the network is closed."""
    with urllib.request.urlopen(url, timeout=_NETWORK_LIMIT) as answer:  # noqa: S310  # constant https addresses
        return answer.read()


def reason_of(error: OSError) -> str:
    """Why a download failed, in words."""
    return str(error.reason) if isinstance(error, urllib.error.URLError) else str(error)


def _build(directory: Path) -> Path:
    variable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
    made = go_build(
        directory,
        f"building pulumi {PULUMI_VERSION} with Go, once (2 to 10 min)",
        "pulumi",
        ("github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",),
        f"-X {variable}={PULUMI_VERSION}",
    )
    for name, text in COMMANDS.items():
        write_command(made / name, text)
    return made


def go_build(directory: Path, title: str, module: str, packages: Sequence[str], linker: str) -> Path:
    """Build the commands of a pinned module in `tools/` and return the directory they are in.

    Args:
        directory: where to work
        title: what to say meanwhile
        module: the directory in `tools/` whose `go.mod` says what is built
        packages: the commands
        linker: further flags for the linker

    Raises:
        ToolMissing: there is no Go, or it cannot build this.
    """
    go = shutil.which("go")
    if go is None:
        raise ToolMissing("there is no Go to build it with")
    made = directory / "made"
    made.mkdir()
    command = [go, "build", "-o", f"{made}{os.sep}", "-ldflags", f"-s -w {linker}".strip(), *packages]
    run_with_progress(command, title, _CHECKOUT / "tools" / module)
    return made


def write_command(path: Path, text: str) -> None:
    """Write an executable script, safe against a second writer."""
    if path.exists() and path.read_text() == text and os.access(path, os.X_OK):
        return
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
        file.write(text)
    Path(file.name).chmod(0o755)
    Path(file.name).replace(path)


def run_with_progress(command: list[str], title: str, directory: Path) -> None:
    """Run `command`, saying on standard error what is going on and for how long.

    Raises:
        ToolMissing: it failed; the text ends with the last lines it wrote.
    """
    say = _teller()
    say(title)
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            command, cwd=directory, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            while True:
                try:
                    code = process.wait(_PROGRESS_EVERY)
                    break
                except subprocess.TimeoutExpired:
                    say("… still at it")
        except BaseException:
            process.kill()
            process.wait()
            raise
        if code != 0:
            output.seek(0)
            tail = "\n".join(output.read().splitlines()[-20:])
            raise ToolMissing(f"{title}: failed with exit code {code}\n{tail}\n")
    say("done")


def _teller() -> Callable[[str], None]:
    start = time.monotonic()

    def say(text: str) -> None:
        print(f"setup: {text} [{time.monotonic() - start:.0f} s]", file=sys.stderr, flush=True)

    return say
