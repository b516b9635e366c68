"""`python -m ops loadtest` on a real server behind a real HAProxy, with the real autoscaler of a real control plane.

No container runs in the pods, so a bridge says what they use: it counts the requests that HAProxy had answered, and
has the ready pods share what so many cost.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sandbox.control_plane.layout import Directory
from sandbox.control_plane.running import find
from sandbox.demo_process import DemoProcess
from sandbox.kubernetes.api_server import ApiServer
from sandbox.kwok.commands import set_load, set_service
from sandbox.local_haproxy import Files, LocalHaproxy, haproxy_program
from sandbox.loopback_ports import LOOPBACK, free_port
from tests.cluster.plain_objects import deployment, node
from tests.engine.sandbox_stack import CHECKOUT

pytestmark = pytest.mark.cluster

# SYSTEM.md, S13 and S14.
REQUEST, LIMIT, PERCENT, LEAST, MOST = 60, 70, 10, 2, 8
# Of CPU, for each request.
COST_MILLISECONDS = 2.0


def wait_for(what: str, condition: Callable[[], Any], limit: float = 60) -> None:
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, f"not within {limit} s: {what}"
        time.sleep(0.2)


@contextmanager
def control_plane() -> Generator[Directory]:
    with tempfile.TemporaryDirectory(prefix="slipway-loadtest-") as place:
        directory = Directory(Path(place) / "control-plane")
        words = [sys.executable, "-m", "sandbox.control_plane", "--directory", str(directory.path), "--pace", "fast"]
        words += ["--account", str(Path(place) / "account.sqlite"), "--with-parent"]
        with subprocess.Popen(words, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as supervisor:
            wait_for("a control plane", lambda: find(directory.path) or supervisor.poll() is not None, 120)
            yield directory


class Balancer(LocalHaproxy):
    """A HAProxy in front of one server."""

    def __init__(self, server: DemoProcess) -> None:
        self.port, self._server = free_port(), server
        super().__init__(haproxy_program(), self._configuration_of, {})

    def _configuration_of(self, files: Files) -> str:
        return (
            f"global\n  stats socket {files.socket} level admin\n"
            "defaults\n  mode http\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n"
            f"frontend site\n  bind {LOOPBACK}:{self.port}\n  default_backend pods\n"
            f"backend pods\n  server one {LOOPBACK}:{self._server.port}\n"
        )

    def answered(self) -> int:
        """How many requests of clients were answered with success."""
        return int(self.servers()["site", "FRONTEND"]["hrsp_2xx"])


class Bridge:
    """Has the pods use what the requests of the last seconds cost, from `with` to its end."""

    def __init__(self, balancer: Balancer, model: Path) -> None:
        self._balancer, self._model = balancer, model
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        before, then = self._balancer.answered(), time.monotonic()
        while not self._end.wait(2):
            count, now = self._balancer.answered(), time.monotonic()
            set_load(self._model, "frontend", total=(count - before) / (now - then) * COST_MILLISECONDS)
            before, then = count, now

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()


def autoscaler() -> dict[str, Any]:
    """As `apps/service.py` declares it."""
    target = {"type": "Utilization", "averageUtilization": PERCENT}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "frontend", "namespace": "default"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "frontend"},
            "minReplicas": LEAST,
            "maxReplicas": MOST,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
            "behavior": {"scaleDown": {"stabilizationWindowSeconds": 300}},
        },
    }


def frontend() -> dict[str, Any]:
    made = deployment("frontend", LEAST)
    resources = {"requests": {"cpu": f"{REQUEST}m"}, "limits": {"cpu": f"{LIMIT}m"}}
    made["spec"]["template"]["spec"]["containers"][0]["resources"] = resources
    return made


def test_load_makes_the_autoscaler_grow_while_the_command_watches(tmp_path: Path) -> None:
    file, plot = tmp_path / "seen.csv", tmp_path / "seen.svg"
    with control_plane() as directory, DemoProcess("new") as server, Balancer(server) as balancer:
        api = ApiServer.of_kubeconfig(directory.admin_kubeconfig)
        set_service(directory.model, "frontend", idle_millicores=1.0)
        for number in (1, 2):
            api.create(node(number))
        api.create(frontend())
        api.create(autoscaler())
        found = ("autoscaling/v2", "HorizontalPodAutoscaler", "frontend", "default")
        wait_for(
            "a reading",
            lambda: "resource" in ((api.get(*found) or {}).get("status", {}).get("currentMetrics") or [{}])[0],
        )
        with Bridge(balancer, directory.model):
            words = [sys.executable, "-m", "ops", "loadtest", f"http://{LOOPBACK}:{balancer.port}/load"]
            words += ["--kubeconfig", str(directory.admin_kubeconfig), "--namespace", "default"]
            words += ["--steps", "1,4", "--seconds", "20", "--csv", str(file), "--plot", str(plot)]
            done = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, timeout=150, check=False)
        answered = balancer.answered()
    assert done.returncode == 0, done.stdout + done.stderr
    rows = list(csv.DictReader(file.open()))
    assert [row["visitors"] for row in rows] == ["1"] * 4 + ["4"] * 4
    assert all(int(row["failed"]) == 0 and int(row["requests"]) > 0 for row in rows)
    # Those of the last moment of each look may be answered and not counted, and the command asked once itself.
    assert sum(int(row["requests"]) for row in rows) == pytest.approx(answered, rel=0.02)
    assert [rows[0]["target_percent"], rows[0]["nodes"]] == ["10", "2"]
    counts = [int(row["replicas"]) for row in rows]
    # At first by four pods at the most, so the first look cannot have seen all of them.
    assert LEAST <= counts[0] < MOST
    assert counts == sorted(counts)
    assert counts[-1] == MOST
    assert max(int(row["utilization_percent"]) for row in rows if row["utilization_percent"]) > PERCENT
    assert f"of {LEAST}-{MOST}" in done.stdout
    assert plot.read_text().startswith("<svg")
