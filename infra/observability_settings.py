"""What a stack file may say of watching the system: who is told, and from which point on somebody has to look."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from infra.setting_types import in_words, text
from infra.strict_model import StrictModel

_WEBHOOK_WORDS = "the https:// address of a chat's incoming webhook"
# "Pattern: ^((%[0-9A-Fa-f]{2}|[-()_.!~*';/?:@\x26=+$,A-Za-z0-9])+)([).!';/?:,])?$", at most 2,048 characters.
# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateApiDestination.html
_WEBHOOK = re.compile(r"https://[-()_.!~*';/?:@&=+$,%A-Za-z0-9]{1,2040}")


def _webhook(value: SecretStr) -> SecretStr:
    if not _WEBHOOK.fullmatch(value.get_secret_value()):
        raise ValueError(f"expected {_WEBHOOK_WORDS}")
    return value


ChatWebhook = Annotated[SecretStr, AfterValidator(_webhook), in_words(_WEBHOOK_WORDS)]
"""A secret: who has the address can write to the chat."""
EmailAddress = Annotated[
    str,
    text(
        r"^[A-Za-z0-9._%+-]+@([A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$",
        "an e-mail address such as platform@example.com",
        max_length=254,
    ),
]


class ChatSettings(StrictModel):
    """A chat that is told what the alarms say.

    Attributes:
        webhook: where it takes `{"text": ...}`
    """

    webhook: ChatWebhook


class ErrorSettings(StrictModel):
    """From which share on failed requests are an alarm.

    Attributes:
        percent: of all requests of a minute
        minimum_requests: a minute with fewer says nothing: one of two that fails is 50 per cent
    """

    percent: Annotated[int, Field(ge=1, le=100)]
    minimum_requests: Annotated[int, Field(ge=1, le=1_000_000)]


class BudgetSettings(StrictModel):
    """What a month may cost.

    Attributes:
        monthly_usd: in US dollars, whole
        counts: `account`, all that the account costs; or `stack`, what carries the stack's tags, which only counts once
            the tags are activated for cost allocation (docs/observability.md)
    """

    monthly_usd: Annotated[int, Field(ge=1, le=10_000_000)]
    counts: Literal["account", "stack"]


class DatabaseThresholds(StrictModel):
    """From which point on the stack's own database server is an alarm.

    Attributes:
        cpu_percent: of the instance
        free_storage_gib: less than this is left
        connections: more than this are open
    """

    cpu_percent: Annotated[int, Field(ge=1, le=100)]
    free_storage_gib: Annotated[int, Field(alias="freeStorageGiB", ge=1, le=65536)]
    connections: Annotated[int, Field(ge=1, le=100_000)]


class ObservabilitySettings(StrictModel):
    """Alarms, a dashboard and a budget.

    Attributes:
        emails: each has to confirm, once, the message that AWS sends
        chat: told too, where there is one
        errors: of the stack's balancer
        latency_milliseconds: 95 of 100 requests are answered sooner
        certificate_days: ACM renews 60 days before the end, so fewer than 45 mean that it could not
        at_maximum_minutes: how long a node group or a service may stand at its maximum
        budget: per month
        database: of the stack's own server, where it has one
    """

    # "Email-subscriptions per topic" are not limited before 12,500,000; a budget takes ten addresses.
    # https://docs.aws.amazon.com/general/latest/gr/sns.html
    emails: Annotated[tuple[EmailAddress, ...], Field(min_length=1, max_length=10)]
    chat: ChatSettings | None = None
    errors: ErrorSettings
    latency_milliseconds: Annotated[int, Field(ge=1, le=60_000)]
    # "When a managed certificate is 60 days away from expiration, ACM automatically attempts to renew it"; it warns by
    # itself from the 45th day on.
    # https://docs.aws.amazon.com/acm/latest/userguide/renew-private-cert.html
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-certificatemanager-account-expiryeventsconfiguration.html
    certificate_days: Annotated[int, Field(ge=1, le=44)]
    # An alarm looks back over one day at most.
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html#common-features-of-alarms
    at_maximum_minutes: Annotated[int, Field(ge=10, le=1440, multiple_of=5)]
    budget: BudgetSettings
    database: DatabaseThresholds | None = None

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        twice = sorted({each for each in self.emails if self.emails.count(each) > 1})
        if twice:
            raise ValueError(f"has {', '.join(twice)} more than once in emails")
        return self
