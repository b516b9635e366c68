"""Wrong settings of a migration by HAProxy are refused with their full path, before HAProxy ever sees them."""

import copy
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from infra import validation_messages
from infra.haproxy_configuration import back_end
from infra.haproxy_settings import ROOT, HaproxySettings, WeightSettings, broken_haproxy_rules
from infra.settings import Settings
from infra.validation_messages import problem_of
from tests.says import Says

pytestmark = pytest.mark.unit

Values = dict[str, Any]

VALUES: Values = {
    "kind": "haproxy",
    "new": {
        "address": "new.example.com",
        "port": 443,
        "protocol": "HTTPS",
        "maxConnections": 500,
        "slowStartSeconds": 30,
    },
    "old": {
        "address": "10.20.0.7",
        "port": 80,
        "protocol": "HTTP",
        "maxConnections": 200,
        "slowStartSeconds": 0,
    },
    "routes": {
        "frontend": {"hosts": ["shop.example.com"], "newPercent": 5, "checkPath": "/"},
        "users": {"hosts": ["users.example.com"], "weights": {"new": 1, "old": 255}, "checkPath": "/health"},
    },
    "statistics": {"user": "operator"},
    "checkSeconds": 2,
    "resolveSeconds": 5,
    "holdSeconds": 60,
    "maxConnections": 20000,
}


class SettingsWithMigration(Settings):
    """As they will be when the fleet is part of the program."""

    migration: HaproxySettings


@pytest.fixture(autouse=True)
def _wired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation_messages, "Settings", SettingsWithMigration)
    monkeypatch.setattr(validation_messages, "_schema", cache(SettingsWithMigration.model_json_schema))


def problems(values: Values) -> list[str]:
    try:
        settings = TypeAdapter(HaproxySettings).validate_json(json.dumps(values), strict=True)
    except ValidationError as error:
        return [str(problem_of(detail, ROOT, "migration")) for detail in error.errors()]
    return [str(problem) for problem in broken_haproxy_rules(settings)]


def changed(change: Callable[[Values], object]) -> Values:
    values = copy.deepcopy(VALUES)
    change(values)
    return values


def put(path: str, value: object) -> Callable[[Values], object]:
    *steps, last = path.split(".")

    def change(values: Values) -> None:
        for step in steps:
            values = values.setdefault(step, {})
        values[last] = value

    return change


def test_these_are_sound() -> None:
    assert problems(VALUES) == []


INJECTIONS = [
    "new.example.com weight 256",
    "new.example.com\n    server evil 203.0.113.1:80",
    "new.example.com\n",
    'new.example.com"',
    "new.example.com'",
    "new.example.com#",
    "${HOME}.example.com",
    "new\\ .example.com",
    "new.example.com\r",
    "n\u00e9w.example.com",
    "",
]


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize(
    "path",
    [
        "new.address",
        "new.certificateName",
        "new.authorities",
        "routes.frontend.checkPath",
        "routes.frontend.checkHost",
        "statistics.user",
        "statistics.passwordHash",
    ],
)
def test_no_text_becomes_more_than_one_word(path: str, text: str) -> None:
    # With a form's own first character, so that only what follows is wrong.
    first = {"new.authorities": "/", "routes.frontend.checkPath": "/", "statistics.passwordHash": "$6$salt$" + 86 * "a"}
    value = first.get(path, "") + text
    found = problems(changed(put(path, value)))
    if text == "" and path == "routes.frontend.checkPath":
        assert found == []  # a single slash
    elif text == "" and path == "statistics.passwordHash":
        assert found == []
    else:
        shown = json.dumps(value) if len(value) < 60 else "..."
        assert found == [Says(shown, at=f"{ROOT}.{path}")]


@pytest.mark.parametrize("text", INJECTIONS)
def test_no_host_and_no_service_becomes_more_than_one_word(text: str) -> None:
    found = problems(changed(put("routes.frontend.hosts", [text])))
    assert found[0] == Says(json.dumps(text), at=f"{ROOT}.routes.frontend.hosts[0]")
    (of_name,) = problems(changed(lambda values: values["routes"].update({text: values["routes"]["users"]})))
    assert of_name == Says(json.dumps(text), at=f"{ROOT}.routes.{text}")


WRONG: list[tuple[str, object, str, list[str]]] = [
    ("new.address", "10.0.0", "new.address", ['"10.0.0"', "IPv4"]),
    ("new.address", "300.1.1.1", "new.address", ['"300.1.1.1"', "IPv4"]),
    ("new.address", "New.example.com", "new.address", ['"New.example.com"', "lower case"]),
    ("new.port", 0, "new.port", ["0", "1", "65535"]),
    ("new.port", "443", "new.port", ['"443"', "1", "65535"]),
    ("new.protocol", "TCP", "new.protocol", ['"TCP"', "HTTP", "HTTPS"]),
    ("new.maxConnections", 0, "new.maxConnections", ["0", "1", "100000"]),
    ("new.slowStartSeconds", 2, "new.slowStartSeconds", ["2", "0", "checkSeconds, 2"]),
    ("old.slowStartSeconds", 2, "old.slowStartSeconds", ["2", "0", "checkSeconds, 2"]),
    ("new.weight", 5, "new.weight", ["address", "authorities", "certificateName", "verifyCertificate"]),
    ("old.verifyCertificate", False, "old", ["certificate", "HTTPS"]),
    ("routes", {}, "routes", ["none"]),
    ("routes.frontend.newPercent", 101, "routes.frontend.newPercent", ["101", "0", "100"]),
    ("routes.frontend.newPercent", -1, "routes.frontend.newPercent", ["-1", "0", "100"]),
    ("routes.frontend.newPercent", 2.5, "routes.frontend.newPercent", ["2.5", "whole", "0", "100"]),
    ("routes.frontend.newPercent", None, "routes.frontend", ["newPercent", "weights"]),
    ("routes.users.newPercent", 5, "routes.users", ["newPercent", "weights"]),
    ("routes.users.weights.old", 257, "routes.users.weights.old", ["257", "0", "256"]),
    ("routes.users.weights", {"new": 0, "old": 0}, "routes.users.weights", ["new", "old", "0"]),
    ("routes.users.hosts", [], "routes.users.hosts", ["[]", "1", "20"]),
    ("routes.users.hosts", ["shop.example.com"], "routes.users.hosts[0]", [f"{ROOT}.routes.frontend"]),
    ("routes.users.stickySeconds", 5, "routes.users.stickySeconds", ["5", "60", "604800"]),
    ("statistics.allowedCidrs", ["0.0.0.0/0"], "statistics.allowedCidrs[0]", ["0.0.0.0/0", "private", "10.0.0.0/8"]),
    ("statistics.allowedCidrs", ["10.0.0.1/8"], "statistics.allowedCidrs[0]", ['"10.0.0.1/8"', "10.10.0.0/16"]),
    ("statistics.password", "secret", "statistics.password", ["allowedCidrs", "passwordHash", "user"]),
    ("checkSeconds", 0, "checkSeconds", ["0", "1", "60"]),
    ("maxConnections", 1, "maxConnections", ["1", "100", "200000"]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "place", "facts"), WRONG, ids=lambda value: str(value)[:40])
def test_what_is_wrong_is_told_with_its_path(path: str, value: object, place: str, facts: list[str]) -> None:
    assert problems(changed(put(path, value))) == [Says(*facts, at=f"{ROOT}.{place}")]


def test_both_sides_in_one_place_are_refused() -> None:
    values = changed(put("old", VALUES["new"]))
    assert problems(values) == [Says("new.example.com:443", "new", at=f"{ROOT}.old.address")]


def test_per_cent_are_weights_that_add_up() -> None:
    for percent in range(101):
        values = changed(put("routes.frontend.newPercent", percent))
        settings = TypeAdapter(HaproxySettings).validate_json(json.dumps(values), strict=True)
        assert settings.routes["frontend"].server_weights == WeightSettings(new=percent, old=100 - percent)


def test_a_back_end_is_named_after_its_service() -> None:
    assert back_end("frontend") == "service-frontend"
