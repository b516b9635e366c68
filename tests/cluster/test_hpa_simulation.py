"""The simulated autoscaler against the real one: a dozen loads at once, on a control plane of their own.

Real are the autoscaler's controller and all that acts on its word. What pods use is computed from the load and the pods
that are ready, in the place of metrics-server, and given to both. The moments at which the real one looked, and at
which its changes were written, are taken over, since nobody can know them before. Everything else the simulation finds
out by itself: when there are how many pods, when they are ready, what each then uses, what is remembered of earlier
looks.

It is compared in two ways. Step by step, where it goes on from the real count after each look: then each real decision
has to be the simulation's, at that look or a neighbouring one. And on its own way from the beginning to the end, where
what is remembered to a few milliseconds more or less can lead it elsewhere for good; how far it may differ so is
measured, and has to be little.
"""

from __future__ import annotations

import pytest

from bench.autoscaler_curves import CURVES
from bench.autoscaler_run import run

pytestmark = pytest.mark.cluster


# Of the looks of all loads together.
_ON_ITS_OWN_WAY = 0.9


def test_simulated_and_real_replicas_are_the_same_within_one_sync_period() -> None:
    outcomes = run(CURVES)
    assert len(outcomes) >= 10
    for outcome in outcomes:
        assert len(outcome.real) > 30, f"{outcome.curve.name}: the real autoscaler hardly looked"
        still = outcome.curve.name == "calm"
        assert (len(set(outcome.real)) == 1) is still, f"{outcome.curve.name}: {outcome.real}"
    apart = {
        outcome.curve.name: [
            (round(outcome.seconds[sync], 1), outcome.real[sync], outcome.stepped[sync])
            for sync in outcome.apart_from_step
        ]
        for outcome in outcomes
        if outcome.apart_from_step
    }
    assert apart == {}
    looks = sum(len(outcome.real) for outcome in outcomes)
    assert sum(len(outcome.apart) for outcome in outcomes) <= (1 - _ON_ITS_OWN_WAY) * looks
