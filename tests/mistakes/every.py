"""Every mistake there is a test for, by what it is about, and which of them one file can hold at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from capacity.check import check_capacity
from infra.problems import SettingsError
from infra.stack_file import parse_settings
from sandbox.configuration_paths import parse_path, put
from tests.mistakes.account import ACCOUNT
from tests.mistakes.capacity import CAPACITY
from tests.mistakes.cluster import CLUSTER_AND_NETWORK
from tests.mistakes.databases import DATABASES
from tests.mistakes.haproxy import HAPROXY
from tests.mistakes.migration import MIGRATION
from tests.mistakes.mistake import Mistake
from tests.mistakes.nodes import NODES
from tests.mistakes.observability import OBSERVABILITY
from tests.mistakes.services import SERVICES
from tests.says import Says, matches
from tests.stack_values import as_values, stack_config

AREAS: Mapping[str, tuple[Mistake, ...]] = {
    "account": ACCOUNT,
    "cluster and network": CLUSTER_AND_NETWORK,
    "node groups": NODES,
    "capacity": CAPACITY,
    "services": SERVICES,
    "databases": DATABASES,
    "migration by the ALB": MIGRATION,
    "migration by HAProxy": HAPROXY,
    "observability": OBSERVABILITY,
}
MISTAKES = tuple(mistake for area in AREAS.values() for mistake in area)


def told_by_settings(stack: str, values: Mapping[str, Any], without: Sequence[str] = ()) -> list[str]:
    """What the program's own functions say of a stack file with these values in it, without Pulumi around them."""
    config = stack_config(stack, without)
    for path, value in values.items():
        put(config, parse_path(path, "slipway"), value)
    try:
        settings = parse_settings("slipway", stack, as_values(config))
    except SettingsError as refused:
        return [str(problem) for problem in refused.problems]
    return [str(problem) for problem in check_capacity(settings, datetime.now(UTC)).errors]


def values_of(mistakes: Iterable[Mistake]) -> dict[str, Any]:
    """What one file says that makes all these mistakes."""
    return {path: value for mistake in mistakes for path, value in mistake.set.items()}


def told_of(mistakes: Iterable[Mistake]) -> list[Says]:
    """What the lines of one message hold that tells all these mistakes."""
    return [line for mistake in mistakes for line in mistake.told]


def in_one_file(mistakes: Sequence[Mistake]) -> list[tuple[Mistake, ...]]:
    """The mistakes in as few groups as a simple search finds, those of a group told side by side by one command.

    A mistake that hides another, or sets what another sets, is in another group.
    """
    groups: list[tuple[Mistake, ...]] = []
    for mistake in mistakes:
        for place, group in enumerate(groups):
            if _told_side_by_side((*group, mistake)):
                groups[place] = (*group, mistake)
                break
        else:
            groups.append((mistake,))
    return groups


def _told_side_by_side(mistakes: Sequence[Mistake]) -> bool:
    *others, last = mistakes
    if others[0].stack != last.stack or any(_same_place(last, other) for other in others):
        return False
    without = [path for mistake in mistakes for path in mistake.without]
    return matches(told_by_settings(last.stack, values_of(mistakes), without), told_of(mistakes))


def _same_place(one: Mistake, other: Mistake) -> bool:
    ones, others = [*one.set, *one.without], [*other.set, *other.without]
    return any(path.startswith(way) or way.startswith(path) for path in ones for way in others)
