"""Actions that more than one part of a deployment needs."""

from bootstrap.statements import actions

BUCKET = actions(
    "s3",
    "CreateBucket DeleteBucket ListBucket GetBucketLocation GetBucketPolicy PutBucketPolicy DeleteBucketPolicy "
    "GetEncryptionConfiguration PutEncryptionConfiguration GetLifecycleConfiguration PutLifecycleConfiguration "
    "GetBucketPublicAccessBlock PutBucketPublicAccessBlock GetBucketTagging PutBucketTagging GetBucketVersioning "
    "PutBucketVersioning GetBucketOwnershipControls PutBucketOwnershipControls GetBucketAcl GetBucketCORS "
    "GetBucketLogging GetBucketWebsite GetBucketRequestPayment GetAccelerateConfiguration GetReplicationConfiguration "
    "GetBucketObjectLockConfiguration ListBucketVersions",
)
"""What the provider does to and asks of any bucket of its own.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket
"""
EMPTY_BUCKET = actions("s3", "DeleteObject DeleteObjectVersion")
"""What goes with a bucket that may be deleted with all that is in it."""
LOG_GROUP = actions(
    "logs",
    "CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy TagResource UntagResource "
    "ListTagsForResource",
)
"""What the provider does to and asks of a log group. It never reads what was logged."""
