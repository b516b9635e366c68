"""Starts the process that serves the providers, and ends it."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from sandbox import fork_client
from sandbox.aws.identifiers import ACCOUNT_VARIABLE
from sandbox.child_process import end_child
from sandbox.fork_client import SOCKET_VARIABLE
from sandbox.refusal import Refusal
from sandbox.state import CHECKOUT, State

# Seconds; a cold start on a busy two-core machine takes about three.
_START_LIMIT = 60.0


class ProviderProcess:
    """`sandbox.server` as a child of this process, which it never outlives.

    Start it early: it gets ready while the caller prepares something else, and `addresses` waits for it.
    """

    def __init__(
        self,
        packages: Sequence[str],
        *,
        state: State,
        account_id: str | None,
        control_plane: Path | None,
        time_scale: float,
        faults: Sequence[str],
    ) -> None:
        if SOCKET_VARIABLE in os.environ:
            command = [sys.executable, "-I", "-S", fork_client.__file__, "--module", "sandbox.server"]
        else:
            command = [sys.executable, "-m", "sandbox.server"]
        command += ["--account", str(state.account)]
        command += ["--time-scale", str(time_scale)]
        if control_plane is not None:
            command += ["--control-plane", str(control_plane)]
        for fault in faults:
            command += ["--fault", fault]
        # A kubeconfig names the command that gives its token.
        path = os.pathsep.join((str(state.commands), os.environ.get("PATH", os.defpath)))
        own = {"PYTHONPATH": str(CHECKOUT), "PATH": path}
        self._process = subprocess.Popen(
            [*command, *packages],
            stdin=subprocess.PIPE,  # its end tells the child to end
            stdout=subprocess.PIPE,
            process_group=0,  # Ctrl-C is for `pulumi`, which needs its providers to cancel in order
            env={**os.environ, **own, **({ACCOUNT_VARIABLE: account_id} if account_id else {})},
        )

    def addresses(self) -> str:
        """`aws:PORT,eks:PORT`: what the engine attaches to.

        Raises:
            Refusal: the process ended or hung before it was ready.
        """
        output = self._process.stdout
        assert output is not None  # noqa: S101  # it was asked for above
        deadline = time.monotonic() + _START_LIMIT
        line = b""
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise Refusal(f"the sandbox's providers were not ready after {_START_LIMIT:.0f} s")
                part = os.read(output.fileno(), 4096)
                if not part:
                    raise Refusal("the sandbox's providers could not start; the reason is above")
                line += part
        return line.decode().strip()

    def end(self) -> None:
        """End the process, letting calls under way finish."""
        end_child(self._process)

    def __enter__(self) -> ProviderProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
