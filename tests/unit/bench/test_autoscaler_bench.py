"""How the comparison of the two autoscalers judges, and what it tells both."""

from __future__ import annotations

import io
import json
import ssl
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console

from bench.autoscaler import drawn, table
from bench.autoscaler_cluster import Pod, Watch
from bench.autoscaler_curves import CURVES, SECONDS
from bench.autoscaler_run import Outcome, simulate
from bench.figure_server import FigureServer
from sandbox.kubernetes.api_server import ApiServer
from tests.says import Says

pytestmark = pytest.mark.unit

BY_NAME = {curve.name: curve for curve in CURVES}


def outcome(real: list[int], simulated: list[int]) -> Outcome:
    return Outcome(BY_NAME["step"], [2.0 * index for index in range(len(real))], real, simulated, simulated)


@pytest.mark.parametrize(
    ("real", "simulated", "apart"),
    [
        ([2, 2, 6, 8], [2, 2, 6, 8], []),
        ([2, 2, 6, 8], [2, 6, 8, 8], []),
        ([2, 2, 6, 8], [2, 2, 2, 6], []),
        ([2, 2, 6, 8], [2, 2, 7, 8], [2]),
        ([2, 2, 2, 6], [2, 6, 6, 6], [1, 2]),
        ([2, 6, 6, 2], [2, 2, 2, 2], [1, 2]),
        ([2, 2, 2], [2, 2, 6], []),
    ],
    ids=["the same", "one earlier", "one later", "another count", "two earlier", "never", "at the end"],
)
def test_counts_agree_where_the_other_had_them_within_one_sync(
    real: list[int], simulated: list[int], apart: list[int]
) -> None:
    assert outcome(real, simulated).apart == apart
    assert outcome(simulated, real).apart == apart


def test_the_table_and_the_picture_say_how_far_they_agree() -> None:
    compared = outcome([2, 2, 6, 8], [2, 2, 7, 8])
    shown = io.StringIO()
    Console(file=shown, width=140).print(table([compared]))
    assert "3 (75.0%)" in shown.getvalue()
    assert Says("3 of 4") in [element.text for element in ET.fromstring(drawn(compared)).iter()]


def test_all_loads_but_the_calm_one_move_their_autoscaler() -> None:
    syncs = [-4.0 + 2 * number for number in range(int(SECONDS / 2))]
    counts = {curve.name: simulate(curve, syncs, syncs, 0.0) for curve in CURVES}
    assert {name for name, each in counts.items() if len(set(each)) == 1} == {"calm"}
    assert len(CURVES) >= 10


def test_pods_that_were_ready_a_period_ago_share_what_was_asked_for_then() -> None:
    watch = Watch(cast(ApiServer, None))
    watch.pods = {
        "old": Pod("step", ready=10), "young": Pod("step", ready=19), "gone": Pod("step", ready=10, left=19),
        "other": Pod("ramp", ready=10), "leaves": Pod("step", ready=10, left=25),
    }  # fmt: skip
    assert watch.usage("step", 20, 100) == {"old": 50, "young": 1, "leaves": 50}


class Api:
    """Takes down what it is asked to change."""

    def patch(self, *_: object, change: dict[str, Any]) -> None:
        self.change = change


def test_the_stand_in_for_metrics_server_answers_as_that_does_and_knows_when(tmp_path: Path) -> None:
    api = Api()
    with FigureServer(cast(ApiServer, api), tmp_path, lambda _app, _now: {"a-pod": 12.3456}, 2.0) as server:
        address = f"https://localhost:{api.change['spec']['service']['port']}/apis/metrics.k8s.io/v1beta1"
        context = ssl.create_default_context(cafile=tmp_path / "figures-ca.crt")

        def get(path: str) -> dict[str, Any]:
            with urllib.request.urlopen(address + path, context=context) as answer:
                return json.load(answer)

        assert get("")["resources"][0]["kind"] == "PodMetrics"
        (item,) = get("/namespaces/default/pods?labelSelector=app%3Dstep")["items"]
        with pytest.raises(urllib.error.HTTPError, match="404"):
            get("/nodes")
    assert (item["metadata"]["name"], item["window"]) == ("a-pod", "2s")
    assert item["containers"] == [{"name": "step", "usage": {"cpu": "12346u", "memory": "64Mi"}}]
    assert list(server.asked) == ["step"]
