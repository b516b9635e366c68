"""The case in docs/simulation.md says what the tool computes."""

from __future__ import annotations

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from capacity.load_curve import read_load_curve
from capacity.simulation import simulate
from capacity.stack_strategy import StartTimes, strategy_of
from ops.stack_settings import settings_of, settings_with

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[3]
LOAD = ROOT / "docs" / "load"


def documented() -> dict[str, list[str]]:
    """The rows of the case's table, by what they are about; the header's row has an empty name."""
    text = (ROOT / "docs" / "simulation.md").read_text().partition("## A case")[2]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return {row[0]: row[1:] for row in rows}


def test_the_table_of_the_case_is_what_the_tool_computes() -> None:
    table = documented()
    names = table["16:00 to 24:00"]
    assert names[0] == "dev"
    for column, name in enumerate(names):
        settings = settings_of("dev", ROOT) if column == 0 else settings_with(LOAD / f"{name}.yaml", ROOT, "dev")
        with (LOAD / "evening-sale.csv").open() as file:
            curve = read_load_curve(file, settings.services, ZoneInfo("America/Los_Angeles"))
        start = StartTimes(pod=20, node=120, warmup=180)
        outcome = simulate(strategy_of(name, settings, curve.begin, curve.end, start), curve)
        for service, row in (("frontend", "front end"), ("thoughts", "thoughts"), ("users", "users")):
            said = table[f"{row}, not served"][column]
            assert said == f"{outcome.totals(service).unmet_percent:.2f} %", (name, service)
        assert table["node hours"][column] == f"{outcome.all_node_hours:.1f}", name


def test_every_strategy_beside_the_curves_is_part_of_the_case() -> None:
    strategies = {path.stem for path in LOAD.glob("*.yaml")}
    assert strategies == set(documented()["16:00 to 24:00"]) - {"dev"}
    assert re.search("higher-limits.yaml", (ROOT / "docs" / "simulation.md").read_text())
