"""Compares the simulated autoscaler with the real one, prints what came of it and draws one load into `docs/`.

    .venv/bin/python -m bench.autoscaler

It starts a Kubernetes control plane of its own (`make cluster-tools` first) and takes about two minutes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.autoscaler_curves import CURVES, SECONDS
from bench.autoscaler_run import Outcome, run
from bench.sandboxed import CHECKOUT
from ops.panel_chart import BLUE, GREY, ORANGE, Column, Line, Panel, as_steps, picture

_PICTURE: Final = CHECKOUT / "docs" / "autoscaler-truth.svg"
_DRAWN: Final = "patient"
_TICK: Final = 15


def table(outcomes: Sequence[Outcome]) -> Table:
    """How far the two agree on each load."""
    title = "Replicas after each sync: the real ones, and those of a simulation that went its own way"
    shown = Table("load", "", "syncs", "real", "the same", "within one sync", "step by step", title=title)
    for outcome in outcomes:
        count = len(outcome.real)
        shown.add_row(
            outcome.curve.name,
            outcome.curve.says,
            str(count),
            f"{min(outcome.real)} to {max(outcome.real)}",
            str(outcome.equal),
            str(count - len(outcome.apart)),
            str(count - len(outcome.apart_from_step)),
        )
    shown.add_section()
    syncs = sum(len(outcome.real) for outcome in outcomes)
    same = sum(outcome.equal for outcome in outcomes)
    within = syncs - sum(len(outcome.apart) for outcome in outcomes)
    stepped = syncs - sum(len(outcome.apart_from_step) for outcome in outcomes)
    counts = [f"{each} ({each / syncs:.1%})" for each in (same, within, stepped)]
    shown.add_row("all", "", str(syncs), "", *counts)
    return shown


def drawn(outcome: Outcome) -> str:
    """One load and both counts over time."""
    curve = outcome.curve
    second = [index / 4 for index in range(int(SECONDS * 4))]
    demand = Line("asked for", [(at, curve.demand(at)) for at in second], GREY, "area")
    syncs = [max(at, 0.0) for at in outcome.seconds]
    lines = [
        Line("real", as_steps(list(zip(syncs, outcome.real, strict=True))), BLUE),
        Line("simulated", as_steps(list(zip(syncs, outcome.simulated, strict=True))), ORANGE, "dashed"),
    ]
    panels = [Panel("Load in millicores", [demand]), Panel("Replicas", lines)]
    ticks = [(float(at), f"{at} s") for at in range(0, int(SECONDS) + 1, _TICK)]
    title = (
        f"One load, the real autoscaler and the simulated one ({outcome.equal} of {len(outcome.real)} syncs the same)"
    )
    return picture(title, [Column("", panels)], ticks)


def main(words: Sequence[str]) -> int:
    """Run the comparison; exit code 1 where a real decision is none of the simulation."""
    parser = argparse.ArgumentParser(prog="python -m bench.autoscaler", description=__doc__)
    parser.add_argument("--picture", type=Path, default=_PICTURE, help=f"where to draw {_DRAWN} (docs/)")
    options = parser.parse_args(words)
    console = Console(width=None if sys.stdout.isatty() else 120)
    outcomes = run(CURVES, lambda text: console.print(text, style="dim"))
    console.print(table(outcomes))
    for outcome in outcomes:
        for sync in outcome.apart:
            words = f"at {outcome.seconds[sync]:.1f} s: {outcome.real[sync]} and not {outcome.simulated[sync]}"
            console.print(f"{outcome.curve.name} {words}", style="red")
    options.picture.write_text(drawn(next(each for each in outcomes if each.curve.name == _DRAWN)))
    return 1 if any(outcome.apart_from_step for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
