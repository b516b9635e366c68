"""Fixtures of the sandbox's unit tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from emulated_account import Account, Network
from nodes_account import Nodes


@pytest.fixture
def account(tmp_path: Path) -> Account:
    """Return an emulated account of the test's own, with nothing in it."""
    return Account(tmp_path)


@pytest.fixture
def network(account: Account) -> Network:
    return account.network()


@pytest.fixture
def nodes(account: Account) -> Nodes:
    return Nodes(account)
