"""The reviewer's page in a real browser: light and dark, wide and narrow."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from ops.report_command import main as report
from tests.planned_preview import LONG, NETWORK, OPEN_TO_THE_WORLD, preview_text, step
from tests.stack_values import ROOT

pytestmark = pytest.mark.edge

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
VIEWS = [(scheme, width) for scheme in ("light", "dark") for width in (1400, 390)]
HEIGHT = 900
LEAST_CONTRAST = 4.5
"""Of text: https://www.w3.org/TR/WCAG22/#contrast-minimum"""

# Of every element that holds text of its own: how its colour stands out from what lies behind it, as WCAG reckons.
# https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
CONTRASTS = """() => {
  const parts = text => text.match(/[\\d.]+/g).map(Number);
  const over = ([r, g, b, a = 1], below) => [r, g, b].map((part, i) => part * a + below[i] * (1 - a));
  const light = colour => {
    const [r, g, b] = colour.map(part => part / 255).map(
      part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => element === null ? [255, 255, 255] :
    over(parts(getComputedStyle(element).backgroundColor), behind(element.parentElement));
  return [...document.body.querySelectorAll('*')]
    .filter(element => [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()))
    .map(element => {
      const below = behind(element);
      const one = light(over(parts(getComputedStyle(element).color), below)), other = light(below);
      const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
      return [element.tagName + '.' + element.className + ' ' + element.textContent.trim().slice(0, 30), ratio];
    });
}"""
# What leaves the window, or holds what leaves it, and is not in a box that scrolls by itself.
TOO_WIDE = """() => [...document.body.querySelectorAll('*')]
  .filter(element => element.closest('.scroll, pre') === null && getComputedStyle(element).display !== 'inline')
  .filter(element => element.getBoundingClientRect().right > innerWidth || element.scrollWidth > element.clientWidth)
  .map(element => element.tagName + '.' + element.className)"""


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    found = next((path for name in BROWSERS if (path := shutil.which(name)) is not None), None)
    if found is None:
        pytest.fail(f"there is none of {', '.join(BROWSERS)}: install Debian's `chromium` (apt-get install chromium)")
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not work for root, as which containers of CI run.
        words = ["--no-sandbox"] if os.geteuid() == 0 else []
        launched = playwright.chromium.launch(executable_path=found, args=words)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with everything on it: losses, a broken rule, warnings, prices, long names."""
    directory = tmp_path_factory.mktemp("report")
    preview, prices, page = (directory / name for name in ("preview.json", "prices.yaml", "report.html"))
    wide = {"value": "x" * 60}
    changed = step("update", "aws:ssm/parameter:Parameter", LONG, NETWORK, wide, before={"value": "y" * 60}, **_diff())
    said = [{"severity": "warning", "message": f"slipway:cluster.version: {'long-word-' * 30}"}]
    preview.write_text(preview_text(OPEN_TO_THE_WORLD, changed, diagnostics=said))
    prices.write_text(json.dumps({"m5.large": {"onDemand": 0.1, "reserved": 0.06, "spot": 0.03}}))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        words = ["-s", "prod", "--html", str(page), "--preview", str(preview), "--prices", str(prices)]
        assert report(words, now=datetime(2027, 7, 1, tzinfo=UTC)) == 0
    return page


def _diff() -> dict[str, Any]:
    return {"detailedDiff": {"value": {"kind": "update"}}}


class Seen:
    """A page that is open, and what the browser said and asked for."""

    def __init__(self, page: Page, html: Path) -> None:
        self.page = page
        self.said: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(html.as_uri())
        # What is folded away is looked at too.
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")


@pytest.fixture(params=VIEWS, ids=[f"{scheme}-{width}" for scheme, width in VIEWS])
def seen(request: pytest.FixtureRequest, browser: Browser, html: Path) -> Generator[Seen]:
    scheme, width = request.param
    context = browser.new_context(viewport={"width": width, "height": HEIGHT}, color_scheme=scheme)
    yield Seen(context.new_page(), html)
    context.close()


def test_it_reads_well_and_asks_nobody(seen: Seen, html: Path) -> None:
    page = seen.page
    assert page.evaluate(TOO_WIDE) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 100
    assert [each for each in contrasts if each[1] < LEAST_CONTRAST] == []
    pictures = page.evaluate("[...document.images].map(each => [each.complete, each.naturalWidth])")
    assert len(pictures) == 2
    assert all(complete and width > 0 for complete, width in pictures)
    assert [url for url in seen.asked if not url.startswith("data:")] == [html.as_uri()]
    assert seen.said == []


def test_wide_things_scroll_inside_themselves_where_there_is_no_room(browser: Browser, html: Path) -> None:
    page = browser.new_page(viewport={"width": 390, "height": HEIGHT})
    page.goto(html.as_uri())
    scrolling = page.evaluate(
        "[...document.querySelectorAll('.scroll')].filter(each => each.scrollWidth > each.clientWidth).length"
    )
    page.close()
    assert scrolling > 2


def test_the_check_of_contrast_and_width_can_fail(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": HEIGHT})
    page.set_content("<p style='color: #999; background: #fff; width: 900px; margin: 0'>pale and wide</p>")
    ((text, ratio),) = page.evaluate(CONTRASTS)
    too_wide = page.evaluate(TOO_WIDE)
    page.close()
    assert text == "P. pale and wide"
    assert ratio == pytest.approx(2.85, abs=0.01)
    assert too_wide == ["P."]
