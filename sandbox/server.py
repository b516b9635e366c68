"""The process that serves the sandbox's providers to the Pulumi engine.

`python -m sandbox.server` listens on one loopback port for each package, writes
`aws:PORT,eks:PORT,kubernetes:PORT` (the form of `PULUMI_DEBUG_PROVIDERS`) on its standard output
and serves until its standard input ends. Its parent holds the other end of that pipe, so the process
ends with its parent however the parent ends, `kill -9` included.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
import traceback
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, cast

import grpc
import grpc.aio
from google.protobuf import empty_pb2
from pulumi.provider import Provider as ComponentProvider
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import DiffRequest, Provider
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.provider.server import ComponentInitError
from pulumi.provider.server import ProviderServicer as ComponentProviderServicer
from pulumi.runtime import proto
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS  # pyright: ignore[reportPrivateUsage]  # what the SDK's own server uses: message sizes the engine relies on
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, provider_pb2_grpc

from sandbox.packages import PACKAGES, Settings, is_known_error, provider_factory
from sandbox.partial_failure import PartialFailureError, status_metadata

Handler = Callable[[Any, Any], Awaitable[Any]]

# Seconds that calls under way get to finish once the parent has let go.
_GRACE = 2.0

# Seconds the engine has to take a message.
_LOG_LIMIT = 5.0

# Importing the SDKs makes millions of objects that stay, which the default threshold of 700 has searched for cycles
# again and again: a quarter of a preview's time (`bench/README.md`).
_OBJECTS_BETWEEN_COLLECTIONS = 500_000

_SERVICE = provider_pb2.DESCRIPTOR.services_by_name["ResourceProvider"]


class PerConnection(provider_pb2_grpc.ResourceProviderServicer):
    """Gives every connection a servicer of its own, and answers errors cleanly.

    The engine opens one connection for each provider of a program (two regions, two roles, two
    versions), configures it, and no later call says which of them it is for.

    Errors: what a provider raises on purpose reaches the person as its message alone, anything else keeps
    its traceback.
    """

    def __init__(self, make: Callable[[], ResourceServicer | ComponentServicer]) -> None:
        self._make = make
        self._servicers: dict[str, ResourceServicer | ComponentServicer] = {}
        for method in _SERVICE.methods:
            if not method.server_streaming:
                setattr(self, method.name, self._dispatcher(method.name))

    def _dispatcher(self, name: str) -> Handler:
        async def answer(request: Any, context: Any) -> Any:
            peer: str = context.peer()
            if peer not in self._servicers:
                self._servicers[peer] = self._make()
            handler: Handler = getattr(self._servicers[peer], name)
            try:
                return await handler(request, context)
            except grpc.aio.AbortError:
                raise  # already answered
            except Exception as error:  # whatever a provider raises has to reach the engine as an answer
                code, message = describe(error)
                await context.abort(code, message, _metadata(code, error))

        return answer


class _Talkative(Protocol):
    """A provider that has something to say to people: the URN it is about, and the text."""

    warn: Callable[[str, str], None]
    progress: Callable[[str, str], None]


class ResourceServicer(ProviderServicer):
    """The SDK's servicer, for a provider that the engine attaches to instead of starting it.

    It adds `Attach`, with which the engine tells its address.
    https://github.com/pulumi/pulumi/blob/master/proto/pulumi/provider.proto
    """

    def __init__(self, version: str, provider: Provider) -> None:
        super().__init__([], version, provider, engine_address="")

    async def Attach(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: N802, ARG002  # gRPC's name and form
        """Remember where the engine listens; what the provider says is shown there, at the resource."""
        self._engine_address = request.address
        if hasattr(self._provider, "warn"):
            log, provider = EngineLog(request.address), cast("_Talkative", self._provider)
            provider.warn, provider.progress = log.warning, log.progress
        return empty_pb2.Empty()

    async def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """What changed in the provider's own configuration.

        The SDK's method answers in types that `DiffResponse` does not have.
        """
        difference = await self._provider.diff_config(
            DiffRequest(
                request.urn,
                request.id,
                PropertyValue.unmarshal_map(request.olds),
                PropertyValue.unmarshal_map(request.news),
                list(request.ignoreChanges),
            )
        )
        changed = proto.DiffResponse.DIFF_SOME if difference.changes else proto.DiffResponse.DIFF_NONE
        return proto.DiffResponse(changes=changed, diffs=difference.diffs, replaces=difference.replaces)


class EngineLog:
    """The engine's log, whose messages appear among `pulumi`'s diagnostics.

    Args:
        address: where the engine listens
    """

    def __init__(self, address: str) -> None:
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    def warning(self, urn: str, text: str) -> None:
        """Show a warning about the resource `urn`."""
        self._send(engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=text, urn=urn))

    def progress(self, urn: str, text: str) -> None:
        """Show what the resource `urn` waits for, until something else is shown or it is done."""
        self._send(engine_pb2.LogRequest(severity=engine_pb2.INFO, message=text, urn=urn, ephemeral=True))

    def _send(self, request: engine_pb2.LogRequest) -> None:
        # An engine that is already ending has nobody to show it to.
        with suppress(grpc.RpcError):
            self._engine.Log(request, timeout=_LOG_LIMIT)


class ComponentServicer(ComponentProviderServicer):
    """The same for a provider of components, whose servicer in the SDK is an older one."""

    def __init__(self, provider: ComponentProvider) -> None:
        super().__init__(provider, [], engine_address="")

    async def Attach(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: N802, ARG002
        """Remember where the engine listens."""
        self.engine_address = request.address
        return empty_pb2.Empty()


def servicer_for(package: str, settings: Settings) -> PerConnection:
    """The gRPC servicer of `package`'s stand-in."""
    make = provider_factory(package, settings)
    version = PACKAGES[package].version()

    def servicer() -> ResourceServicer | ComponentServicer:
        provider = make()
        if isinstance(provider, ComponentProvider):
            return ComponentServicer(provider)
        return ResourceServicer(version, provider)

    return PerConnection(servicer)


def describe(error: BaseException) -> tuple[grpc.StatusCode, str]:
    """What the engine is told about `error`: a gRPC status code and a text for a person."""
    original = _original(error)
    if isinstance(original, PartialFailureError):
        return grpc.StatusCode.UNKNOWN, str(original)
    if is_known_error(original):
        return grpc.StatusCode.FAILED_PRECONDITION, str(original)
    if isinstance(original, NotImplementedError):
        return grpc.StatusCode.UNIMPLEMENTED, f"the sandbox does not do this: {original}"
    if isinstance(original, grpc.RpcError):
        # The engine refused something a component asked of it; it has shown the reason already.
        return grpc.StatusCode.UNKNOWN, str(getattr(original, "details", lambda: original)())
    text = "".join(traceback.format_exception(original))
    return grpc.StatusCode.INTERNAL, f"the sandbox itself failed, this is a mistake in it:\n{text}"


def _original(error: BaseException) -> BaseException:
    # The SDK's servicer wraps what a provider raised into an exception whose text holds the traceback;
    # the original is the wrapper's context, and a component's own error is its `inner`.
    while type(error) is Exception and error.__context__ is not None:
        error = error.__context__
    return error.inner if isinstance(error, ComponentInitError) else error


def _metadata(code: grpc.StatusCode, error: BaseException) -> tuple[tuple[str, bytes], ...]:
    original = _original(error)
    return status_metadata(code, original) if isinstance(original, PartialFailureError) else ()


async def serve(packages: Sequence[str], settings: Settings) -> None:
    """Serve `packages` until standard input ends."""
    servers: list[grpc.aio.Server] = []
    addresses: list[str] = []
    for package in packages:
        # One gRPC server each: the calls do not name the package they are meant for.
        package_server = grpc.aio.server(options=_GRPC_CHANNEL_OPTIONS)
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer_for(package, settings), package_server)
        port = package_server.add_insecure_port("127.0.0.1:0")
        await package_server.start()
        servers.append(package_server)
        addresses.append(f"{package}:{port}")
    sys.stdout.write(",".join(addresses) + "\n")
    sys.stdout.flush()

    await asyncio.get_running_loop().run_in_executor(None, _until_input_ends)
    await asyncio.gather(*(each.stop(_GRACE) for each in servers))


def _until_input_ends() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass


def main(arguments: Sequence[str]) -> None:
    """Run the process; `arguments` are those of `sandbox.provider_process`."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.server")
    parser.add_argument("--account", type=Path, required=True)
    parser.add_argument("--time-scale", type=float, required=True)
    parser.add_argument("--control-plane", type=Path)
    parser.add_argument("--fault", action="append", default=[])
    parser.add_argument("packages", nargs="+", choices=sorted(PACKAGES))
    options = parser.parse_args(arguments)
    settings = Settings(options.account, options.time_scale, tuple(options.fault), options.control_plane)
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    asyncio.run(serve(options.packages, settings))
    # Threads of calls that never returned must not keep the process: its parent is gone.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
