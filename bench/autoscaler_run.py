"""The real autoscaler of a real control plane on a set of loads at once, and the same loads simulated."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Final

from bench.autoscaler_cluster import (
    PERIOD,
    TIMES,
    Watch,
    control_plane,
    deployment,
    horizontal_pod_autoscaler,
    node,
    wait_until,
)
from bench.autoscaler_curves import IDLE, SECONDS, Curve
from bench.figure_server import FigureServer
from capacity.horizontal_autoscaler import Memory, with_change
from capacity.simulated_service import ServiceModel, SimulatedService
from sandbox.kubernetes.api_server import ApiServer
from sandbox.kwok.commands import set_startup

# Between two syncs, and far enough from both that neither the second that Kubernetes rounds times to nor the time that
# scheduler and kwok need makes a pod count a sync earlier or later.
_STARTUP: Final = 2.8
_PLACED_AND_CREATED: Final = 0.6
_NODES: Final = 3


@dataclass(frozen=True)
class Outcome:
    """What came of one load: at each sync of the real autoscaler the counts after it.

    Attributes:
        curve: the load
        seconds: when the syncs were, since the load began
        real: the Deployment's replicas
        simulated: the simulation's, which went its own way from the beginning
        stepped: what the simulation made of each sync when it went on from the real count
    """

    curve: Curve
    seconds: Sequence[float]
    real: Sequence[int]
    simulated: Sequence[int]
    stepped: Sequence[int]

    @property
    def equal(self) -> int:
        """After how many syncs the counts were the same, each on its own way."""
        return sum(real == simulated for real, simulated in zip(self.real, self.simulated, strict=True))

    @property
    def apart(self) -> list[int]:
        """The syncs at which the counts were apart, each on its own way."""
        return apart(self.real, self.simulated)

    @property
    def apart_from_step(self) -> list[int]:
        """The syncs at which the real count is none that the simulation made of real counts within one sync."""
        last = len(self.real) - 1
        return [index for index in range(last) if self.real[index] not in _around(self.stepped, index)]


def apart(one: Sequence[int], other: Sequence[int]) -> list[int]:
    """Where one count is none that the other had within one sync period.

    Of the last sync that cannot be said: what comes after it was not seen.
    """
    return [
        index
        for index in range(len(one) - 1)
        if one[index] not in _around(other, index) or other[index] not in _around(one, index)
    ]


def _around(counts: Sequence[int], index: int) -> Sequence[int]:
    return counts[max(index - 1, 0) : index + 2]


def run(curves: Sequence[Curve], say: Callable[[str], None] = lambda _text: None) -> list[Outcome]:
    """Let the real autoscaler meet all loads side by side, then simulate each.

    The moments at which the real one looked and wrote are taken over: nobody can know them before.
    """
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="slipway-autoscaler-")))
        say("starting a control plane")
        directory = stack.enter_context(control_plane(place))
        for curve in curves:
            set_startup(directory.model, curve.name, _STARTUP)
        api = ApiServer.of_kubeconfig(directory.admin_kubeconfig)
        watch = Watch(api)
        by_name = {curve.name: curve for curve in curves}
        begin = float("inf")

        def usage(app: str, now: float) -> Mapping[str, float]:
            return watch.usage(app, now, by_name[app].demand(max(now - PERIOD - begin, 0.0)))

        stack.enter_context(watch.follow())
        for number in range(_NODES):
            api.create(node(number))
        for curve in curves:
            api.create(deployment(curve))
        wait_until(lambda: all(_ready(watch, curve) for curve in curves))
        # Not before: kwok asks for all kinds when it starts, and waits long when one API does not answer.
        server = stack.enter_context(FigureServer(api, place, usage, PERIOD))
        time.sleep(3 * PERIOD)  # so that every pod was ready for a whole window
        for curve in curves:
            api.create(horizontal_pod_autoscaler(curve))
        wait_until(lambda: all(len(server.asked.get(curve.name, ())) > 1 for curve in curves))
        begin = time.time()
        say(f"{len(curves)} loads for {SECONDS:.0f} s")
        time.sleep(SECONDS)
        return [_outcome(curve, server.asked[curve.name], watch.counts[curve.name], begin) for curve in curves]


def _outcome(curve: Curve, asked: Sequence[float], counts: Sequence[tuple[float, int]], begin: float) -> Outcome:
    syncs = [moment for moment in asked if moment <= begin + SECONDS]
    # The last sync's count would be read at the one after it, which may not have been.
    real = [[count for moment, count in counts if moment <= after][-1] for after in syncs[1:]]
    changes = [moment for moment, _ in counts]
    written = [next((each for each in changes if now < each <= after), now) for now, after in pairwise(syncs)]
    syncs = syncs[:-1]
    return Outcome(
        curve,
        [moment - begin for moment in syncs],
        real,
        simulate(curve, syncs, written, begin),
        simulate(curve, syncs, written, begin, follow=real),
    )


def simulate(
    curve: Curve, syncs: Sequence[float], written: Sequence[float], begin: float, follow: Sequence[int] | None = None
) -> list[int]:
    """The replicas after each sync, by the simulation that `python -m ops simulate` uses.

    Args:
        curve: the load
        syncs: when the autoscaler looked
        written: when a change was carried out that it made then
        begin: when the load began
        follow: counts to go on from after each sync, in the place of its own
    """
    service = SimulatedService(_model(curve))
    _settle(service, syncs[0] - SECONDS)
    counts: list[int] = []
    for index, now in enumerate(syncs):
        before, memory = service.replicas, service.memory
        # As `Watch.usage` answers.
        service.share(now - PERIOD, curve.demand(max(now - PERIOD - begin, 0.0)))
        service.sync(now, TIMES, PERIOD)
        counts.append(service.replicas)
        if follow is not None:
            service.replicas = follow[index]
        service.memory = _remembered(service, memory, before, written[index])
        _settle(service, now)
    return counts


def _remembered(service: SimulatedService, before_sync: Memory | None, before: int, written: float) -> Memory | None:
    """What is remembered where the change of a sync was carried out a little later."""
    memory, autoscaler = service.memory, service.model.autoscaler
    if memory is None or autoscaler is None:
        return None
    known = Memory() if before_sync is None else before_sync
    bare = replace(memory, scaled_up=known.scaled_up, scaled_down=known.scaled_down)
    return with_change(autoscaler, bare, written, before, service.replicas)


def _model(curve: Curve) -> ServiceModel:
    return ServiceModel(
        name=curve.name,
        request_millicores=curve.request,
        limit_millicores=1_000_000,
        idle_millicores=IDLE,
        start_seconds=_STARTUP + _PLACED_AND_CREATED,
        leave_seconds=0,
        replicas=curve.replicas,
        autoscaler=curve.autoscaler,
    )


def _settle(service: SimulatedService, now: float) -> None:
    """Make the pods that are wanted; there is room for all of them."""
    service.reconcile(now)
    for pod in service.pending:
        service.place(pod, "node", now)


def _ready(watch: Watch, curve: Curve) -> bool:
    pods = [pod for pod in list(watch.pods.values()) if pod.app == curve.name]
    return len(pods) == curve.replicas and all(pod.ready < float("inf") for pod in pods)
