"""What a stack file says of its alarms is checked like the rest of it, and its webhook is never shown."""

from typing import Any

import pytest

from infra.problems import SettingsError
from infra.settings import Settings
from infra.stack_file import parse_settings
from tests.mistakes.mistake import Mistake
from tests.mistakes.observability import OBSERVABILITY, PATH, SOUND, watching
from tests.stack_values import STACKS, as_values, stack_config

pytestmark = pytest.mark.unit

WEBHOOK = "https://chat.example.com/hooks/T0001/B0002/of-nobody"


def settings_with(values: dict[str, Any]) -> Settings:
    return parse_settings("slipway", "dev", as_values({**stack_config("dev"), **values}))


def told(values: dict[str, Any]) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        settings_with(values)
    return sorted(str(problem) for problem in refused.value.problems)


@pytest.mark.parametrize("mistake", OBSERVABILITY, ids=lambda mistake: str(mistake.name))
def test_a_mistake_is_told_by_path_value_and_what_is_allowed(mistake: Mistake) -> None:
    assert told(dict(mistake.set)) == sorted(mistake.told)


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        ({"emails": []}, "emails: is []; expected a list of 1 to 10, each an e-mail address"),
        ({"emails": ["me@example.com", "me@example.com"]}, "has me@example.com more than once in emails"),
        (
            {"errors": {"percent": 0, "minimumRequests": 20}},
            "errors.percent: is 0; expected a whole number from 1 to 100",
        ),
        ({"errors": {"percent": 5}}, "errors.minimumRequests: is required"),
        ({"certificateDays": 45}, "certificateDays: is 45; expected a whole number from 1 to 44"),
        ({"atMaximumMinutes": 12}, "atMaximumMinutes: is 12; expected a whole number from 10 to 1440, divisible by 5"),
        ({"database": {"cpuPercent": 80}}, "database.freeStorageGiB: is required"),
        ({"sms": "+1"}, "sms: is not a known key"),
    ],
)
def test_what_is_wrong_is_refused(parts: dict[str, Any], line: str) -> None:
    assert any(line in each for each in told(watching(**parts))), told(watching(**parts))


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
    assert prod_with(None) == [f"{PATH}.database: is required, since slipway:database is a server to be watched"]
    assert told(watching(database=DATABASE)) == [
        f"{PATH}.database: not allowed without slipway:database: there is no server to be watched"
    ]


def test_a_server_may_have_less_than_all_its_storage_left() -> None:
    assert prod_with({**DATABASE, "freeStorageGiB": 99}) == []
    assert prod_with({**DATABASE, "freeStorageGiB": 100}) == [
        f"{PATH}.database.freeStorageGiB: is 100; expected less than slipway:database.storageGiB, 100"
    ]


def test_a_webhook_is_a_secret_even_in_a_mistake() -> None:
    (line,) = told(watching(chat={"webhook": WEBHOOK.replace("https", "ftp")}))
    assert "of-nobody" not in line
    lines = told(watching(chat={"webhook": WEBHOOK}, latencyMilliseconds=0))
    assert lines == [f"{PATH}.latencyMilliseconds: is 0; expected a whole number from 1 to 60000"]
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
