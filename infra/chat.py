"""Tells a chat what the alarms say, by its incoming webhook.

A subscription of the topic would not do: a chat does not answer the message by which AWS asks it to confirm, and takes
`{"text": ...}` and nothing else. Amazon Q Developer in chat applications, which needs no secret, knows three chats and
has to be let into each by hand, in the console. So EventBridge, to which every alarm tells each change of its state,
sends what the chat takes to an API destination.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
"""

import json
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.iam_documents import trust_of_account

# "InvocationRateLimitPerSecond"; many alarms at once come one after the other, and chats refuse floods.
# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateApiDestination.html
_MESSAGES_PER_SECOND = 1
_MESSAGE = json.dumps({"text": "<state>: <alarm> (since <since>). What to do: docs/runbooks.md"})
_PARTS = {"alarm": "$.detail.alarmName", "since": "$.detail.state.timestamp", "state": "$.detail.state.value"}


def alarm_pattern(region: str, account: str, prefix: str) -> str:
    """The events of alarms whose names begin so, when they go on or off."""
    return json.dumps(
        {
            "source": ["aws.cloudwatch"],
            "detail-type": ["CloudWatch Alarm State Change"],
            "resources": [{"prefix": f"arn:aws:cloudwatch:{region}:{account}:alarm:{prefix}"}],
            "detail": {"state": {"value": ["ALARM", "OK"]}},
        },
        sort_keys=True,
    )


def events_trust(account: str) -> dict[str, Any]:
    """EventBridge may take the role, for this account's rules only.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/cross-service-confused-deputy-prevention.html
    """
    return trust_of_account("events.amazonaws.com", account)


def events_policy(destination_arn: str) -> dict[str, Any]:
    """It may call this one destination."""
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "events:InvokeApiDestination", "Resource": destination_arn}],
    }


@dataclass(frozen=True)
class ChatArgs:
    """Which alarms, and which chat."""

    region: str
    account: str
    stack_name: str
    alarm_prefix: str
    webhook: pulumi.Input[str]
    """A secret."""


class Chat(pulumi.ComponentResource):
    """A rule, and the way from it to the webhook."""

    def __init__(self, name: str, args: ChatArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:infra:Chat", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        connection = aws.cloudwatch.EventConnection(
            f"{name}-chat",
            # A connection has to prove who it is; a webhook only asks who knows its address. So this says who sends.
            authorization_type="API_KEY",
            auth_parameters=aws.cloudwatch.EventConnectionAuthParametersArgs(
                api_key=aws.cloudwatch.EventConnectionAuthParametersApiKeyArgs(
                    key="X-Slipway-Stack", value=args.stack_name
                )
            ),
            opts=child,
        )
        destination = aws.cloudwatch.EventApiDestination(
            f"{name}-chat",
            connection_arn=connection.arn,
            http_method="POST",
            invocation_endpoint=args.webhook,
            invocation_rate_limit_per_second=_MESSAGES_PER_SECOND,
            opts=pulumi.ResourceOptions(parent=self, additional_secret_outputs=["invocation_endpoint"]),
        )
        role = aws.iam.Role(f"{name}-chat", assume_role_policy=json.dumps(events_trust(args.account)), opts=child)
        policy = aws.iam.RolePolicy(
            f"{name}-chat",
            role=role.name,
            policy=destination.arn.apply(lambda arn: json.dumps(events_policy(arn))),
            opts=child,
        )
        rule = aws.cloudwatch.EventRule(
            f"{name}-chat",
            description=f"Alarms of {name} that go on or off",
            event_pattern=alarm_pattern(args.region, args.account, args.alarm_prefix),
            opts=child,
        )
        aws.cloudwatch.EventTarget(
            f"{name}-chat",
            rule=rule.name,
            arn=destination.arn,
            role_arn=role.arn,
            input_transformer=aws.cloudwatch.EventTargetInputTransformerArgs(
                input_paths=_PARTS, input_template=_MESSAGE
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )

        self.register_outputs({})
