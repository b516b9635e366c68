"""A name server for one name, whose address can change while it runs. https://www.rfc-editor.org/rfc/rfc1035#section-4"""

from __future__ import annotations

import socket
import struct
import threading
from ipaddress import IPv4Address
from types import TracebackType
from typing import Self

from sandbox.loopback_ports import LOOPBACK

_A = 1
_ANSWER, _NO_SUCH_NAME = 0x8180, 0x8183


class DnsServer:
    def __init__(self, name: str, address: str) -> None:
        self.name, self.address = name, address
        self.asked = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((LOOPBACK, 0))
        self._socket.settimeout(0.1)
        self._ended = False
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def nameserver(self) -> str:
        return f"{LOOPBACK}:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._ended = True
        self._thread.join(5)
        self._socket.close()

    def _serve(self) -> None:
        while not self._ended:
            try:
                query, asker = self._socket.recvfrom(4096)
            except TimeoutError:
                continue
            self._socket.sendto(self.answer(query), asker)

    def answer(self, query: bytes) -> bytes:
        self.asked += 1
        labels: list[str] = []
        position = 12
        while length := query[position]:
            labels.append(query[position + 1 : position + 1 + length].decode())
            position += 1 + length
        (kind,) = struct.unpack_from("!H", query, position + 1)
        question = query[12 : position + 5]
        known = ".".join(labels).lower() == self.name
        record = b""
        if known and kind == _A:
            record = struct.pack("!HHHIH", 0xC00C, _A, 1, 1, 4) + IPv4Address(self.address).packed
        flags = _ANSWER if known else _NO_SUCH_NAME
        return query[:2] + struct.pack("!HHHHH", flags, 1, 1 if record else 0, 0, 0) + question + record
