"""The HAProxys of a migration, as one thing that is asked and told."""

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ops.haproxy_runtime import READ, Servers, UnknownAnswerError, joined, servers_of, split_answers

_SECONDS = 10.0
"""A HAProxy answers in milliseconds; one that takes so long has hung."""


@dataclass(frozen=True)
class Trouble:
    """Why an instance did not answer."""

    text: str


class Fleet(Protocol):
    """Any number of HAProxys with one configuration."""

    def instances(self) -> Sequence[str]:
        """Their names, in an order that stays."""
        ...

    def ask(self, commands: Sequence[str]) -> Mapping[str, Sequence[str] | Trouble]:
        """Give each of them all of these commands, in this order; their answers, or why there are none."""
        ...


def read(fleet: Fleet) -> dict[str, Servers | Trouble]:
    """What each instance says of its servers."""
    return {name: _read(answer) for name, answer in fleet.ask(READ).items()}


def _read(answer: Sequence[str] | Trouble) -> Servers | Trouble:
    if isinstance(answer, Trouble):
        return answer
    try:
        return servers_of(*answer)
    except UnknownAnswerError as error:
        return Trouble(str(error))


class SocketFleet:
    """HAProxys on this machine, by their runtime sockets."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths

    def instances(self) -> Sequence[str]:
        """The sockets' paths."""
        return [str(path) for path in self._paths]

    def ask(self, commands: Sequence[str]) -> Mapping[str, Sequence[str] | Trouble]:
        """Give each of them all of these commands; their answers, or why there are none."""
        return {str(path): self._ask(path, commands) for path in self._paths}

    @staticmethod
    def _ask(path: Path, commands: Sequence[str]) -> Sequence[str] | Trouble:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(_SECONDS)
                connection.connect(str(path))
                connection.sendall(f"{joined(commands)}\n".encode())
                connection.shutdown(socket.SHUT_WR)
                text = b"".join(iter(lambda: connection.recv(65536), b"")).decode(errors="replace")
            return split_answers(text, len(commands))
        except TimeoutError:
            return Trouble(f"did not answer within {_SECONDS:.0f} s")
        except OSError as error:
            return Trouble(error.strerror or str(error))
        except UnknownAnswerError as error:
            return Trouble(str(error))
