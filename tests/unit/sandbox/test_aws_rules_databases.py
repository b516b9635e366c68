"""Rules about RDS instances and what they need, both ways."""

from __future__ import annotations

from typing import Any

import pytest
from emulated_account import Account, Made, Network

from sandbox.aws.errors import AwsError
from tests.says import Says

pytestmark = pytest.mark.unit

DATABASE = "aws:rds/instance:Instance"
PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"
SUBNETS = "aws:rds/subnetGroup:SubnetGroup"
LOGS = "aws:cloudwatch/logGroup:LogGroup"

SOUND: dict[str, Any] = {
    "identifier": "shop",
    "instanceClass": "db.t4g.micro",
    "engine": "postgres",
    "engineVersion": "18.1",
    "allocatedStorage": 100,
    "maxAllocatedStorage": 200,
    "username": "postgres",
    "password": "thrown-away",
    "backupRetentionPeriod": 7,
    "skipFinalSnapshot": True,
}


def database(account: Account, **changes: Any) -> Made:
    return account.create(DATABASE, "shop", {**SOUND, **changes})


def test_a_sound_database_has_an_address_of_its_own(account: Account) -> None:
    made = database(account)
    assert made["address"].startswith("shop.")
    assert made["address"].endswith(".us-west-2.rds.amazonaws.com")
    found = account.invoke("aws:rds/getInstance:getInstance", dbInstanceIdentifier="shop")
    assert (found["engineVersion"], found["address"]) == ("18.1", made["address"])
    with pytest.raises(AwsError, match="DBInstanceAlreadyExists"):
        database(account)


def test_a_database_goes_only_on_purpose(account: Account) -> None:
    made = database(account, deletionProtection=True, skipFinalSnapshot=False)
    with pytest.raises(AwsError, match="protected"):
        account.delete(made)
    made = account.update(made, deletionProtection=False)
    with pytest.raises(AwsError, match="finalSnapshotIdentifier"):
        account.delete(made)
    account.delete(account.update(made, skipFinalSnapshot=True))


def test_a_final_snapshot_outlives_its_database_and_has_a_name_of_its_own(account: Account) -> None:
    account.delete(database(account, skipFinalSnapshot=False, finalSnapshotIdentifier="shop-final"))
    (snapshot,) = account.inventory.list(type="aws:rds/snapshot:Snapshot")
    assert (snapshot.id, snapshot.inputs["dbInstanceIdentifier"]) == ("shop-final", "shop")
    again = database(account, skipFinalSnapshot=False, finalSnapshotIdentifier="shop-final")
    with pytest.raises(AwsError, match="DBSnapshotAlreadyExists"):
        account.delete(again)


@pytest.mark.parametrize(
    "password", ["short", "with a space in it", "with/slash", 'with"quote', "with@sign", "x" * 129]
)
def test_passwords(account: Account, password: str) -> None:
    with pytest.raises(AwsError, match="MasterUserPassword") as caught:
        database(account, password=password)
    assert password not in str(caught.value)


def test_either_a_password_or_one_that_rds_keeps(account: Account) -> None:
    with pytest.raises(AwsError) as refused:
        database(account, manageMasterUserPassword=True)
    assert Says("MasterUserPassword", "ManageMasterUserPassword") == str(refused.value)
    account.create(DATABASE, "kept", {
        **{key: value for key, value in SOUND.items() if key != "password"},
        "identifier": "kept", "manageMasterUserPassword": True,
    })  # fmt: skip


def test_storage_grows_by_a_tenth_at_least_and_never_shrinks(account: Account) -> None:
    made = database(account)
    for wanted, facts in ((90, ["100"]), (105, ["10 percent", "100"]), (190, ["200 GiB"])):
        with pytest.raises(AwsError) as refused:
            account.update(made, allocatedStorage=wanted)
        assert Says(str(wanted), *facts) == str(refused.value)
    assert account.update(made, allocatedStorage=110)["allocatedStorage"] == 110


def test_versions_only_go_up(account: Account) -> None:
    made = database(account)
    with pytest.raises(AwsError) as refused:
        account.update(made, engineVersion="17.7")
    assert Says("postgres", "18.1", "17.7") == str(refused.value)
    made = account.update(made, engineVersion="18.3")
    with pytest.raises(AwsError, match="AllowMajorVersionUpgrade"):
        account.update(made, engineVersion="19.1")
    assert account.update(made, engineVersion="19.1", allowMajorVersionUpgrade=True)["engineVersion"] == "19.1"


def test_parameters_are_of_the_engines_family_and_stay_while_they_are_used(account: Account) -> None:
    for major in ("17", "18"):
        account.create(PARAMETERS, f"of-{major}", {"name": f"of-{major}", "family": f"postgres{major}"})
    with pytest.raises(AwsError, match="DBParameterGroupNotFound"):
        database(account, parameterGroupName="of-16")
    with pytest.raises(AwsError) as refused:
        database(account, parameterGroupName="of-17")
    assert Says("of-17", "postgres17", "postgres18") == str(refused.value)
    made = database(account, parameterGroupName="of-18")
    group = account.inventory.get(PARAMETERS, "of-18")
    assert group is not None
    used = Made(PARAMETERS, "of-18", "of-18", group.outputs, group.inputs)
    with pytest.raises(AwsError, match="InvalidDBParameterGroupState"):
        account.delete(used)
    account.delete(made)
    account.delete(used)


def test_a_subnet_group_covers_two_zones(account: Account, network: Network) -> None:
    with pytest.raises(AwsError, match="DBSubnetGroupDoesNotCoverEnoughAZs"):
        account.create(SUBNETS, "narrow", {"subnetIds": [network.subnets[0].id]})
    group = account.create(SUBNETS, "wide", {"subnetIds": [each.id for each in network.subnets]})
    made = database(account, dbSubnetGroupName=group.id)
    with pytest.raises(AwsError, match="InvalidDBSubnetGroupStateFault"):
        account.delete(group)
    account.delete(made)
    account.delete(group)


def test_the_advanced_insights_are_kept_for_fifteen_months(account: Account) -> None:
    advanced = {"databaseInsightsMode": "advanced", "performanceInsightsEnabled": True}
    with pytest.raises(AwsError, match="465 days"):
        database(account, **advanced, performanceInsightsRetentionPeriod=7)
    database(account, **advanced, performanceInsightsRetentionPeriod=465)


def test_backups_are_kept_for_five_weeks_at_most(account: Account) -> None:
    with pytest.raises(AwsError) as refused:
        database(account, backupRetentionPeriod=36)
    assert Says("36", "0", "35 days") == str(refused.value)


def test_logs_that_nobody_declared_are_made_by_rds_and_stay(account: Account) -> None:
    made = database(account, enabledCloudwatchLogsExports=["postgresql"])
    (group,) = account.inventory.list(type=LOGS)
    assert (group.id, group.outputs["retentionInDays"]) == ("/aws/rds/instance/shop/postgresql", 0)
    account.delete(made)
    assert len(account.inventory.list(type=LOGS)) == 1


@pytest.mark.parametrize(
    ("name", "value", "replaces"),
    [
        ("kmsKeyId", "arn:aws:kms:us-west-2:123456789012:key/1", True),
        ("username", "root", True),
        ("storageEncrypted", True, True),
        ("instanceClass", "db.m7g.large", False),
        ("engineVersion", "18.3", False),
        ("multiAz", True, False),
    ],
)
def test_what_replaces_a_database_and_what_is_done_in_place(
    account: Account, name: str, value: object, replaces: bool
) -> None:
    made = database(account)
    found = account.diff(made, {**made.inputs, name: value})
    assert (found.changes, found.replaces) == (True, [name] if replaces else [])


def test_a_server_is_restored_from_what_there_is(account: Account) -> None:
    database(account)
    database_without = {key: value for key, value in SOUND.items() if key not in {"username", "password"}}

    def restore(**changes: Any) -> Made:
        return account.create(DATABASE, "second", {**database_without, "identifier": "second", **changes})

    with pytest.raises(AwsError, match=r"DBSnapshotNotFound: .* nowhere"):
        restore(snapshotIdentifier="nowhere")
    with pytest.raises(AwsError, match=r"DBInstanceNotFound: .* nowhere"):
        restore(restoreToPointInTime={"sourceDbInstanceIdentifier": "nowhere"})
    with pytest.raises(AwsError, match=r"InvalidParameterValue: .* 2999-01-01T00:00:00Z"):
        restore(restoreToPointInTime={"sourceDbInstanceIdentifier": "shop", "restoreTime": "2999-01-01T00:00:00Z"})
    made = restore(restoreToPointInTime={"sourceDbInstanceIdentifier": "shop", "restoreTime": "2026-01-01T00:00:00Z"})
    assert made["address"].startswith("second.")
    unkept = database(account, identifier="unkept", backupRetentionPeriod=0)
    with pytest.raises(AwsError, match=r"PointInTimeRestoreNotEnabled: .* unkept"):
        restore(identifier="third", restoreToPointInTime={"sourceDbInstanceIdentifier": unkept["identifier"]})
