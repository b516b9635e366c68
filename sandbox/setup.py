"""Sets up what the other commands need: the project's Python environment and `pulumi`.

`$(tools/python) -m sandbox.setup` does nothing when all is there, and can be run by several at once.
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
_REQUIREMENTS = ("requirements.txt", "requirements-ops.txt", "requirements-dev.txt")
_OLDEST_PYTHON = (3, 11)


def environment_stamp(checkout: Path) -> str:
    """What the environment in `checkout` was, or would be, made from."""
    digest = hashlib.sha256(f"{sys.version_info[:2]}\n".encode())
    for name in _REQUIREMENTS:
        digest.update((checkout / name).read_bytes())
    return digest.hexdigest()


def ensure_environment(checkout: Path) -> Path:
    """The Python of `.venv`, made or brought up to date when the requirements have changed.

    Raises:
        ToolMissing: this Python is too old, or the packages cannot be installed.
    """
    if sys.version_info < _OLDEST_PYTHON:
        raise ToolMissing(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}")
    directory = checkout / ".venv"
    python = directory / "bin" / "python"
    stamp = directory / ".slipway-requirements"
    version = _version(python) if python.exists() else ()
    if version >= _OLDEST_PYTHON and version != sys.version_info[:2]:
        return _with(python)  # the stamp tells of the environment's own Python
    if version == sys.version_info[:2]:
        if stamp.exists() and stamp.read_text() == environment_stamp(checkout):
            return python
        _install(python, checkout, stamp)
        return python
    # `--clear`: an environment whose Python is gone or does not run cannot be repaired.
    run_with_progress([sys.executable, "-m", "venv", "--clear", str(directory)], "making .venv", checkout)
    _install(python, checkout, stamp)
    return python


def _install(python: Path, checkout: Path, stamp: Path) -> None:
    install = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
    run_with_progress([*install, "-r", _REQUIREMENTS[-1]], "installing the Python packages", checkout)
    stamp.write_text(environment_stamp(checkout))


def _with(python: Path) -> Path:
    """Set up with the environment's own Python, when another one was used to start."""
    done = subprocess.run([python, "-m", "sandbox.setup", "--environment-only"], cwd=_CHECKOUT, check=False)
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
    try:
        if words == ["--environment-only"]:
            ensure_environment(_CHECKOUT)
            return 0
        with _alone(_CHECKOUT):
            ensure_environment(_CHECKOUT)
        ensure_pulumi()
    except ToolMissing as missing:
        print(f"setup: {missing}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
