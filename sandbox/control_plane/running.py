"""Starts a control plane in the background, finds it again, and ends it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.control_plane.layout import Directory
from sandbox.refusal import Refusal
from sandbox.state import CHECKOUT

_START_LIMIT: Final = 120.0
_STOP_LIMIT: Final = 30.0
_POLL: Final = 0.1
_PROGRESS_EVERY: Final = 5.0


@dataclass(frozen=True)
class RunningControlPlane:
    """A control plane that is ready.

    Attributes:
        directory: where it keeps its files
        endpoint: the API server's address
        certificate_authority: what its certificate is signed by, base64
    """

    directory: Directory
    endpoint: str
    certificate_authority: str


def find(path: Path) -> RunningControlPlane | None:
    """The control plane that runs in the directory `path`, if one does and is ready."""
    directory = Directory(path)
    if _supervisor(directory) is None:
        return None
    try:
        description = json.loads(directory.description.read_text())
    except FileNotFoundError:
        return None
    return RunningControlPlane(directory, description["endpoint"], description["certificateAuthority"])


def require(path: Path, stack: str) -> RunningControlPlane:
    """The control plane of a stack, which runs in the directory `path`.

    Raises:
        Refusal: none does, or it is not ready; the text says how to start it.
    """
    found = find(path)
    if found is None:
        raise Refusal(f"no control plane of {stack} runs; start it with `make cluster-up STACK={stack}`")
    return found


def start(path: Path, account: Path, token_file: Path, pace: str, say: Callable[[str], None]) -> RunningControlPlane:
    """Start one that goes on after this process, and wait until it is ready.

    Args:
        path: its directory
        account: the SQLite file of the pretended account
        token_file: what `aws eks get-token` answers; made when it does not exist
        pace: a name in `layout.PACES`
        say: told how far it is

    Raises:
        Refusal: it did not start; the text says why.
    """
    _clear(Directory(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    make_token(token_file)
    words = [sys.executable, "-m", "sandbox.control_plane", "--directory", str(path), "--account", str(account)]
    words += ["--token-file", str(token_file), "--pace", pace]
    say("starting etcd, kube-apiserver, controller-manager, scheduler, kwok and metrics-server")
    errors = path.with_suffix(".log")
    with errors.open("w") as log:
        process = subprocess.Popen(
            words, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    try:
        return _await(process, path, errors, say)
    except BaseException:
        process.terminate()
        process.wait()
        raise


def _await(
    process: subprocess.Popen[bytes], path: Path, errors: Path, say: Callable[[str], None]
) -> RunningControlPlane:
    begun = told = time.monotonic()
    while time.monotonic() < begun + _START_LIMIT:
        found = find(path)
        if found is not None:
            return found
        if process.poll() is not None:
            reason = errors.read_text().strip()
            raise Refusal(f"the control plane did not start: {reason}")
        if time.monotonic() > told + _PROGRESS_EVERY:
            told = time.monotonic()
            say("… still at it")
        time.sleep(_POLL)
    raise Refusal(f"the control plane was not ready after {_START_LIMIT:.0f} s; see {path / 'logs'}")


def stop(path: Path) -> bool:
    """End the control plane in the directory `path`; gives back whether there was one.

    Raises:
        Refusal: it does not end.
    """
    directory = Directory(path)
    supervisor = _supervisor(directory)
    if supervisor is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(supervisor, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_LIMIT
        while path.exists():
            if time.monotonic() > deadline:
                raise Refusal(f"the control plane (process {supervisor}) does not end")
            time.sleep(_POLL)
    path.with_suffix(".log").unlink(missing_ok=True)
    return supervisor is not None


def make_token(path: Path) -> None:
    """Make the token that `aws eks get-token` answers; it is one for the whole pretended account."""
    if not path.exists():
        path.touch(mode=0o600)
        # EKS's own begin like this: https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster
        path.write_text(f"k8s-aws-v1.{secrets.token_urlsafe(32)}")


def _supervisor(directory: Directory) -> int | None:
    """The process id of the supervisor that holds the directory's lock."""
    try:
        with directory.lock.open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(lock.read())
    except FileNotFoundError:
        pass
    return None


def _clear(directory: Directory) -> None:
    """Remove what a machine that went down left behind.

    Raises:
        Refusal: one runs there.
    """
    if _supervisor(directory) is not None:
        raise Refusal(f"a control plane runs in {directory.path} already")
    shutil.rmtree(directory.path, ignore_errors=True)
