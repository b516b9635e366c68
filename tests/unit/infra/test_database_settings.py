"""What a stack file may say of databases, and what it is told where that does not add up."""

from collections.abc import Callable
from typing import Any

import pytest

from apps.scram import scram_verifier
from infra.database_changes import StandingDatabase, refused_database_changes
from infra.database_settings import ManagedDatabaseSettings
from infra.database_windows import daily_minutes, overlap, weekly_minutes
from infra.problems import SettingsError
from infra.settings import Settings
from infra.stack_file import parse_settings
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


WRONG: list[tuple[Callable[[Config], Any], str]] = [
    (
        server(maxStorageGiB=105),
        "slipway:database.maxStorageGiB: is 105; expected at least 10 percent more than storageGiB, 100",
    ),
    (server(storageGiB=10), "slipway:database.storageGiB: is 10; expected a whole number from 20 to 65536"),
    (server(backupRetentionDays=0), "slipway:database.backupRetentionDays: is 0; expected a whole number from 1 to 35"),
    (server(backupWindow="9:00-9:30"), 'slipway:database.backupWindow: is "9:00-9:30"; expected two times in UTC such'),
    (server(backupWindow="09:00-09:20"), "slipway:database.backupWindow: is 20 minutes long; expected at least 30"),
    (
        server(backupWindow="10:30-11:30"),
        "slipway:database.backupWindow: is 10:30-11:30; expected a time outside maintenanceWindow, sun:10:00-sun:11:00",
    ),
    (
        server(engineVersion="18"),
        'slipway:database.engineVersion: is "18"; expected a version of PostgreSQL from 15 on',
    ),
    (server(engineVersion="14.9"), 'slipway:database.engineVersion: is "14.9"; expected a version of PostgreSQL'),
    (
        server(instanceClass="m7g.large"),
        'slipway:database.instanceClass: is "m7g.large"; expected an RDS instance class',
    ),
    (server(caBundle="../ca.pem"), 'slipway:database.caBundle: is "../ca.pem"; expected a file of this project such'),
    (
        server(caBundle="certificates/none.pem"),
        "slipway:database.caBundle: is certificates/none.pem, which does not exist",
    ),
    (
        server(administrator={"password": "with a space in it"}),
        "slipway:database.administrator.password: expected 16 to",
    ),
    (server(administrator={"password": "tooshort"}), "slipway:database.administrator.password: expected 16 to 128"),
    (server(clientImage="postgres:18"), 'slipway:database.clientImage: is "postgres:18"; expected an image by its'),
    (
        server(restored={"name": "thursday", "serves": False}),
        "slipway:database.restored: has neither; expected exactly one of pointInTime and snapshot",
    ),
    (
        server(restored={"name": "thursday", "pointInTime": "yesterday", "serves": False}),
        'slipway:database.restored.pointInTime: is "yesterday"; expected a time in UTC such as 2026-11-26T08:00:00Z',
    ),
    (server(administrator={}), "slipway:database.administrator.password: is required; expected text"),
    (
        database("users", name="thoughts"),
        "slipway:services.thoughts.database.name: is thoughts; expected a name of its",
    ),
    (
        database("users", name="thoughts_b"),
        "slipway:services.thoughts.database.name: is thoughts; its login thoughts_b",
    ),
    (
        database("users", name="postgres"),
        'slipway:services.users.database.name: is "postgres"; expected a name of at most',
    ),
    (
        database("users", name="rds_thing"),
        'slipway:services.users.database.name: is "rds_thing"; expected a name of at',
    ),
    (
        database("users", name="Users"),
        'slipway:services.users.database.name: is "Users"; expected a name of at most 40',
    ),
    (database("users", passwordVersion=0), "slipway:services.users.database.passwordVersion: is 0; expected a whole"),
    (
        database("users", host="db.example.com"),
        "slipway:services.users.database.host: is not a known key; expected one",
    ),
    (
        lambda config: config["slipway:databasePasswords"].update(users="short"),
        "slipway:databasePasswords.users: expected 16 to 128 letters, digits and signs, without space",
    ),
    (
        lambda config: config.update({"slipway:database": {}}),
        "slipway:database: is required; expected the server that thoughts, users have their managed database on",
    ),
]


@pytest.mark.parametrize(("edit", "words"), WRONG, ids=[words[:60] for _, words in WRONG])
def test_a_mistake_is_told(edit: Callable[[Config], Any], words: str) -> None:
    told = problems(edit)
    assert any(each.startswith(words) for each in told), told
    text = "\n".join(told)
    assert not any(secret in text for secret in (ADMINISTRATOR_PASSWORD, *PASSWORDS.values()))


def test_external_databases_say_how_they_are_verified() -> None:
    path = "slipway:services.users.database.tls"
    assert problems(database("users", tls={"mode": "verify-full"}), "staging") == [
        f"{path}: has no caBundle; expected one with verify-full, which compares with it"
    ]
    assert problems(database("users", tls={"mode": "disable"}), "staging") == [
        f'{path}.mode: is "disable"; expected one of verify-full, require'
    ]
    assert problems(
        database("users", tls={"mode": "require", "caBundle": "certificates/rds-us-west-2.pem"}), "staging"
    ) == [f"{path}: has a caBundle, which require does not look at; expected verify-full with it"]
    encrypted = database("users", tls={"mode": "require"})
    assert settings(encrypted, "staging").services["users"].database is not None

    def protected(config: Config) -> None:
        encrypted(config)
        config["slipway:protect"] = True

    assert problems(protected, "staging") == [f"{path}.mode: is require; expected verify-full in a protected stack"]


def test_a_migration_needs_a_database_that_a_job_reaches() -> None:
    def migrate(service: str) -> Callable[[Config], Any]:
        return lambda config: config["slipway:services"][service].update(migrateCommand=["migrate"])

    words = "expected only with an external or managed database: a job cannot reach one inside a pod"
    for service in ("thoughts", "frontend"):
        assert problems(migrate(service), "dev") == [f"slipway:services.{service}.migrateCommand: {words}"]
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


@pytest.mark.parametrize(
    ("edit", "standing", "words"),
    [
        (server(), StandingDatabase("slipway-prod-database", "18.1", "100 GiB"), []),
        (server(), StandingDatabase("slipway-prod-database", "18.1", ""), []),
        (server(storageGiB=120), StandingDatabase("slipway-prod-database", "18.1", "100 GiB"), []),
        (
            server(storageGiB=90),
            StandingDatabase("slipway-prod-database", "18.1", "100 GiB"),
            ["slipway:database.storageGiB: is 90, but"],
        ),
        (
            server(),
            StandingDatabase("slipway-prod-database", "18.3", "100 GiB"),
            ["slipway:database.engineVersion: is 18.1, but the database runs"],
        ),
        (server(engineVersion="18.10"), StandingDatabase("slipway-prod-database", "18.9", "100 GiB"), []),
    ],
)
def test_what_a_server_does_not_take(
    edit: Callable[[Config], Any], standing: StandingDatabase, words: list[str]
) -> None:
    told = [str(problem) for problem in refused_database_changes(settings(edit), standing)]
    assert len(told) == len(words)
    assert all(each.startswith(start) for each, start in zip(told, words, strict=True))


def test_a_second_server_does_not_go_by_the_way_either() -> None:
    second = StandingDatabase("slipway-prod-database-thursday", "18.1", "100 GiB")
    (told,) = refused_database_changes(settings(), second)
    assert str(told).startswith("slipway:database.restored: is not set any more, but slipway-prod-database-thursday")
    named = server(restored={"name": "thursday", "snapshot": "it", "serves": True})
    assert list(refused_database_changes(settings(named), second)) == []


def test_a_server_may_go_where_nothing_is_protected_or_on_purpose() -> None:
    standing = StandingDatabase("slipway-prod-database", "18.1", "100 GiB")
    (told,) = refused_database_changes(settings(stack="staging").model_copy(update={"protect": True}), standing)
    assert str(told).startswith("slipway:database: is not set any more, but slipway-prod-database stands")
    assert list(refused_database_changes(settings(stack="staging"), standing)) == []
    allowed = settings(stack="staging").model_copy(update={"protect": True, "allow_database_loss": True})
    assert list(refused_database_changes(allowed, standing)) == []


def test_a_verifier_is_the_same_again_and_another_for_each_password_and_role() -> None:
    one = scram_verifier("first-password-of-it", "thoughts_a")
    assert one == scram_verifier("first-password-of-it", "thoughts_a")
    assert one.startswith("SCRAM-SHA-256$4096:")
    others = {
        scram_verifier("first-password-of-it", "thoughts_b"),
        scram_verifier("other-password-of-it", "thoughts_a"),
    }
    assert len({one, *others}) == 3
