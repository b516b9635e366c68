"""What a role may do with Pulumi's state of one stack, and with the key of that stack's secrets.

Where Pulumi keeps what in a bucket:
https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/store.go
"""

from bootstrap.statements import Document, allow, document


def state_policy(bucket: str, project: str, stack: str, key_arn: str, *, writes: bool) -> Document:
    """The policy for one stack of one project.

    Args:
        bucket: the name of the state bucket
        project: whose stack
        stack: its name
        key_arn: of the key with which the stack's secrets are encrypted
        writes: whether the role changes the state; to preview, it only reads it
    """
    arn = f"arn:aws:s3:::{bucket}"
    places = [
        f"{arn}/.pulumi/stacks/{project}/{stack}.*",
        *(f"{arn}/.pulumi/{place}/{project}/{stack}/*" for place in ("history", "backups", "locks/organization")),
    ]
    reads = allow("ReadState", ["s3:GetObject"], [*places, f"{arn}/.pulumi/meta.yaml"])
    # Names only, of all stacks: without it S3 answers 403 for what is not there, and Pulumi takes that for a failure.
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax
    lists = allow("ListState", ["s3:ListBucket"], [arn])
    if not writes:
        return document(reads, lists, allow("ReadSecrets", ["kms:Decrypt"], [key_arn]))
    return document(
        reads,
        lists,
        allow("WriteState", ["s3:PutObject", "s3:DeleteObject"], places),
        # Encrypt is for a stack that is made: its data key is encrypted once, and decrypted by each command.
        allow("UseSecrets", ["kms:Decrypt", "kms:Encrypt"], [key_arn]),
    )
