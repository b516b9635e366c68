"""The page says what was given, says what was not, and holds nothing that it must not hold."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ops.__main__ import main
from ops.refusal import Refusal
from ops.report_command import main as report
from ops.report_parts import Verdict, cost_of, version_ends, versions_in_words
from ops.stack_week import stack_week
from policy.rules import RULES
from tests.capacity_settings import settings_of
from tests.planned_preview import LONG, NETWORK, OPEN_TO_THE_WORLD, preview_text, step
from tests.says import Says
from tests.stack_values import ROOT

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
Page = Callable[..., str]


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Page:
    """Writes the report of dev from a preview, where there is one, and gives back the page."""
    monkeypatch.chdir(ROOT)

    def made(preview: str | None = None, *words: str, stack: str = "dev") -> str:
        html, given = tmp_path / "report.html", tmp_path / "preview.json"
        if preview is not None:
            given.write_text(preview)
            words = ("--preview", str(given), *words)
        assert report(["-s", stack, "--html", str(html), *words], now=NOW) == 0
        return html.read_text()

    return made


class Text(HTMLParser):
    """What a person reads of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def text_of(html: str) -> str:
    return " ".join(" ".join(Text(html).parts).split())


def section(html: str, name: str) -> str:
    """What a person reads in one section of the page."""
    return text_of(html.partition(f'<section id="{name}">')[2].partition("</section>")[0])


def pictures_of(html: str) -> list[str]:
    return [base64.b64decode(each).decode() for each in re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', html)]


def test_what_was_not_given_is_said_to_be_missing(page: Page) -> None:
    html = page()
    missing = {"changes": "--preview FILE", "graph": "no preview", "rules": "no preview", "cost": "--prices FILE"}
    assert {name: Says(fact) for name, fact in missing.items()} == {name: section(html, name) for name in missing}
    assert len(pictures_of(html)) == 1, "the week needs the stack file alone"


def test_a_preview_brings_changes_graph_and_rules(page: Page) -> None:
    html = page(preview_text(OPEN_TO_THE_WORLD))
    changes = ("slipway-dev is replaced ( aws:ec2/vpc:Vpc )", "slipway-dev-old is deleted")
    assert section(html, "changes") == Says(*changes, "cidrBlock 10.0.0.0/16 → 10.1.0.0/16")
    assert section(html, "rules") == Says("slipway-dev-ssh: ingress", "tcp", "22")
    assert f"2 of {len(RULES)} broken" in text_of(html)
    graph, week = pictures_of(html)
    assert "LoadBalancer" in graph
    assert "Headroom" in week


def test_a_failed_preview_says_why_and_is_not_taken_for_the_whole(page: Page) -> None:
    failed = preview_text(diagnostics=[{"severity": "error", "message": "no <subnet> & no zone"}])
    html = page(failed)
    assert "no &lt;subnet&gt; &amp; no zone" in html
    assert all(section(html, name) == Says("preview failed") for name in ("changes", "graph", "rules"))


def test_a_preview_without_what_stays_brings_its_changes_alone(page: Page) -> None:
    html = page(preview_text(changeSummary={"same": 100}))
    assert section(html, "changes") == Says("slipway-dev is replaced")
    assert all(section(html, name) == Says("--show-sames") for name in ("graph", "rules"))


def test_what_others_wrote_cannot_become_markup(page: Page) -> None:
    html = page(preview_text(step("create", "aws:ec2/vpc:Vpc", "<script>alert(1)</script>", NETWORK, {})))
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_the_page_needs_nothing_but_itself(page: Page) -> None:
    html = page(preview_text())
    assert "default-src 'none'" in html
    loaded = re.findall(
        r'(?:src|srcset|data|poster|action)="([^"]*)"|url\(([^)]*)\)|@import|<link|<script|<iframe', html
    )
    assert loaded
    assert all(source.startswith("data:image/svg+xml;base64,") for source, _ in loaded)
    for picture in pictures_of(html):
        assert not re.search(r'href="(?!#)|url\((?!#)|@import|<script|<image', picture)


def test_no_secret_of_a_stack_file_is_on_the_page(tmp_path: Path, page: Page) -> None:
    shipped = (ROOT / "Pulumi.prod.yaml").read_text()
    ciphertext = "v1:c2VjcmV0LWlu:aGVyZQ=="
    secrets = f"  slipway:databasePasswords:\n    thoughts:\n      secure: {ciphertext}\n"
    file = tmp_path / "Pulumi.secret.yaml"
    file.write_text(f"{shipped.rstrip()}\n{secrets}")
    html = page(None, stack=str(file))
    assert ciphertext not in html
    assert "a-secret-that-is-not-read-here" not in html


def test_a_value_that_was_or_becomes_secret_is_not_on_the_page(page: Page) -> None:
    for before, after in (("shown-before", "[secret]"), ("[secret]", "shown-after")):
        changed = step(
            "update",
            "aws:rds/instance:Instance",
            "db",
            NETWORK,
            {"password": after},
            before={"password": before},
            detailedDiff={"password": {"kind": "update"}},
        )
        html = page(preview_text(changed))
        assert "shown-" not in html
        assert "<code>password</code>" in html


def test_prices_bring_money(tmp_path: Path, page: Page) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text("currency: EUR\nm5.large: {onDemand: 0.1}\n")
    planned = stack_week(settings_of("dev"), NOW.date())
    html = page(None, "--prices", str(prices))
    assert section(html, "cost") == Says("general: 233 h x 0.1 x 730/168 = 101.24 EUR", "146.00", "44.76 (31 %)")
    assert text_of(html) == Says("101.24 EUR", "730 hours")
    assert cost_of(planned, None).told == Says("no prices")
    prices.write_text("c7.large: {onDemand: 0.1}\n")
    assert section(page(None, "--prices", str(prices)), "cost") == Says("no price", "m5.large onDemand")


@pytest.mark.parametrize(
    ("today", "verdict"),
    [(date(2026, 11, 25), Verdict.GOOD), (date(2027, 6, 1), Verdict.LOOK), (date(2027, 8, 2), Verdict.BAD)],
)
def test_a_version_near_its_end_is_told(today: date, verdict: Verdict) -> None:
    ends = version_ends(settings_of("dev"), today)
    assert [(each.where, each.version, each.verdict) for each in ends] == [("slipway:cluster.version", "1.36", verdict)]
    assert ends[0].told == Says("2027-08-02")
    assert versions_in_words(ends)[0] is verdict


def test_long_names_are_all_there(page: Page) -> None:
    assert LONG in page(preview_text())


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--preview", "nowhere.json"], Says("--preview nowhere.json", "No such file")),
        (["--prices", "nowhere.yaml"], Says("nowhere.yaml", "No such file")),
        (["-s", "nowhere"], Says("nowhere", "Pulumi.nowhere.yaml", "dev, prod, staging")),
    ],
)
def test_a_file_that_is_not_there_is_refused(page: Page, words: list[str], says: Says) -> None:
    with pytest.raises(Refusal) as refused:
        page(None, *words)
    assert says == str(refused.value)


def test_a_page_that_cannot_be_written_is_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["report", "--html", f"{tmp_path}/no/report.html"]) == 2
    says = Says(f"--html {tmp_path}/no/report.html", "No such file or directory", at="ops report")
    assert capsys.readouterr().err.splitlines() == [says]
