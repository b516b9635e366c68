"""What every bucket here is, whatever lies in it: encrypted, closed to the public, reached by TLS only."""

import json
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws


def bucket_policy(bucket_arn: str, *allowed: dict[str, Any]) -> str:
    """The text of a policy: these statements, and that nobody may come without TLS; AWS itself takes none below 1.2.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
    """
    only_with_tls = {
        "Sid": "OnlyWithTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [*allowed, only_with_tls]})


@dataclass(frozen=True)
class BucketGuards:
    """What stands around a bucket before anything lies in it."""

    encryption: aws.s3.BucketServerSideEncryptionConfiguration
    public_access_block: aws.s3.BucketPublicAccessBlock
    policy: aws.s3.BucketPolicy


def guard(name: str, bucket: aws.s3.Bucket, policy: pulumi.Input[str], parent: pulumi.Resource) -> BucketGuards:
    """Make a bucket private.

    Args:
        name: of the resources
        bucket: one that was just made
        policy: see `bucket_policy`
        parent: the component that the bucket belongs to
    """
    child = pulumi.ResourceOptions(parent=parent)
    encryption = aws.s3.BucketServerSideEncryptionConfiguration(
        name,
        bucket=bucket.bucket,
        rules=[
            aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                apply_server_side_encryption_by_default=(
                    aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                        # S3's own keys: balancers write their logs with no others, and what is secret in a state is
                        # encrypted already, by its environment's key.
                        # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
                        sse_algorithm="AES256"
                    )
                )
            )
        ],
        opts=child,
    )
    closed = aws.s3.BucketPublicAccessBlock(
        name,
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=child,
    )
    stated = aws.s3.BucketPolicy(
        name,
        bucket=bucket.bucket,
        policy=policy,
        # A policy that arrives while public access is being blocked is refused as conflicting.
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[closed]),
    )
    return BucketGuards(encryption, closed, stated)
