"""Rules that join what is watched with what there is; see `infra/settings_rules.py` for how they are run."""

from collections.abc import Iterator

from infra.database_settings import DatabaseServerSettings
from infra.observability_settings import ObservabilitySettings
from infra.problems import Problem

_PATH = "slipway:observability.database"


def a_server_is_watched(
    database: DatabaseServerSettings | None, observability: ObservabilitySettings | None
) -> Iterator[Problem]:
    """Whoever watches a stack watches its server, and sets nothing for one that is not there."""
    thresholds = observability.database if observability else None
    if observability and database and thresholds is None:
        yield Problem(_PATH, "is required, since slipway:database is a server to be watched")
    if thresholds and database is None:
        yield Problem(_PATH, "not allowed without slipway:database: there is no server to be watched")
    if thresholds and database and thresholds.free_storage_gib >= database.storage_gib:
        yield Problem(
            f"{_PATH}.freeStorageGiB",
            f"is {thresholds.free_storage_gib}; expected less than slipway:database.storageGiB, {database.storage_gib}",
        )


RULES_OF_OBSERVABILITY = (a_server_is_watched,)
"""Those that are run with the rules of wholes."""
