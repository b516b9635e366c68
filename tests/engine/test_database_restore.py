"""docs/restore.md by the real engine: a second server beside the first, the switch to it, and the first one's end."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.engine.sandbox_stack import Outcome, SandboxStack, succeeded
from tests.says import Says

pytestmark = pytest.mark.engine

System = Callable[[str], SandboxStack]

DATABASE = "aws:rds/instance:Instance"
FIRST, SECOND = "slipway-prod-database", "slipway-prod-database-thursday"
RESTORED = "slipway:database.restored"


def steps(outcome: Outcome) -> list[str]:
    assert outcome.exit_code == 0, outcome.output
    return [f"{step.op} {step.type.rpartition(':')[2]} {step.name}" for step in outcome.changes]


def hosts(stack: SandboxStack) -> set[str]:
    """The servers that the back ends are told."""
    found: set[str] = set()
    for each in stack.inventory():
        if each["type"] == "kubernetes:apps/v1:Deployment":
            (container, *_) = each["inputs"]["spec"]["template"]["spec"]["containers"]
            found |= {entry["value"] for entry in container["env"] if entry["name"] == "POSTGRES_HOST"}
    return {host.partition(".")[0] for host in found}


def test_a_restore_step_by_step(system: System) -> None:
    prod = system("prod")
    time = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    second: dict[str, Any] = {"name": "thursday", "pointInTime": time, "serves": False}

    made = prod.up(set={RESTORED: second})
    assert steps(made)[-1] == f"create Instance {SECOND}"
    assert {step.partition(" ")[0] for step in steps(made)} == {"create"}, "the first serves on, untouched"
    (instance,) = [each for each in prod.inventory() if each["name"] == SECOND and each["type"] == DATABASE]
    assert instance["inputs"]["restoreToPointInTime"]["sourceDbInstanceIdentifier"] == FIRST
    assert "username" not in instance["inputs"]
    assert instance["inputs"]["deletionProtection"] is True
    assert hosts(prod) == {FIRST}

    switched = prod.up(set={RESTORED: {**second, "serves": True}})
    told = steps(switched)
    for service in ("thoughts", "users"):
        job = told.index(f"create-replacement Job slipway-prod-{service}-database")
        assert job < told.index(f"update Deployment slipway-prod-{service}-deployment")
    assert not [step for step in told if "Instance" in step]
    assert hosts(prod) == {SECOND}

    succeeded(prod.up(set={RESTORED: second}))
    assert hosts(prod) == {FIRST}

    dropped = prod.up()
    assert dropped.exit_code != 0
    assert Says(SECOND, at="slipway:database.restored") in dropped.lines
    assert dropped.changes == ()


def test_what_cannot_be_restored_leaves_the_first_serving(system: System) -> None:
    prod = system("prod")
    outcome = prod.up(set={RESTORED: {"name": "thursday", "snapshot": "nowhere", "serves": True}})
    assert outcome.exit_code != 0
    assert Says("DBSnapshotNotFound", "nowhere") in outcome.errors
    assert hosts(prod) == {FIRST}
