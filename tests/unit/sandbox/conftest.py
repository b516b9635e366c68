"""Fixtures of the sandbox's unit tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from emulated_account import Account


@pytest.fixture
def account(tmp_path: Path) -> Account:
    """Return an emulated account of the test's own, with nothing in it."""
    return Account(tmp_path)
