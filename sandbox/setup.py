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
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sandbox.toolchain import ToolMissing, ensure_pulumi, run_with_progress

_CHECKOUT = Path(__file__).resolve().parent.parent
_ENVIRONMENT_ONLY, _FOR_TESTS = "--environment-only", "--for-tests"
# Each file includes those before it. A first `make up` waits for the sandbox's packages only.
_REQUIREMENTS = ("requirements.txt", "requirements-ops.txt", "requirements-sandbox.txt", "requirements-dev.txt")
_OF_SANDBOX = _REQUIREMENTS[:-1]
_OLDEST_PYTHON = (3, 11)


def environment_stamp(checkout: Path, requirements: Sequence[str] = _REQUIREMENTS) -> str:
    """What the environment in `checkout` was, or would be, made from."""
    digest = hashlib.sha256(f"{sys.version_info[:2]}\n".encode())
    for name in requirements:
        digest.update((checkout / name).read_bytes())
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
    requirements = _REQUIREMENTS if for_tests else _OF_SANDBOX
    version = _version(python) if python.exists() else ()
    if version >= _OLDEST_PYTHON and version != sys.version_info[:2]:
        return _with(python, for_tests=for_tests)  # the stamp tells of the environment's own Python
    if version == sys.version_info[:2]:
        if not _is_installed(directory, checkout, requirements):
            _install(python, checkout, requirements)
        return python
    # `--clear`: an environment whose Python is gone or does not run cannot be repaired.
    run_with_progress([sys.executable, "-m", "venv", "--clear", str(directory)], "making .venv", checkout)
    _install(python, checkout, requirements)
    return python


def _is_installed(directory: Path, checkout: Path, requirements: tuple[str, ...]) -> bool:
    stamp = directory / f".slipway-{requirements[-1]}"
    return stamp.exists() and stamp.read_text() == environment_stamp(checkout, requirements)


def _install(python: Path, checkout: Path, requirements: tuple[str, ...]) -> None:
    install = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
    run_with_progress([*install, "-r", requirements[-1]], "installing the Python packages", checkout)
    for each in {requirements, _OF_SANDBOX}:
        stamp = checkout / ".venv" / f".slipway-{each[-1]}"
        stamp.write_text(environment_stamp(checkout, each))


def _with(python: Path, *, for_tests: bool) -> Path:
    """Set up with the environment's own Python, when another one was used to start."""
    words = [python, "-m", "sandbox.setup", _ENVIRONMENT_ONLY, *([_FOR_TESTS] if for_tests else [])]
    done = subprocess.run(words, cwd=_CHECKOUT, check=False)
    if done.returncode != 0:
        raise ToolMissing("the Python environment could not be brought up to date; the reason is above")
    return python


def _version(python: Path) -> tuple[int, ...]:
    words = [python, "-c", "import sys; print(*sys.version_info[:2])"]
    shown = subprocess.run(words, capture_output=True, text=True, check=False)
    return tuple(int(part) for part in shown.stdout.split()) if shown.returncode == 0 else ()


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
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
