"""The simulated autoscaler against the real one: a dozen loads at once, on a control plane of their own.

Real are the autoscaler's controller and all that acts on its word. What pods use is computed from the load and the pods
that are ready, in the place of metrics-server, and given to both; the moments at which the real one looked are taken
over, since nobody can know them before. Everything else the simulation finds out by itself: when there are how many
pods, when they are ready, what each then uses, what is remembered of earlier looks.
"""

from __future__ import annotations

import pytest

from bench.autoscaler_curves import CURVES
from bench.autoscaler_run import run

pytestmark = pytest.mark.cluster


def test_simulated_and_real_replicas_are_the_same_within_one_sync_period() -> None:
    outcomes = run(CURVES)
    assert len(outcomes) >= 10
    apart = {
        outcome.curve.name: [
            (round(outcome.seconds[sync], 1), outcome.real[sync], outcome.simulated[sync]) for sync in outcome.apart
        ]
        for outcome in outcomes
        if outcome.apart
    }
    assert apart == {}
    for outcome in outcomes:
        assert len(outcome.real) > 30, f"{outcome.curve.name}: the real autoscaler hardly looked"
        still = outcome.curve.name == "calm"
        assert (len(set(outcome.real)) == 1) is still, f"{outcome.curve.name}: {outcome.real}"
