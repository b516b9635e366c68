"""Databases whose data somebody counts on."""

from typing import Any

import pytest

from policy.graph import UNKNOWN, Stack
from policy.rules_databases import kept_databases
from sandbox.aws.schema import schema_of
from tests.says import Says
from tests.unit.policy.rule_answers import answers, aws, told_value

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
    assert answers(kept_databases, aws(INSTANCE, **{**KEPT, "backupRetentionPeriod": days}), stack=stack) == [
        Says("backupRetentionPeriod", told_value(days), "1")
    ]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"deletionProtection": False}, Says("deletionProtection", "False", "true", "protected")),
        ({"deletionProtection": None}, Says("deletionProtection", "missing", "true", "protected")),
        ({"skipFinalSnapshot": True}, Says("skipFinalSnapshot", "True", "false", "protected")),
    ],
)
def test_nobody_deletes_one_of_a_protected_stack_by_the_way(change: dict[str, Any], says: Says) -> None:
    database = aws(INSTANCE, **{**KEPT, **change})
    assert answers(kept_databases, database) == [says]
    for stack in (LOOSE, ON_PURPOSE):
        assert answers(kept_databases, database, stack=stack) == []


def test_other_resources_are_not_asked() -> None:
    assert answers(kept_databases, aws("ec2/vpc:Vpc")) == []


def test_the_installed_sdk_has_these_properties() -> None:
    assert KEPT.keys() <= schema_of(f"aws:{INSTANCE}").inputs.keys()
