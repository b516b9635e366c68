"""Rules about RDS instances and their groups."""

import re
from datetime import UTC, datetime
from typing import Any, Final

from sandbox.aws.effects import DATABASE_TYPE, SNAPSHOT_TYPE
from sandbox.aws.rules import Call, rule
from sandbox.values import as_list, as_map

PARAMETERS_TYPE: Final = "aws:rds/parameterGroup:ParameterGroup"
_API: Final = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_"
_GUIDE: Final = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/"
_LONGEST_RETENTION: Final = 35
_ADVANCED_DAYS: Final = 465
_LEAST_ZONES: Final = 2


@rule("delete", on=(DATABASE_TYPE,), page=f"{_GUIDE}USER_DeleteInstance.html")
def _database_may_go(call: Call) -> None:
    """A protected database cannot be deleted; another needs a final snapshot's name, or to do without."""
    inputs = call.existing.inputs
    if inputs.get("deletionProtection") is True:
        call.refuse(
            "InvalidParameterCombination", "Cannot delete protected DB Instance, please disable deletion protection"
        )
    if inputs.get("skipFinalSnapshot") is True:
        return
    snapshot = inputs.get("finalSnapshotIdentifier")
    if not snapshot:
        call.refuse(
            "InvalidParameterCombination", "finalSnapshotIdentifier is required when skipFinalSnapshot is false"
        )
    if any(each.id == snapshot for each in call.inventory.list(type=SNAPSHOT_TYPE)):
        call.refuse("DBSnapshotAlreadyExists", f"Cannot create the snapshot because one of the name {snapshot} exists")


@rule("create", "update", on=(DATABASE_TYPE,), page=f"{_API}CreateDBInstance.html")
def _password(call: Call) -> None:
    """The administrator's password: 8 to 128 printable ASCII characters but /, ", @ and space, or RDS keeps its own."""
    password, managed = call.inputs.get("password"), call.inputs.get("manageMasterUserPassword") is True
    restored = any(call.inputs.get(each) is not None for each in ("snapshotIdentifier", "restoreToPointInTime"))
    if (password is None) != managed and call.operation == "create" and not restored:
        call.refuse("InvalidParameterCombination", "one of MasterUserPassword and ManageMasterUserPassword is needed")
    if password is not None and not re.fullmatch(r"[!#-.0-?A-~]{8,128}", str(password)):
        call.refuse("InvalidParameterValue", "The parameter MasterUserPassword is not a valid password.")


@rule("create", on=(DATABASE_TYPE,), page=f"{_GUIDE}USER_PIT.html")
def _there_is_what_is_restored(call: Call) -> None:
    """A server is restored from one that keeps backups, to a time that is over, or from a snapshot that is there."""
    snapshot = call.inputs.get("snapshotIdentifier")
    if snapshot is not None and call.inventory.get(SNAPSHOT_TYPE, str(snapshot)) is None:
        call.refuse("DBSnapshotNotFound", f"DBSnapshot not found: {snapshot}")
    point = as_map(call.inputs.get("restoreToPointInTime"))
    if not point:
        return
    source = point.get("sourceDbInstanceIdentifier")
    found = [each for each in call.inventory.list(type=DATABASE_TYPE) if each.name == source]
    if not found:
        call.refuse("DBInstanceNotFound", f"DBInstance {source} not found.")
    if not found[0].inputs.get("backupRetentionPeriod"):
        call.refuse("PointInTimeRestoreNotEnabled", f"Automated backups are not enabled for {source}")
    time = point.get("restoreTime")
    if time is not None and datetime.fromisoformat(str(time)) > datetime.now(UTC):
        call.refuse("InvalidParameterValue", f"The restore time {time} is later than the latest restorable time")


@rule("create", "update", on=(DATABASE_TYPE,), page=f"{_GUIDE}USER_PIOPS.Autoscaling.html")
def _room_to_grow(call: Call) -> None:
    """The threshold of storage autoscaling is at least 10 percent above the allocated storage."""
    allocated, threshold = call.inputs.get("allocatedStorage"), call.inputs.get("maxAllocatedStorage")
    if threshold is not None and int(threshold) > 0 and int(threshold) * 10 < int(allocated or 0) * 11:
        call.refuse("InvalidParameterCombination", f"Invalid max storage size for {allocated} GiB: {threshold} GiB")


@rule("update", on=(DATABASE_TYPE,), page=f"{_GUIDE}USER_PIOPS.ModifyingExisting.ScalingUp.html")
def _storage_only_grows(call: Call) -> None:
    """Allocated storage never shrinks, and grows by at least 10 percent."""
    before, after = (int(each.get("allocatedStorage") or 0) for each in (call.existing.outputs, call.inputs))
    if after < before:
        call.refuse("InvalidParameterCombination", f"Requested storage size {after} cannot be less than {before}")
    if before < after and after * 10 < before * 11:
        call.refuse(
            "InvalidParameterCombination", f"Allocated storage size {after} has to be 10 percent more than {before}"
        )


@rule("update", on=(DATABASE_TYPE,), page=f"{_GUIDE}USER_UpgradeDBInstance.PostgreSQL.html")
def _versions_only_go_up(call: Call) -> None:
    """No way leads back, and a major version is left only where the call allows it."""
    before, after = (_version(each.get("engineVersion")) for each in (call.existing.outputs, call.inputs))
    if not before or not after:
        return
    if after < before[: len(after)]:
        call.refuse(
            "InvalidParameterCombination",
            f"Cannot upgrade postgres from {_written(before)} to {_written(after)}",
        )
    if after[0] != before[0] and call.inputs.get("allowMajorVersionUpgrade") is not True:
        call.refuse(
            "InvalidParameterCombination",
            "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.",
        )


@rule("create", "update", on=(DATABASE_TYPE,), page=f"{_GUIDE}USER_WorkingWithParamGroups.html")
def _parameters_fit(call: Call) -> None:
    """A parameter group is of the family of the engine's major version, and exists."""
    name = call.inputs.get("parameterGroupName")
    if name is None or str(name).startswith("default."):
        return
    group = call.inventory.get(PARAMETERS_TYPE, str(name))
    if group is None:
        call.refuse("DBParameterGroupNotFound", f"DBParameterGroup not found: {name}")
    family = f"{call.inputs.get('engine')}{(_version(call.inputs.get('engineVersion')) or (0,))[0]}"
    if group.inputs["family"] != family:
        call.refuse(
            "InvalidParameterCombination",
            f"The parameter group {name} with DBParameterGroupFamily {group.inputs['family']} can't be used for this"
            f" instance. Please use a parameter group with DBParameterGroupFamily {family}",
        )


@rule("delete", on=(PARAMETERS_TYPE,), page=f"{_API}DeleteDBParameterGroup.html")
def _parameters_are_unused(call: Call) -> None:
    """A parameter group that an instance uses cannot be deleted."""
    if any(each.inputs.get("parameterGroupName") == call.existing.id for each in call.others(DATABASE_TYPE)):
        call.refuse(
            "InvalidDBParameterGroupState",
            "One or more database instances are still members of this parameter group"
            f" {call.existing.id}, so the group cannot be deleted",
        )


@rule("create", on=("aws:rds/subnetGroup:SubnetGroup",), page=f"{_API}CreateDBSubnetGroup.html")
def _two_zones(call: Call) -> None:
    """A subnet group covers at least two availability zones."""
    found = [call.inventory.by_id(str(subnet)) for subnet in as_list(call.inputs.get("subnetIds"))]
    zones = {each.outputs.get("availabilityZone") for each in found if each is not None}
    if len(zones) < _LEAST_ZONES:
        call.refuse(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement."
            f" Add subnets to cover at least 2 AZs. Current coverage: {', '.join(sorted(map(str, zones))) or 'none'}",
        )


@rule("create", "update", on=(DATABASE_TYPE,), page=f"{_GUIDE}USER_WorkingWithAutomatedBackups.html")
def _backup_retention(call: Call) -> None:
    """Backups are kept for at most 35 days."""
    days = int(call.inputs.get("backupRetentionPeriod") or 0)
    if not 0 <= days <= _LONGEST_RETENTION:
        call.refuse("InvalidParameterValue", f"Invalid backup retention period: {days}. From 0 to 35 days")


@rule("create", "update", on=(DATABASE_TYPE,), page=f"{_GUIDE}USER_DatabaseInsights.Considerations.html")
def _insights(call: Call) -> None:
    """The advanced mode of Database Insights needs Performance Insights, kept for 465 days at least."""
    inputs = call.inputs
    days: Any = inputs.get("performanceInsightsRetentionPeriod") or 0
    if inputs.get("databaseInsightsMode") == "advanced" and (
        inputs.get("performanceInsightsEnabled") is not True or int(days) < _ADVANCED_DAYS
    ):
        call.refuse(
            "InvalidParameterCombination",
            "To enable the Advanced mode of Database Insights, keep Performance Insights for 465 days",
        )


def _version(value: Any) -> tuple[int, ...]:
    return tuple(int(part) for part in str(value).split(".")) if re.fullmatch(r"[\d.]+", str(value)) else ()


def _written(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)
