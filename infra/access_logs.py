"""The bucket that the load balancer writes its access logs to."""

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.private_bucket import bucket_policy, guard


def log_delivery(bucket_arn: str, account: str) -> dict[str, Any]:
    """The balancer's log delivery may write this account's logs.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
    """
    return {
        "Sid": "LogDelivery",
        "Effect": "Allow",
        "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"{bucket_arn}/AWSLogs/{account}/*",
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
        policy = bucket.arn.apply(lambda arn: bucket_policy(arn, log_delivery(arn, args.account)))
        guards = guard(f"{name}-access-logs", bucket, policy, self)
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
        # Through the policy: a balancer checks that it may write when logging is switched on.
        self.bucket = guards.policy.bucket

        self.register_outputs({"bucket": self.bucket})
