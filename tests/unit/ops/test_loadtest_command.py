"""The load test's command, with a program that pretends to send requests and one that pretends to be kubectl."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from ops.cluster_reading import Reading, reading_of
from ops.load_report import LiveTable, drawn, write_csv
from ops.load_steps import LoadPlan, Row
from ops.load_tool import Served
from ops.loadtest_command import main
from ops.refusal import Refusal
from tests.says import Says

pytestmark = pytest.mark.unit

CAPTURED = Path(__file__).parent / "captured"
CHECKOUT = Path(__file__).resolve().parents[3]

NODE = {"kind": "Node", "status": {"conditions": [{"type": "Ready", "status": "True"}]}}
DEAD = {"kind": "Node", "status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}}
DEPLOYMENT = {"kind": "Deployment", "spec": {"replicas": 6}, "status": {"readyReplicas": 5}}
SCALER: dict[str, Any] = {
    "kind": "HorizontalPodAutoscaler",
    "spec": {
        "minReplicas": 2,
        "maxReplicas": 8,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 10}}}],
    },
    "status": {
        "currentMetrics": [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 47}}}]
    },
}


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def site() -> Generator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an `ab` and a `kubectl`, first on the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    write(folder / "ab", f"cat {CAPTURED / 'ab-served.txt'}")
    items = {"items": [DEPLOYMENT, SCALER]}
    nodes = {"items": [NODE, DEAD, NODE]}
    write(
        folder / "kubectl",
        f"case \"$*\" in *nodes*) echo '{json.dumps(nodes)}';; *) echo '{json.dumps(items)}';; esac",
    )
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def write(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def run(*words: str) -> tuple[int, str]:
    shown = io.StringIO()
    return main(words, Console(file=shown, width=140)), shown.getvalue()


@pytest.mark.usefixtures("programs")
def test_what_is_seen_stands_in_the_table_in_the_file_and_in_the_picture(site: str, tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text("{}")
    file, plot = tmp_path / "seen.csv", tmp_path / "seen.svg"
    words = ("--steps", "1,16", "--seconds", "7", "--kubeconfig", str(kubeconfig), "--csv", str(file))
    code, shown = run(site, *words, "--plot", str(plot))
    assert code == 0
    assert "5/6 of 2-8" in shown
    assert "47 % of 10 %" in shown
    rows = list(csv.DictReader(file.open()))
    # Two looks for each step: after five seconds, and after the two that are left.
    assert [row["visitors"] for row in rows] == ["1", "1", "16", "16"]
    assert rows[0] | {"seconds": ""} == {
        "seconds": "",
        "visitors": "1",
        "requests": "546",
        "failed": "0",
        "requests_per_second": "545.5",
        "median_ms": "3.0",
        "p95_ms": "7.0",
        "p99_ms": "19.0",
        "longest_ms": "61.0",
        "replicas": "6",
        "ready": "5",
        "utilization_percent": "47",
        "target_percent": "10",
        "nodes": "2",
    }
    words_in = [element.text for element in ET.parse(plot).iter() if element.tag.endswith("text")]
    assert {"Requests per second", "Pods and nodes", "CPU in per cent of the request"} <= set(words_in)


def test_without_a_cluster_and_its_program_the_load_is_sent_all_the_same(site: str, programs: Path) -> None:
    (programs / "kubectl").unlink()
    code, shown = run(site, "--steps", "2", "--seconds", "1")
    assert code == 0
    assert "545" in shown


def test_a_cluster_that_is_lost_meanwhile_is_told_and_the_load_goes_on(
    site: str, programs: Path, tmp_path: Path
) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text("{}")
    count = tmp_path / "count"
    answers = (programs / "kubectl").read_text().removeprefix("#!/bin/sh\n")
    write(
        programs / "kubectl",
        f"echo x >> {count}; [ $(wc -l < {count}) -gt 2 ] && echo connection refused >&2 && exit 1\n{answers}",
    )
    code, shown = run(site, "--steps", "1", "--seconds", "1", "--kubeconfig", str(kubeconfig))
    assert code == 0
    assert "kubectl: connection refused" in shown


def test_a_cluster_without_the_service_is_refused_before_any_load(site: str, programs: Path, tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text("{}")
    write(programs / "kubectl", "true")
    write(programs / "ab", f"touch {tmp_path / 'asked'}")
    words = ("--kubeconfig", str(kubeconfig), "--service", "billing", "--namespace", "shop")
    with pytest.raises(Refusal) as refusal:
        run(site, *words)
    assert str(refusal.value) == Says("Deployment billing", "namespace shop")
    assert not (tmp_path / "asked").exists()


def test_ctrl_c_ends_the_tool_and_keeps_what_was_seen(site: str, programs: Path, tmp_path: Path) -> None:
    file, mark = tmp_path / "seen.csv", tmp_path / "second"
    write(
        programs / "ab",
        f"[ -e {tmp_path / 'first'} ] && echo $$ > {mark} && exec sleep 60\n"
        f"touch {tmp_path / 'first'}; cat {CAPTURED / 'ab-served.txt'}",
    )
    words = [sys.executable, "-m", "ops", "loadtest", site, "--steps", "1,2", "--seconds", "1", "--csv", str(file)]
    with subprocess.Popen(words, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        while not (mark.exists() and mark.read_text().strip()):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        shown, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted" in shown
    assert len(list(csv.DictReader(file.open()))) == 1
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)


def test_a_reading_without_an_autoscaler_or_before_its_first_look() -> None:
    assert reading_of(DEPLOYMENT, None, [NODE]) == Reading(6, 5, None, None, None, 1)
    fresh = {**SCALER, "status": {"currentMetrics": [{"type": ""}]}}
    assert reading_of({**DEPLOYMENT, "status": {}}, fresh, []) == Reading(6, 0, None, 10, (2, 8), 0)


def test_what_is_not_known_stays_empty(tmp_path: Path) -> None:
    write_csv(tmp_path / "seen.csv", [Row(5.04, 0, None, None, None)])
    assert (tmp_path / "seen.csv").read_text().splitlines()[1] == "5.0,0" + "," * 12


def test_a_plan_is_looked_at_every_five_seconds_and_afterwards_too() -> None:
    plan = LoadPlan("http://127.0.0.1/", None, (1, 4), 12, 6)
    assert list(plan.slices()) == [(1, 5), (1, 5), (1, 2), (4, 5), (4, 5), (4, 2), (0, 5), (0, 1)]


def test_a_long_test_fits_a_terminal_while_it_runs() -> None:
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=140, height=12)
    with LiveTable(console, "Load") as seen:
        for second in range(40):
            seen.take(Row(float(second), 1, Served(10, second % 2, 1.0, 1.0, 2.0, 3.0, 4.0), None, None))
    assert "39 s" in shown.getvalue()
    assert ET.fromstring(drawn(seen.rows, "Load & more")).tag.endswith("svg")
