"""Everything that is kept is kept encrypted, and says so: no account's default is relied on."""

from collections.abc import Iterator, Sequence
from typing import Any

from policy.graph import UNKNOWN, Resource, Stack, Violation, at, is_on, items, of_types, shown, violation

ENCRYPTION = "encrypted-at-rest"
BUCKETS = "encrypted-buckets"

SWITCHES: dict[str, tuple[str, ...]] = {
    "aws:ebs/volume:Volume": ("encrypted",),
    "aws:ebs/snapshotCopy:SnapshotCopy": ("encrypted",),
    "aws:efs/fileSystem:FileSystem": ("encrypted",),
    "aws:rds/instance:Instance": ("storageEncrypted",),
    "aws:rds/cluster:Cluster": ("storageEncrypted",),
    "aws:rds/globalCluster:GlobalCluster": ("storageEncrypted",),
    "aws:docdb/cluster:Cluster": ("storageEncrypted",),
    "aws:neptune/cluster:Cluster": ("storageEncrypted",),
    "aws:elasticache/replicationGroup:ReplicationGroup": ("atRestEncryptionEnabled",),
    "aws:redshift/cluster:Cluster": ("encrypted",),
    "aws:opensearch/domain:Domain": ("encryptAtRest", "enabled"),
}
"""The types with a switch, and where it is."""

_INSTANCES = ("aws:ec2/instance:Instance", "aws:ec2/launchConfiguration:LaunchConfiguration")
_BUCKET_TYPES = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
_BUCKET_ENCRYPTIONS = tuple(
    f"aws:s3/bucketServerSideEncryptionConfiguration{version}:BucketServerSideEncryptionConfiguration{version}"
    for version in ("", "V2")
)
_CLUSTER_SECRETS = "Kubernetes secrets encrypted with a key of the stack's own"
_DISK = "true: the disk is encrypted"


def encrypted_at_rest(resources: Sequence[Resource], _stack: Stack) -> Iterator[Violation]:
    """Disks, databases, file systems, images, queues, topics and the cluster's secrets.

    https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html
    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html
    """
    for resource in resources:
        if resource.type in SWITCHES:
            path = SWITCHES[resource.type]
            value = at(resource.inputs, *path)
            if not is_on(value):
                yield violation(ENCRYPTION, resource, ".".join(path), shown(value), "true")
        yield from _disks(resource)
        yield from _services(resource)


def _disks(resource: Resource) -> Iterator[Violation]:
    match resource.type:
        case "aws:ec2/launchTemplate:LaunchTemplate":
            # Without a mapping an instance has its image's disk, as the image has it.
            mappings = at(resource.inputs, "blockDeviceMappings")
            disks = [each for each in items(mappings) if at(each, "ebs") is not None]
            if mappings is not UNKNOWN and not disks:
                yield violation(ENCRYPTION, resource, "blockDeviceMappings", "name no disk", "an encrypted disk")
            for disk in disks:
                path = f"blockDeviceMappings[{at(disk, 'deviceName')}].ebs.encrypted"
                yield from _disk(resource, path, at(disk, "ebs", "encrypted"))
        case type_ if type_ in _INSTANCES:
            yield from _disk(resource, "rootBlockDevice.encrypted", at(resource.inputs, "rootBlockDevice", "encrypted"))
            for disk in items(at(resource.inputs, "ebsBlockDevices")):
                path = f"ebsBlockDevices[{at(disk, 'deviceName')}].encrypted"
                yield from _disk(resource, path, at(disk, "encrypted"))
        case "aws:eks/nodeGroup:NodeGroup" if at(resource.inputs, "launchTemplate") is None:
            yield violation(
                ENCRYPTION, resource, "launchTemplate", "is missing", "a launch template whose disks are encrypted"
            )
        case "kubernetes:storage.k8s.io/v1:StorageClass" if at(resource.inputs, "provisioner") == "ebs.csi.aws.com":
            # https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/parameters.md
            yield from _disk(resource, "parameters.encrypted", at(resource.inputs, "parameters", "encrypted"))
        case _:
            pass


def _disk(resource: Resource, path: str, value: Any) -> Iterator[Violation]:
    if not is_on(value):
        yield violation(ENCRYPTION, resource, path, shown(value), _DISK)


def _services(resource: Resource) -> Iterator[Violation]:
    inputs = resource.inputs
    match resource.type:
        case "aws:ecr/repository:Repository":
            # AES256 is what ECR does unasked; stated, it cannot change unseen, since a change replaces the repository.
            # https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html
            if at(inputs, "encryptionConfigurations") in (None, []):
                yield violation(ENCRYPTION, resource, "encryptionConfigurations", "is missing", "AES256 or KMS, stated")
        case "aws:eks/cluster:Cluster":
            # https://docs.aws.amazon.com/eks/latest/userguide/enable-kms.html
            config = at(inputs, "encryptionConfig")
            key, covered = at(config, "provider", "keyArn"), at(config, "resources")
            if key is None or (covered is not UNKNOWN and "secrets" not in items(covered)):
                yield violation(ENCRYPTION, resource, "encryptionConfig", "has no key for secrets", _CLUSTER_SECRETS)
        case "eks:index:Cluster":
            if at(inputs, "encryptionConfigKeyArn") is None:
                yield violation(ENCRYPTION, resource, "encryptionConfigKeyArn", "is missing", _CLUSTER_SECRETS)
        case "aws:sns/topic:Topic":
            # https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html
            if at(inputs, "kmsMasterKeyId") in (None, ""):
                yield violation(ENCRYPTION, resource, "kmsMasterKeyId", "is missing", "a key")
        case "aws:sqs/queue:Queue":
            # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html
            if not is_on(at(inputs, "sqsManagedSseEnabled")) and at(inputs, "kmsMasterKeyId") in (None, ""):
                yield violation(
                    ENCRYPTION, resource, "sqsManagedSseEnabled", "is not true", "true, or a key as kmsMasterKeyId"
                )
        case _:
            pass


def encrypted_buckets(resources: Sequence[Resource], _stack: Stack) -> Iterator[Violation]:
    """Each bucket has a resource that says how it is encrypted.

    S3 encrypts without being asked; this asks that a bucket's key is a decision.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
    """
    encryptions = list(of_types(resources, *_BUCKET_ENCRYPTIONS))
    for bucket in of_types(resources, *_BUCKET_TYPES):
        # Not by its own property: it is deprecated, and once a bucket is made S3's default stands there.
        if not any(_is_for(encryption, bucket) for encryption in encryptions):
            yield violation(
                BUCKETS,
                bucket,
                "its encryption",
                "is not stated",
                "a BucketServerSideEncryptionConfiguration for it",
            )


def _is_for(encryption: Resource, bucket: Resource) -> bool:
    named, name = at(encryption.inputs, "bucket"), at(bucket.inputs, "bucket")
    by_name = isinstance(named, str) and named == name
    return by_name or bucket.urn in encryption.links.get("bucket", frozenset())
