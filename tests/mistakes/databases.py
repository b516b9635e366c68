"""Mistakes in the database server of a stack file, and in the databases on it."""

from tests.mistakes.mistake import Mistake

SERVER = "slipway:database"
THOUGHTS = "slipway:services.thoughts.database"

DATABASES: tuple[Mistake, ...] = (
    Mistake(
        "managed databases without a server",
        {SERVER: {}},
        (
            f"{SERVER}: is required; expected the server that thoughts, users have their managed database on",
            "slipway:observability.database: not allowed without slipway:database: there is no server to be watched",
        ),
        stack="prod",
    ),
    Mistake(
        "backup while the server is maintained",
        {f"{SERVER}.backupWindow": "10:30-11:00"},
        (f"{SERVER}.backupWindow: is 10:30-11:00; expected a time outside maintenanceWindow, sun:10:00-sun:11:00",),
        stack="prod",
    ),
    Mistake(
        "no room to grow",
        {f"{SERVER}.maxStorageGiB": 100},
        (f"{SERVER}.maxStorageGiB: is 100; expected at least 10 percent more than storageGiB, 100",),
        stack="prod",
    ),
    Mistake(
        "authorities that are not there",
        {f"{SERVER}.caBundle": "certificates/rds-eu-west-1.pem"},
        (
            f"{SERVER}.caBundle: is certificates/rds-eu-west-1.pem, which does not exist; expected certificates in PEM "
            "(certificates/README.md)",
        ),
        stack="prod",
    ),
    Mistake(
        "two back ends in one database",
        {f"{THOUGHTS}.name": "users"},
        tuple(
            f"slipway:services.{service}.database.name: is users; expected a name of its own: no back end may read "
            "another's database"
            for service in ("thoughts", "users")
        ),
        stack="prod",
    ),
    Mistake(
        "short password of a managed database",
        {"slipway:databasePasswords.thoughts": "tell-no-one"},
        ("slipway:databasePasswords.thoughts: expected 16 to 128 letters, digits and signs, without space",),
        stack="prod",
    ),
    Mistake(
        "administrator's password with a slash",
        {f"{SERVER}.administrator.password": "tell/no/one/of/them"},
        (f'{SERVER}.administrator.password: expected 16 to 128 letters, digits and signs, without space, /, " and @',),
        stack="prod",
    ),
    Mistake(
        "a migration of what no job reaches",
        {"slipway:services.thoughts.migrateCommand": ["migrate"]},
        (
            "slipway:services.thoughts.migrateCommand: expected only with an external or managed database: "
            "a job cannot reach one inside a pod",
        ),
    ),
    Mistake(
        "verified without authorities",
        {f"{THOUGHTS}.tls": {"mode": "verify-full"}},
        (f"{THOUGHTS}.tls: has no caBundle; expected one with verify-full, which compares with it",),
        stack="staging",
    ),
)
