"""Constant load: visitors that ask again and again, on one connection or on a new one each time.

A visitor repeats nothing: every request that is not answered with 200 is a failure, also one on an idle connection
that was closed meanwhile, as a balancer in front has it.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from sandbox.loopback_ports import LOOPBACK
from tests.edge.edge_system import HOST

_LIMIT = 60.0
_BODY = b"x" * 200


@dataclass
class Figures:
    """What came of the requests so far."""

    requests: Counter[str] = field(default_factory=Counter[str])
    failures: Counter[str] = field(default_factory=Counter[str])
    reasons: Counter[str] = field(default_factory=Counter[str])
    sides: Counter[str] = field(default_factory=Counter[str])

    @property
    def total(self) -> int:
        return self.requests.total()


class Load:
    """Visitors from `with` to its end; each second one keeps its connection, each third request is a POST."""

    def __init__(self, port: int, visitors: int = 16, path: str = "/") -> None:
        self.figures = Figures()
        self._port, self._visitors, self._path = port, visitors, path
        self._beginning = Counter[str]()
        self._ending = False
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._ending = True
        self._thread.join(_LIMIT)
        assert not self._thread.is_alive(), "a request hangs"

    def more(self, requests: int) -> None:
        """Go on until so many more were answered."""
        wanted = self.figures.total + requests
        self._wait(lambda: self.figures.total >= wanted)

    def sides_of(self, requests: int) -> Counter[str]:
        """Which sides answered the next so many, of those that begin from now on."""
        beginning = self._beginning = Counter[str]()
        self._wait(lambda: beginning.total() >= requests)
        return Counter(beginning)

    def _wait(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _LIMIT
        while not condition():
            assert time.monotonic() < deadline, "the load stands still"
            time.sleep(0.01)

    async def _run(self) -> None:
        await asyncio.gather(*(self._visit(number) for number in range(self._visitors)))

    async def _visit(self, number: int) -> None:
        keeps = number % 2 == 0
        connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        count = number
        while not self._ending:
            count += 1
            beginning = self._beginning
            method = "POST" if count % 3 == 0 else "GET"
            kind = f"{method}, {'kept' if keeps else 'new'} connection"
            try:
                if connection is None:
                    connection = await asyncio.open_connection(LOOPBACK, self._port)
                status, side, stays = await self._ask(*connection, method, keeps)
                reason = "" if status == "200" else status
            except (OSError, EOFError, ValueError) as error:
                side, stays, reason = "", False, type(error).__name__
            self.figures.requests[method] += 1
            if reason:
                self.figures.failures[method] += 1
                self.figures.reasons[f"{kind}: {reason}"] += 1
            else:
                self.figures.sides[side] += 1
                beginning[side] += 1
            if not stays and connection is not None:
                connection[1].close()
                connection = None
        if connection is not None:
            connection[1].close()

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, method: str, keeps: bool
    ) -> tuple[str, str, bool]:
        body = _BODY if method == "POST" else b""
        head = (
            f"{method} {self._path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {len(body)}\r\n"
            f"Connection: {'keep-alive' if keeps else 'close'}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        await reader.readexactly(int(headers["content-length"]))
        stays = keeps and headers.get("connection", "keep-alive").lower() != "close"
        return first.split(" ")[1], headers.get("x-side", ""), stays
