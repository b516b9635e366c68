"""What the real autoscaler of Kubernetes 1.36.4 did on the loads of `bench.autoscaler_curves`, simulated again.

`captured/autoscaler-1.36.4.json` is of one run: when the controller looked, in seconds since the load began, and the
replicas after each look. When a change was written was not kept; it is taken to be a sixteenth of a second later. (The
load `slow` had other policies then, and is left out.)
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.autoscaler_curves import CURVES
from bench.autoscaler_run import Outcome, simulate

pytestmark = pytest.mark.unit

CAPTURED = Path(__file__).parent / "captured" / "autoscaler-1.36.4.json"
WRITTEN_AFTER = 0.0625
BY_NAME = {curve.name: curve for curve in CURVES}
# Fifteen seconds after a change the real one looked within a few hundredths, and what follows is another story.
LEFT_ITS_WAY = {"noise"}


def outcomes() -> list[Outcome]:
    found: list[Outcome] = []
    for name, run in json.loads(CAPTURED.read_text()).items():
        curve, seconds, real = BY_NAME[name], run["seconds"], run["replicas"]
        written = [second + WRITTEN_AFTER for second in seconds]
        own_way, stepped = (simulate(curve, seconds, written, 0.0, follow) for follow in (None, real))
        found.append(Outcome(curve, seconds, real, own_way, stepped))
    return found


OUTCOMES = outcomes()


@pytest.mark.parametrize("outcome", OUTCOMES, ids=[outcome.curve.name for outcome in OUTCOMES])
def test_the_simulation_does_what_the_real_one_did(outcome: Outcome) -> None:
    assert outcome.apart_from_step == []
    if outcome.curve.name not in LEFT_ITS_WAY:
        assert outcome.apart == []


def test_hardly_a_count_differs() -> None:
    assert len(OUTCOMES) >= 10
    looks = sum(len(outcome.real) for outcome in OUTCOMES)
    assert sum(outcome.equal for outcome in OUTCOMES) > 0.98 * looks
