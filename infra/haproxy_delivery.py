"""How a configuration comes to the machines: an object in a bucket that only they read, and its SHA-256 to go by."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.private_bucket import bucket_policy, guard

KEY = "haproxy.cfg"
# Long enough to look up what ran in an incident.
_KEPT_DAYS = 90


@dataclass(frozen=True)
class HaproxyDeliveryArgs:
    """What is delivered."""

    configuration: pulumi.Input[str]
    """The text, a secret: it has the hash of the operators' password in it."""
    waits_for: Sequence[pulumi.Resource]
    """The ways that the configuration relies on."""


class HaproxyDelivery(pulumi.ComponentResource):
    """A private, encrypted, versioned bucket with one object."""

    def __init__(self, name: str, args: HaproxyDeliveryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:HaproxyDelivery", name, None, opts)
        # What is in it follows from the stack file, so it may be deleted with its content.
        bucket = aws.s3.Bucket(f"{name}-haproxy", force_destroy=True, opts=pulumi.ResourceOptions(parent=self))
        guards = self._guards(f"{name}-haproxy", bucket)
        content = pulumi.Output.secret(args.configuration)
        # A salt and a hash are in the text, so nobody finds it from its sum, which has to be shown to be compared.
        self.sha256 = pulumi.Output.unsecret(content.apply(lambda text: hashlib.sha256(text.encode()).hexdigest()))
        self.configuration = aws.s3.BucketObjectv2(
            f"{name}-haproxy-configuration",
            bucket=bucket.bucket,
            key=KEY,
            content=content,
            content_type="text/plain",
            server_side_encryption="AES256",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*guards, *args.waits_for]),
        )
        self.bucket = bucket.bucket
        self.object_arn = bucket.arn.apply(lambda arn: f"{arn}/{KEY}")

        self.register_outputs({"bucket": self.bucket, "sha256": self.sha256})

    def _guards(self, name: str, bucket: aws.s3.Bucket) -> list[pulumi.Resource]:
        """All that stands around the bucket before anything lies in it."""
        # Who may come at all is said by the roles.
        guards = guard(name, bucket, bucket.arn.apply(bucket_policy), self)
        versioning = aws.s3.BucketVersioning(
            name,
            bucket=bucket.bucket,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        lifecycle = aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket.bucket,
            rules=[
                aws.s3.BucketLifecycleConfigurationRuleArgs(
                    id="expire-old-versions",
                    status="Enabled",
                    filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                    noncurrent_version_expiration=(
                        aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                            noncurrent_days=_KEPT_DAYS
                        )
                    ),
                )
            ],
            # Versions can expire only where there are versions.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning]),
        )
        return [guards.encryption, guards.public_access_block, guards.policy, versioning, lifecycle]
