"""The key that encrypts the secrets in an environment's stack file and state."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from bootstrap.statements import Document, actions


def key_policy(account: str, users: Sequence[str]) -> Document:
    """Administrators of the account care for the key; only these roles use it, as far as their own policies say.

    Whoever may do everything in the account can still not decrypt, unless they first change this policy, which is seen.
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    root = {"AWS": f"arn:aws:iam::{account}:root"}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Care", "Effect": "Allow", "Principal": root, "Action": _CARE, "Resource": "*"},
            {
                "Sid": "Use",
                "Effect": "Allow",
                "Principal": root,
                "Action": ["kms:Decrypt", "kms:Encrypt"],
                "Resource": "*",  # in a key's policy: this key
                "Condition": {"ArnEquals": {"aws:PrincipalArn": list(users)}},
            },
        ],
    }


@dataclass(frozen=True)
class SecretsKeyArgs:
    """In whose account, and which roles use it."""

    account: str
    users: Sequence[str]


class SecretsKey(pulumi.ComponentResource):
    """A key of its own for each environment, by the alias `alias/<name>-secrets`: what one decrypts, no other can."""

    def __init__(self, name: str, args: SecretsKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:bootstrap:SecretsKey", name, None, opts)
        key = aws.kms.Key(
            f"{name}-secrets",
            description=f"Encrypts the secrets in the Pulumi stack of {name}",
            policy=json.dumps(key_policy(args.account, args.users)),
            # Each year a new one, by AWS; what the old ones encrypted stays readable.
            # https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
            enable_key_rotation=True,
            deletion_window_in_days=30,
            # Protected: without it no secret of the stack can be read again.
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        alias = aws.kms.Alias(
            f"{name}-secrets",
            name=f"alias/{name}-secrets",
            target_key_id=key.key_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = key.arn
        self.alias = alias.name

        self.register_outputs({"arn": self.arn, "alias": self.alias})


_CARE = actions(
    "kms",
    "DescribeKey GetKeyPolicy PutKeyPolicy GetKeyRotationStatus EnableKeyRotation DisableKeyRotation "
    "RotateKeyOnDemand ListKeyRotations ListKeyPolicies ListResourceTags TagResource UntagResource "
    "UpdateKeyDescription EnableKey DisableKey ScheduleKeyDeletion CancelKeyDeletion CreateAlias UpdateAlias "
    "DeleteAlias",
)
"""Everything but to encrypt and decrypt."""
