"""Which changes of a database server are refused before anything is touched: its data would go, or RDS would say no.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.DBInstance.Modifying.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from infra.database_settings import DatabaseServerSettings
from infra.problems import Problem
from infra.settings import Settings
from infra.version_rules import database_upgrade_problem


@dataclass(frozen=True)
class StandingDatabase:
    """A server of the stack's.

    Attributes:
        name: what RDS calls it
        engine_version: what it runs, such as 18.1
        made_from: what the stack file gave it last, in words
    """

    name: str
    engine_version: str
    made_from: str


def server_name(stack_name: str, restored: str = "") -> str:
    """What RDS calls a server; fixed, because the names of its log groups follow from it and have to be there first.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html
    """
    return f"{stack_name}-database-{restored}" if restored else f"{stack_name}-database"


def database_made_from(settings: DatabaseServerSettings) -> str:
    """What a server cannot give back, in words that a tag takes: the storage that it was told to have."""
    return f"{settings.storage_gib} GiB"


def refused_database_changes(settings: Settings, standing: StandingDatabase) -> Iterator[Problem]:
    """What this stack file would do to a server that stands and must not."""
    path, database = f"{settings.project}:database", settings.database
    if database is None or standing.name not in _wanted(settings.name, database):
        if settings.keeps_database:
            yield Problem(path if database is None else f"{path}.restored", _loss(settings, standing))
        return
    given = re.fullmatch(r"(\d+) GiB", standing.made_from)
    if given is not None and database.storage_gib < int(given[1]):
        yield Problem(
            f"{path}.storageGiB",
            f"is {database.storage_gib}, but {standing.name} was given {given[1]}; the storage of a server never "
            "shrinks. Put it back",
        )
    if problem := database_upgrade_problem(standing.engine_version, database.engine_version):
        yield Problem(f"{path}.engineVersion", problem)


def _wanted(stack_name: str, database: DatabaseServerSettings) -> list[str]:
    restored = [database.restored.name] if database.restored is not None else []
    return [server_name(stack_name, each) for each in ("", *restored)]


def _loss(settings: Settings, standing: StandingDatabase) -> str:
    """Why a server is not deleted by the way, and the commands that do it on purpose."""
    path = f"{settings.project}:allowDatabaseLoss"
    return (
        f"is not set any more, but {standing.name} stands: it would go, and with it the data of all back ends that "
        "were on it. Put it back. Where the data is somewhere else by now, first lift its protection,\n"
        f"    pulumi config set {path} true --stack {settings.stack} && pulumi up --stack {settings.stack}\n"
        "  then take it out, run `pulumi up` again, and set allowDatabaseLoss back to false"
    )
