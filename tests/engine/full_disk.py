"""Runs a command while the disk that holds Pulumi's state is too small for it, without being root.

A file system of a few hundred KiB is mounted over the state's directory in a mount namespace of its own, which ends
with the command; what it held is copied out before. https://man7.org/linux/man-pages/man7/user_namespaces.7.html
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence

from tests.engine.sandbox_stack import CHECKOUT, SandboxStack

_SCRIPT = """
state=$1 kept=$2 size=$3; shift 3
mkdir "$kept.disk" && mount -t tmpfs -o "size=$size" tmpfs "$kept.disk" && cp -a "$state/." "$kept.disk" || exit 99
mount --bind "$kept.disk" "$state" || exit 99
"$@"; code=$?
cp -a "$state/." "$kept"; exit $code
"""
_PAGE = 4096
_NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")


def can_be_full() -> bool:
    """Whether this machine lets a user have a mount namespace."""
    return subprocess.run([*_NAMESPACE, "true"], capture_output=True, check=False).returncode == 0


def run_on_a_full_disk(
    stack: SandboxStack, left: int, *words: str, options: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Run a `pulumi` command with so many KiB left for Pulumi's state; what got there stays afterwards."""
    backend, kept = stack.state / "backend", stack.state / "backend-kept"
    # A file takes whole pages there: https://docs.kernel.org/filesystems/tmpfs.html
    pages = sum(-(-each.stat().st_size // _PAGE) for each in backend.rglob("*") if each.is_file())
    kept.mkdir()
    done = subprocess.run(
        [
            *_NAMESPACE,
            "sh",
            "-c",
            _SCRIPT,
            "sh",
            str(backend),
            str(kept),
            str(pages * _PAGE + left * 1024),
            *stack.words(*words, options=options),
        ],
        cwd=CHECKOUT,
        env=stack.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    shutil.rmtree(backend)
    kept.rename(backend)
    kept.with_suffix(".disk").rmdir()
    return done


def put_back_the_last_state(stack: SandboxStack) -> None:
    """Put the state that the last finished command left in its history where the cut one is, as docs/faults.md says."""
    backend = stack.state / "backend" / ".pulumi"
    checkpoints = sorted(backend.glob(f"history/*/{stack.stack}/*.checkpoint.json"), key=lambda file: file.name)
    (cut,) = backend.glob(f"stacks/*/{stack.stack}.json")
    shutil.copyfile(checkpoints[-1], cut)
    cut.with_name(f"{cut.name}.attrs").unlink(missing_ok=True)
