"""Databases whose data somebody counts on."""

from typing import Any

import pytest

from policy.graph import UNKNOWN, Stack
from policy.rules_databases import kept_databases
from sandbox.aws.schema import schema_of
from tests.unit.policy.rule_answers import answers, aws

pytestmark = pytest.mark.unit

INSTANCE = "rds/instance:Instance"
KEPT: dict[str, Any] = {"backupRetentionPeriod": 7, "deletionProtection": True, "skipFinalSnapshot": False}
LOOSE = Stack.from_config({"slipway:protect": "false"})
ON_PURPOSE = Stack.from_config({"slipway:protect": "true", "slipway:allowDatabaseLoss": "true"})


def test_a_kept_database_is_let_through() -> None:
    assert answers(kept_databases, aws(INSTANCE, **KEPT)) == []
    assert answers(kept_databases, aws(INSTANCE, **dict.fromkeys(KEPT, UNKNOWN))) == []


@pytest.mark.parametrize("days", [None, 0])
@pytest.mark.parametrize("stack", [Stack(), LOOSE, ON_PURPOSE])
def test_backups_in_any_stack(days: int | None, stack: Stack) -> None:
    (answer,) = answers(kept_databases, aws(INSTANCE, **{**KEPT, "backupRetentionPeriod": days}), stack=stack)
    assert answer.endswith("; expected at least 1: no point in time is kept")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"deletionProtection": False}, "deletionProtection is False; expected true in a protected stack"),
        ({"deletionProtection": None}, "deletionProtection is missing; expected true in a protected stack"),
        ({"skipFinalSnapshot": True}, "skipFinalSnapshot is True; expected false in a protected stack"),
    ],
)
def test_nobody_deletes_one_of_a_protected_stack_by_the_way(change: dict[str, Any], words: str) -> None:
    database = aws(INSTANCE, **{**KEPT, **change})
    assert answers(kept_databases, database) == [words]
    for stack in (LOOSE, ON_PURPOSE):
        assert answers(kept_databases, database, stack=stack) == []


def test_other_resources_are_not_asked() -> None:
    assert answers(kept_databases, aws("ec2/vpc:Vpc")) == []


def test_the_installed_sdk_has_these_properties() -> None:
    assert KEPT.keys() <= schema_of(f"aws:{INSTANCE}").inputs.keys()
