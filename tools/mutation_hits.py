"""A pytest plugin for `tools/mutation.py`: a module's caches and shared fixtures hide no test's run of a function.

mutmut runs for a mutant only the tests during which its function was called. Where a first test fills a cache or sets
up a fixture of its module or session, the function is called for the first test alone, though all others look at what
it gave back. So while mutmut collects its statistics caches are emptied before each test, and what was called in a
shared fixture's set-up counts for each test that uses the fixture. And what a cache holds since the tests were
collected, before any mutant was chosen, is forgotten before the first test of a mutant.
"""
# pyright: reportPrivateUsage=false
# What was called is in no public place of mutmut's, nor a test's fixtures in one of pytest's.

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Generator
from typing import Any

import pytest
from mutmut.state import state

_OURS = ("infra.", "apps.", "capacity.", "ops.", "policy.", "bootstrap.", "tests", "conftest", "test_")
_hits: defaultdict[int, set[str]] = defaultdict(set)


def _collecting() -> bool:
    return os.environ.get("MUTANT_UNDER_TEST") == "stats"


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
    """Remember which functions a shared fixture called."""
    if not _collecting() or fixturedef.scope == "function":
        return (yield)
    before = set(state()._stats)
    state()._stats.clear()
    try:
        return (yield)
    finally:
        _hits[id(fixturedef)] |= state()._stats
        state()._stats |= before


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Begin each test with empty caches, or with those that earlier tests of the same mutant filled."""
    if _collecting() or item is item.session.items[0]:
        for each in _caches():
            each.cache_clear()


def _caches() -> list[Any]:
    """Our modules' functions with a cache."""
    ours = [module for name, module in list(sys.modules.items()) if name.startswith(_OURS)]
    return [each for module in ours for each in vars(module).values() if hasattr(each, "cache_clear")]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: Any) -> None:
    """Count for a test what its shared fixtures called."""
    if _collecting():
        for definitions in item._fixtureinfo.name2fixturedefs.values():
            for each in definitions:
                state()._stats |= _hits[id(each)]
