"""Every test is collected: pytest imports test files by their base names, so no two may share one."""

from collections import Counter

import pytest

from tests.stack_values import ROOT

pytestmark = pytest.mark.unit

FILES = sorted((ROOT / "tests").rglob("*.py"))


def test_no_two_test_files_share_a_name() -> None:
    names = Counter(file.name for file in FILES if file.name.startswith("test_"))
    assert len(names) > 100
    assert [name for name, count in names.items() if count > 1] == []


def test_tests_stand_only_where_pytest_looks() -> None:
    overlooked = [
        file
        for file in FILES
        if not file.name.startswith("test_")
        and any(line.startswith(("def test_", "async def test_")) for line in file.read_text().splitlines())
    ]
    assert overlooked == []
