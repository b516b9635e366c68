"""Alarms of a managed database instance.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html
"""

import pulumi

from infra.alarms import FIVE_MINUTES, Alarm, Metric
from infra.observability_settings import DatabaseThresholds

DATABASES = "AWS/RDS"
_GIB = 1024**3


def database_alarms(
    name: str, identifier: pulumi.Input[str], thresholds: DatabaseThresholds, replica_lag_seconds: int | None = None
) -> tuple[Alarm, ...]:
    """The alarms of one instance.

    Args:
        name: what it is called, such as database: their names begin with it
        identifier: the instance's, as in `DBInstanceIdentifier`
        thresholds: from which point on
        replica_lag_seconds: for an instance that follows another: so far behind it is one. The second machine of a
            server in two zones does not count: nobody reads from it, and it is not reported
    """

    def metric(metric: str, statistic: str) -> Metric:
        return Metric(DATABASES, metric, {"DBInstanceIdentifier": identifier}, statistic, FIVE_MINUTES)

    cpu = Alarm(
        name=f"{name}-cpu",
        runbook="database-cpu",
        what=f"The CPU of the {name} is {thresholds.cpu_percent} % or more, or the instance does not report.",
        metrics={"cpu": metric("CPUUtilization", "Average")},
        comparison="GreaterThanOrEqualToThreshold",
        threshold=thresholds.cpu_percent,
        periods=3,
        breaching=3,
        # An instance that runs reports each minute, so silence is one that does not; the others leave that to this.
        missing="breaching",
    )
    storage = Alarm(
        name=f"{name}-storage",
        runbook="database-storage",
        what=f"The {name} has less than {thresholds.free_storage_gib} GiB left.",
        metrics={"free": metric("FreeStorageSpace", "Minimum")},
        comparison="LessThanThreshold",
        threshold=thresholds.free_storage_gib * _GIB,
        periods=2,
        breaching=2,
        missing="notBreaching",
    )
    connections = Alarm(
        name=f"{name}-connections",
        runbook="database-connections",
        what=f"More than {thresholds.connections} connections to the {name} are open.",
        metrics={"connections": metric("DatabaseConnections", "Maximum")},
        comparison="GreaterThanThreshold",
        threshold=thresholds.connections,
        periods=3,
        breaching=3,
        missing="notBreaching",
    )
    if replica_lag_seconds is None:
        return cpu, storage, connections
    lag = Alarm(
        name=f"{name}-replica-lag",
        runbook="database-replica-lag",
        what=f"The {name} is {replica_lag_seconds} seconds or more behind.",
        metrics={"lag": metric("ReplicaLag", "Maximum")},
        comparison="GreaterThanOrEqualToThreshold",
        threshold=replica_lag_seconds,
        periods=3,
        breaching=3,
        missing="notBreaching",
    )
    return cpu, storage, connections, lag
