"""What a stack file says of its alarms is checked like the rest of it, and its webhook is never shown."""

from typing import Any

import pytest

from infra.problems import SettingsError
from infra.settings import Settings
from infra.stack_file import parse_settings
from tests.mistakes.observability import PATH, SOUND, watching
from tests.says import Says
from tests.stack_values import STACKS, as_values, stack_config

pytestmark = pytest.mark.unit

WEBHOOK = "https://chat.example.com/hooks/T0001/B0002/of-nobody"


def settings_with(values: dict[str, Any]) -> Settings:
    return parse_settings("slipway", "dev", as_values({**stack_config("dev"), **values}))


def told(values: dict[str, Any]) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        settings_with(values)
    return sorted(str(problem) for problem in refused.value.problems)


KEYS = "atMaximumMinutes, budget, certificateDays, chat, database, emails, errors, latencyMilliseconds"


@pytest.mark.parametrize(
    ("parts", "lines"),
    [
        ({"emails": []}, [Says("[]", "1", "10", "platform@example.com", at=f"{PATH}.emails")]),
        ({"emails": ["me@example.com"] * 2}, [Says("me@example.com", "emails", at=PATH)]),
        ({"errors": {"percent": 0, "minimumRequests": 20}}, [Says("0", "1", "100", at=f"{PATH}.errors.percent")]),
        ({"errors": {"percent": 5}}, [Says("required", "1", "1000000", at=f"{PATH}.errors.minimumRequests")]),
        ({"certificateDays": 45}, [Says("45", "1", "44", at=f"{PATH}.certificateDays")]),
        ({"atMaximumMinutes": 12}, [Says("12", "10", "1440", "divisible by 5", at=f"{PATH}.atMaximumMinutes")]),
        (
            {"database": {"cpuPercent": 80}},
            [
                Says("required", "1", "100000", at=f"{PATH}.database.connections"),
                Says("required", "1", "65536", at=f"{PATH}.database.freeStorageGiB"),
            ],
        ),
        ({"sms": "+1"}, [Says(KEYS, at=f"{PATH}.sms")]),
    ],
)
def test_what_is_wrong_is_refused(parts: dict[str, Any], lines: list[Says]) -> None:
    """What `tests/mistakes/observability.py` has not."""
    assert told(watching(**parts)) == lines


DATABASE = {"cpuPercent": 80, "freeStorageGiB": 5, "connections": 600}


def prod_with(thresholds: dict[str, Any] | None) -> list[str]:
    config = stack_config("prod")
    config["slipway:observability"].pop("database")
    config["slipway:observability"] |= {} if thresholds is None else {"database": thresholds}
    try:
        parse_settings("slipway", "prod", as_values(config))
    except SettingsError as refused:
        return [str(problem) for problem in refused.problems]
    return []


def test_a_server_is_watched_where_there_is_one() -> None:
    assert prod_with(DATABASE) == []
    assert prod_with(None) == [Says("required", "slipway:database", at=f"{PATH}.database")]
    assert told(watching(database=DATABASE)) == [Says("not allowed", "slipway:database", at=f"{PATH}.database")]


def test_a_server_may_have_less_than_all_its_storage_left() -> None:
    assert prod_with({**DATABASE, "freeStorageGiB": 99}) == []
    assert prod_with({**DATABASE, "freeStorageGiB": 100}) == [
        Says("slipway:database.storageGiB, 100", at=f"{PATH}.database.freeStorageGiB")
    ]


def test_a_webhook_is_a_secret_even_in_a_mistake() -> None:
    (line,) = told(watching(chat={"webhook": WEBHOOK.replace("https", "ftp")}))
    assert line == Says("https://", at=f"{PATH}.chat.webhook")
    assert "of-nobody" not in line
    assert told(watching(chat={"webhook": WEBHOOK}, latencyMilliseconds=0)) == [
        Says("0", "1", "60000", at=f"{PATH}.latencyMilliseconds")
    ]
    settings = settings_with(watching(chat={"webhook": WEBHOOK})).observability
    assert settings is not None
    assert "of-nobody" not in repr(settings)
    assert settings.chat is not None
    assert settings.chat.webhook.get_secret_value() == WEBHOOK


def test_a_stack_may_go_without() -> None:
    assert settings_with({PATH: {}}).observability is None
    found = {stack: stack_config(stack)[PATH] for stack in STACKS}
    assert found["dev"] == {}
    assert found["staging"].keys() == SOUND.keys()
    assert found["prod"].keys() == {*SOUND, "database"}
