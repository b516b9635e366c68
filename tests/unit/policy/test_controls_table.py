"""docs/controls.md claims nothing that no rule and no test holds."""

import re

import pytest

from policy.rules import RULES, Rule
from tests.stack_values import ROOT, STACKS

pytestmark = pytest.mark.unit

PAGE = (ROOT / "docs/controls.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if re.match(r"\| ([A-Z]\w+\.\d|\d\.\d)", line)
]
UNMET = {"not met", "account"}
_TEST = re.compile(r"(tests/[\w/]+\.py)::(test_\w+)")


def test_every_control_stands_there_once() -> None:
    names = [name for row in ROWS for name in row[0].split(", ")]
    assert len(names) == len(set(names)) > 80
    assert {len(row) for row in ROWS} == {4}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_is_met_names_a_rule_or_a_test_and_what_is_not_says_why(row: list[str]) -> None:
    _, asked, stacks, held = row
    assert asked
    assert stacks in {"met", *UNMET} or set(stacks.split(", ")) < set(STACKS)
    named = re.findall(r"`([^`]+)`", held)
    rules = [name for name in named if name in {rule.name for rule in RULES}]
    tests = [found for name in named if (found := _TEST.fullmatch(name))]
    for found in tests:
        assert f"def {found[2]}(" in (ROOT / found[1]).read_text(), found[0]
    if stacks in UNMET:
        assert len(re.sub(r"`[^`]*`", "", held)) > 10, "why not"
    else:
        assert rules or tests
    unknown = {name for name in named if re.fullmatch(r"[a-z]+(-[a-z]+)+", name)} - {rule.name for rule in RULES}
    assert unknown == set()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_has_a_fix_and_a_page(rule: Rule) -> None:
    assert len(rule.fix) > 20
    assert rule.fix.endswith(".")
    assert re.fullmatch(r"https://[\w./#-]+", rule.link)


def test_every_rule_holds_a_control_or_is_said_to_hold_none() -> None:
    """Four rules are about what neither standard asks for."""
    unused = {rule.name for rule in RULES if f"`{rule.name}`" not in PAGE}
    assert unused == {"disruption-budgets", "only-the-balancer-is-open", "encrypted-buckets", "owner-tags"}
