"""When AWS's standard support of a version ends, and what a person is told as the day comes near.

The dates stand in `support_calendar.json`, each product's with its source, the day they were taken and through whom
they were seen. A version that is not in the file has no known end, and that is told too. Of EKS add-ons AWS publishes
none: their versions go with those of the cluster.
"""

import functools
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Final, NamedTuple

import pulumi
from pydantic import TypeAdapter

from infra.settings import Settings
from infra.strict_model import StrictModel

WARNING_DAYS: Final = 90
"""How many days before the end of standard support a warning begins. AWS's own notice comes 60 days before at least.

https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html#version-faqs
"""


class Product(Enum):
    """What has versions whose support ends, as the file names it."""

    EKS = "eks"
    RDS_POSTGRESQL = "rds-postgresql"
    """By major version."""


class Calendar(StrictModel):
    """One product's dates."""

    product: str
    source: str
    taken: date
    seen: str
    """Where the dates were seen, when not at the source itself."""
    command: str
    """What asks AWS."""
    ends: Mapping[str, date]
    """By version, the day that standard support ends; "Billing for extended support starts at the beginning of the
    day that the version reaches end of standard support", in UTC."""


_CALENDARS = TypeAdapter(Mapping[str, Calendar])


@functools.cache
def calendar_of(product: Product) -> Calendar:
    """The kept dates of a product."""
    file = Path(__file__).with_suffix(".json")
    return _CALENDARS.validate_json(file.read_bytes())[product.value]


def support_warning(product: Product, version: str, today: date) -> str | None:
    """What to tell of a version in use; nothing where its standard support ends in more than 90 days.

    Args:
        product: what the version is of.
        version: as the file has it: a minor version of Kubernetes, a major one of PostgreSQL.
        today: in UTC.
    """
    calendar = calendar_of(product)
    end = calendar.ends.get(version)
    if end is None:
        return (
            f"is {version}, and when its standard support ends is not known here; "
            f"`{calendar.command}` tells it, for infra/support_calendar.json"
        )
    days = (end - today).days
    if days > WARNING_DAYS:
        return None
    if days > 0:
        told = f"ends on {end:%Y-%m-%d}, in {days} {'day' if days == 1 else 'days'}"
    else:
        told = f"ended on {end:%Y-%m-%d}"
    return (
        f"is {version}; the standard support of {calendar.product} {version} {told} ({calendar.source}). "
        "docs/upgrades.md says how to go on"
    )


class VersionInUse(NamedTuple):
    """A version that a stack file names."""

    key: str
    """Where in the stack file, without the project."""
    product: Product
    version: str
    """As the calendar has it."""


def versions_in_use(settings: Settings) -> Iterator[VersionInUse]:
    """What a stack runs whose support ends one day."""
    cluster = settings.cluster
    yield VersionInUse("cluster.version", Product.EKS, cluster.version)
    if cluster.node_version is not None:
        yield VersionInUse("cluster.nodeVersion", Product.EKS, cluster.node_version)
    if settings.database is not None:
        yield VersionInUse("database.engineVersion", Product.RDS_POSTGRESQL, settings.database.major_version)


def warn_of_support_ends(settings: Settings, now: datetime) -> None:
    """Warn, in a preview and in an update, of versions whose standard support ends soon or has ended."""
    for used in versions_in_use(settings):
        if warning := support_warning(used.product, used.version, now.date()):
            pulumi.log.warn(f"{settings.project}:{used.key}: {warning}")
