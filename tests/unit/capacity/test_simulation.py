"""A load is played through pods and nodes, and what nobody served is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from capacity.allocatable import Resources
from capacity.horizontal_autoscaler import DEFAULT_SCALE_DOWN, Autoscaler, ControllerTimes
from capacity.load_curve import LoadCurve
from capacity.simulated_nodes import NodeGroupModel
from capacity.simulated_service import ServiceModel, SimulatedService
from capacity.simulation import Strategy, simulate
from capacity.simulation_outcome import Outcome
from capacity.workloads import Taint, Workload
from infra.node_settings import TargetTrackingSettings
from infra.schedules import GroupSize

pytestmark = pytest.mark.unit

BEGIN = datetime(2026, 11, 23, tzinfo=UTC)
MINUTE, HOUR = 60.0, 3600.0
# SYSTEM.md, S13 and S14.
FRONTEND = ServiceModel(
    name="frontend",
    request_millicores=60,
    limit_millicores=70,
    idle_millicores=0,
    start_seconds=15,
    leave_seconds=30,
    replicas=2,
    autoscaler=Autoscaler(2, 8, 10),
)
POD = Workload("frontend", Resources(60, 64, 1), None)
GROUP = NodeGroupModel(
    name="general",
    sizes=((0.0, GroupSize(min=2, desired=2, max=4)),),
    policies=(),
    zones=("a", "b", "c"),
    taints=(),
    offers=Resources(1500, 6000, 25),
    millicores=2000,
    start_seconds=120,
    warmup_seconds=180,
)
SPOT = Taint("capacity", "spot", "NoSchedule")


def load(*rows: tuple[float, float], until: float) -> LoadCurve:
    return LoadCurve(
        BEGIN,
        BEGIN + timedelta(seconds=until),
        tuple(at for at, _ in rows),
        {"frontend": tuple(millicores for _, millicores in rows)},
    )


def played(curve: LoadCurve, group: NodeGroupModel = GROUP, service: ServiceModel = FRONTEND) -> Outcome:
    return simulate(Strategy("test", [(service, POD)], [group], ControllerTimes()), curve)


def replicas(outcome: Outcome) -> list[int]:
    return [sample.replicas for sample in outcome.services["frontend"]]


def paid(outcome: Outcome, group: str = "general") -> list[int]:
    return [sample.paid for sample in outcome.groups[group]]


def test_it_begins_as_if_the_first_row_had_held_for_long() -> None:
    outcome = played(load((0, 36), until=HOUR))
    # 36m are six pods at 10 % of 60m.
    assert replicas(outcome) == [6] * 240
    assert outcome.totals("frontend").unmet_core_hours == 0
    assert outcome.node_hours("general") == 2


def test_a_rush_is_met_once_the_new_pods_are_ready_and_what_was_missed_till_then_is_told() -> None:
    outcome = played(load((0, 12), (600, 560), (1200, 12), until=HOUR))
    samples = outcome.services["frontend"]
    # Four more within 15 s, then the maximum; two pods do no more than their limits until the others are ready.
    assert replicas(outcome)[40:44] == [2, 6, 8, 8]
    assert [sample.served for sample in samples[40:44]] == [140, 140, 420, 560]
    totals = outcome.totals("frontend")
    assert totals.unmet_core_hours == pytest.approx((420 + 420 + 140) / 1000 * 15 / 3600)
    assert totals.short_hours * HOUR == totals.longest_short_hours * HOUR == 45
    # Back after the five minutes of the default window.
    assert replicas(outcome)[-1] == 2
    assert replicas(outcome)[(1200 + 300) // 15 - 1] == 8


def test_a_load_above_all_limits_stays_unmet() -> None:
    totals = played(load((0, 1000), until=HOUR)).totals("frontend")
    assert totals.unmet_percent == pytest.approx(44)
    assert totals.longest_short_hours == 1


def test_pods_that_fit_nowhere_wait_for_a_node_that_a_schedule_brings() -> None:
    small = replace(
        GROUP,
        offers=Resources(1500, 6000, 2),
        sizes=((0.0, GroupSize(min=1, desired=1, max=4)), (1800.0, GroupSize(min=4, desired=4, max=4))),
    )
    outcome = played(load((0, 48), until=HOUR), small)
    samples = outcome.services["frontend"]
    assert samples[0].pending == samples[119].pending == 6
    # Launched at half past, they take pods two minutes later, and those are ready 15 s after that.
    assert samples[127].pending == 6
    assert samples[128].pending == 0
    assert [samples[128].ready, samples[129].ready] == [2, 8]
    assert outcome.totals("frontend").pending_pod_hours == pytest.approx(6 * 128 * 15 / 3600)
    assert outcome.node_hours("general") == pytest.approx(0.5 + 4 * 0.5)


def test_a_node_leaves_only_as_its_pods_are_replaced() -> None:
    night = replace(
        GROUP, sizes=((0.0, GroupSize(min=2, desired=2, max=4)), (600.0, GroupSize(min=1, desired=1, max=4)))
    )
    outcome = played(load((0, 48), until=HOUR), night)
    assert min(sample.ready for sample in outcome.services["frontend"]) == 7
    counts = paid(outcome)
    assert (counts[40], counts[-1]) == (2, 1)
    # Four pods, one after the other, each 15 s until the next may go; then the last one's 30 s.
    assert 600 + 4 * 15 <= counts.index(1) * 15 <= 600 + 4 * 30 + 30


def test_where_nothing_can_replace_its_pods_a_node_goes_after_a_quarter_of_an_hour() -> None:
    tight = replace(
        GROUP,
        offers=Resources(1500, 6000, 4),
        sizes=((0.0, GroupSize(min=2, desired=2, max=4)), (600.0, GroupSize(min=1, desired=1, max=4))),
    )
    outcome = played(load((0, 48), until=HOUR), tight)
    assert paid(outcome).index(1) * 15 == 600 + 900
    assert outcome.services["frontend"][-1].pending == 4


def test_target_tracking_adds_nodes_and_removes_them_again() -> None:
    busy = ServiceModel("frontend", 500, 1000, 0, 15, 30, 2, Autoscaler(2, 8, 60))
    tracked = replace(GROUP, policies=(TargetTrackingSettings(kind="targetTracking", cpuPercent=50),))
    strategy = Strategy(
        "test", [(busy, Workload("frontend", Resources(500, 64, 1), None))], [tracked], ControllerTimes()
    )
    outcome = simulate(strategy, load((0, 400), (600, 2600), (4 * HOUR, 400), until=6 * HOUR))
    assert paid(outcome)[0] == 2
    # 2600m of two nodes' 4000m are 65 %: a third one after three minutes, and 43 % are left alone.
    assert paid(outcome)[600 // 15 + 16] == 3
    assert max(paid(outcome)) == 3
    assert paid(outcome)[-1] == 2


def test_pods_keep_off_what_they_do_not_tolerate() -> None:
    tainted = replace(GROUP, taints=(SPOT,))
    assert played(load((0, 12), until=HOUR), tainted).services["frontend"][-1].pending == 2
    tolerant = replace(POD, tolerates=(SPOT,))
    strategy = Strategy("test", [(FRONTEND, tolerant)], [tainted], ControllerTimes())
    assert simulate(strategy, load((0, 12), until=HOUR)).services["frontend"][-1].pending == 0


def test_pods_of_one_node_share_no_more_than_it_has() -> None:
    hungry = ServiceModel("frontend", 100, 1000, 0, 15, 30, 4, None)
    one = replace(GROUP, sizes=((0.0, GroupSize(min=1, desired=1, max=1)),))
    outcome = played(load((0, 2500), until=HOUR), one, hungry)
    assert outcome.services["frontend"][-1].served == pytest.approx(2000)


def test_a_service_without_an_autoscaler_keeps_its_count() -> None:
    fixed = replace(FRONTEND, autoscaler=None, replicas=3)
    outcome = played(load((0, 500), until=HOUR), GROUP, fixed)
    assert set(replicas(outcome)) == {3}
    assert outcome.totals("frontend").unmet_percent == pytest.approx(58)


def test_the_pods_that_go_first_are_pending_then_starting_then_crowded_then_young() -> None:
    service = SimulatedService(replace(FRONTEND, replicas=6, autoscaler=None))
    service.reconcile(0)
    nodes = ["x", "x", "y", "z", "z", None]
    for pod, node in zip(list(service.pods), nodes, strict=True):
        if node is not None:
            service.place(pod, node, 100.0 if node == "y" else 0.0)
    gone: list[str | None] = []
    for count in (5, 4, 3):
        before = list(service.pods)
        service.replicas = count
        service.reconcile(110)
        gone += [pod.node for pod in before if pod not in service.pods]
    assert gone[:2] == [None, "y"]
    assert gone[2] in {"x", "z"}


def test_a_longer_window_costs_more_pods() -> None:
    waves = load(*((600.0 * number, 12.0 if number % 2 else 48.0) for number in range(12)), until=2 * HOUR)
    patient = replace(
        FRONTEND, autoscaler=Autoscaler(2, 8, 10, scale_down=replace(DEFAULT_SCALE_DOWN, stabilization_seconds=900))
    )
    assert played(waves, service=patient).totals("frontend").pod_hours > played(waves).totals("frontend").pod_hours
