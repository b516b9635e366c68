"""Sets up what the other commands need: the project's Python environment and `pulumi`.

`$(tools/python) -m sandbox.setup [--for-tests]` does nothing when all is there, and can be run by several at once.
Only the standard library is used: the environment is what this makes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sandbox.toolchain import ToolMissing, ensure_pulumi, run_with_progress

_CHECKOUT = Path(__file__).resolve().parent.parent
_ENVIRONMENT_ONLY, _FOR_TESTS = "--environment-only", "--for-tests"
# Of one resolution; the second has all of the first. A first `make up` waits for the sandbox's packages only.
_SANDBOX = Path("requirements/sandbox.txt")
_TESTS = Path("requirements/dev.txt")
_OLDEST_PYTHON = (3, 11)


def environment_stamp(checkout: Path, requirements: Path) -> str:
    """What the environment in `checkout` was, or would be, made from."""
    digest = hashlib.sha256(f"{sys.version_info[:2]}\n".encode())
    digest.update((checkout / requirements).read_bytes())
    return digest.hexdigest()


def ensure_environment(checkout: Path, *, for_tests: bool) -> Path:
    """The Python of `.venv`, made or brought up to date when the requirements have changed.

    Args:
        checkout: where it is
        for_tests: with what tests and checks need too

    Raises:
        ToolMissing: this Python is too old, or the packages cannot be installed.
    """
    if sys.version_info < _OLDEST_PYTHON:
        raise ToolMissing(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}")
    directory = checkout / ".venv"
    python = directory / "bin" / "python"
    requirements = _TESTS if for_tests else _SANDBOX
    version = _version(python) if python.exists() else ()
    if version >= _OLDEST_PYTHON and version != sys.version_info[:2]:
        return _with(python, for_tests=for_tests)  # the stamp tells of the environment's own Python
    if version == sys.version_info[:2] and _is_installed(directory, checkout, requirements):
        return python
    if version == sys.version_info[:2] and _runs(python, "-m", "pip", "--version"):
        _install(python, checkout, requirements)
        return python
    # `--clear`: an environment whose Python is gone or does not run cannot be repaired, nor one that was interrupted
    # before it had pip.
    run_with_progress([sys.executable, "-m", "venv", "--clear", str(directory)], "making .venv", checkout)
    _install(python, checkout, requirements)
    return python


def _is_installed(directory: Path, checkout: Path, requirements: Path) -> bool:
    stamp = directory / f".slipway-{requirements.name}"
    return stamp.exists() and stamp.read_text() == environment_stamp(checkout, requirements)


def _install(python: Path, checkout: Path, requirements: Path) -> None:
    # pip refuses a package whose hash is not in the file. https://pip.pypa.io/en/stable/topics/secure-installs/
    install = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--require-hashes"]
    run_with_progress([*install, "-r", str(requirements)], "installing the Python packages", checkout)
    for each in {requirements, _SANDBOX}:
        stamp = checkout / ".venv" / f".slipway-{each.name}"
        stamp.write_text(environment_stamp(checkout, each))


def _with(python: Path, *, for_tests: bool) -> Path:
    """Set up with the environment's own Python, when another one was used to start."""
    words = [python, "-m", "sandbox.setup", _ENVIRONMENT_ONLY, *([_FOR_TESTS] if for_tests else [])]
    done = subprocess.run(words, cwd=_CHECKOUT, check=False)
    if done.returncode != 0:
        raise ToolMissing("the Python environment could not be brought up to date; the reason is above")
    return python


def _version(python: Path) -> tuple[int, ...]:
    shown = _runs(python, "-c", "import sys; print(*sys.version_info[:2])")
    return tuple(int(part) for part in shown.split())


def _runs(python: Path, *words: str) -> str:
    """What a command of this Python prints; nothing where it fails or cannot be run at all."""
    try:
        shown = subprocess.run([python, *words], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return shown.stdout if shown.returncode == 0 else ""


@contextmanager
def _alone(checkout: Path) -> Generator[None]:
    """One set-up of this checkout at a time: two would install into one environment."""
    file = os.open(checkout, os.O_RDONLY)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


def main(words: list[str]) -> int:
    """Set up; gives back the exit code."""
    for_tests = _FOR_TESTS in words
    try:
        if _ENVIRONMENT_ONLY in words:
            ensure_environment(_CHECKOUT, for_tests=for_tests)
            return 0
        with _alone(_CHECKOUT):
            ensure_environment(_CHECKOUT, for_tests=for_tests)
        ensure_pulumi()
    except ToolMissing as missing:
        print(f"setup: {missing}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("setup: interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
