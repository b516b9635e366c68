"""The simulation's command: what it reads, what it refuses, what it shows."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from rich.console import Console

from infra.node_settings import TargetTrackingSettings
from ops.refusal import Refusal
from ops.simulate_command import main
from ops.stack_settings import settings_of, settings_with
from tests.says import Says

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "docs" / "load"
SHORT = "time,frontend@12ms,thoughts\n2026-11-24 19:50,2,40\n2026-11-24 20:10,30,150\n2026-11-24 20:30,2,40\n"


@pytest.fixture(autouse=True)
def in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.fixture
def curve(tmp_path: Path) -> Path:
    path = tmp_path / "curve.csv"
    path.write_text(SHORT)
    return path


def run(*words: str) -> str:
    shown = io.StringIO()
    assert main(words, Console(file=shown, width=140)) == 0
    return shown.getvalue()


def cells(shown: str, name: str) -> list[list[str]]:
    """The cells of the rows that begin so."""
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.splitlines() if "│" in line]
    return [row[1:] for row in rows if row[0] == name]


def test_a_stack_under_a_load(curve: Path) -> None:
    shown = run("-s", "dev", "--load", str(curve))
    assert Says("curve.csv", "America/Los_Angeles") in shown.splitlines()
    # 20 minutes of 2 requests, then of 30, then of 2, each of 12 ms.
    assert cells(shown, "asked for, core hours") == [[f"{(24 + 360 + 24) / 3 / 1000:.2f}"], ["0.08"]]
    assert cells(shown, "most pods") == [["8"], ["1"]]
    # Night falls at 20:00.
    (hours,) = cells(shown, "node hours")
    assert 1.0 < float(hours[0]) < 2.0


def test_two_strategies_side_by_side(curve: Path, tmp_path: Path) -> None:
    plot = tmp_path / "plot.svg"
    shown = run("-s", "dev", "--load", str(curve), "--compare", str(EXAMPLES / "always-on.yaml"), "--plot", str(plot))
    night, always = cells(shown, "node hours")[0]
    assert float(always) == 2.0
    assert float(night) < float(always)
    words = [element.text for element in ET.parse(plot).iter() if element.tag.endswith("text")]
    assert words.count("Nodes that are paid for") == 2
    assert {"dev", "always-on", "frontend: pods", "20:00"} <= set(words)


def test_another_stack_is_compared_by_its_name(curve: Path) -> None:
    shown = run("-s", "dev", "--load", str(curve), "--compare", "prod", "--pod-seconds", "5", "--node-seconds", "60")
    assert cells(shown, "most pods")[0] == ["8", "12"]
    assert cells(shown, "burst")[0][0] == ""


@pytest.mark.parametrize("name", ["office-week", "noon-rush", "evening-sale"])
def test_the_examples_can_be_read(name: str, tmp_path: Path) -> None:
    # Of a week the first two days are enough.
    lines = (EXAMPLES / f"{name}.csv").read_text().splitlines()[:48]
    (tmp_path / "part.csv").write_text("\n".join(lines) + "\n")
    assert "node hours" in run("-s", "prod", "--load", str(tmp_path / "part.csv"))


def test_a_file_says_only_what_differs(tmp_path: Path) -> None:
    other = tmp_path / "tracked.yaml"
    other.write_text(
        "config:\n  slipway:nodeGroups:\n    general:\n      instanceType: m5.xlarge\n      schedules: null\n"
        "      size: {min: 1}\n      policies: {cpu: {kind: targetTracking, cpuPercent: 50}}\n"
    )
    settings, before = settings_with(other, ROOT, "dev"), settings_of("dev", ROOT)
    assert settings.services == before.services
    group = settings.node_groups["general"]
    assert (group.instance_type, group.schedules) == ("m5.xlarge", {})
    assert (group.size.min, group.size.max) == (1, before.node_groups["general"].size.max)
    assert isinstance(group.policies["cpu"], TargetTrackingSettings)


def test_a_whole_file_can_stand_for_a_stack(curve: Path) -> None:
    shown = run("-s", "Pulumi.dev.yaml", "--load", str(curve), "--compare", str(EXAMPLES / "follow-cpu.yaml"))
    assert cells(shown, "most pods")[0] == ["8", "8"]


def refused(*words: str) -> str:
    with pytest.raises(Refusal) as raised:
        run(*words)
    return str(raised.value)


def test_all_problems_of_a_curve_are_told_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "curve.csv"
    path.write_text("time,frontend,billing\n2026-11-24 19:50,2,1\nlater,3,1\n2026-11-24 20:50,-2,1\n")
    assert refused("-s", "dev", "--load", str(path)).splitlines() == [
        Says(str(path)),
        Says("billing", "frontend, thoughts, users", at="  line 1"),
        Says("'later'", "2026-11-23 08:30", at="  line 3"),
        Says("frontend", "'-2'", "0 or more", at="  line 4"),
    ]


def test_what_is_not_there_is_refused(curve: Path, tmp_path: Path) -> None:
    none = tmp_path / "none"
    assert refused("-s", "test", "--load", str(curve)) == Says("test", "dev, prod, staging")
    assert refused("-s", "dev", "--load", f"{none}.csv") == Says(f"{none}.csv", "No such file")
    words = ("-s", "dev", "--load", str(curve))
    assert refused(*words, "--compare", f"{none}.yaml") == Says(f"{none}.yaml", "no file")
    assert refused(*words, "--plot", f"{none}/plot.svg") == Says(f"{none}/plot.svg", "no folder", str(none))


def test_problems_of_compared_settings_are_told_all_at_once(curve: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("config:\n  slipway:drainSeconds: 1\n  slipway:nodeGroup: {}\n")
    words = ("-s", "dev", "--load", str(curve), "--compare", str(other))
    assert refused(*words).splitlines() == [
        Says(str(other)),
        Says("nodeGroups", at="  slipway:nodeGroup"),
        Says("1", "5 to 600", at="  slipway:drainSeconds"),
    ]
    other.write_text("config: 5\n")
    assert refused(*words) == Says(str(other), "config", "mapping")
    other.write_text("config: {slipway:services: [1]}\n")
    assert refused(*words).splitlines() == [Says(str(other)), Says("[1]", "map", at="  slipway:services")]


@pytest.mark.parametrize("words", [("--time-zone", "EST"), ("--pod-seconds", "-1"), ("--node-seconds", "99999")])
def test_figures_without_sense_are_refused(
    words: tuple[str, str], curve: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run("-s", "dev", "--load", str(curve), *words)
    assert Says(f"argument {words[0]}", words[1], "expected") == capsys.readouterr().err.splitlines()[-1]
