"""How the two sides behind the stack's own balancer are shown."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from rich.markup import escape
from rich.table import Table

from ops.alb_balancer import WINDOW_MINUTES, AlbService
from ops.haproxy_runtime import SIDES

Shares = Mapping[str, int | None]
"""The new side's part of 100 by service, as the stack file has it; None where it has none."""


def problems(seen: Mapping[str, AlbService], wanted: Shares) -> Iterator[str]:
    """Where the balancer has something else than the stack file says, and what is not healthy."""
    for name, service in seen.items():
        if service.division is None:
            yield f"{name}: no rule of the balancer divides it; bring the stack up"
        elif service.division.new_percent != wanted[name]:
            told = f"{service.division.new_percent:g}"
            said = f"the balancer gives the new side {told} %, the stack file says {wanted[name]}"
            yield f"{name}: {said}; bring the stack up"
        for side in SIDES:
            for target in service.sides[side].targets:
                if target.state not in {"healthy", "draining"}:
                    yield f"{name}, {side} side: {target.address} is {target.state} ({target.reason or 'no reason'})"
            if not service.sides[side].targets:
                yield f"{name}, {side} side, has no targets"


def table(seen: Mapping[str, AlbService], wanted: Shares) -> Table:
    """One line for each side of each service."""
    shown = Table(
        title="The stack's own balancer",
        caption=f"requests and errors: the last {WINDOW_MINUTES} minutes of CloudWatch",
        title_justify="left",
        caption_justify="left",
    )
    for name in ("service", "side", "share", "stack file", "sticky"):
        shown.add_column(name)
    for name in ("healthy", "requests", "5xx", "connect err."):
        shown.add_column(name, justify="right")
    for name, service in seen.items():
        for side in SIDES:
            each, division, percent = service.sides[side], service.division, wanted[name]
            share = "-" if division is None else f"{_part(division.new_percent, side):g} %"
            said = "-" if percent is None else f"{_part(percent, side):g} %"
            sticky = f"{division.sticky_seconds} s" if division and division.sticky_seconds else "no"
            healthy = f"{each.healthy} of {len(each.targets)}"
            shown.add_row(
                escape(name) if side == "new" else "",
                side,
                share if share == said else f"[bold red]{share}[/]",
                said,
                sticky,
                healthy if each.healthy == len(each.targets) > 0 else f"[bold red]{healthy}[/]",
                str(each.traffic.requests),
                _red(each.traffic.errors),
                _red(each.traffic.connection_errors),
            )
        shown.add_section()
    return shown


def _part(new_percent: float, side: str) -> float:
    return new_percent if side == "new" else 100 - new_percent


def _red(count: int) -> str:
    return f"[red]{count}[/]" if count else "0"


def as_json(seen: Mapping[str, AlbService], wanted: Shares) -> dict[str, Any]:
    """The same for programs."""
    return {
        "kind": "alb",
        "services": {name: {**asdict(service), "fileNewPercent": wanted[name]} for name, service in seen.items()},
        "problems": list(problems(seen, wanted)),
    }
