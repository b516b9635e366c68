"""The bucket that the load balancer writes its access logs to."""

import json
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws


def access_logs_policy(bucket_arn: str, account: str) -> dict[str, Any]:
    """The balancer's log delivery may write this account's logs; nobody may come without TLS.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "LogDelivery",
                "Effect": "Allow",
                "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": f"{bucket_arn}/AWSLogs/{account}/*",
            },
            {
                "Sid": "OnlyWithTls",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [bucket_arn, f"{bucket_arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }


@dataclass(frozen=True)
class AccessLogsArgs:
    """How long logs are kept, and whose they are."""

    account: str
    retention_days: int
    keep: bool
    """Whether a bucket with logs in it refuses to be deleted."""


class AccessLogs(pulumi.ComponentResource):
    """A private, encrypted bucket; `bucket` is known once the balancer may write to it."""

    def __init__(self, name: str, args: AccessLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:AccessLogs", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(f"{name}-access-logs", force_destroy=not args.keep, opts=child)
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-access-logs",
            bucket=bucket.bucket,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    # Balancers write with S3's own keys only (page above).
                    apply_server_side_encryption_by_default=(
                        aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                            sse_algorithm="AES256"
                        )
                    )
                )
            ],
            opts=child,
        )
        private = aws.s3.BucketPublicAccessBlock(
            f"{name}-access-logs",
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-access-logs",
            bucket=bucket.bucket,
            rules=[
                aws.s3.BucketLifecycleConfigurationRuleArgs(
                    id="expire",
                    status="Enabled",
                    filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                    expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=args.retention_days),
                )
            ],
            opts=child,
        )
        policy = aws.s3.BucketPolicy(
            f"{name}-access-logs",
            bucket=bucket.bucket,
            policy=bucket.arn.apply(lambda arn: json.dumps(access_logs_policy(arn, args.account))),
            # A policy that arrives while public access is being blocked is refused as conflicting.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[private]),
        )
        # Through the policy: a balancer checks that it may write when logging is switched on.
        self.bucket = policy.bucket

        self.register_outputs({"bucket": self.bucket})
