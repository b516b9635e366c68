"""The autoscaler's decisions, by the examples of its documentation and by SYSTEM.md's figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from capacity.horizontal_autoscaler import (
    Autoscaler,
    ControllerTimes,
    Memory,
    PodReading,
    ScalingPolicy,
    ScalingRules,
    decide,
    first_memory,
)

pytestmark = pytest.mark.unit

# SYSTEM.md, S13 and S14: 60m requested, 10 % of it, 2 to 8 replicas.
FRONTEND = Autoscaler(min_replicas=2, max_replicas=8, cpu_percent=10)
HALF = Autoscaler(min_replicas=1, max_replicas=100, cpu_percent=50)
AT_ONCE = replace(HALF, scale_down=replace(HALF.scale_down, stabilization_seconds=0))


def pods(count: int, usage: int | None, request: int = 100) -> list[PodReading]:
    return [PodReading(request, usage)] * count


def wanted(autoscaler: Autoscaler, replicas: int, readings: Sequence[PodReading], now: float = 0.0) -> int:
    return decide(autoscaler, ControllerTimes(), Memory(), now, replicas, readings).replicas


class Clock:
    """One autoscaler that is asked every 15 s."""

    def __init__(self, autoscaler: Autoscaler, replicas: int, request: int = 100) -> None:
        self.autoscaler, self.replicas, self.request = autoscaler, replicas, request
        self.now = 0.0
        self.memory = first_memory(self.now, replicas)

    def syncs(self, count: int, usage: int) -> list[int]:
        """The replicas after each of so many syncs, with pods that use so much each."""
        found: list[int] = []
        for _ in range(count):
            readings = pods(self.replicas, usage, self.request)
            decision = decide(self.autoscaler, ControllerTimes(), self.memory, self.now, self.replicas, readings)
            self.replicas, self.memory = decision.replicas, decision.memory
            found.append(self.replicas)
            self.now += 15
        return found


def test_load_takes_the_front_end_from_two_to_eight_and_five_minutes_of_quiet_take_it_back() -> None:
    clock = Clock(FRONTEND, 2, 60)
    # 28m are 46 %, so ten would be wanted; four more are allowed within 15 s.
    assert clock.syncs(3, 28) == [6, 8, 8]
    quiet = clock.syncs(21, 1)
    assert quiet[:19] == [8] * 19
    assert quiet[19:] == [2, 2]


@pytest.mark.parametrize(
    ("usage", "replicas"),
    [(100, 8), (50, 4), (25, 2), (55, 4), (45, 4), (56, 5), (44, 4), (37, 3)],
    ids=["twice", "on target", "half", "10 % above", "10 % below", "12 % above", "12 % below", "a quarter below"],
)
def test_the_count_goes_with_the_ratio_but_for_a_tenth(usage: int, replicas: int) -> None:
    assert wanted(AT_ONCE, 4, pods(4, usage)) == replicas


def test_the_utilization_is_rounded_down() -> None:
    # 111m of 200m are 55.5 %: as 55 it is within a tenth of 50.
    readings = [PodReading(100, 55), PodReading(100, 56)]
    decision = decide(HALF, ControllerTimes(), Memory(), 0, 2, readings)
    assert (decision.replicas, decision.utilization_percent) == (2, 55)


def test_a_count_outside_the_limits_is_corrected_at_once() -> None:
    assert wanted(FRONTEND, 1, []) == 2
    assert wanted(FRONTEND, 20, pods(20, 60)) == 8
    assert wanted(replace(HALF, max_replicas=60), 80, []) == 60


def test_a_deployment_of_none_is_left_alone() -> None:
    assert wanted(FRONTEND, 0, []) == 0


def test_nothing_changes_while_nothing_can_be_measured() -> None:
    assert wanted(HALF, 4, pods(4, None)) == 4
    assert wanted(HALF, 4, [PodReading(100, None, pending=True)] * 4) == 4


def test_pods_without_figures_hold_a_shrinking_back_and_a_growth_down() -> None:
    # Down: three of 20m and one taken for 100m are 40 %: four; without the one, two of three would do.
    assert wanted(AT_ONCE, 4, [*pods(3, 20), *pods(1, None)]) == 4
    assert wanted(AT_ONCE, 4, pods(4, 20)) == 2
    # Up: three of 90m and one taken for nothing are 67 %: six, and not eight.
    assert wanted(HALF, 4, [*pods(3, 90), *pods(1, None)]) == 6
    # Where the target is above the request, a pod without figures is taken for the target.
    above = replace(AT_ONCE, cpu_percent=150)
    assert wanted(above, 4, [*pods(3, 100), *pods(1, None)]) == 3


def test_pods_that_start_count_as_idle_when_it_grows_and_not_at_all_when_it_shrinks() -> None:
    starting = [PodReading(100, None, pending=True)] * 2
    assert wanted(HALF, 4, [*pods(2, 100), *starting]) == 4
    assert wanted(HALF, 4, [*pods(2, 150), *starting]) == 6
    # The count that shrinks is that of the pods which are measured.
    assert wanted(AT_ONCE, 4, [*pods(2, 25), *starting]) == 1


def test_assumptions_never_turn_the_direction() -> None:
    # 80 % of 1 are too much, but with three idle ones they would be too little.
    assert wanted(HALF, 4, [*pods(1, 80), *pods(3, None)]) == 4
    # 40 % are too little, but with one at 100 % they would be too much.
    assert wanted(AT_ONCE, 4, [*pods(1, 40), *pods(1, None)]) == 4


@pytest.mark.parametrize(
    ("pod", "counts"),
    [
        (PodReading(100, 100, ready=False, started=0, ready_since=0), False),
        (PodReading(100, 100, ready=True, started=0, ready_since=80, measured=90, window=15), False),
        (PodReading(100, 100, ready=True, started=0, ready_since=80, measured=95, window=15), True),
        (PodReading(100, 100, ready=False, started=-400, ready_since=-390), False),
        (PodReading(100, 100, ready=False, started=-400, ready_since=50), True),
    ],
    ids=["not ready yet", "measured before it was ready", "measured since", "never ready", "no longer ready"],
)
def test_when_a_new_pod_counts(pod: PodReading, counts: bool) -> None:
    decision = decide(HALF, ControllerTimes(), Memory(), 100, 1, [pod])
    assert decision.utilization_percent == (100 if counts else None)


def test_it_grows_by_four_pods_or_twofold_in_15_s_whichever_is_more() -> None:
    assert Clock(HALF, 1).syncs(5, 100_000) == [5, 10, 20, 40, 80]


def test_policies_count_what_changed_within_their_period() -> None:
    slow = ScalingRules((ScalingPolicy("Pods", 2, 60), ScalingPolicy("Percent", 10, 60)), 0)
    upwards = Clock(replace(HALF, scale_up=slow), 10)
    assert upwards.syncs(9, 100) == [12, 12, 12, 12, 14, 14, 14, 14, 16]
    least = Clock(replace(HALF, scale_up=replace(slow, select="Min")), 10)
    assert least.syncs(5, 100) == [11, 11, 11, 11, 13]
    downwards = Clock(replace(HALF, scale_down=slow), 40)
    assert downwards.syncs(6, 0) == [36, 36, 36, 36, 32, 32]
    never = Clock(replace(HALF, scale_down=replace(slow, select="Disabled")), 40)
    assert never.syncs(30, 0) == [40] * 30


def test_the_first_count_is_a_recommendation_of_its_window() -> None:
    known = first_memory(0, 10)
    fresh = decide(HALF, ControllerTimes(), known, 15, 10, pods(10, 0))
    assert fresh.replicas == 10
    assert decide(HALF, ControllerTimes(), known, 300, 10, pods(10, 0)).replicas == 1


def test_upwards_the_lowest_recommendation_of_its_window_counts() -> None:
    patient = replace(HALF, scale_up=replace(HALF.scale_up, stabilization_seconds=60))
    clock = Clock(patient, 4)
    assert clock.syncs(2, 75) == [4, 4]
    assert clock.syncs(1, 60) == [4]
    # A minute after the first sync only those since count: of 6, 5 and 6 the lowest.
    assert clock.syncs(2, 75) == [4, 5]


def test_what_was_recommended_before_holds_a_shrinking_back_and_makes_nothing_grow() -> None:
    slow = replace(HALF, scale_up=ScalingRules((ScalingPolicy("Pods", 1, 60),), 0))
    clock = Clock(slow, 4)
    assert clock.syncs(1, 200) == [5]
    # Sixteen were wanted, and one was allowed; now four are enough, and the five stay for the window's sake.
    assert clock.syncs(8, 40) == [5] * 8


def test_between_both_windows_the_count_stays() -> None:
    both = replace(HALF, scale_up=replace(HALF.scale_up, stabilization_seconds=60))
    clock = Clock(both, 4)
    # Up and down in turns: the lowest of a minute is below, the highest of five minutes above.
    assert [count for usage in (100, 20) * 6 for count in clock.syncs(1, usage)] == [4] * 12


def test_the_memory_stays_as_small_as_its_windows() -> None:
    clock = Clock(FRONTEND, 2, 60)
    for usage in (1, 30) * 100:
        clock.syncs(1, usage)
    assert len(clock.memory.recommendations) <= 300 / 15 + 2
    assert len(clock.memory.scaled_up) <= 3
