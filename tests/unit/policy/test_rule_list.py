import ast
from pathlib import Path

import pytest

from policy.rules import RULES
from tests.stack_values import ROOT

pytestmark = pytest.mark.unit

PACK = ROOT / "policy"


def test_names_are_unique_and_documented() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    page = (ROOT / "docs" / "policies.md").read_text()
    assert [name for name in names if f"`{name}`" not in page] == []


@pytest.mark.parametrize("path", sorted(PACK.glob("*.py")), ids=lambda path: path.name)
def test_rules_know_nothing_of_pulumi(path: Path) -> None:
    imported = {
        module.partition(".")[0]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for module in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [name.name for name in node.names])
    }
    allowed = {"pulumi_policy"} if path.name == "__main__.py" else set[str]()
    assert {name for name in imported if name.startswith("pulumi")} <= allowed
