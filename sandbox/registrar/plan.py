"""What has to change now, worked out from what there is; nothing here does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sandbox.inventory import Record
from sandbox.kubernetes.api_types import Object
from sandbox.registrar.definition import GROUP
from sandbox.registrar.targets import (
    DESCRIPTIONS,
    Address,
    State,
    Target,
    advanced,
    deregistered,
    pace_of,
    record_of,
    registered,
    target_of,
    with_target,
)
from sandbox.registrar.views import Binding, Condition, Pod

FINALIZER: Final = f"{GROUP}/resources"
"""Keeps a binding until its targets are deregistered.

https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/main/pkg/k8s/finalizer.go
"""

_GATE: Final = f"target-health.{GROUP}/"
"""https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/pod_readiness_gate/"""


def gate_of(binding: Binding) -> str:
    """The condition of a pod that a binding sets."""
    return f"{_GATE}{binding.name}"


@dataclass(frozen=True)
class Registration:
    """What is registered in target groups.

    Attributes:
        groups: the target groups by their record's key.
        zones: the zones in which each is in use, by ARN.
        wanted: the addresses that should be targets, by the key of the target group and the id of the target; a group
            that is not in it is left as it is.
        cluster: the name of the cluster whose controller this is.
        scale: seconds in the sandbox for each second at AWS.
    """

    groups: Mapping[str, Record]
    zones: Mapping[str, frozenset[str]]
    wanted: Mapping[str, Mapping[str, Address]]
    cluster: str
    scale: float


@dataclass
class Changes:
    """The changes to the records of targets, and how all targets are then.

    Attributes:
        targets: by the key of the target group and the id of the target, those that are gone left out.
    """

    added: list[Record] = field(default_factory=list[Record])
    altered: list[Record] = field(default_factory=list[Record])
    removed: list[Record] = field(default_factory=list[Record])
    targets: dict[tuple[str, str], Target] = field(default_factory=dict[tuple[str, str], Target])

    def __bool__(self) -> bool:
        return bool(self.added or self.altered or self.removed)


def changes_of(
    registration: Registration, existing: Sequence[Record], answers: Callable[[Address], bool | None], now: datetime
) -> Changes:
    """What becomes of the targets.

    Args:
        registration: what should be registered where.
        existing: the records of the targets that this cluster's controller registered, or that are in its groups.
        answers: whether what is behind an address passes health checks; `None` where that is not known.
        now: the time.
    """
    changes = Changes()
    known = {(record.owner, record.id) for record in existing}
    for record in existing:
        before = target_of(record)
        after = _next(registration, record, before, answers, now)
        if after is None:
            changes.removed.append(record)
            continue
        changes.targets[record.owner, record.id] = after
        if after != before:
            changes.altered.append(with_target(record, after))
    for key, addresses in registration.wanted.items():
        for id_, address in addresses.items():
            if (key, id_) not in known:
                target = _advanced(registration, key, registered(address, now), answers, now)
                if target is not None:
                    changes.targets[key, id_] = target
                    changes.added.append(record_of(target, registration.groups[key], registration.cluster))
    return changes


def _next(
    registration: Registration,
    record: Record,
    target: Target,
    answers: Callable[[Address], bool | None],
    now: datetime,
) -> Target | None:
    if record.owner not in registration.groups:
        return None
    addresses = registration.wanted.get(record.owner)
    if addresses is not None:
        address = addresses.get(record.id)
        if address is None:
            gone = deregistered(target, now)
            if gone is None:
                return None
            target = gone
        elif target.state is State.DRAINING or address.pod != target.address.pod:
            # An address that a new pod has got, or one that is wanted back.
            target = registered(address, now)
    return _advanced(registration, record.owner, target, answers, now)


def _advanced(
    registration: Registration, key: str, target: Target, answers: Callable[[Address], bool | None], now: datetime
) -> Target | None:
    group, zone = registration.groups[key], target.address.zone
    zones = registration.zones.get(group.arn, frozenset())
    in_use = zone in zones if zone else bool(zones)
    pace = pace_of(group.outputs, registration.scale)
    return advanced(target, pace, now, in_use=in_use, answers=answers(target.address))


def gate_changes(
    bindings: Sequence[tuple[Binding, Mapping[str, Target]]], pods: Mapping[str, Pod]
) -> Iterator[tuple[Pod, str, Condition]]:
    """The readiness gates that are not as their targets are: the pod, the gate and what it should be.

    The controller asks after a target only until it is healthy, so a gate that is open stays so, whatever health
    checks say later, until the pod is registered anew.

    Args:
        bindings: each with the targets of its pods, by the pod.
        pods: all pods.
    """
    for binding, targets in bindings:
        gate = gate_of(binding)
        for name, target in targets.items():
            pod = pods.get(name)
            if pod is not None and gate in pod.gates and target.state is not State.DRAINING:
                condition = condition_for(target)
                known = pod.gates[gate]
                is_open = known is not None and known.status == "True"
                if known != condition and not (is_open and target.state in _AFTERWARDS):
                    yield pod, gate, condition


def condition_for(target: Target) -> Condition:
    """The condition of a pod whose target is so: true for a healthy one only.

    https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/main/pkg/targetgroupbinding/resource_manager.go
    """
    healthy = target.state is State.HEALTHY
    return Condition("True" if healthy else "False", target.reason, DESCRIPTIONS.get(target.reason, ""))


_AFTERWARDS: Final = frozenset({State.UNHEALTHY, State.UNUSED})

UNBOUND: Final = Condition("True", "", "Target Group Binding is deleted")
"""The gate of a pod whose binding goes: nothing would set it any more."""


def unbound_gates(binding: Binding, pods: Mapping[str, Pod]) -> Iterator[tuple[Pod, str, Condition]]:
    """The readiness gates that wait for a binding that is being deleted."""
    gate = gate_of(binding)
    for pod in pods.values():
        if pod.namespace == binding.namespace and gate in pod.gates:
            known = pod.gates[gate]
            if known is None or known.status != UNBOUND.status:
                yield pod, gate, UNBOUND


def condition_patch(pod: Pod, gate: str, condition: Condition, now: datetime) -> Object:
    """The strategic merge patch of a pod's status that sets a condition; refused when the pod is another by then."""
    known = pod.gates[gate]
    told = {"type": gate, "status": condition.status, "reason": condition.reason, "message": condition.message}
    if known is None or known.status != condition.status:
        told["lastTransitionTime"] = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"metadata": {"uid": pod.uid}, "status": {"conditions": [told]}}


def finalizer_patch(binding: Binding, *, present: bool) -> Object:
    """The merge patch that puts the finalizer on a binding, or takes it away; refused when it has changed since."""
    others = [each for each in binding.finalizers if each != FINALIZER]
    finalizers = [*others, FINALIZER] if present else others
    return {"metadata": {"finalizers": finalizers, "resourceVersion": binding.version}}
