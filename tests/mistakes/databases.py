"""Mistakes in the database server of a stack file, and in the databases on it."""

from tests.mistakes.mistake import Mistake
from tests.says import Says

SERVER = "slipway:database"
THOUGHTS = "slipway:services.thoughts.database"

DATABASES: tuple[Mistake, ...] = (
    Mistake(
        "managed databases without a server",
        {SERVER: {}},
        (
            Says("required", "thoughts", "users", at=SERVER),
            Says("slipway:database", at="slipway:observability.database"),
        ),
        stack="prod",
    ),
    Mistake(
        "backup while the server is maintained",
        {f"{SERVER}.backupWindow": "10:30-11:00"},
        (Says("10:30-11:00", "maintenanceWindow", "sun:10:00-sun:11:00", at=f"{SERVER}.backupWindow"),),
        stack="prod",
    ),
    Mistake(
        "no room to grow",
        {f"{SERVER}.maxStorageGiB": 100},
        (Says("100", "10 percent", "storageGiB, 100", at=f"{SERVER}.maxStorageGiB"),),
        stack="prod",
    ),
    Mistake(
        "authorities that are not there",
        {f"{SERVER}.caBundle": "certificates/rds-eu-west-1.pem"},
        (Says("certificates/rds-eu-west-1.pem", "PEM", "certificates/README.md", at=f"{SERVER}.caBundle"),),
        stack="prod",
    ),
    Mistake(
        "two back ends in one database",
        {f"{THOUGHTS}.name": "users"},
        tuple(
            Says("users", "own", at=f"slipway:services.{service}.database.name") for service in ("thoughts", "users")
        ),
        stack="prod",
    ),
    Mistake(
        "short password of a managed database",
        {"slipway:databasePasswords.thoughts": "tell-no-one"},
        (Says("16", "128", "space", at="slipway:databasePasswords.thoughts"),),
        stack="prod",
    ),
    Mistake(
        "administrator's password with a slash",
        {f"{SERVER}.administrator.password": "tell/no/one/of/them"},
        (Says("16", "128", "space", "/", '"', "@", at=f"{SERVER}.administrator.password"),),
        stack="prod",
    ),
    Mistake(
        "a migration of what no job reaches",
        {"slipway:services.thoughts.migrateCommand": ["migrate"]},
        (Says("external", "managed", at="slipway:services.thoughts.migrateCommand"),),
    ),
    Mistake(
        "verified without authorities",
        {f"{THOUGHTS}.tls": {"mode": "verify-full"}},
        (Says("caBundle", "verify-full", at=f"{THOUGHTS}.tls"),),
        stack="staging",
    ),
)
