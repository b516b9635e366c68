"""How a HorizontalPodAutoscaler on CPU decides, one sync after the other, as pure functions.

The rules are those of https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/ ("Algorithm
details" and "Configurable scaling behavior"). What that page leaves open was looked up in the controller of Kubernetes
1.36 (`pkg/controller/podautoscaler/horizontal.go`, `replica_calculator.go` and `metrics/utilization.go` of
https://github.com/kubernetes/kubernetes):

- the utilization is a whole percentage, rounded down, of the sum over pods and not a mean of percentages;
- the count it is multiplied with is that of the pods which were measured, not the Deployment's replicas;
- a count outside minimum and maximum is corrected at once, past every policy and window;
- a controller that sees a target for the first time takes its present count for a recommendation;
- the present count stays as long as it lies between what both windows recommend;
- what happened exactly a window ago no longer counts;
- an autoscaler that says nothing of its behavior is not given the defaults, but may double at each sync, and grow to
  four at least. None of this program's is such, and that way is not modelled here.

`tests/cluster/test_hpa_simulation.py` compares all of it with the real controller.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

_FULL_PERCENT: Final = 100


@dataclass(frozen=True)
class ScalingPolicy:
    """So many pods, or so many per cent of them, within so many seconds at most."""

    kind: Literal["Pods", "Percent"]
    value: int
    period_seconds: int


@dataclass(frozen=True)
class ScalingRules:
    """How fast one direction may go. https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/

    Attributes:
        policies: at least one
        stabilization_seconds: upwards the lowest, downwards the highest recommendation of that time counts
        select: whether the policy that allows the largest change counts, the smallest, or nothing may change
    """

    policies: tuple[ScalingPolicy, ...]
    stabilization_seconds: int
    select: Literal["Max", "Min", "Disabled"] = "Max"


# The defaults of the API, where an autoscaler says nothing else.
# https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/#default-behavior
DEFAULT_SCALE_UP: Final = ScalingRules((ScalingPolicy("Pods", 4, 15), ScalingPolicy("Percent", 100, 15)), 0)
DEFAULT_SCALE_DOWN: Final = ScalingRules((ScalingPolicy("Percent", 100, 15),), 300)


@dataclass(frozen=True)
class Autoscaler:
    """One HorizontalPodAutoscaler: its target is a percentage of the CPU that its pods request."""

    min_replicas: int
    max_replicas: int
    cpu_percent: int
    scale_up: ScalingRules = DEFAULT_SCALE_UP
    scale_down: ScalingRules = DEFAULT_SCALE_DOWN
    tolerance: float = 0.1


@dataclass(frozen=True)
class ControllerTimes:
    """The controller's own settings, in seconds; the defaults are Kubernetes', which EKS keeps.

    https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/

    Attributes:
        sync_period: between two decisions
        initial_readiness_delay: in which a pod that became unready is taken for one that was never ready
        cpu_initialization_period: in which a pod is measured only while it is ready, and only by what it used since
    """

    sync_period: float = 15.0
    initial_readiness_delay: float = 30.0
    cpu_initialization_period: float = 300.0


@dataclass(frozen=True, slots=True)
class PodReading:
    """What the controller knows of one pod that is neither leaving nor failed. Times are seconds on any clock.

    Attributes:
        request_millicores: of all its containers
        usage_millicores: of all its containers, each rounded up; `None` where the metrics API does not know the pod
        pending: whether its phase is still Pending: no node yet, or no container runs
        ready: its condition
        started: when its node took it
        ready_since: when that condition last changed
        measured: when the usage was measured
        window: over how many seconds
    """

    request_millicores: int
    usage_millicores: int | None
    pending: bool = False
    ready: bool = True
    started: float = -math.inf
    ready_since: float = -math.inf
    measured: float = math.inf
    window: float = 0.0


@dataclass(frozen=True)
class Moment:
    """A number and when it came up: a recommended count, or a change of the count."""

    at: float
    count: int


@dataclass(frozen=True)
class Memory:
    """What the controller remembers of one autoscaler, no more than its windows and policies ask for."""

    recommendations: tuple[Moment, ...] = ()
    scaled_up: tuple[Moment, ...] = ()
    scaled_down: tuple[Moment, ...] = ()


@dataclass(frozen=True)
class Decision:
    """What came of one sync.

    Attributes:
        replicas: what the Deployment gets
        utilization_percent: what `kubectl get hpa` shows; `None` where no pod could be measured
        memory: for the next sync
    """

    replicas: int
    utilization_percent: int | None
    memory: Memory


def first_memory(now: float, replicas: int) -> Memory:
    """What a controller remembers when it meets a Deployment with so many replicas."""
    return Memory(recommendations=(Moment(now, replicas),))


def decide(
    autoscaler: Autoscaler,
    times: ControllerTimes,
    memory: Memory,
    now: float,
    replicas: int,
    pods: Sequence[PodReading],
) -> Decision:
    """Do what one sync does.

    Args:
        autoscaler: the object
        times: the controller's settings
        memory: from the sync before, or `first_memory`
        now: the time
        replicas: what the Deployment asks for now; 0 switches the autoscaler off
        pods: those that belong to it
    """
    if replicas == 0:
        return Decision(0, None, memory)
    low, high = autoscaler.min_replicas, autoscaler.max_replicas
    if not low <= replicas <= high:
        corrected = min(max(replicas, low), high)
        return Decision(corrected, None, with_change(autoscaler, memory, now, replicas, corrected))
    wanted, utilization = _recommendation(autoscaler, times, now, replicas, pods)
    if wanted is None:
        return Decision(replicas, utilization, memory)
    stable, memory = _stabilized(autoscaler, memory, now, replicas, wanted)
    allowed = _limited(autoscaler, memory, now, replicas, stable)
    return Decision(allowed, utilization, with_change(autoscaler, memory, now, replicas, allowed))


def _recommendation(
    autoscaler: Autoscaler, times: ControllerTimes, now: float, replicas: int, pods: Sequence[PodReading]
) -> tuple[int | None, int | None]:
    """The count that the readings speak for, and the utilization; nothing where no pod could be measured.

    Pods of which nothing is known are reckoned so that the count moves less: downwards as if they used all they
    request, upwards as if they used nothing.
    """
    measured, unready, unknown = _grouped(times, now, pods)
    used = sum(pod.usage_millicores or 0 for pod in measured)
    requested = sum(pod.request_millicores for pod in measured)
    if requested == 0:
        return None, None
    target = autoscaler.cpu_percent
    utilization = used * _FULL_PERCENT // requested
    ratio = utilization / target
    assumed = list(unready) if ratio > 1 else []
    if not assumed and not unknown:
        wanted = replicas if _tolerated(autoscaler, ratio) else math.ceil(ratio * len(measured))
        return wanted, utilization
    if ratio < 1:
        used += sum(pod.request_millicores * max(_FULL_PERCENT, target) // _FULL_PERCENT for pod in unknown)
    # A ratio of exactly 1 assumes nothing, so those of which nothing is known do not count at all.
    assumed += unknown if ratio != 1 else []
    requested += sum(pod.request_millicores for pod in assumed)
    cautious = used * _FULL_PERCENT // requested / target
    wanted = math.ceil(cautious * (len(measured) + len(assumed)))
    turned = (ratio < 1 < cautious) or (cautious < 1 < ratio)
    against = (cautious < 1 and wanted > replicas) or (cautious > 1 and wanted < replicas)
    return (replicas if _tolerated(autoscaler, cautious) or turned or against else wanted), utilization


def _grouped(
    times: ControllerTimes, now: float, pods: Sequence[PodReading]
) -> tuple[list[PodReading], list[PodReading], list[PodReading]]:
    """Those that count, those that are starting, and those without a measurement."""
    measured: list[PodReading] = []
    unready: list[PodReading] = []
    unknown: list[PodReading] = []
    for pod in pods:
        if pod.pending:
            unready.append(pod)
        elif pod.usage_millicores is None:
            unknown.append(pod)
        elif _is_starting(times, now, pod):
            unready.append(pod)
        else:
            measured.append(pod)
    return measured, unready, unknown


def _is_starting(times: ControllerTimes, now: float, pod: PodReading) -> bool:
    if pod.started + times.cpu_initialization_period > now:
        return not pod.ready or pod.measured < pod.ready_since + pod.window
    return not pod.ready and pod.started + times.initial_readiness_delay > pod.ready_since


def _tolerated(autoscaler: Autoscaler, ratio: float) -> bool:
    return 1.0 - autoscaler.tolerance <= ratio <= 1.0 + autoscaler.tolerance


def _stabilized(autoscaler: Autoscaler, memory: Memory, now: float, replicas: int, wanted: int) -> tuple[int, Memory]:
    """The count that the windows leave, and the memory with the new recommendation in it.

    The present count stays as long as it lies between the lowest recommendation of the window upwards and the highest
    of the window downwards; else it goes to the nearer of the two.
    """
    up, down = autoscaler.scale_up.stabilization_seconds, autoscaler.scale_down.stabilization_seconds
    lowest = min([wanted, *(each.count for each in memory.recommendations if each.at > now - up)])
    highest = max([wanted, *(each.count for each in memory.recommendations if each.at > now - down)])
    kept = tuple(each for each in memory.recommendations if each.at >= now - max(up, down))
    stable = min(max(replicas, lowest), highest)
    return stable, replace(memory, recommendations=(*kept, Moment(now, wanted)))


def _limited(autoscaler: Autoscaler, memory: Memory, now: float, replicas: int, wanted: int) -> int:
    """What the policies, the minimum and the maximum leave of a recommendation."""
    if wanted > replicas:
        rules = autoscaler.scale_up
        limits = [
            _limit(policy, replicas - _changed(memory.scaled_up, now, policy), upwards=True)
            for policy in rules.policies
        ]
        limit = {"Max": max, "Min": min}[rules.select](limits) if rules.select != "Disabled" else replicas
        return min(wanted, autoscaler.max_replicas, max(limit, replicas))
    if wanted < replicas:
        rules = autoscaler.scale_down
        limits = [
            _limit(policy, replicas + _changed(memory.scaled_down, now, policy), upwards=False)
            for policy in rules.policies
        ]
        limit = {"Max": min, "Min": max}[rules.select](limits) if rules.select != "Disabled" else replicas
        return max(wanted, autoscaler.min_replicas, min(limit, replicas))
    return wanted


def _changed(changes: tuple[Moment, ...], now: float, policy: ScalingPolicy) -> int:
    return sum(each.count for each in changes if each.at > now - policy.period_seconds)


def _limit(policy: ScalingPolicy, before: int, *, upwards: bool) -> int:
    """How many a policy allows where there were `before` when its period began."""
    if policy.kind == "Pods":
        return before + policy.value if upwards else before - policy.value
    share = policy.value / _FULL_PERCENT
    return math.ceil(before * (1 + share)) if upwards else int(before * (1 - share))


def with_change(autoscaler: Autoscaler, memory: Memory, now: float, before: int, after: int) -> Memory:
    """The memory with a change of the count in it, where there was one, carried out at `now`."""
    if after == before:
        return memory
    rules = autoscaler.scale_up if after > before else autoscaler.scale_down
    longest = max(policy.period_seconds for policy in rules.policies)
    changes = memory.scaled_up if after > before else memory.scaled_down
    changes = (*(each for each in changes if each.at >= now - longest), Moment(now, abs(after - before)))
    if after > before:
        return replace(memory, scaled_up=changes)
    return replace(memory, scaled_down=changes)
