"""An old and a new demo server behind a real HAProxy, on free ports of loopback."""

from __future__ import annotations

import base64
import http.client
import json
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from pydantic import TypeAdapter

from infra.haproxy_configuration import PASSWORD_VARIABLE, Place, back_end, haproxy_configuration
from infra.haproxy_settings import HaproxySettings
from infra.shutdown import ShutdownTimes
from sandbox.demo_process import DemoProcess
from sandbox.local_haproxy import Files, LocalHaproxy, haproxy_program, has_prometheus_exporter
from sandbox.loopback_ports import LOOPBACK, free_port

HOST = "shop.example.com"
PASSWORD = "thrown-away"
SHUTDOWN = ShutdownTimes(10)
NEW, OLD = "aws", "old"
FRONT = (IPv4Network("127.0.0.1/32"),)

Values = dict[str, Any]


def side_values(address: str, port: int) -> Values:
    return {"address": address, "port": port, "protocol": "HTTP", "maxConnections": 500, "slowStartSeconds": 0}


def migration_values(new: Values, old: Values, **route: Any) -> Values:
    division = {} if "weights" in route else {"newPercent": 50}
    return {
        "kind": "haproxy",
        "new": new,
        "old": old,
        "routes": {"shop": {"hosts": [HOST], "checkPath": "/health", **division, **route}},
        "statistics": {"user": "operator"},
        "checkSeconds": 1,
        "resolveSeconds": 1,
        "holdSeconds": 1,
        "maxConnections": 2000,
    }


def settings_of(values: Values) -> HaproxySettings:
    return TypeAdapter(HaproxySettings).validate_json(json.dumps(values), strict=True)


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> dict[str, Any]:
        return json.loads(self.body)


def ask(port: int, path: str = "/", method: str = "GET", source: str = LOOPBACK, **headers: str) -> Answer:
    """One request on a connection of its own; underscores of a header's name stand for hyphens."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=15, source_address=(source, 0))
    try:
        named = {name.replace("_", "-"): value for name, value in {"Host": HOST, **headers}.items()}
        body = named.pop("body", None)
        connection.request(method, path, body=body, headers=named)
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def credentials(password: str = PASSWORD) -> str:
    return f"Basic {base64.b64encode(f'operator:{password}'.encode()).decode()}"


class EdgeHaproxy(LocalHaproxy):
    """One HAProxy with the configuration that the fleet gets, but for its ports and its rights."""

    def __init__(
        self, values: Values, nameservers: tuple[str, ...] = (), front: tuple[IPv4Network, ...] = FRONT
    ) -> None:
        self.site, self.statistics = free_port(), free_port()
        self._nameservers, self._front = nameservers, front
        program = haproxy_program()
        self._prometheus = has_prometheus_exporter(program)
        super().__init__(program, lambda files: self.rendered(values, files), {PASSWORD_VARIABLE: PASSWORD})

    def rendered(self, values: Values, files: Files | None = None) -> str:
        files = files or self.files
        place = Place(
            front_cidrs=self._front,
            socket=str(files.socket),
            state_file=str(files.state),
            site=f"{LOOPBACK}:{self.site}",
            statistics_port=self.statistics,
            nameservers=self._nameservers,
            user=None,
            prometheus=self._prometheus,
        )
        return haproxy_configuration(settings_of(values), SHUTDOWN, place)

    def reload_with(self, values: Values) -> None:
        self.reload(self.rendered(values))

    def state(self, server: str) -> dict[str, str]:
        return self.servers()[back_end("shop"), server]

    def set_state(self, server: str, state: str) -> None:
        self.tell(f"set server {back_end('shop')}/{server} state {state}")

    def set_weight(self, server: str, weight: int) -> None:
        self.tell(f"set server {back_end('shop')}/{server} weight {weight}")

    def wait_for(self, server: str, status: str) -> None:
        wait_until(lambda: self.state(server)["status"] == status)

    def wait_until_idle(self, server: str) -> None:
        wait_until(lambda: self.state(server)["scur"] == "0" and self.state(server)["qcur"] == "0")


@dataclass(frozen=True)
class EdgeSystem:
    haproxy: EdgeHaproxy
    new: DemoProcess
    old: DemoProcess
    values: Values


@contextmanager
def edge_system(**route: Any) -> Generator[EdgeSystem]:
    with ExitStack() as stack:
        new = stack.enter_context(DemoProcess("new"))
        old = stack.enter_context(DemoProcess("old"))
        values = migration_values(side_values(LOOPBACK, new.port), side_values(LOOPBACK, old.port), **route)
        haproxy = stack.enter_context(EdgeHaproxy(values))
        yield EdgeSystem(haproxy, new, old, values)
