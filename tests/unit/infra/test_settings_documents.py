"""Documents made by chance: each is settings, or one error that lists what is wrong. `make fuzz` reads 20,000 more."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from bench.settings_fuzz import read
from infra.problems import SettingsError
from infra.stack_file import parse_settings
from tests.says import Says
from tests.settings_documents import Document, documents
from tests.stack_values import as_values, stack_config

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
Config = dict[str, Any]


@settings(
    max_examples=300,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(documents())
def test_a_document_is_accepted_or_its_problems_are_listed(document: Document) -> None:
    try:
        parse_settings("slipway", document.stack, document.values)
    except SettingsError as error:
        assert error.problems
        assert all(problem.path and problem.message for problem in error.problems)
    else:
        assert read(document, NOW) in {True, False}


def problems(stack: str, values: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        parse_settings("slipway", stack, values)
    return [str(problem) for problem in raised.value.problems]


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 50_000])
def test_what_is_nested_too_deep_is_no_value(text: str) -> None:
    (problem,) = problems("dev", {**as_values(stack_config("dev")), "slipway:cluster": text})
    assert problem.startswith(f'slipway:cluster: is "{text[:20].replace(chr(34), chr(92) + chr(34))}')
    assert len(problem) < 300


def edited(edit: Callable[[Config], object]) -> list[str]:
    config = stack_config("dev")
    edit(config)
    return problems("dev", as_values(config))


def test_a_long_number_in_the_place_of_a_text_is_cut() -> None:
    night = "slipway:nodeGroups.general.schedules.night"
    (problem,) = edited(
        lambda c: c["slipway:nodeGroups"]["general"]["schedules"]["night"]["up"].update(recurrence=int("9" * 80))
    )
    assert problem == Says(f"{'9' * 60}...", "0 20 * * MON-FRI", at=f"{night}.up.recurrence")
    assert "9" * 61 not in problem


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (
            lambda c: c.update({"slipway:account": "١٢٣٤٥٦٧٨٩٠١٢"}),
            Says(
                '"\\u0661\\u0662\\u0663\\u0664\\u0665\\u0666\\u0667\\u0668\\u0669\\u066...',
                "twelve",
                at="slipway:account",
            ),
        ),
        (
            lambda c: c["slipway:services"]["frontend"]["autoscaling"].update(maxReplicas=10**30),
            Says(f"{10**30}", "1", "150000", at="slipway:services.frontend.autoscaling.maxReplicas"),
        ),
        (
            lambda c: c["slipway:services"]["frontend"]["resources"]["limits"].update(memoryMiB=2**53),
            Says(f"{2**53}", "4", "33554432", at="slipway:services.frontend.resources.limits.memoryMiB"),
        ),
        (
            lambda c: c["slipway:nodeGroups"]["general"]["schedules"]["night"]["up"].update(recurrence="*/5 * * * *"),
            Says(
                '"*/5 * * * *"',
                "once an hour",
                "0 20 * * MON-FRI",
                at="slipway:nodeGroups.general.schedules.night.up.recurrence",
            ),
        ),
    ],
    ids=["digits of another script", "replicas", "memory", "every five minutes"],
)
def test_what_was_accepted_once_and_did_not_work(edit: Callable[[Config], object], says: Says) -> None:
    assert edited(edit) == [says]
