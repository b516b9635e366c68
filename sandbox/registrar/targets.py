"""The life of a target in a target group, as Elastic Load Balancing documents it.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html

A target is a record in the inventory that belongs to its target group, and goes with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sandbox.inventory import Record
from sandbox.values import as_map

TARGET_TYPE: Final = "aws:lb/target"
"""Nothing that Pulumi makes: the controller registers targets."""


class State(StrEnum):
    """What `describe-target-health` says of a target."""

    INITIAL = "initial"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    UNUSED = "unused"
    DRAINING = "draining"


REGISTERING: Final = "Elb.RegistrationInProgress"
CHECKING: Final = "Elb.InitialHealthChecking"
NOT_IN_USE: Final = "Target.NotInUse"
FAILING: Final = "Target.FailedHealthChecks"
DEREGISTERING: Final = "Target.DeregistrationInProgress"

DESCRIPTIONS: Final[Mapping[str, str]] = {
    REGISTERING: "Target registration is in progress",
    CHECKING: "Initial health checks in progress",
    NOT_IN_USE: "Target group is not configured to receive traffic from the load balancer",
    FAILING: "Health checks failed",
    DEREGISTERING: "Target deregistration is in progress",
}
"""What stands beside each reason."""


@dataclass(frozen=True)
class Pace:
    """How long the steps of a target's life take in a target group, as the sandbox's clock counts.

    Attributes:
        first_check: from registration to the first health check, which is enough for a new target.
        recovery: how long an unhealthy target must answer to be healthy again.
        failure: how long a target must not answer to be unhealthy.
        drain: the deregistration delay. A target is shown as draining that long even when it has no request left.
    """

    first_check: timedelta
    recovery: timedelta
    failure: timedelta
    drain: timedelta


def pace_of(group: Mapping[str, Any], scale: float) -> Pace:
    """The pace of a target group.

    Args:
        group: its outputs, in which `healthCheck` and `deregistrationDelay` (seconds) are always filled in.
        scale: seconds in the sandbox for each second at AWS; at 0.1 a check every 10 s is one every second.
    """
    checks = as_map(group["healthCheck"])
    interval = timedelta(seconds=float(checks["interval"]) * scale)
    return Pace(
        first_check=interval,
        recovery=interval * int(checks["healthyThreshold"]),
        failure=interval * int(checks["unhealthyThreshold"]),
        drain=timedelta(seconds=float(group["deregistrationDelay"]) * scale),
    )


@dataclass(frozen=True)
class Address:
    """Where a pod is reached, and what it is: all that is known of a target before it is registered.

    Attributes:
        pod: `namespace/name`.
        node: the name of the pod's node.
        zone: the node's availability zone, or nothing where it is not known.
    """

    ip: str
    port: int
    zone: str
    pod: str
    node: str


@dataclass(frozen=True)
class Target:
    """One target.

    Attributes:
        reason: the reason code of a state other than healthy.
        registered: when.
        deregistered: when, for one that is draining.
        counting_since: since when health checks have counted towards the next state.
    """

    address: Address
    state: State
    reason: str
    registered: datetime
    deregistered: datetime | None = None
    counting_since: datetime | None = None


def registered(address: Address, now: datetime) -> Target:
    """A target that was registered just now."""
    return Target(address, State.INITIAL, REGISTERING, now)


def deregistered(target: Target, now: datetime) -> Target | None:
    """A target that was deregistered just now; `None` when it is gone at once, since no request can be under way."""
    if target.state is State.UNUSED:
        return None
    if target.state is State.DRAINING:
        return target
    return replace(target, state=State.DRAINING, reason=DEREGISTERING, deregistered=now, counting_since=None)


def advanced(target: Target, pace: Pace, now: datetime, *, in_use: bool, answers: bool | None) -> Target | None:
    """A target as it is now; `None` once it is drained.

    Args:
        target: as it was.
        pace: of its target group.
        now: the time.
        in_use: whether a balancer that stands in the target's zone sends requests to the target group.
        answers: whether it passes health checks; `None` where that is not known, which changes nothing.
    """
    if target.state is State.DRAINING:
        drained = target.deregistered is None or now - target.deregistered >= pace.drain
        return None if drained else target
    if not in_use:
        return replace(target, state=State.UNUSED, reason=NOT_IN_USE, counting_since=None)
    if target.state is State.UNUSED or target.reason == REGISTERING:
        return replace(target, state=State.INITIAL, reason=CHECKING, counting_since=now)
    return target if answers is None else _checked(target, pace, now, answers=answers)


def _checked(target: Target, pace: Pace, now: datetime, *, answers: bool) -> Target:
    """What health checks make of a target."""
    if target.state is (State.HEALTHY if answers else State.UNHEALTHY):
        return replace(target, counting_since=None)
    since = target.counting_since
    if since is None:
        return replace(target, counting_since=now)
    if not answers:
        turned = replace(target, state=State.UNHEALTHY, reason=FAILING, counting_since=None)
        return turned if now - since >= pace.failure else target
    needed = pace.first_check if target.state is State.INITIAL else pace.recovery
    return replace(target, state=State.HEALTHY, reason="", counting_since=None) if now - since >= needed else target


def id_of(group: Record, address: Address) -> str:
    """The id of a target's record: AWS knows a target by address and port within its target group."""
    return f"{group.name}/{address.ip}:{address.port}"


def record_of(target: Target, group: Record, cluster: str) -> Record:
    """A new record of a target.

    Args:
        target: the target.
        group: its target group, which owns the record.
        cluster: the cluster whose controller registered it.
    """
    address = target.address
    return Record(
        provider="aws",
        type=TARGET_TYPE,
        id=id_of(group, address),
        name=address.pod,
        scope=group.scope,
        owner=group.key,
        outputs={"cluster": cluster, **_outputs(target)},
    )


def with_target(record: Record, target: Target) -> Record:
    """A target's record with what has become of the target."""
    return replace(record, name=target.address.pod, outputs={**record.outputs, **_outputs(target)})


def _outputs(target: Target) -> dict[str, Any]:
    address = target.address
    return {
        "ip": address.ip,
        "port": address.port,
        "availabilityZone": address.zone,
        "pod": address.pod,
        "node": address.node,
        "state": target.state.value,
        "reason": target.reason,
        "registered": _text(target.registered),
        "deregistered": _text(target.deregistered),
        "countingSince": _text(target.counting_since),
    }


def target_of(record: Record) -> Target:
    """The target that a record tells of."""
    told = record.outputs
    since, gone = _time(told["countingSince"]), _time(told["deregistered"])
    return Target(
        Address(told["ip"], int(told["port"]), told["availabilityZone"], told["pod"], told["node"]),
        State(told["state"]),
        told["reason"],
        datetime.fromisoformat(told["registered"]),
        gone,
        since,
    )


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat(timespec="milliseconds")


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
