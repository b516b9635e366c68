"""One side of a migration, small: a web server that says which side it is and what it was asked.

`python -m sandbox.demo_server new 127.0.0.1 8081`. It ends when its standard input does, so it never outlives
who started it. SIGUSR1: its health check fails from now on, as that of a pod that is about to stop. SIGTERM: it
takes nothing new, ends what is under way, and stops.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import ssl
import sys
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs, urlsplit

HEALTH_PATH: Final = "/health"
SLOW_PATH: Final = "/slow"
_LONGEST_MILLISECONDS: Final = 10_000
_ERRORS = (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError)


@dataclass(frozen=True)
class _Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def stays(self) -> bool:
        return self.headers.get("connection", "").lower() != "close"


@dataclass
class DemoServer:
    """A server named after its side."""

    name: str
    healthy: bool = True
    _under_way: int = 0
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, address: str, port: int, context: ssl.SSLContext | None) -> None:
        """Serve until told to stop, then end what is under way."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, self._fall_ill)
        loop.add_signal_handler(signal.SIGTERM, self._stop.set)
        loop.add_reader(sys.stdin.fileno(), _end_with_parent)
        server = await asyncio.start_server(self._serve, address, port, ssl=context, backlog=1024)
        print("ready", flush=True)
        await self._stop.wait()
        server.close()
        while self._under_way:  # it may change many times before it is zero
            await asyncio.sleep(0.01)

    def _fall_ill(self) -> None:
        self.healthy = False

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            stays = True
            while stays:
                request = await _read(reader)
                self._under_way += 1
                try:
                    stays = request.stays and not self._stop.is_set()
                    writer.write(await self._answer(request, stays))
                    await writer.drain()
                finally:
                    self._under_way -= 1
        except _ERRORS:
            pass  # who asked has gone, or asked something that is no HTTP
        finally:
            writer.close()

    async def _answer(self, request: _Request, stays: bool) -> bytes:
        parts = urlsplit(request.target)
        status = "200 OK"
        if parts.path == HEALTH_PATH and not self.healthy:
            status = "503 Service Unavailable"
        if parts.path == SLOW_PATH:
            milliseconds = int(parse_qs(parts.query).get("milliseconds", ["100"])[0])
            await asyncio.sleep(min(milliseconds, _LONGEST_MILLISECONDS) / 1000)
        said = {"side": self.name, "method": request.method, "target": request.target, "headers": request.headers}
        text = json.dumps({**said, "received": len(request.body)}, indent=1).encode() + b"\n"
        body = b"" if request.method == "HEAD" else text
        head = (
            f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n"
            f"X-Side: {self.name}\r\nConnection: {'keep-alive' if stays else 'close'}\r\n\r\n"
        )
        return head.encode() + body


async def _read(reader: asyncio.StreamReader) -> _Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")[:-2]
    method, target, _version = first.split(" ")
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        key = name.strip().lower()
        headers[key] = f"{headers[key]}, {value.strip()}" if key in headers else value.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return _Request(method, target, headers, body)


def _end_with_parent() -> None:
    if not os.read(sys.stdin.fileno(), 1024):
        os._exit(0)


def main(name: str, address: str, port: str, certificate: str | None = None) -> None:
    """Serve as the side `name`; with TLS, where a file with a key and its certificate is given."""
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
    asyncio.run(DemoServer(name).run(address, int(port), context))


if __name__ == "__main__":
    main(*sys.argv[1:])
