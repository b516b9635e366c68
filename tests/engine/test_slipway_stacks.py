"""Slipway's own stacks, whole, with the real engine: up, nothing to do the second time, down to nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.engine.sandbox_stack import CHECKOUT, SandboxStack, bootstrapped

pytestmark = pytest.mark.engine

STACKS = ("dev", "staging", "prod")
# A protected stack refuses to be destroyed; taking the protection off is the documented first step.
UNPROTECTED = {"slipway:protect": False}


@pytest.mark.parametrize("name", STACKS)
def test_a_second_up_changes_nothing(name: str, upped_stack: Callable[..., SandboxStack]) -> None:
    outcome = upped_stack(CHECKOUT, name).up()
    assert outcome.exit_code == 0, outcome.output
    assert outcome.changes == ()


@pytest.mark.parametrize("name", STACKS)
def test_state_and_account_agree(name: str, upped_stack: Callable[..., SandboxStack]) -> None:
    stack = upped_stack(CHECKOUT, name)
    outcome = stack.refresh()
    assert outcome.exit_code == 0, outcome.output
    assert outcome.changes == ()
    assert stack.preview().changes == ()


@pytest.mark.parametrize("name", STACKS)
def test_destroy_leaves_only_what_bootstrap_made(name: str, new_stack: Callable[..., SandboxStack]) -> None:
    stack = new_stack(CHECKOUT, name)
    bootstrapped(stack)
    before = {(each["type"], each["id"]) for each in stack.inventory()}
    assert stack.up(set=UNPROTECTED).exit_code == 0
    outcome = stack.destroy(set=UNPROTECTED)
    assert outcome.exit_code == 0, outcome.output
    assert stack.resources() == []
    assert {(each["type"], each["id"]) for each in stack.inventory()} == before
