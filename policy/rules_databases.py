"""What keeps a database's data: backups, and in a protected stack that nobody deletes it by the way."""

from collections.abc import Iterator, Sequence

from policy.graph import UNKNOWN, Resource, Stack, Violation, at, is_on, shown, violation

DATABASES = "kept-databases"

_TYPES = ("aws:rds/instance:Instance", "aws:rds/cluster:Cluster")


def kept_databases(resources: Sequence[Resource], stack: Stack) -> Iterator[Violation]:
    """Instances and clusters: backups in any stack; where data counts, protection and a final snapshot.

    https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html (RDS.7, RDS.8, RDS.11)
    """
    for resource in resources:
        if resource.type not in _TYPES:
            continue
        days = at(resource.inputs, "backupRetentionPeriod")
        if days is not UNKNOWN and (days is None or days < 1):
            yield violation(
                DATABASES, resource, "backupRetentionPeriod", shown(days), "at least 1: no point in time is kept"
            )
        if not stack.protected or stack.database_may_go:
            continue
        protected, skips = at(resource.inputs, "deletionProtection"), at(resource.inputs, "skipFinalSnapshot")
        if not is_on(protected):
            yield violation(DATABASES, resource, "deletionProtection", shown(protected), "true in a protected stack")
        if skips is not UNKNOWN and skips is not False:
            yield violation(DATABASES, resource, "skipFinalSnapshot", shown(skips), "false in a protected stack")
