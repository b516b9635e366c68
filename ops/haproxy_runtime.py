"""What HAProxy's runtime API says of the servers, as plain values.

Two commands together tell all: `show servers state` has what an operator did, as bits, and the weight that is set;
`show stat` has the figures. https://docs.haproxy.org/2.6/management.html (9.1 and 9.3)
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from infra.haproxy_configuration import NEW_SERVER, OLD_SERVER, back_end

Side = Literal["new", "old"]
SIDES: tuple[Side, ...] = ("new", "old")
SERVER: Mapping[Side, str] = {"new": NEW_SERVER, "old": OLD_SERVER}
"""What a side's server is called in each back end."""

State = Literal["UP", "UNCHECKED", "DOWN", "DRAIN", "MAINT", "NO ADDRESS"]
"""UNCHECKED is up because it was just switched on: one more failed check and it is down."""

READ: tuple[str, ...] = ("show stat", "show servers state")

# srv_admin_state: forced, inherited or configured maintenance; forced or inherited drain; a name without an address.
_MAINTENANCE, _DRAIN, _NO_ADDRESS = 0x01 | 0x02 | 0x04, 0x08 | 0x10, 0x20
# srv_op_state: 0 stopped, 1 starting, 2 running, 3 stopping.
_SERVES = {"1", "2"}
_PREFIX = back_end("")


class UnknownAnswerError(Exception):
    """HAProxy answered something else than its documentation says."""


@dataclass(frozen=True)
class Server:
    """One side of one service, as one HAProxy sees it.

    Attributes:
        state: what it is, the operator's word first
        well: whether it answers its health checks, also while it is drained; never in maintenance
        weight: as it was set, whatever slow start makes of it at the moment
        sessions: open now
        requests: sent there since HAProxy's last reload or start; so are all figures below
        errors: answers from 500 to 599
        connection_errors: connections that were refused or took too long
        response_errors: answers that were broken off, or no HTTP
        retries: connections tried again
        redispatches: requests that another server was given instead
        last_check: what its last health check came to
    """

    state: State
    well: bool
    weight: int
    sessions: int
    requests: int
    errors: int
    connection_errors: int
    response_errors: int
    retries: int
    redispatches: int
    last_check: str

    @property
    def takes_requests(self) -> bool:
        """Whether new visitors are sent there."""
        return self.weight > 0 and self.state in {"UP", "UNCHECKED"}


Servers = Mapping[tuple[str, Side], Server]
"""By service and side."""


def joined(commands: Sequence[str]) -> str:
    """Several commands as one line."""
    return ";".join(commands)


def split_answers(text: str, count: int) -> list[str]:
    """The answers to so many commands that were sent as one line: each ends with an empty line.

    Raises:
        UnknownAnswerError: there are more or fewer.
    """
    answers: list[str] = []
    lines: list[str] = []
    for line in text.splitlines():
        if line:
            lines.append(line)
        else:
            answers.append("\n".join(lines))
            lines = []
    if lines:
        answers.append("\n".join(lines))
    if len(answers) != count:
        raise UnknownAnswerError(f"gave {len(answers)} answers to {count} commands: {' '.join(text.split())[:200]!r}")
    return answers


def servers_of(statistics: str, state: str) -> Servers:
    """Both sides of every service, from the answers to the commands in `READ`.

    Raises:
        UnknownAnswerError: these are no such answers, or name no service of ours.
    """
    states = _states(state)
    found: dict[tuple[str, Side], Server] = {}
    for row in csv.DictReader(statistics.removeprefix("# ").splitlines()):
        name, server = row.get("pxname") or "", row.get("svname") or ""
        for side in SIDES:
            if name.startswith(_PREFIX) and server == SERVER[side]:
                found[name.removeprefix(_PREFIX), side] = _server(row, states.get((name, server), dict[str, str]()))
    services = {service for service, _ in found}
    if not services:
        raise UnknownAnswerError("knows no service that migrates")
    if lonely := sorted(service for service in services for side in SIDES if (service, side) not in found):
        raise UnknownAnswerError(f"knows only one side of {', '.join(lonely)}")
    return found


def _states(text: str) -> dict[tuple[str, str], dict[str, str]]:
    version, _, rest = text.partition("\n")
    header, *lines = rest.splitlines() or [""]
    names = header.removeprefix("# ").split()
    if version != "1" or "srv_admin_state" not in names:
        raise UnknownAnswerError(f"tells the state of its servers in an unknown form: {text[:80]!r}")
    rows: list[dict[str, str]] = [dict(zip(names, line.split(), strict=False)) for line in lines if line]
    return {(row.get("be_name", ""), row.get("srv_name", "")): row for row in rows}


def _server(row: Mapping[str, str], state: Mapping[str, str]) -> Server:
    try:
        admin = int(state["srv_admin_state"])
        running = state["srv_op_state"] in _SERVES
        # At most `rise` it was only assumed to be well when it was switched on; a good check takes it above.
        proven = row["check_health"] == "" or int(row["check_health"]) > int(row["check_rise"])
        return Server(
            state=_state(admin, running=running, proven=proven),
            well=running and proven and not admin & (_MAINTENANCE | _NO_ADDRESS),
            weight=int(state["srv_uweight"]),
            sessions=_number(row["scur"]),
            requests=_number(row["stot"]),
            errors=_number(row["hrsp_5xx"]),
            connection_errors=_number(row["econ"]),
            response_errors=_number(row["eresp"]),
            retries=_number(row["wretr"]),
            redispatches=_number(row["wredis"]),
            last_check=_last_check(row),
        )
    except (KeyError, ValueError) as error:
        raise UnknownAnswerError(f"tells a server in an unknown form ({type(error).__name__}: {error})") from None


def _state(admin: int, *, running: bool, proven: bool) -> State:
    if admin & _MAINTENANCE:
        return "MAINT"
    if admin & _NO_ADDRESS:
        return "NO ADDRESS"
    if not running:
        return "DOWN"
    if admin & _DRAIN:
        return "DRAIN"
    return "UP" if proven else "UNCHECKED"


def _number(text: str) -> int:
    return int(text) if text else 0


def _last_check(row: Mapping[str, str]) -> str:
    """Such as `L7OK 200` or `L4CON Connection refused`; a star before it says that the next one is under way."""
    words = (row["check_status"].removeprefix("* "), row["check_code"], row["last_chk"])
    return " ".join(word for word in words if word)
