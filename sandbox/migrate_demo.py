"""`make migrate-demo`: the configuration of the migration balancer in a real HAProxy, before two demo servers.

What the fleet on AWS gets, this gets too; only the ports, the nearness of the balancer in front (this machine), and
the rights that HAProxy runs with are others.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import secrets
import signal
import socket
import sys
import time
from contextlib import ExitStack
from ipaddress import IPv4Network
from types import FrameType
from typing import Final

from infra.haproxy_configuration import PASSWORD_VARIABLE, Place, haproxy_configuration
from infra.haproxy_settings import HaproxySettings
from infra.shutdown import ShutdownTimes
from sandbox.demo_process import DemoProcess
from sandbox.demo_server import HEALTH_PATH
from sandbox.local_haproxy import Files, LocalHaproxy, haproxy_program, has_prometheus_exporter
from sandbox.loopback_ports import LOOPBACK
from sandbox.refusal import Refusal

USER: Final = "operator"
_DRAIN_SECONDS: Final = 30
_POLL: Final = 0.2


class _EndedError(Exception):
    """It was asked to end."""


def demo_settings(new_port: int, old_port: int, new_percent: int) -> HaproxySettings:
    """What a stack file would say, with both sides on this machine."""
    route = {"hosts": ["localhost", LOOPBACK], "newPercent": new_percent, "checkPath": HEALTH_PATH}
    values = {
        "kind": "haproxy",
        "new": _side(new_port),
        "old": _side(old_port),
        "routes": {"demo": route},
        "statistics": {"user": USER},
        "checkSeconds": 1,
        "resolveSeconds": 5,
        "holdSeconds": 30,
        "maxConnections": 1000,
    }
    return HaproxySettings.model_validate_json(json.dumps(values), strict=True)


def _side(port: int) -> dict[str, object]:
    return {"address": LOOPBACK, "port": port, "protocol": "HTTP", "maxConnections": 100, "slowStartSeconds": 0}


def require_free(port: int) -> None:
    """Refuse a port that HAProxy could not have.

    Raises:
        Refusal: something listens there.
    """
    with socket.socket() as each:
        each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            each.bind((LOOPBACK, port))
        except OSError as error:
            raise Refusal(
                f"port {port} is not free ({error.strerror}); choose others with --site and --statistics"
            ) from (None)


def run(site: int, statistics: int, new_percent: int) -> None:
    """Run until Ctrl-C.

    Raises:
        Refusal: there is no HAProxy, a port is taken, or something ended by itself.
    """
    program = haproxy_program()
    for port in (site, statistics):
        require_free(port)
    password = secrets.token_urlsafe(12)
    with ExitStack() as stack:
        new, old = (stack.enter_context(DemoProcess(name)) for name in ("new", "old"))
        settings = demo_settings(new.port, old.port, new_percent)

        def configuration(files: Files) -> str:
            place = Place(
                front_cidrs=(IPv4Network(f"{LOOPBACK}/32"),),
                socket=str(files.socket),
                state_file=str(files.state),
                site=f"{LOOPBACK}:{site}",
                statistics_port=statistics,
                user=None,
                prometheus=has_prometheus_exporter(program),
            )
            return haproxy_configuration(settings, ShutdownTimes(_DRAIN_SECONDS), place)

        haproxy = stack.enter_context(LocalHaproxy(program, configuration, {PASSWORD_VARIABLE: password}))
        print(
            f"\n  site        http://localhost:{site}/\n"
            f"  statistics  http://localhost:{statistics}/  (user {USER}, password {password})\n"
            f"  runtime API {haproxy.files.socket}\n"
            f"  configuration {haproxy.files.configuration}\n\n"
            f"  new: {LOOPBACK}:{new.port}, server aws    old: {LOOPBACK}:{old.port}, server old\n"
            f"  try: for i in 1 2 3 4; do curl -s http://localhost:{site}/ | grep side; done\n"
            f"       {sys.executable} -m ops migrate --socket {haproxy.files.socket} status\n"
            "       … and `weight 5`, `drain new`, `maint old`, `switch new` in the place of `status`\n\n"
            "  Ctrl-C ends all of it.",
            flush=True,
        )
        while haproxy.is_running() and new.is_running() and old.is_running():
            time.sleep(_POLL)
        raise Refusal("one of the demo's processes ended by itself")


def _end(_number: int, _frame: FrameType | None) -> None:
    raise _EndedError


def main() -> int:
    """The command: 0 when it was ended by Ctrl-C, 1 when it could not run."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.migrate_demo", description=__doc__)
    parser.add_argument("--site", type=int, default=8000, help="port of the site (8000)")
    parser.add_argument("--statistics", type=int, default=8001, help="port of the statistics page (8001)")
    parser.add_argument("--new-percent", type=int, default=50, choices=range(101), metavar="0..100")
    words = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        with contextlib.suppress(_EndedError):
            run(words.site, words.statistics, words.new_percent)
    except Refusal as refusal:
        print(f"migrate-demo: {refusal}", file=sys.stderr)
        return 1
    print("\n  ended")
    return 0


if __name__ == "__main__":
    sys.exit(main())
