from typing import Any

import pytest

from policy.graph import UNKNOWN, Resource
from policy.rules_storage import SWITCHES, encrypted_at_rest, encrypted_buckets
from sandbox.aws.schema import schema_of
from tests.says import Says
from tests.unit.policy.rule_answers import answers, aws, kubernetes, told_value

pytestmark = pytest.mark.unit

TEMPLATE = "ec2/launchTemplate:LaunchTemplate"
BUCKET = "s3/bucket:Bucket"
BUCKET_ENCRYPTION = "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"


def switched(type_: str, value: Any) -> Resource:
    inputs: Any = value
    for key in reversed(SWITCHES[type_]):
        inputs = {key: inputs}
    return Resource(type_, "it", inputs)


@pytest.mark.parametrize("type_", SWITCHES)
def test_each_type_with_a_switch_has_it_on(type_: str) -> None:
    for value in (True, "true", UNKNOWN):
        assert answers(encrypted_at_rest, switched(type_, value)) == []
    for value in (False, "false", None):
        assert answers(encrypted_at_rest, switched(type_, value)) == [
            Says(".".join(SWITCHES[type_]), told_value(value), "true")
        ]
    assert answers(encrypted_at_rest, Resource(type_, "it", {})) == [Says(".".join(SWITCHES[type_]), "missing", "true")]


@pytest.mark.parametrize("type_", SWITCHES)
def test_the_installed_sdk_has_that_switch(type_: str) -> None:
    assert SWITCHES[type_][0] in schema_of(type_).inputs


def disk(encrypted: Any) -> dict[str, Any]:
    return {"deviceName": "/dev/xvda", "ebs": {"encrypted": encrypted}}


def test_disks_of_a_launch_template() -> None:
    for value in ("true", True, UNKNOWN):
        assert answers(encrypted_at_rest, aws(TEMPLATE, blockDeviceMappings=[disk(value)])) == []
    for value in ("false", None):
        assert answers(encrypted_at_rest, aws(TEMPLATE, blockDeviceMappings=[disk("true"), disk(value)])) == [
            Says("blockDeviceMappings[/dev/xvda].ebs.encrypted", told_value(value), "true")
        ]
    for mappings in (None, [], [{"deviceName": "/dev/xvdb", "noDevice": "true"}]):
        assert answers(encrypted_at_rest, aws(TEMPLATE, blockDeviceMappings=mappings)) == [Says("blockDeviceMappings")]
    assert answers(encrypted_at_rest, aws(TEMPLATE, blockDeviceMappings=UNKNOWN)) == []


@pytest.mark.parametrize("type_", ["ec2/instance:Instance", "ec2/launchConfiguration:LaunchConfiguration"])
def test_disks_of_an_instance(type_: str) -> None:
    sound = {"rootBlockDevice": {"encrypted": True}, "ebsBlockDevices": [{"deviceName": "b", "encrypted": True}]}
    assert answers(encrypted_at_rest, aws(type_, **sound)) == []
    assert answers(encrypted_at_rest, aws(type_)) == [Says("rootBlockDevice.encrypted", "missing", "true")]
    assert answers(encrypted_at_rest, aws(type_, **{**sound, "ebsBlockDevices": [{"deviceName": "b"}]})) == [
        Says("ebsBlockDevices[b].encrypted", "missing", "true")
    ]


def test_nodes_have_disks_of_a_template() -> None:
    type_ = "eks/nodeGroup:NodeGroup"
    assert answers(encrypted_at_rest, aws(type_, launchTemplate={"id": UNKNOWN})) == []
    assert answers(encrypted_at_rest, aws(type_, diskSize=20)) == [Says("launchTemplate", "missing")]


def test_disks_that_kubernetes_orders() -> None:
    type_, driver = "storage.k8s.io/v1:StorageClass", "ebs.csi.aws.com"
    assert answers(encrypted_at_rest, kubernetes(type_, provisioner=driver, parameters={"encrypted": "true"})) == []
    assert answers(encrypted_at_rest, kubernetes(type_, provisioner=driver)) == [
        Says("parameters.encrypted", "missing", "true")
    ]
    assert answers(encrypted_at_rest, kubernetes(type_, provisioner="rancher.io/local-path")) == []


KEY = {"provider": {"keyArn": "arn:key"}}


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        (aws("ecr/repository:Repository"), ("encryptionConfigurations", "AES256", "KMS")),
        (aws("ecr/repository:Repository", encryptionConfigurations=[]), ("encryptionConfigurations", "AES256", "KMS")),
        (aws("ecr/repository:Repository", encryptionConfigurations=[{"encryptionType": "AES256"}]), ()),
        (aws("eks/cluster:Cluster"), ("encryptionConfig", "secrets")),
        (aws("eks/cluster:Cluster", encryptionConfig={**KEY, "resources": []}), ("encryptionConfig", "secrets")),
        (aws("eks/cluster:Cluster", encryptionConfig={"resources": ["secrets"]}), ("encryptionConfig", "secrets")),
        (aws("eks/cluster:Cluster", encryptionConfig={**KEY, "resources": ["secrets"]}), ()),
        (aws("eks/cluster:Cluster", encryptionConfig=UNKNOWN), ()),
        (Resource("eks:index:Cluster", "it", {}), ("encryptionConfigKeyArn", "missing", "secrets")),
        (Resource("eks:index:Cluster", "it", {"encryptionConfigKeyArn": UNKNOWN}), ()),
        (aws("sns/topic:Topic"), ("kmsMasterKeyId", "missing")),
        (aws("sns/topic:Topic", kmsMasterKeyId=""), ("kmsMasterKeyId", "missing")),
        (aws("sns/topic:Topic", kmsMasterKeyId="alias/topics"), ()),
        (aws("sqs/queue:Queue"), ("sqsManagedSseEnabled", "true", "kmsMasterKeyId")),
        (aws("sqs/queue:Queue", sqsManagedSseEnabled=False), ("sqsManagedSseEnabled", "true", "kmsMasterKeyId")),
        (aws("sqs/queue:Queue", sqsManagedSseEnabled=True), ()),
        (aws("sqs/queue:Queue", kmsMasterKeyId=UNKNOWN), ()),
        (aws("ec2/vpc:Vpc"), ()),
    ],
    ids=lambda value: f"{value.kind}" if isinstance(value, Resource) else str(value),
)
def test_services(resource: Resource, said: tuple[str, ...]) -> None:
    assert answers(encrypted_at_rest, resource) == ([Says(*said)] if said else [])


def test_a_bucket_says_how_it_is_encrypted() -> None:
    bucket = aws(BUCKET, "logs", bucket="logs-1234567")
    assert answers(encrypted_buckets, bucket, aws(BUCKET_ENCRYPTION, bucket="logs-1234567")) == []
    linked = aws(BUCKET_ENCRYPTION, bucket=UNKNOWN, links={"bucket": {"urn:logs"}})
    assert answers(encrypted_buckets, bucket, linked) == []
    for others in ([], [aws(BUCKET_ENCRYPTION, bucket="another", links={"bucket": {"urn:another"}})]):
        assert answers(encrypted_buckets, bucket, *others) == [Says("BucketServerSideEncryptionConfiguration")]


def test_what_a_bucket_is_found_with_is_no_statement() -> None:
    bucket = aws(BUCKET, bucket=UNKNOWN, serverSideEncryptionConfiguration=UNKNOWN)
    assert answers(encrypted_buckets, bucket) == [Says("BucketServerSideEncryptionConfiguration")]
