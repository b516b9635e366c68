"""Starts the Python processes of a command as copies of one that holds their libraries already.

A command of the sandbox starts a language host, a process of providers and, where rules are asked, a policy pack; each
spends most of its CPU time on importing Pulumi's SDKs. Tests run hundreds of commands, so each of their workers has one
of these servers: `python -m sandbox.fork_server SOCKET` imports what all need, listens, and forks for every request. A
copy has imported libraries and run nothing yet, as a process of its own after its imports; no module of a program is
among them. Two things differ, which take a fifth of a program's time: the SDK's debug messages, which `pulumi --debug`
shows, are not sent, and no resource says in which line of the program it stands.
Commands of people, and measurements, do not use it.

It serves until its standard input ends.
"""

from __future__ import annotations

import gc
import importlib
import io
import json
import os
import pkgutil
import re
import runpy
import selectors
import signal
import socket
import sys
import threading
import traceback
import warnings
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO, NoReturn, cast, get_args

import pulumi
import pulumi.runtime.resource
from pulumi import _types as types_of_properties  # pyright: ignore[reportPrivateUsage]  # its caches are what is filled
from pulumi.runtime.proto import source_pb2

from sandbox import fork_client
from sandbox.packages import PACKAGES, Settings
from sandbox.state import CHECKOUT

_LANGUAGE_HOST = Path(__file__).with_name("language_host.py")

# The program's, whose imports say which parts of the SDKs are needed.
_PROGRAM = ("infra", "apps", "bootstrap")
# Run in the checkout, beside `pulumi`.
_COMMANDS = "ops"
_SDKS = ("pulumi_aws", "pulumi_eks", "pulumi_kubernetes")
_NAMED = re.compile(r"\b[a-z]\w*(?:\.\w+)+")

# Modules of the checkout by name: a program of another directory has its own of these names.
_put_away: dict[str, ModuleType] = {}

# Bytes: a request is an environment and a command line.
_PART = 65536


def import_libraries() -> None:
    """Import what the processes of a command need, and put away what is the checkout's own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        runpy.run_path(str(_LANGUAGE_HOST), run_name="imported")
        for package in PACKAGES.values():
            # What a provider imports, it imports when it is first asked for.
            package.factory(Settings(Path(":memory:"), 0.0, ()))
        for name in ("sandbox.command", "sandbox.server", "pulumi_policy"):
            importlib.import_module(name)
        for name in _PROGRAM:
            for module in _modules_of(name):
                _prepare_types(importlib.import_module(module))
        for module in _modules_of(_COMMANDS):
            importlib.import_module(module)
    _put_away_below(CHECKOUT, but="sandbox")
    pulumi.log.debug = _say_nothing
    pulumi.runtime.resource._get_stack_trace = source_pb2.StackTrace  # pyright: ignore[reportPrivateUsage]


def _modules_of(package: str) -> Iterable[str]:
    for found in pkgutil.walk_packages([str(CHECKOUT / package)], f"{package}."):
        if not found.name.endswith("__main__"):
            yield found.name


def _prepare_types(module: ModuleType) -> None:
    """Look at each class of the SDKs that a module names: its part of them is imported when it is first looked at, and
    what its properties are is found out once in a process."""
    for found in _NAMED.finditer(Path(str(module.__file__)).read_text()):
        alias, *names = found[0].split(".")
        named: Any = getattr(module, alias, None)
        if not isinstance(named, ModuleType) or named.__name__ not in _SDKS:
            continue
        for name in names:
            named = getattr(named, name, None)
        if isinstance(named, type):
            _find_properties(named)
            _find_properties(getattr(sys.modules[named.__module__], f"{named.__name__}Args", None))


@cache
def _find_properties(type_: Any) -> None:
    """Of a class of the SDKs, and of those inside it; anything else is passed over."""
    if isinstance(type_, type) and issubclass(type_, pulumi.Resource):
        inside = types_of_properties.resource_types(type_)
    elif isinstance(type_, type) and types_of_properties.is_input_type(type_):
        inside = types_of_properties.input_type_types(type_)
    elif isinstance(type_, type) and types_of_properties.is_output_type(type_):
        inside = types_of_properties.output_type_types(type_)
    else:
        inside = dict(enumerate(get_args(type_)))
    for each in inside.values():
        _find_properties(each)


def _say_nothing(*_words: object, **_more: object) -> None:
    """The SDK tells the engine five times for each resource what it is about to do, and waits each time."""


def _put_away_below(directory: Path, but: str) -> None:
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        own = file is not None and Path(file).is_relative_to(directory) and "site-packages" not in Path(file).parts
        if own and name.partition(".")[0] not in {but, "__main__"}:
            _put_away[name] = sys.modules.pop(name)


def serve(listener: socket.socket) -> None:
    """Answer requests until standard input ends."""
    # Nobody waits for the copies: the kernel takes them away.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is not listener:
                    return
                _answer(listener)


def _answer(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        request, streams = _read(connection)
        try:
            if os.fork() == 0:
                listener.close()
                _become(request, streams, connection)
        finally:
            for stream in streams:
                os.close(stream)


def _read(connection: socket.socket) -> tuple[dict[str, Any], Sequence[int]]:
    first, streams, _, _ = socket.recv_fds(connection, _PART, 3)
    text = first
    while not text.endswith(b"\n"):
        text += connection.recv(_PART)
    return json.loads(text), streams


def _become(request: dict[str, Any], streams: Sequence[int], connection: socket.socket) -> NoReturn:
    """Be the process that was asked for; its client is told the exit code, and its death is this one's."""
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.environ.clear()
        os.environ.update(request["environment"])
        os.chdir(request["directory"])
        threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
        if "module" in request:
            code = _run_module(request["module"], request["arguments"])
        else:
            _run_file(request["file"], request["arguments"])
            code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # what a process of its own would print before it ends
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        connection.send(bytes([code & 0xFF]))
        os._exit(code)


def _run_module(name: str, arguments: Sequence[str]) -> int:
    sys.modules.update(_put_away)
    return importlib.import_module(name).main(arguments) or 0


def _run_file(file: str, arguments: Sequence[str]) -> None:
    # It must find nothing of the checkout beside the program or the policy pack that it runs.
    sys.path[:] = [each for each in sys.path if Path(each).resolve() != CHECKOUT]
    for name in [each for each in sys.modules if each.partition(".")[0] == "sandbox"]:
        del sys.modules[name]
    # The policy SDK writes its port to the engine and flushes nothing: Python is to write at once, as with `-u`.
    raw = cast("BinaryIO", io.FileIO(1, "w", closefd=False))
    sys.stdout = io.TextIOWrapper(raw, sys.stdout.encoding, write_through=True)
    sys.argv = [file, *arguments]
    runpy.run_path(file, run_name="__main__")


def _end_with(connection: socket.socket) -> None:
    connection.recv(1)
    os._exit(1)


def _threads() -> int:
    tasks = Path("/proc/self/task")  # the libraries' own in C included, which Python does not count
    return len(list(tasks.iterdir())) if tasks.is_dir() else threading.active_count()


def main(arguments: Sequence[str]) -> None:
    """Import, listen on the socket that `arguments` name, and say on standard output that it is ready."""
    import_libraries()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(arguments[0])
        listener.listen()
        if (threads := _threads()) != 1:
            sys.exit(f"the libraries started {threads - 1} threads, which a copy would lack")
        print(fork_client.READY, flush=True)
        serve(listener)


if __name__ == "__main__":
    main(sys.argv[1:])
