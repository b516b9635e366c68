"""Mistakes in what a stack file says of alarms and who is told."""

from typing import Any

from tests.mistakes.mistake import Mistake

PATH = "slipway:observability"
SOUND: dict[str, Any] = {
    "emails": ["platform@example.com"],
    "errors": {"percent": 5, "minimumRequests": 20},
    "latencyMilliseconds": 1500,
    "certificateDays": 30,
    "atMaximumMinutes": 60,
    "budget": {"monthlyUsd": 500, "counts": "account"},
}


def watching(**parts: Any) -> dict[str, Any]:
    """Sound observability, but for these parts."""
    return {PATH: {**SOUND, **parts}}


OBSERVABILITY: tuple[Mistake, ...] = (
    Mistake(
        "an address without a domain",
        watching(emails=["platform"]),
        (f'{PATH}.emails[0]: is "platform"; expected an e-mail address such as platform@example.com',),
    ),
    Mistake(
        "a webhook that is none",
        watching(chat={"webhook": "chat.example.com/hook/of-nobody"}),
        (f"{PATH}.chat.webhook: expected the https:// address of a chat's incoming webhook",),
    ),
    Mistake(
        "a threshold left out",
        {PATH: {key: value for key, value in SOUND.items() if key != "latencyMilliseconds"}},
        (f"{PATH}.latencyMilliseconds: is required; expected a whole number from 1 to 60000",),
    ),
    Mistake(
        "a budget of nothing",
        watching(budget={"monthlyUsd": 0, "counts": "team"}),
        (
            f"{PATH}.budget.monthlyUsd: is 0; expected a whole number from 1 to 10000000",
            f'{PATH}.budget.counts: is "team"; expected one of account, stack',
        ),
    ),
)
