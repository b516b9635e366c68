"""As whom AWS is asked, and what is said when it does not answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from ops.aws_session import aws_asked, aws_reason, deploy_session
from ops.pulumi_command import PulumiCommand
from ops.refusal import Refusal
from ops.ssm_fleet import machines_of
from ops.stack_file import StackFile
from tests.says import Says

pytestmark = pytest.mark.unit

TEXT = 'config:\n  aws:region: eu-central-1\n  slipway:account: "123456789012"\n'


def session_for(folder: Path, text: str = TEXT) -> Any:
    (folder / "Pulumi.yaml").write_text("name: slipway\n")
    (folder / "Pulumi.test.yaml").write_text(text)
    return deploy_session(PulumiCommand.of("sh", folder), "test", StackFile(folder / "Pulumi.test.yaml"))


@mock_aws
def test_it_is_the_deploy_role_in_the_stacks_region(tmp_path: Path) -> None:
    session = session_for(tmp_path)
    assert session.region_name == "eu-central-1"
    who = session.client("sts").get_caller_identity()["Arn"]
    assert who == "arn:aws:sts::123456789012:assumed-role/slipway-test-deploy/slipway-migrate"


@mock_aws
def test_who_is_the_role_already_does_not_take_it_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = boto3.client("sts", region_name="eu-central-1").assume_role(
        RoleArn="arn:aws:iam::123456789012:role/slipway-test-deploy", RoleSessionName="pipeline"
    )["Credentials"]
    for name, key in (("ACCESS_KEY_ID", "AccessKeyId"), ("SECRET_ACCESS_KEY", "SecretAccessKey")):
        monkeypatch.setenv(f"AWS_{name}", taken[key])
    monkeypatch.setenv("AWS_SESSION_TOKEN", taken["SessionToken"])
    who = session_for(tmp_path).client("sts").get_caller_identity()["Arn"]
    assert who.endswith(":assumed-role/slipway-test-deploy/pipeline")


def test_no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "PROFILE"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("CONFIG_FILE", "SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(f"AWS_{name}", str(tmp_path / "none"))
    with pytest.raises(Refusal) as refused:
        session_for(tmp_path)
    assert Says("credentials", "aws sso login", "AWS_PROFILE") == str(refused.value)


def test_a_profile_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(Refusal, match=r"^AWS .*\bnobody\b"):
        session_for(tmp_path)


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ('config:\n  slipway:account: "123456789012"\n', ("aws:region", "us-west-2")),
        ("config:\n  aws:region: eu-central-1\n  slipway:account: 123456789012\n", ("slipway:account", "12 digits")),
    ],
)
def test_a_stack_file_that_does_not_say_where(tmp_path: Path, text: str, facts: tuple[str, str]) -> None:
    with pytest.raises(Refusal) as refused:
        session_for(tmp_path, text)
    assert Says(*facts, at="Pulumi.test.yaml") == str(refused.value)


def test_awss_own_reason_in_one_line() -> None:
    error = ClientError({"Error": {"Code": "AccessDenied", "Message": "you may\n not"}}, "AssumeRole")
    assert aws_reason(error) == "AccessDenied: you may not"
    with pytest.raises(Refusal, match=r"^AWS .*the time: AccessDenied: you may not$"), aws_asked("the time"):
        raise error


def group_of(machines: int) -> Any:
    """A client of an account with one Auto Scaling group."""
    ec2, autoscaling = (boto3.client(name, region_name="eu-central-1") for name in ("ec2", "autoscaling"))
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    autoscaling.create_launch_configuration(
        LaunchConfigurationName="machine", ImageId="ami-12c6146b", InstanceType="t3.small"
    )
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="fleet",
        LaunchConfigurationName="machine",
        MinSize=0,
        MaxSize=9,
        DesiredCapacity=machines,
        VPCZoneIdentifier=subnet,
    )
    return autoscaling


@mock_aws
def test_machines_in_service_are_asked_and_others_told() -> None:
    autoscaling = group_of(3)
    found = machines_of(autoscaling, "fleet")
    assert len(found.in_service) == 3
    gone = found.in_service[0]
    autoscaling.enter_standby(InstanceIds=[gone], AutoScalingGroupName="fleet", ShouldDecrementDesiredCapacity=True)
    found = machines_of(autoscaling, "fleet")
    assert len(found.in_service) == 2
    assert found.others == {gone: "Standby"}


@mock_aws
def test_no_machine_and_no_group() -> None:
    autoscaling = group_of(0)
    with pytest.raises(Refusal, match=r"\bfleet\b.*\bnone\b"):
        machines_of(autoscaling, "fleet")
    with pytest.raises(Refusal, match=r"\bother\b.*\bbring\b"):
        machines_of(autoscaling, "other")
