"""What a stack file may say of databases, and what it is told where that does not add up."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from apps.scram import scram_verifier
from infra.database_changes import StandingDatabase, refused_database_changes
from infra.database_settings import ManagedDatabaseSettings
from infra.database_windows import daily_minutes, overlap, weekly_minutes
from infra.problems import SettingsError
from infra.settings import Settings
from infra.stack_file import parse_settings
from tests.says import Says
from tests.stack_values import ADMINISTRATOR_PASSWORD, PASSWORDS, as_values, stack_config

pytestmark = pytest.mark.unit

Config = dict[str, Any]


def settings(edit: Callable[[Config], Any] = lambda _: None, stack: str = "prod") -> Settings:
    config = stack_config(stack)
    edit(config)
    return parse_settings("slipway", stack, as_values(config))


def problems(edit: Callable[[Config], Any], stack: str = "prod") -> list[str]:
    with pytest.raises(SettingsError) as caught:
        settings(edit, stack)
    return [str(problem) for problem in caught.value.problems]


def server(**changes: Any) -> Callable[[Config], Any]:
    return lambda config: config["slipway:database"].update(changes)


def database(service: str, **changes: Any) -> Callable[[Config], Any]:
    return lambda config: config["slipway:services"][service]["database"].update(changes)


def test_prod_has_a_server_that_survives_a_zone() -> None:
    found = settings().database
    assert found is not None
    assert (found.multi_az, found.final_snapshot, found.backup_retention_days) == (True, True, 14)
    assert settings().keeps_database
    assert not settings(lambda config: config.update({"slipway:allowDatabaseLoss": True})).keeps_database


@pytest.mark.parametrize(("version", "login"), [(1, "thoughts_a"), (2, "thoughts_b"), (3, "thoughts_a")])
def test_logins_take_turns(version: int, login: str) -> None:
    found = settings(database("thoughts", passwordVersion=version)).services["thoughts"].database
    assert isinstance(found, ManagedDatabaseSettings)
    assert found.login == login


Edit = Callable[[Config], Any]
SERVER, USERS = "slipway:database", "slipway:services.users.database"
PASSWORD = Says("16", "128", "space", "/", '"', "@", at=f"{SERVER}.administrator.password")

WRONG: list[tuple[Edit, Says]] = [
    (server(maxStorageGiB=105), Says("105", "10 percent", "storageGiB, 100", at=f"{SERVER}.maxStorageGiB")),
    (server(storageGiB=10), Says("10", "20", "65536", at=f"{SERVER}.storageGiB")),
    (server(backupRetentionDays=0), Says("0", "1", "35", at=f"{SERVER}.backupRetentionDays")),
    (server(backupWindow="9:00-9:30"), Says('"9:00-9:30"', "09:00-09:30", at=f"{SERVER}.backupWindow")),
    (server(backupWindow="09:00-09:20"), Says("20 minutes", "30 minutes", at=f"{SERVER}.backupWindow")),
    (server(engineVersion="18"), Says('"18"', "15", '"18.1"', at=f"{SERVER}.engineVersion")),
    (server(engineVersion="14.9"), Says('"14.9"', "15", '"18.1"', at=f"{SERVER}.engineVersion")),
    (server(instanceClass="m7g.large"), Says('"m7g.large"', "db.m7g.large", at=f"{SERVER}.instanceClass")),
    (server(caBundle="../ca.pem"), Says('"../ca.pem"', "certificates/rds-us-west-2.pem", at=f"{SERVER}.caBundle")),
    (server(administrator={"password": "with a space in it"}), PASSWORD),
    (server(administrator={"password": "tooshort"}), PASSWORD),
    (
        server(clientImage="postgres:18"),
        Says('"postgres:18"', "registry.example.com/postgres@sha256:...", at=f"{SERVER}.clientImage"),
    ),
    (
        server(restored={"name": "thursday", "serves": False}),
        Says("neither", "pointInTime", "snapshot", at=f"{SERVER}.restored"),
    ),
    (
        server(restored={"name": "thursday", "pointInTime": "yesterday", "serves": False}),
        Says('"yesterday"', "UTC", "2026-11-26T08:00:00Z", at=f"{SERVER}.restored.pointInTime"),
    ),
    (server(administrator={}), Says("required", at=f"{SERVER}.administrator.password")),
    (
        database("users", name="thoughts_b"),
        Says("thoughts", "thoughts_b", at="slipway:services.thoughts.database.name"),
    ),
    (database("users", name="postgres"), Says('"postgres"', "40", at=f"{USERS}.name")),
    (database("users", name="rds_thing"), Says('"rds_thing"', "40", at=f"{USERS}.name")),
    (database("users", name="Users"), Says('"Users"', "40", at=f"{USERS}.name")),
    (database("users", passwordVersion=0), Says("0", "1", "1000000", at=f"{USERS}.passwordVersion")),
    (database("users", host="db.example.com"), Says("kind", "name", "passwordVersion", at=f"{USERS}.host")),
]
"""What `tests/mistakes/databases.py` has not."""


@pytest.mark.parametrize(("edit", "says"), WRONG, ids=[repr(says) for _, says in WRONG])
def test_a_mistake_is_told_without_any_password(edit: Edit, says: Says) -> None:
    told = problems(edit)
    assert told == [says]
    assert not any(secret in told[0] for secret in (ADMINISTRATOR_PASSWORD, *PASSWORDS.values()))


@pytest.mark.parametrize(
    ("tls", "says"),
    [
        ({"mode": "disable"}, Says('"disable"', "verify-full", "require", at=f"{USERS}.tls.mode")),
        (
            {"mode": "require", "caBundle": "certificates/rds-us-west-2.pem"},
            Says("caBundle", "require", "verify-full", at=f"{USERS}.tls"),
        ),
    ],
)
def test_external_databases_say_how_they_are_verified(tls: Config, says: Says) -> None:
    assert problems(database("users", tls=tls), "staging") == [says]


def test_a_protected_stack_verifies_its_external_databases() -> None:
    encrypted = database("users", tls={"mode": "require"})
    assert settings(encrypted, "staging").services["users"].database is not None

    def protected(config: Config) -> None:
        encrypted(config)
        config["slipway:protect"] = True

    assert problems(protected, "staging") == [Says("require", "verify-full", "protected", at=f"{USERS}.tls.mode")]


def test_a_migration_needs_a_database_that_a_job_reaches() -> None:
    def migrate(service: str) -> Edit:
        return lambda config: config["slipway:services"][service].update(migrateCommand=["migrate"])

    assert problems(migrate("frontend"), "dev") == [
        Says("external", "managed", at="slipway:services.frontend.migrateCommand")
    ]
    assert settings(migrate("thoughts")).services["thoughts"].migrate_command == ("migrate",)


@pytest.mark.parametrize(
    ("daily", "weekly", "meet"),
    [
        ("09:00-09:30", "sun:10:00-sun:11:00", False),
        ("10:59-11:30", "sun:10:00-sun:11:00", True),
        ("11:00-11:30", "sun:10:00-sun:11:00", False),
        ("23:45-00:15", "mon:00:00-mon:01:00", True),
        ("23:45-00:15", "sun:23:50-mon:00:20", True),
        ("03:00-03:30", "sat:23:00-sun:04:00", True),
    ],
)
def test_windows(daily: str, weekly: str, meet: bool) -> None:
    assert overlap(daily_minutes(daily), weekly_minutes(weekly)) is meet


RUNNING = StandingDatabase("slipway-prod-database", "18.1", "100 GiB")


@pytest.mark.parametrize(
    ("edit", "standing", "told"),
    [
        (server(), RUNNING, []),
        (server(), replace(RUNNING, made_from=""), []),
        (server(storageGiB=120), RUNNING, []),
        (server(storageGiB=90), RUNNING, [Says("90", "slipway-prod-database", "100", at=f"{SERVER}.storageGiB")]),
        (server(), replace(RUNNING, engine_version="18.3"), [Says("18.1", "18.3", at=f"{SERVER}.engineVersion")]),
        (server(engineVersion="18.10"), replace(RUNNING, engine_version="18.9"), []),
    ],
)
def test_what_a_server_does_not_take(edit: Edit, standing: StandingDatabase, told: list[Says]) -> None:
    assert [str(problem) for problem in refused_database_changes(settings(edit), standing)] == told


def on_purpose(stack: str) -> tuple[str, ...]:
    """The commands with which a server goes nevertheless."""
    return (f"pulumi config set slipway:allowDatabaseLoss true --stack {stack}", f"pulumi up --stack {stack}")


def test_a_second_server_does_not_go_by_the_way_either() -> None:
    second = replace(RUNNING, name="slipway-prod-database-thursday")
    (told,) = refused_database_changes(settings(), second)
    assert str(told) == Says(second.name, *on_purpose("prod"), at=f"{SERVER}.restored")
    named = server(restored={"name": "thursday", "snapshot": "it", "serves": True})
    assert list(refused_database_changes(settings(named), second)) == []


def test_a_server_may_go_where_nothing_is_protected_or_on_purpose() -> None:
    (told,) = refused_database_changes(settings(stack="staging").model_copy(update={"protect": True}), RUNNING)
    assert str(told) == Says(RUNNING.name, *on_purpose("staging"), at=SERVER)
    assert list(refused_database_changes(settings(stack="staging"), RUNNING)) == []
    allowed = settings(stack="staging").model_copy(update={"protect": True, "allow_database_loss": True})
    assert list(refused_database_changes(allowed, RUNNING)) == []


def test_a_verifier_is_the_same_again_and_another_for_each_password_and_role() -> None:
    one = scram_verifier("first-password-of-it", "thoughts_a")
    assert one == scram_verifier("first-password-of-it", "thoughts_a")
    assert one.startswith("SCRAM-SHA-256$4096:")
    others = {
        scram_verifier("first-password-of-it", "thoughts_b"),
        scram_verifier("other-password-of-it", "thoughts_a"),
    }
    assert len({one, *others}) == 3
