"""One of each type in prod fails once: in its create, its update, its delete. The same command again comes through.

The full sweep over every single resource is `python -m bench.fault_sweep` (docs/faults.md).
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import pytest

from bench.account_check import KEPT_WITH_THE_DATA, differences, discrepancies, end_state, holdings
from bench.fault_sweep import updated
from bench.fault_targets import Target, deletions, needs, one_of_each_type, types_deleted_with_another
from bench.fault_waves import Command, Waves, fail_each_once
from bench.typical_change import TYPICAL_CHANGE, UNPROTECTED
from tests.engine.sandbox_stack import SandboxStack

pytestmark = pytest.mark.engine

System = Callable[[str], SandboxStack]


def all_failed_once(
    stack: SandboxStack, command: Command, operation: str, targets: Collection[Target], **options: object
) -> Waves:
    """Let each target fail once, and see that nothing else did, and that account and state agreed all the while."""
    waves = fail_each_once(stack, command, operation, targets, **options)
    assert waves.wrong == ()
    assert waves.missed == frozenset()
    assert waves.struck == frozenset(targets)
    assert waves.last.exit_code == 0, waves.last.output
    return waves


def test_after_a_failed_create_of_each_type_up_comes_to_the_same_end(before_first_up: System, system: System) -> None:
    prod, reference = before_first_up("prod"), system("prod")
    targets = one_of_each_type(needs(reference.resources()))
    assert len(targets) > 60, "prod has that many types"
    all_failed_once(prod, prod.up, "create", targets)
    held = holdings(prod.state)
    assert discrepancies(held) == []
    assert differences(end_state(held), end_state(holdings(reference.state))) == []


def test_after_a_failed_update_of_each_type_up_comes_to_its_end(system: System) -> None:
    prod = system("prod")
    graph = needs(prod.resources())
    changed = {target: graph[target] for target in updated(prod)}
    assert len(changed) > 20, "the change touches that many resources"
    all_failed_once(prod, prod.up, "update", one_of_each_type(changed), set=TYPICAL_CHANGE)
    held = holdings(prod.state)
    assert discrepancies(held) == []
    assert prod.preview(set=TYPICAL_CHANGE).changes == ()


def test_after_a_failed_delete_of_each_type_destroy_leaves_nothing(system: System) -> None:
    prod = system("prod")
    assert prod.up(set=UNPROTECTED).exit_code == 0
    bootstrap, resources = prod.made_by_bootstrap(), prod.resources()
    targets = one_of_each_type(deletions(resources))
    assert len(targets) > 50, "prod has that many types that do not go with the cluster"
    # What goes with the cluster is forgotten beforehand, so that it may be in no state until it goes.
    kept = KEPT_WITH_THE_DATA | types_deleted_with_another(resources)
    all_failed_once(prod, prod.destroy, "delete", targets, kept=kept)
    assert prod.resources() == []
    assert discrepancies(holdings(prod.state), KEPT_WITH_THE_DATA) == []
    assert {type_ for type_, _ in prod.existing() - bootstrap} == KEPT_WITH_THE_DATA
