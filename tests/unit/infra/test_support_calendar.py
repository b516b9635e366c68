"""When a version's end of standard support is told, and what the kept dates are worth."""

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pulumi
import pytest

from infra import support_calendar
from infra.stack_file import parse_settings
from infra.support_calendar import WARNING_DAYS, Product, calendar_of, support_warning, warn_of_support_ends
from tests.says import Says
from tests.stack_values import STACKS, as_values, stack_config

pytestmark = pytest.mark.unit

END = date(2026, 12, 2)
"""Of 1.34, in AWS's own notice: https://github.com/CredentialEngine/CredentialRegistry/issues/1066."""


@pytest.mark.parametrize(
    ("today", "facts"),
    [
        (END - timedelta(days=WARNING_DAYS), ["ends", "90 days"]),
        (END - timedelta(days=1), ["ends", "1 day"]),
        (END, ["ended"]),
        (END + timedelta(days=400), ["ended"]),
    ],
)
def test_a_warning_from_90_days_before_the_end_on(today: date, facts: list[str]) -> None:
    source = calendar_of(Product.EKS).source
    assert support_warning(Product.EKS, "1.34", today) == Says(
        "EKS", "1.34", "2026-12-02", *facts, source, "docs/upgrades.md"
    )


def test_nothing_before_that() -> None:
    assert support_warning(Product.EKS, "1.34", END - timedelta(days=WARNING_DAYS + 1)) is None
    assert support_warning(Product.RDS_POSTGRESQL, "17", date(2026, 11, 25)) is None


def test_what_is_not_known_is_said_to_be_unknown() -> None:
    assert support_warning(Product.RDS_POSTGRESQL, "99", END) == Says(
        "99", "aws rds describe-db-major-engine-versions --engine postgres", "infra/support_calendar.json"
    )


@pytest.mark.parametrize("product", list(Product))
def test_every_date_has_a_source_and_a_day_on_which_it_was_taken(product: Product) -> None:
    calendar = calendar_of(product)
    assert calendar.source.startswith("https://docs.aws.amazon.com/")
    assert date(2026, 11, 25) <= calendar.taken <= datetime.now(UTC).date()
    assert calendar.seen
    ends = list(calendar.ends.values())
    assert ends == sorted(ends), "a later version ends later; else one was mistyped"


def test_minor_versions_of_kubernetes_end_about_four_months_apart() -> None:
    """As they come out, "on average once every four months"; a mistyped month would not fit.

    https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
    """
    ends = list(calendar_of(Product.EKS).ends.values())
    assert all(timedelta(days=60) < later - earlier < timedelta(days=240) for earlier, later in pairwise(ends))


def test_the_file_holds_every_product_and_no_other() -> None:
    content = json.loads(Path(support_calendar.__file__).with_suffix(".json").read_text())
    assert content.keys() == {product.value for product in Product}


@pytest.mark.parametrize("stack", STACKS)
def test_the_version_of_every_shipped_stack_is_in_the_calendar(stack: str) -> None:
    assert stack_config(stack)["slipway:cluster"]["version"] in calendar_of(Product.EKS).ends


def test_the_cluster_and_its_nodes_are_both_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", told.append)
    config = stack_config("dev")
    config["slipway:cluster"] |= {"nodeVersion": "1.35"}
    settings = parse_settings("slipway", "dev", as_values(config))
    warn_of_support_ends(settings, datetime(2026, 12, 26, 23, tzinfo=UTC))
    assert told == []
    warn_of_support_ends(settings, datetime(2026, 12, 27, tzinfo=UTC))
    assert told == [Says("1.35", "2027-03-27", at="slipway:cluster.nodeVersion")]
    told.clear()
    warn_of_support_ends(settings, datetime(2027, 8, 2, tzinfo=UTC))
    assert told == [Says("1.36", at="slipway:cluster.version"), Says("1.35", at="slipway:cluster.nodeVersion")]


def test_a_database_server_is_warned_of_by_its_major_version(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", told.append)
    settings = parse_settings("slipway", "prod", as_values(stack_config("prod")))
    end = calendar_of(Product.RDS_POSTGRESQL).ends["18"]
    midnight = datetime(end.year, end.month, end.day, tzinfo=UTC)
    warn_of_support_ends(settings, midnight - timedelta(days=WARNING_DAYS + 1))
    assert not [each for each in told if "database" in each]
    warn_of_support_ends(settings, midnight - timedelta(days=WARNING_DAYS))
    assert [each for each in told if "database" in each] == [
        Says("18", str(end), "90 days", at="slipway:database.engineVersion")
    ]
