"""Where alarms and the budget say what is the matter: an encrypted topic, and the e-mails that it sends."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

_SENDERS = ("budgets.amazonaws.com", "cloudwatch.amazonaws.com")
_CARE = (
    *("kms:DescribeKey", "kms:GetKeyPolicy", "kms:PutKeyPolicy", "kms:GetKeyRotationStatus", "kms:EnableKeyRotation"),
    *("kms:ListResourceTags", "kms:TagResource", "kms:UntagResource", "kms:UpdateKeyDescription"),
    *("kms:EnableKey", "kms:DisableKey", "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion"),
)
"""Everything but to encrypt and decrypt."""


def key_policy(account: str) -> dict[str, Any]:
    """Who sends to the topic uses the key; who administers the account cares for it, and reads nothing with it.

    With AWS's own key for topics no other service could send: its policy cannot be changed.
    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
    https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html#configure-kms-perm
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Care",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                "Action": list(_CARE),
                "Resource": "*",  # in a key's policy: this key
            },
            {
                "Sid": "Send",
                "Effect": "Allow",
                "Principal": {"Service": list(_SENDERS)},
                "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:SourceAccount": account}},
            },
        ],
    }


def topic_policy(topic_arn: str, region: str, account: str, stack_name: str) -> dict[str, Any]:
    """This stack's alarms and this account's budgets may send, nobody without TLS.

    https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
    https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
    """

    def send(sid: str, service: str, source: str) -> dict[str, Any]:
        return {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sns:Publish",
            "Resource": topic_arn,
            "Condition": {"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"aws:SourceArn": source}},
        }

    return {
        "Version": "2012-10-17",
        "Statement": [
            send("Alarms", "cloudwatch.amazonaws.com", f"arn:aws:cloudwatch:{region}:{account}:alarm:{stack_name}-*"),
            send("Budgets", "budgets.amazonaws.com", f"arn:aws:budgets::{account}:*"),
            {
                "Sid": "OnlyWithTls",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sns:Publish",
                "Resource": topic_arn,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }


@dataclass(frozen=True)
class NotificationsArgs:
    """Whose they are, and who gets them."""

    region: str
    account: str
    stack_name: str
    emails: Sequence[str]


class Notifications(pulumi.ComponentResource):
    """The topic: `topic_arn` is known once its senders may send."""

    def __init__(self, name: str, args: NotificationsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:Notifications", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        key = aws.kms.Key(
            f"{name}-alarms",
            description=f"Encrypts what the alarms of {name} say",
            policy=json.dumps(key_policy(args.account)),
            enable_key_rotation=True,
            # Nothing is kept that it would have to open again.
            deletion_window_in_days=7,
            tags={"Name": f"{name}-alarms"},
            opts=child,
        )
        topic = aws.sns.Topic(f"{name}-alarms", kms_master_key_id=key.arn, opts=child)
        policy = aws.sns.TopicPolicy(
            f"{name}-alarms",
            arn=topic.arn,
            policy=topic.arn.apply(
                lambda arn: json.dumps(topic_policy(arn, args.region, args.account, args.stack_name))
            ),
            opts=child,
        )
        for email in args.emails:
            aws.sns.TopicSubscription(
                f"{name}-alarms-{email}", topic=topic.arn, protocol="email", endpoint=email, opts=child
            )
        # Through the policy: a budget tries, when it is made, whether it may send.
        self.topic_arn = policy.arn

        self.register_outputs({"topic_arn": self.topic_arn})
