"""How a fleet's answers are shown: a line for each side of a service, and aloud what is not the same everywhere."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.markup import escape
from rich.table import Table

from ops.fleet import Trouble
from ops.haproxy_runtime import SIDES, Server, Servers, Side

Seen = Mapping[str, Servers | Trouble]
"""What each instance said, by its name."""

_COLOURS = {"UP": "green", "UNCHECKED": "yellow", "DOWN": "bold red", "NO ADDRESS": "bold red"}


def answering(seen: Seen) -> dict[str, Servers]:
    """The instances that answered, and what."""
    return {name: servers for name, servers in seen.items() if not isinstance(servers, Trouble)}


def silent(seen: Seen) -> dict[str, str]:
    """The instances that did not, and why."""
    return {name: trouble.text for name, trouble in seen.items() if isinstance(trouble, Trouble)}


def known_services(seen: Seen) -> list[str]:
    """Every service that some instance knows."""
    return sorted({service for servers in answering(seen).values() for service, _ in servers})


def problems(seen: Seen, services: Sequence[str]) -> Iterator[str]:
    """Who does not answer, who lacks a service, and where instances differ."""
    for name, why in silent(seen).items():
        yield f"{name} does not answer: {why}"
    for service in services:
        for side in SIDES:
            told = {name: servers.get((service, side)) for name, servers in answering(seen).items()}
            yield from (
                f"{name} knows no service {service}" for name, each in told.items() if not each and side == "new"
            )
            yield from _difference(service, side, {name: each for name, each in told.items() if each})


def _difference(service: str, side: Side, told: Mapping[str, Server]) -> Iterator[str]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for name, server in told.items():
        groups[f"{server.state}, weight {server.weight}"].append(name)
    if len(groups) > 1:
        differing = "; ".join(f"{words} on {', '.join(names)}" for words, names in groups.items())
        yield f"{service}, {side} side, is not the same everywhere: {differing}"


def table(seen: Seen, services: Sequence[str]) -> Table:
    """All instances together; figures are sums, since each one's last start or reload."""
    answers = answering(seen)
    shown = Table(
        title=f"{len(answers)} of {len(seen)} HAProxys answer",
        caption="sums of all that answer, since each one's last start or reload",
        title_justify="left",
        caption_justify="left",
    )
    for name in ("service", "side", "state", "weight"):
        shown.add_column(name)
    for name in ("sessions", "requests", "5xx", "connect err.", "response err.", "retries", "redisp."):
        shown.add_column(name, justify="right")
    shown.add_column("last check")
    for service in services:
        for side in SIDES:
            servers = [each[service, side] for each in answers.values() if (service, side) in each]
            if servers:
                shown.add_row(service if side == "new" else "", side, *_cells(servers))
        shown.add_section()
    return shown


def _cells(servers: Sequence[Server]) -> list[str]:
    states = list(dict.fromkeys(server.state for server in servers))
    weights = list(dict.fromkeys(str(server.weight) for server in servers))
    checks = list(dict.fromkeys(server.last_check for server in servers if server.last_check))
    state = states[0] if len(states) == 1 else f"MIXED: {', '.join(states)}"
    colour = _COLOURS.get(state, "yellow")
    sums = [sum(each) for each in zip(*(_figures(server) for server in servers), strict=True)]
    figures = [f"[red]{each}[/]" if each and index in {2, 3, 4} else str(each) for index, each in enumerate(sums)]
    return [f"[{colour}]{state}[/]", " / ".join(weights), *figures, escape(" / ".join(checks))]


def _figures(server: Server) -> tuple[int, ...]:
    return (
        server.sessions,
        server.requests,
        server.errors,
        server.connection_errors,
        server.response_errors,
        server.retries,
        server.redispatches,
    )


def as_json(seen: Seen, services: Sequence[str]) -> dict[str, Any]:
    """The same for programs, each instance by itself."""
    return {
        "kind": "haproxy",
        "services": list(services),
        "instances": {
            name: {"trouble": each.text}
            if isinstance(each, Trouble)
            else {
                "services": {
                    service: {side: asdict(each[service, side]) for side in SIDES if (service, side) in each}
                    for service in services
                }
            }
            for name, each in seen.items()
        },
        "problems": list(problems(seen, services)),
    }
