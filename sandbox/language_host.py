"""Runs Python programs for a `pulumi` that came without its language hosts.

An official Pulumi installation has `pulumi-language-python` beside the command line; a `pulumi` built
from source does not. This is that program, on the server that the Python SDK uses for its automation
API. The engine starts it with its own address as the last argument and reads the port from the first
line of standard output.

It is run as a file, not imported: the program's directory is the only one of the project on `sys.path`.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import importlib.metadata
import logging
import os
import runpy
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import pulumi
from google.protobuf import empty_pb2
from pulumi.automation._server import LanguageServer
from pulumi.runtime import reset_options, run_in_stack, set_all_config
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS  # pyright: ignore[reportPrivateUsage]  # what the SDK's own server uses: message sizes the engine relies on
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

# The engine asks for as many operations at once as it likes; each waits in a thread of its own.
# The factor is that of the official host.
_THREADS_PER_OPERATION = 4

# Importing the SDKs makes millions of objects that stay, which the default threshold of 700 has searched for cycles
# again and again: a quarter of a preview's time (`bench/README.md`).
_OBJECTS_BETWEEN_COLLECTIONS = 500_000


# What the engine answers once another resource has failed.
# https://github.com/pulumi/pulumi/blob/master/pkg/resource/deploy/source_eval.go
_ENGINE_ENDS = "resource monitor shut down"


class LanguageHost(LanguageServer):
    """The answers to what the engine asks of a language; it runs whichever program a request names.

    https://github.com/pulumi/pulumi/blob/master/proto/pulumi/language.proto
    """

    def __init__(self, engine: str) -> None:
        super().__init__(program=lambda: None)
        self._engine = engine

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002  # gRPC's name and form
        """Take the engine's address from a request instead of the command line."""
        self._engine = request.engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """The version of the SDK that this host belongs to."""
        return plugin_pb2.PluginInfo(version=importlib.metadata.version("pulumi"))

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: N802, ARG002
        """Nothing to install: the sandbox runs in a complete environment."""
        yield language_pb2.InstallDependenciesResponse(
            stdout=b"The sandbox's Python environment holds the dependencies already.\n"
        )

    def RuntimeOptionsPrompts(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """No questions: the environment is the sandbox's."""
        return language_pb2.RuntimeOptionsResponse()

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """The packages installed in this environment, for `pulumi about`."""
        found = {each.metadata["Name"]: each.version for each in importlib.metadata.distributions()}
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[
                language_pb2.DependencyInfo(name=name, version=version) for name, version in sorted(found.items())
            ]
        )

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """Accepted; the engine ends this process when it is done."""
        return empty_pb2.Empty()

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """Run the program once, as the engine asked.

        A failure is shown through the engine's log, so the answer only says that there was one (`bail`).
        """
        shown = contextvars.copy_context().run(self._run, request)
        return language_pb2.RunResponse(bail=not shown)

    def _run(self, request: Any) -> bool:
        directory = Path(request.info.program_directory or request.pwd)
        entry = request.info.entry_point or request.program or "."
        program = (directory / entry).resolve()
        if program.is_dir():
            program /= "__main__.py"
        reset_options(
            project=request.project,
            stack=request.stack,
            root_directory=request.info.root_directory or None,
            parallel=request.parallel,
            engine_address=self._engine,
            monitor_address=request.monitor_address,
            preview=request.dryRun,
            organization=request.organization or "organization",
        )
        set_all_config(dict(request.config), list(request.configSecretKeys))
        if request.pwd:
            os.chdir(request.pwd)
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        workers = ThreadPoolExecutor(max(request.parallel, 1) * _THREADS_PER_OPERATION)
        loop.set_default_executor(workers)
        try:
            loop.run_until_complete(run_in_stack(lambda: run_afresh(program)))
        except BaseException as error:  # the program may raise anything, SystemExit included
            message = explain(error, program)
            if message is not None:
                pulumi.log.error(message)
            return False
        finally:
            _close(loop)
            workers.shutdown(wait=False, cancel_futures=True)
            sys.stdout.flush()
            sys.stderr.flush()
        return True


def run_afresh(program: Path) -> None:
    """Run `program` as `__main__`, with its directory first on `sys.path`.

    A preview and an update run one after the other in this process: the project's own modules are
    imported anew each time, as in a process of its own; libraries stay.
    """
    directory = str(program.parent)
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file is not None and _belongs_to_project(file, directory):
            del sys.modules[name]
    sys.path[:] = [directory, *(each for each in sys.path if each != directory)]
    sys.argv = [str(program)]
    runpy.run_path(str(program), run_name="__main__")


def _belongs_to_project(file: str, directory: str) -> bool:
    inside = file.startswith(f"{directory}{os.sep}")
    # A virtual environment may well be inside the project.
    return inside and f"{os.sep}site-packages{os.sep}" not in file and file != __file__


def explain(error: BaseException, program: Path) -> str | None:
    """What a person is told about `error`, which ended `program`; None when there is nothing to say."""
    if isinstance(error, pulumi.RunError):
        return str(error)
    if isinstance(error, SystemExit):
        return f"the program ended itself with `sys.exit({error.code!r})`" if _is_code(error) else str(error)
    if _says_that_the_engine_ends(error):
        return None  # it says why itself
    frames = traceback.extract_tb(error.__traceback__)
    first = next((i for i, frame in enumerate(frames) if Path(frame.filename) == program), 0)
    text = "".join(traceback.format_exception(error, limit=first - len(frames)))
    return f"Program failed with an unhandled exception:\n{text}"


def _says_that_the_engine_ends(error: BaseException) -> bool:
    # The SDK raises a plain exception while it handles the call's own.
    call = error if isinstance(error, grpc.RpcError) else error.__context__
    if not isinstance(call, grpc.Call):
        return False
    return call.code() == grpc.StatusCode.UNAVAILABLE or str(call.details()).startswith(_ENGINE_ENDS)


def _is_code(error: SystemExit) -> bool:
    return error.code is None or isinstance(error.code, int)


def _close(loop: asyncio.AbstractEventLoop) -> None:
    # What was still waiting when the program failed would be reported as a fault of its own otherwise.
    pending = asyncio.all_tasks(loop)
    for task in pending:
        task.cancel()
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
    asyncio.set_event_loop(None)
    loop.close()


def _end_with(parent: int) -> None:
    # A killed engine does not tell its plugins; being adopted by another process does.
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def main(arguments: list[str]) -> None:
    """Serve until the engine ends this process; `arguments` end with the engine's address."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # with which the engine ends its plugins
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # as the official host: failures are shown once
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    server = grpc.server(ThreadPoolExecutor(max_workers=4), options=_GRPC_CHANNEL_OPTIONS)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageHost(arguments[-1]), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


if __name__ == "__main__":
    main(sys.argv[1:])
