"""What `capacity` says of random clusters is what the real scheduler does with them."""

from __future__ import annotations

import pytest

from bench.capacity_cases import EVENTS
from bench.capacity_truth import compare, summary, table

pytestmark = pytest.mark.cluster

# The first of those that `python -m bench.capacity_truth` plays (docs/capacity-truth.md); these alone take minutes.
CASES = 200
FIRST_SEED = 1
FALSE_ALARMS = 0.02


def test_capacity_and_the_real_scheduler_agree() -> None:
    """One test, so that two workers do not play the cases twice. A seed that is named can be played alone:

    python -m bench.capacity_truth --cases 1 --first SEED
    """
    print(f"seeds {FIRST_SEED} to {FIRST_SEED + CASES - 1}")
    outcomes = compare(range(FIRST_SEED, FIRST_SEED + CASES))
    print("\n".join([*table(outcomes), *summary(outcomes)]))
    assert len(outcomes) == CASES
    assert [each.case.seed for each in outcomes if each.broken_promise] == []
    assert sum(each.false_alarm for each in outcomes) < FALSE_ALARMS * len(outcomes)
    # Cases that are all easy would prove little.
    fits = sum(each.fits for each in outcomes)
    assert 0.25 <= fits / len(outcomes) <= 0.75
    for event in EVENTS:
        assert {each.fits for each in outcomes if each.case.event == event} == {True, False}
