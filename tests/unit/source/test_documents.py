"""What the documents name is there: files, sections, and the functions and tables that a change begins with."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.stack_values import ROOT

pytestmark = pytest.mark.unit

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*/README.md")])
DECISIONS = sorted((ROOT / "docs/decisions").glob("0*.md"))
CHANGING = ROOT / "docs/changing.md"
FOLDERS = "apps|bench|bootstrap|capacity|certificates|docs|infra|ops|policy|sandbox|tests|tools|.github|.ci"
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(rf"`((?:{FOLDERS})/[\w./-]+\.(?:py|md|json|yaml|yml|svg|sh|css|html))`")
NAME = re.compile(r"`(_?[A-Za-z]\w*)`")

# A page tells the reader to make it.
TO_BE_MADE = {"bootstrap/Pulumi.account-prod.yaml"}


def relative_links(page: Path) -> list[tuple[str, str]]:
    """Path and section of every link that leads to something in the repository."""
    links = [each for each in LINK.findall(page.read_text()) if "://" not in each and not each.startswith("mailto:")]
    return [(each.partition("#")[0], each.partition("#")[2]) for each in links]


@cache
def sections_of(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    words = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings]
    return {re.sub(r"[^\w -]", "", heading).replace(" ", "-") for heading in words}


def target_of(page: Path, path: str) -> Path:
    return (page.parent / path.replace("\\_", "_")).resolve() if path else page


def broken_links(page: Path) -> list[str]:
    broken: list[str] = []
    for path, section in relative_links(page):
        target = target_of(page, path)
        if not target.exists() or (section and target.suffix == ".md" and section not in sections_of(target)):
            broken.append(f"{path}#{section}")
    return broken


def by_page(missing: Callable[[Path], list[str]]) -> dict[str, list[str]]:
    """What is missing, of each page where something is."""
    return {str(page.relative_to(ROOT)): found for page in PAGES if (found := missing(page))}


def files_that_are_not_there(page: Path) -> list[str]:
    named = set(PATH.findall(page.read_text())) - TO_BE_MADE
    return [path for path in named if not (ROOT / path).exists()]


def test_every_link_leads_somewhere() -> None:
    assert by_page(broken_links) == {}
    assert sum(len(relative_links(page)) for page in PAGES) > 300


def test_every_file_that_is_named_is_there() -> None:
    assert by_page(files_that_are_not_there) == {}


def unknown_commands(page: Path) -> list[str]:
    """What a page tells people to make and the Makefile does not know."""
    targets = set(re.findall(r"^([a-z- ]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    known = {name for each in targets for name in each.split()}
    named = re.findall(r"(?:^|`)make ([a-z]+(?:-[a-z]+)*)", page.read_text(), re.MULTILINE)
    return [name for name in named if name not in known]


def test_every_make_command_is_one() -> None:
    assert by_page(unknown_commands) == {}


def test_what_is_missing_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# One\n[a](page.md#one) [b](page.md#two) [c](nowhere.py) [d](https://example.com/x) `infra/no.py`\n"
    )
    assert broken_links(page) == ["page.md#two", "nowhere.py#"]
    assert files_that_are_not_there(page) == ["infra/no.py"]
    page.write_text("`make up` and `make nothing`\n\nmake test-nothing\n")
    assert unknown_commands(page) == ["nothing", "test-nothing"]


def names_without_a_place(page: Path) -> list[str]:
    """Names in a row of a table that stand in none of the files to which the row leads."""
    missing: list[str] = []
    for row in page.read_text().splitlines():
        files = [target_of(page, path) for path in LINK.findall(row) if "://" not in path]
        texts = [file.read_text() for file in files if file.is_file()]
        if row.startswith("|") and texts:
            missing += [name for name in NAME.findall(row) if not any(name in text for text in texts)]
    return missing


def test_what_a_change_begins_with_is_where_it_is_said_to_be(tmp_path: Path) -> None:
    assert names_without_a_place(CHANGING) == []
    (tmp_path / "code.py").write_text("def here(): ...\n")
    (tmp_path / "page.md").write_text("| `here` and `gone` in [code.py](code.py) |\n")
    assert names_without_a_place(tmp_path / "page.md") == ["gone"]


def test_a_decision_is_one_page_with_all_its_parts() -> None:
    parts = ["Context", "Decision", "Consequences", "Sources"]
    for page in DECISIONS:
        text = page.read_text()
        assert re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE) == parts, page.name
        assert len(text.splitlines()) < 45, page.name
        assert "https://" in text.partition("**Sources.**")[2], page.name


def test_the_list_of_decisions_is_whole() -> None:
    listed = [path for path, _ in relative_links(ROOT / "docs/decisions/README.md")]
    assert listed == [page.name for page in DECISIONS]
    for page in DECISIONS:
        title = page.read_text().splitlines()[0].partition(". ")[2]
        assert f"]({page.name}) | {title} |" in (ROOT / "docs/decisions/README.md").read_text()
