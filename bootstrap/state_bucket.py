"""The bucket that keeps Pulumi's state of every stack in an account."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from bootstrap.statements import Document

# How long an older version of a state can be had back, in days.
_OLD_VERSIONS_DAYS = 90
# After which parts of an upload that was never finished are thrown away, in days.
_UNFINISHED_DAYS = 7


def bucket_policy(bucket: str) -> Document:
    """Nobody may come without TLS; AWS itself takes none below 1.2.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "OnlyWithTls",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }


@dataclass(frozen=True)
class StateBucketArgs:
    """How the bucket is called; unique in all of AWS."""

    bucket: str


class StateBucket(pulumi.ComponentResource):
    """Private, encrypted, reached by TLS only; every state that was overwritten can be had back for 90 days."""

    def __init__(self, name: str, args: StateBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:bootstrap:StateBucket", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        # Protected, and never emptied to be deleted: without the state nothing in the account can be changed any more.
        bucket = aws.s3.Bucket(
            f"{name}-state", bucket=args.bucket, opts=pulumi.ResourceOptions(parent=self, protect=True)
        )
        versioning = aws.s3.BucketVersioning(
            f"{name}-state",
            bucket=bucket.bucket,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=child,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-state",
            bucket=bucket.bucket,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    # S3's own keys: what is secret in a state is encrypted already, by its environment's key, and one
                    # key over all of them would part nothing.
                    apply_server_side_encryption_by_default=(
                        aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                            sse_algorithm="AES256"
                        )
                    )
                )
            ],
            opts=child,
        )
        aws.s3.BucketOwnershipControls(
            f"{name}-state",
            bucket=bucket.bucket,
            # No access control lists: who may do what is told by policies alone.
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=child,
        )
        private = aws.s3.BucketPublicAccessBlock(
            f"{name}-state",
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-state",
            bucket=bucket.bucket,
            rules=[
                aws.s3.BucketLifecycleConfigurationRuleArgs(
                    id="old-versions",
                    status="Enabled",
                    filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                    noncurrent_version_expiration=(
                        aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                            noncurrent_days=_OLD_VERSIONS_DAYS
                        )
                    ),
                    abort_incomplete_multipart_upload=(
                        aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                            days_after_initiation=_UNFINISHED_DAYS
                        )
                    ),
                )
            ],
            # S3 has to know of versions before it is told what becomes of old ones.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning]),
        )
        aws.s3.BucketPolicy(
            f"{name}-state",
            bucket=bucket.bucket,
            policy=json.dumps(bucket_policy(args.bucket)),
            # A policy that arrives while public access is being blocked is refused as conflicting.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[private]),
        )
        self.bucket = bucket.bucket

        self.register_outputs({"bucket": self.bucket})
