"""Mistakes in what a stack file says of alarms and who is told."""

from typing import Any

from tests.mistakes.mistake import Mistake
from tests.says import Says

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
        (Says('"platform"', "platform@example.com", at=f"{PATH}.emails[0]"),),
    ),
    Mistake(
        "a webhook that is none",
        watching(chat={"webhook": "chat.example.com/hook/of-nobody"}),
        (Says("https://", "webhook", at=f"{PATH}.chat.webhook"),),
    ),
    Mistake(
        "a threshold left out",
        {PATH: {key: value for key, value in SOUND.items() if key != "latencyMilliseconds"}},
        (Says("required", "1", "60000", at=f"{PATH}.latencyMilliseconds"),),
    ),
    Mistake(
        "a budget of nothing",
        watching(budget={"monthlyUsd": 0, "counts": "team"}),
        (
            Says("0", "1", "10000000", at=f"{PATH}.budget.monthlyUsd"),
            Says('"team"', "account", "stack", at=f"{PATH}.budget.counts"),
        ),
    ),
)
