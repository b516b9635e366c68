"""The bucket that keeps Pulumi's state of every stack in an account."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.private_bucket import bucket_policy, guard

# How long an older version of a state can be had back, in days.
_OLD_VERSIONS_DAYS = 90
# After which parts of an upload that was never finished are thrown away, in days.
_UNFINISHED_DAYS = 7


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
        guard(f"{name}-state", bucket, bucket_policy(f"arn:aws:s3:::{args.bucket}"), self)
        aws.s3.BucketOwnershipControls(
            f"{name}-state",
            bucket=bucket.bucket,
            # No access control lists: who may do what is told by policies alone.
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
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
        self.bucket = bucket.bucket

        self.register_outputs({"bucket": self.bucket})
