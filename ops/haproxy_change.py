"""What a person asks of the fleet, as commands of HAProxy's runtime API; and whether anybody would still answer.

https://docs.haproxy.org/2.6/management.html#9.3-set%20server
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from infra.haproxy_configuration import back_end
from ops.haproxy_runtime import SERVER, SIDES, Server, Servers, Side, State

Verb = Literal["weight", "ready", "drain", "maint", "switch"]
ALL = 100
_STATES: dict[Verb, State] = {"ready": "UP", "drain": "DRAIN", "maint": "MAINT"}


@dataclass(frozen=True)
class Change:
    """One thing to do, for each of some services.

    Attributes:
        verb: what
        side: to which side; of `weight` there is none
        percent: of `weight`, how much of 100 the new side gets
    """

    verb: Verb
    side: Side | None = None
    percent: int | None = None

    @property
    def new_percent(self) -> int | None:
        """What the new side gets of 100 requests afterwards; None where the weights stay as they are."""
        if self.verb == "switch":
            return ALL if self.side == "new" else 0
        return self.percent if self.verb == "weight" else None

    @property
    def states(self) -> dict[Side, Literal["ready", "drain", "maint"]]:
        """The state that each side is told to take; what it is told first comes first."""
        match self.verb, self.side:
            case "switch", "new":
                return {"new": "ready", "old": "maint"}
            case "switch", "old":
                return {"old": "ready", "new": "maint"}
            case ("ready" | "drain" | "maint") as state, ("new" | "old") as side:
                return {side: state}
            case _:
                return {}

    @property
    def weights(self) -> dict[Side, int]:
        """The weight that each side is given, the larger first: there is no moment in which both have none."""
        if self.new_percent is None:
            return {}
        weights: dict[Side, int] = {"new": self.new_percent, "old": ALL - self.new_percent}
        return dict(sorted(weights.items(), key=lambda each: -each[1]))

    def words(self) -> str:
        """What it does to a service, for a person."""
        match self.verb:
            case "weight":
                return f"new side {self.weights['new']} %, old side {self.weights['old']} %"
            case "switch":
                other = next(side for side in SIDES if side != self.side)
                return f"everything to the {self.side} side (ready, 100 %), the {other} side into maintenance"
            case "ready":
                return f"{self.side} side ready: it is health-checked, and gets its weight's part"
            case "drain":
                return f"{self.side} side drained: nobody new is sent there, who has its cookie still is"
            case "maint":
                return f"{self.side} side into maintenance: nobody is sent there, and it is not health-checked"


def commands_for(change: Change, services: Sequence[str]) -> list[str]:
    """What each HAProxy is told, in this order: the side that takes over is ready before the other one leaves."""
    commands: list[str] = []
    for service in services:
        commands += [
            _command(service, side, f"state {state}") for side, state in change.states.items() if state == "ready"
        ]
        commands += [_command(service, side, f"weight {weight}") for side, weight in change.weights.items()]
        commands += [
            _command(service, side, f"state {state}") for side, state in change.states.items() if state != "ready"
        ]
    return commands


def _command(service: str, side: Side, words: str) -> str:
    return f"set server {back_end(service)}/{SERVER[side]} {words}"


def nobody_left(servers: Servers, change: Change, services: Sequence[str]) -> Iterator[str]:
    """Why nobody would answer a service's visitors afterwards; nothing where somebody would."""
    if change.verb == "ready":
        return
    for service in services:
        before = {side: servers[service, side] for side in SIDES}
        after = {side: _after(before[side], side, change) for side in SIDES}
        if not any(server.takes_requests and server.well for server in after.values()):
            reasons = ", ".join(f"the {side} side {_reason(before[side], after[side])}" for side in SIDES)
            yield f"nobody would answer for {service}: {reasons}"


def _after(server: Server, side: Side, change: Change) -> Server:
    state = server.state
    told = change.states.get(side)
    # Neither a server that is down, nor one without an address, becomes better by what an operator says.
    if told is not None and state not in {"DOWN", "NO ADDRESS"}:
        state = _STATES[told]
    return replace(server, state=state, weight=change.weights.get(side, server.weight))


def _reason(before: Server, after: Server) -> str:
    if after.state in {"MAINT", "DRAIN"}:
        return f"would be in {after.state}"
    if before.state == "MAINT":
        return "is in MAINT, so nothing is known of its health (make it ready first, and look at it)"
    if before.state == "UNCHECKED":
        return "has not passed a health check yet (wait for one)"
    if not before.well:
        return f"is {before.state}" + (f" ({before.last_check})" if before.last_check else "")
    return "would have no weight"


def differences(servers: Servers, change: Change, services: Sequence[str]) -> Iterator[str]:
    """What stands otherwise than the change wanted it."""
    for service in services:
        for side in SIDES:
            server = servers[service, side]
            weight = change.weights.get(side, server.weight)
            if server.weight != weight:
                yield f"{service}, {side} side: its weight is {server.weight}, not {weight}"
            told = change.states.get(side)
            is_off = server.state in {"MAINT", "DRAIN"}
            if (told == "ready" and is_off) or (told not in {None, "ready"} and not _took(server, told)):
                yield f"{service}, {side} side: it is {server.state}, not {told}"


def _took(server: Server, told: str | None) -> bool:
    # One that is down stays DOWN for who asks, although it is drained.
    return server.state == told.upper() if told == "maint" else server.state in {"DRAIN", "DOWN", "NO ADDRESS"}
