"""`python -m ops capacity` on the shipped stacks and on a file that does not add up."""

import io
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from rich.console import Console

from ops import __main__ as command_line
from ops.capacity_command import main
from ops.refusal import Refusal
from tests.says import Says
from tests.stack_values import ROOT, STACKS

pytestmark = pytest.mark.unit

WEEK = ["--week", "2026-06-03"]


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def printed(*words: str) -> tuple[int, str]:
    out = io.StringIO()
    return main(words, Console(file=out, width=110, highlight=False)), out.getvalue()


@pytest.mark.parametrize("stack", STACKS)
def test_shipped_stacks_fit(stack: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = printed("-s", stack, *WEEK)
    assert code == 0
    assert Says(f"slipway-{stack}", "2026-06-01", "America/Los_Angeles", "168 hours") in text.splitlines()
    verdicts = [line.split("│")[-2].strip() for line in text.splitlines() if " to " in line and "pods" not in line]
    assert set(verdicts) >= {"fits"}
    assert not [each for each in verdicts if "room" in each]
    assert capsys.readouterr().err == ""


def test_the_weeks_of_daylight_saving() -> None:
    assert "167 hours" in printed("-s", "dev", "--week", "2026-03-08")[1]
    assert "169 hours" in printed("-s", "dev", "--week", "2026-11-01")[1]


def test_the_rows_of_dev() -> None:
    text = printed("-s", "dev", *WEEK)[1]
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in text.splitlines() if " to " in line]
    assert rows == [
        ["Mon-Fri 07:00 to 20:00", "65", "2", "4", "65 %", "10", "53 %", "fits"],
        ["Mon-Thu 20:00 to 07:00", "44", "1", "4", "30 %", "10", "5 %", "fits"],
        ["Fri 20:00 to Mon 07:00", "59", "1", "4", "30 %", "10", "5 %", "fits"],
    ]


def test_money_with_its_arithmetic() -> None:
    lines = printed("-s", "dev", *WEEK, "--price", "m5.large=0.1,0.06")[1].splitlines()
    assert "  general: 233 h x 0.1 x 730/168 = 101.24 USD" in lines
    assert Says("101.24 USD", "146.00", "44.76", "31 %") in lines
    assert Says("168 of 168 h", "100 % > 0.06 / 0.1 = 60 %", "reserve", at="  m5.large no. 1") in lines
    assert Says("65 of 168 h", "39 % <= 0.06 / 0.1 = 60 %", "on demand", at="  m5.large no. 2") in lines


def test_prices_of_a_file_and_flags_over_them(tmp_path: Path) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text("currency: EUR\nm5.large: {onDemand: 0.1, spot: 0.03}\n")
    text = printed("-s", "prod", *WEEK, "--prices", str(prices))[1]
    assert "burst: 98 h x 0.03 x 730/168 = 12.77 EUR" in text
    assert Says("baseline", "reserve", "price") in text.splitlines()
    text = printed("-s", "prod", *WEEK, "--prices", str(prices), "--price", "m5.large=0.2,0.1,0.05")[1]
    assert "baseline: 504 h x 0.2 x 730/168 = 438.00 EUR" in text


def test_a_missing_price_is_named() -> None:
    assert Says("price", "m5.large spot") in printed("-s", "prod", *WEEK, "--price", "m5.large=0.1")[1].splitlines()


@pytest.mark.parametrize(
    ("content", "facts"),
    [
        ("m5.large: 0.1\n", ("m5.large", "onDemand, reserved and spot")),
        ("m5.large: {onDemand: -1}\n", ("m5.large.onDemand", "0")),
        ("m5.large: {hourly: 1}\n", ("m5.large.hourly", "onDemand, reserved and spot")),
        ("- 1\n", ("mapping", "onDemand, reserved and spot")),
        ("m5.large: {\n", ("read", "line 2")),
    ],
)
def test_a_price_file_that_cannot_be_used(tmp_path: Path, content: str, facts: tuple[str, str]) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text(content)
    with pytest.raises(Refusal) as refused:
        printed("-s", "prod", *WEEK, "--prices", str(prices))
    assert Says(str(prices), *facts) == str(refused.value)


@pytest.mark.parametrize("flag", ["m5.large", "=1", "m5.large=x", "m5.large=1,2,3,4", "m5.large=-1"])
def test_a_price_flag_of_another_form(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        printed("-s", "prod", *WEEK, "--price", flag)
    assert exit_.value.code == 2
    assert Says("--price", repr(flag)) == capsys.readouterr().err.splitlines()[-1]


def test_what_does_not_fit_is_told_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(
        (ROOT / "Pulumi.dev.yaml")
        .read_text()
        .replace("minReplicas: 2", "minReplicas: 8")
        .replace("cpuMillicores: 70, memoryMiB: 128", "cpuMillicores: 170, memoryMiB: 128")
        .replace("requests: {cpuMillicores: 60, memoryMiB: 64}", "requests: {cpuMillicores: 160, memoryMiB: 64}")
    )
    code, text = printed("-s", str(file), *WEEK)
    assert code == 1
    assert "too small" in text
    at = "error: slipway:nodeGroups.general.schedules.weekend.down.size"
    assert Says("Mon 2026-06-01 00:00", at=at) in capsys.readouterr().err.splitlines()


def test_the_picture_is_an_svg_in_light_and_dark(tmp_path: Path) -> None:
    target = tmp_path / "week.svg"
    printed("-s", "prod", *WEEK, "--plot", str(target))
    picture = target.read_text()
    root = ET.fromstring(picture)
    texts = ["".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Nodes", "baseline", "burst", "at most", "Pods of services", "Headroom, %", "Mon 01 Jun"} <= set(texts)
    assert "prefers-color-scheme: dark" in picture
    assert "no room" not in texts


def test_a_picture_for_nowhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        printed("-s", "prod", *WEEK, "--plot", str(tmp_path / "no" / "week.svg"))
    assert Says(str(tmp_path / "no"), at=f"--plot {tmp_path}/no/week.svg") == str(refused.value)


def test_secrets_are_not_read(tmp_path: Path) -> None:
    file = tmp_path / "with-secrets.yaml"
    secret = "{secure: v1:abc:def}"
    passwords = f"  slipway:databasePasswords: {{thoughts: {secret}, users: {secret}}}\n"
    migration = f"  slipway:migration: {{kind: haproxy, statistics: {{user: operator, passwordHash: {secret}}}}}\n"
    file.write_text(f"encryptionsalt: v1:x\n{(ROOT / 'Pulumi.dev.yaml').read_text()}{passwords}{migration}")
    assert printed("-s", str(file), *WEEK)[0] == 0


def test_an_unknown_stack_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["capacity", "-s", "qa"]) == 2
    assert "Pulumi.qa.yaml" in capsys.readouterr().err


def test_the_readme_shows_prod_as_it_is() -> None:
    """`python -m ops capacity -s prod --week 2026-06-03 --plot docs/capacity-prod.svg` makes them anew."""
    text = printed("-s", "prod", *WEEK)[1]
    table = [line for line in text.splitlines() if line.startswith(("┃", "│"))][2:4]
    readme = (ROOT / "README.md").read_text()
    for row in table:
        cells = [cell.strip() for cell in row.strip("│┃").split("│")]
        assert f"| {' | '.join(cells)} |" in readme


def test_the_picture_in_the_readme_is_prods(tmp_path: Path) -> None:
    target = tmp_path / "week.svg"
    printed("-s", "prod", *WEEK, "--plot", str(target))
    assert target.read_text() == (ROOT / "docs" / "capacity-prod.svg").read_text()
    assert "docs/capacity-prod.svg" in (ROOT / "README.md").read_text()


def test_the_week_in_the_architecture_is_devs(tmp_path: Path) -> None:
    """`python -m ops capacity -s dev --week 2026-06-03 --plot docs/node-group-week.svg` makes it anew."""
    target = tmp_path / "week.svg"
    printed("-s", "dev", *WEEK, "--plot", str(target))
    assert target.read_text() == (ROOT / "docs" / "node-group-week.svg").read_text()
