"""A stack's own database server by the real engine: what is done in place, what is refused, and where no secret is."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine.edited_program import Edit, program_with
from tests.engine.sandbox_stack import Outcome, SandboxStack, refused
from tests.says import Says
from tests.stack_values import stack_config

pytestmark = pytest.mark.engine

System = Callable[[str], SandboxStack]

DATABASE = "aws:rds/instance:Instance"
SERVER = "slipway-prod-database"


def steps(outcome: Outcome) -> list[str]:
    """What changed, in the order in which it began."""
    assert outcome.exit_code == 0, outcome.output
    return [f"{step.op} {step.type} {step.name}" for step in outcome.changes]


def server(stack: SandboxStack) -> dict[str, Any]:
    (found,) = [each for each in stack.inventory() if each["type"] == DATABASE]
    return found


def without_server() -> dict[str, Any]:
    """prod with its back ends at the databases of staging, and no server of its own any more."""
    services = stack_config("prod")["slipway:services"]
    elsewhere = stack_config("staging")["slipway:services"]
    return {
        "slipway:services": {
            name: {**service, **({"database": elsewhere[name]["database"]} if "database" in service else {})}
            for name, service in services.items()
        },
        "slipway:database": {},
        "slipway:observability": stack_config("staging")["slipway:observability"],
    }


@pytest.mark.parametrize(
    ("change", "property_"),
    [
        ({"instanceClass": "db.r7g.large"}, "instanceClass"),
        ({"engineVersion": "18.2"}, "engineVersion"),
        ({"storageGiB": 200}, "allocatedStorage"),
        ({"backupRetentionDays": 30}, "backupRetentionPeriod"),
    ],
    ids=["instance class", "minor version", "storage", "backups"],
)
def test_a_change_of_the_server_is_in_place(system: System, change: dict[str, Any], property_: str) -> None:
    prod = system("prod")
    before = server(prod)
    outcome = prod.up(set={f"slipway:database.{key}": value for key, value in change.items()})
    assert steps(outcome) == [f"update {DATABASE} {SERVER}"]
    (step,) = outcome.changes
    assert property_ in step.changed
    (value,) = change.values()
    after = server(prod)
    assert after["inputs"][property_] == value
    assert after["id"] == before["id"]
    assert prod.up(set={f"slipway:database.{key}": value for key, value in change.items()}).changes == ()


def test_a_major_version_comes_with_parameters_of_its_own(system: System) -> None:
    prod = system("prod")
    outcome = prod.up(set={"slipway:database.engineVersion": "19.1"})
    group = "aws:rds/parameterGroup:ParameterGroup"
    assert steps(outcome) == [
        f"create {group} slipway-prod-database-19",
        f"update {DATABASE} {SERVER}",
        f"delete {group} slipway-prod-database-18",
    ]


def test_what_rds_would_not_do_is_told_before_anything_changes(system: System) -> None:
    lines = refused(system("prod"), {"slipway:database.storageGiB": 50, "slipway:database.engineVersion": "17.7"})
    assert Says("50", "slipway-prod-database", "100", at="slipway:database.storageGiB") in lines
    assert Says("17.7", "18.1", at="slipway:database.engineVersion") in lines


def test_storage_that_grew_by_itself_is_left_alone(system: System) -> None:
    prod = system("prod")
    account = prod.account()
    account.set_property(DATABASE, server(prod)["id"], "allocatedStorage", 140)
    account.close()
    assert prod.up().changes == ()


def test_a_server_is_not_deleted_by_the_way(system: System) -> None:
    prod = system("prod")
    lines = refused(prod, without_server())
    assert Says("slipway-prod-database", at="slipway:database") in lines
    assert "pulumi config set slipway:allowDatabaseLoss true --stack prod && pulumi up --stack prod" in lines


def test_a_server_is_deleted_on_purpose_in_two_steps_and_leaves_a_snapshot(system: System) -> None:
    prod = system("prod")
    allowed = {"slipway:allowDatabaseLoss": True}
    early = prod.up(set={**allowed, **without_server()})
    assert early.exit_code != 0, "Pulumi and RDS protect it still"
    assert server(prod)["inputs"]["deletionProtection"] is True

    lifted = prod.up(set=allowed)
    assert f"update {DATABASE} {SERVER}" in steps(lifted)
    assert server(prod)["inputs"]["deletionProtection"] is False
    gone = prod.up(set={**allowed, **without_server()})
    assert f"delete {DATABASE} {SERVER}" in steps(gone)
    snapshots = [each["id"] for each in prod.inventory() if each["type"] == "aws:rds/snapshot:Snapshot"]
    assert snapshots == ["slipway-prod-database-final"]


def test_a_server_is_not_made_anew_by_a_change_of_the_program(system: System, tmp_path: Path) -> None:
    prod = system("prod")
    edit = Edit("infra/database.py", 'ADMINISTRATOR = "postgres"', 'ADMINISTRATOR = "root"')
    changed = SandboxStack(prod.state, program_with(tmp_path, edit), "prod")
    before = server(prod)
    outcome = changed.run("up", "--yes")
    assert outcome.exit_code != 0
    assert "protect" in outcome.output
    assert server(prod)["id"] == before["id"]


def secrets_of(stack: SandboxStack) -> set[str]:
    """What the state keeps encrypted of databases: their passwords, and the hashes that PostgreSQL gets."""
    resources = stack.export(show_secrets=True)["deployment"]["resources"]
    found: set[str] = set()
    for each in resources:
        if each["type"] == "kubernetes:core/v1:Secret":
            found |= set(json.loads(each["inputs"]["stringData"]["plaintext"]).values())
        if each["type"] == DATABASE:
            found.add(json.loads(each["inputs"]["password"]["plaintext"]))
    return found


def test_no_secret_is_in_plain_text_anywhere(system: System) -> None:
    """In state, preview, log, events, outputs and every object but the Secrets, while a password changes."""
    prod = system("prod")
    change = {"slipway:services.thoughts.database.passwordVersion": 2}
    preview = prod.preview(set=change, arguments=["--diff"])
    update = prod.up(set=change, arguments=["--logtostderr", "-v=3"])
    assert (preview.exit_code, update.exit_code) == (0, 0), preview.output + update.output
    secrets = secrets_of(prod)
    assert len(secrets) == 5, "the administrator's password, two back ends' and their two hashes"
    assert all(len(secret) >= 16 for secret in secrets)
    events = prod.state.parent / f"{prod.state.name}-events"
    places = {
        "preview": preview.output,
        "update": update.output,
        "events": "".join(each.read_text() for each in events.glob("*")),
        "state": json.dumps(prod.export()),
        "outputs": json.dumps(prod.outputs()),
        "objects": json.dumps([each for each in prod.inventory() if each["type"] != "kubernetes:core/v1:Secret"]),
        "configuration": "".join(each.read_text() for each in prod.state.rglob("*.yaml")),
    }
    for place, text in places.items():
        assert text, place
        assert not [secret for secret in secrets if secret in text or json.dumps(secret)[1:-1] in text], place
