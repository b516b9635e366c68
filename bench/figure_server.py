"""Answers for the metrics API in the place of metrics-server: what pods use follows from the time, and nothing else.

metrics-server asks kubelets every ten seconds at the most; what an autoscaler sees then depends on when that happens.
Here each answer is computed when it is asked for, so that the same figures can be given to a simulation.
https://kubernetes.io/docs/reference/external-api/metrics.v1beta1/
"""

from __future__ import annotations

import base64
import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qs, urlsplit

from sandbox.control_plane.certificates import Authority
from sandbox.kubernetes.api_server import ApiServer
from sandbox.loopback_ports import LOOPBACK

_GROUP: Final = "/apis/metrics.k8s.io/v1beta1"
_SERVICE: Final = "v1beta1.metrics.k8s.io"
_HOST: Final = "metrics-server.kube-system.svc"

# Seconds until a connection on which nothing is asked is closed.
_IDLE: Final = 30

Usage = Callable[[str, float], Mapping[str, float]]
"""From a value of the label `app` and a time to the millicores that each of its pods uses, by name."""


class FigureServer:
    """Stands in for metrics-server, from `with` to its end, and takes down when an autoscaler asked.

    Attributes:
        asked: when, in seconds since 1970, by the label `app` it asked for
    """

    def __init__(self, api: ApiServer, directory: Path, usage: Usage, window: float) -> None:
        """It is not asked before `with`.

        Args:
            api: whose metrics it is to serve
            directory: for its certificate
            usage: what it answers
            window: over how many seconds the figures are said to be measured
        """
        self.asked: dict[str, list[float]] = {}
        self._api, self._usage, self._window = api, usage, window
        authority = Authority(directory, "figures-ca")
        pair = authority.server("figures", (_HOST, "localhost"))
        self._authority = base64.b64encode(authority.certificate.read_bytes()).decode()
        self._server = ThreadingHTTPServer((LOOPBACK, 0), _handler(self))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.certificate, pair.key)
        # Whoever connects and says nothing holds up only the thread that is his.
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        change = {"spec": {"caBundle": self._authority, "service": {"port": self._server.server_port}}}
        self._api.patch("apiregistration.k8s.io/v1", "APIService", _SERVICE, change=change)
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, path: str) -> dict[str, Any] | None:
        """What is answered to a GET; `None` for what is not there."""
        parts = urlsplit(path)
        if parts.path == _GROUP:
            resource = {"name": "pods", "singularName": "", "namespaced": True, "kind": "PodMetrics", "verbs": ["list"]}
            return {"kind": "APIResourceList", "groupVersion": "metrics.k8s.io/v1beta1", "resources": [resource]}
        selector = parse_qs(parts.query).get("labelSelector", [""])[0]
        key, _, app = selector.partition("=")
        if not parts.path.endswith("/pods") or key != "app":
            return None
        now = time.time()
        self.asked.setdefault(app, []).append(now)
        return {
            "kind": "PodMetricsList",
            "apiVersion": "metrics.k8s.io/v1beta1",
            "metadata": {},
            "items": [self._item(name, app, used, now) for name, used in self._usage(app, now).items()],
        }

    def _item(self, name: str, app: str, used: float, now: float) -> dict[str, Any]:
        return {
            "metadata": {"name": name, "namespace": "default", "labels": {"app": app}},
            "timestamp": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "window": f"{self._window:g}s",
            "containers": [{"name": app, "usage": {"cpu": f"{round(used * 1000)}u", "memory": "64Mi"}}],
        }


def _handler(server: FigureServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = _IDLE

        def do_GET(self) -> None:
            answered = server.answer(self.path)
            body = json.dumps(answered or {}).encode()
            self.send_response(HTTPStatus.NOT_FOUND if answered is None else HTTPStatus.OK)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name it has there
            """Say nothing."""

    return Handler
