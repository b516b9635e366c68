"""Does the emulated account hold what Pulumi's state says, nothing else and nothing twice? And is it the same account?

Both are read from their files, without the engine, so that asking costs nothing.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.fault_targets import is_made
from sandbox.inventory import Inventory, Record
from sandbox.state import State

KEPT_WITH_THE_DATA: Final = frozenset({"aws:rds/snapshot:Snapshot"})
"""What a stack leaves behind on purpose when it is destroyed (docs/restore.md)."""

_GENERATED: Final = re.compile(
    r"(?=[0-9a-f-]*\d)[0-9a-f]{7,}(?:-[0-9a-f]{4,})*|(?<=-)[a-f]{7}(?![0-9a-z-])|\b(?=[A-Z0-9]*\d)[A-Z0-9]{12,}\b"
)
"""What AWS and Pulumi draw by lot: the end of a name, which may be seven letters, an id, a key's UUID."""


@dataclass(frozen=True)
class Holdings:
    """What is there, in all stacks of one account.

    Attributes:
        resources: of all states, those that a provider made
        pending: of all states, what was begun and never ended, as `creating <urn>`
        records: what exists, without what AWS made by itself
    """

    resources: Sequence[Mapping[str, Any]]
    pending: Sequence[str]
    records: Sequence[Record]

    @property
    def orphans(self) -> list[Record]:
        """What exists and is in no state."""
        known = {(each["type"], each.get("id")) for each in self.resources}
        return [each for each in self.records if (each.type, each.id) not in known]


def holdings(directory: Path) -> Holdings:
    """Read the account in a sandbox's directory."""
    state = State(directory)
    resources: list[Mapping[str, Any]] = []
    pending: list[str] = []
    for checkpoint in sorted((state.backend / ".pulumi" / "stacks").glob("*/*.json")):
        deployment: dict[str, Any] = json.loads(checkpoint.read_text())["checkpoint"].get("latest") or {}
        all_there: list[dict[str, Any]] = deployment.get("resources") or []
        resources += [each for each in all_there if is_made(each)]
        operations: list[dict[str, Any]] = deployment.get("pending_operations") or []
        pending += [f"{each['type']} {each['resource']['urn']}" for each in operations]
    inventory = Inventory(state.account)
    try:
        records = [each for each in inventory.list() if not each.owner]
    finally:
        inventory.close()
    return Holdings(resources, pending, records)


def discrepancies(held: Holdings, kept: Collection[str] = ()) -> list[str]:
    """What does not match, one line each; empty where state and account say the same.

    Args:
        held: what is there.
        kept: types that may exist without being in a state.
    """
    existing = {(each.type, each.id) for each in held.records}
    lines = [
        f"orphan: {each.type} {each.id} exists and is in no state" for each in held.orphans if each.type not in kept
    ]
    lines += [
        f"lost: {each['urn']} is in the state and does not exist"
        for each in held.resources
        if (each["type"], each.get("id")) not in existing
    ]
    counted = Counter(each["urn"] for each in held.resources)
    lines += [f"twice: {urn} is {count} times in the state" for urn, count in counted.items() if count > 1]
    return [*lines, *(f"pending: {each}" for each in held.pending)]


def end_state(held: Holdings) -> dict[str, str]:
    """What each resource was made from, by URN, comparable between accounts that came up differently.

    What was drawn by lot is told by the resource that it belongs to, where it is the id or ARN of one, and else masked.
    """
    urns = {(each["type"], each.get("id")): each["urn"] for each in held.resources}
    words: dict[str, str] = {}
    for record in held.records:
        urn = urns.get((record.type, record.id), record.type)
        for word in (record.id, record.arn):
            if _GENERATED.search(word):
                words[word] = min(urn, words.get(word, urn))
    pattern = re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) or r"(?!)")

    def comparable(record: Record) -> str:
        text = json.dumps(record.inputs, sort_keys=True)
        return _GENERATED.sub("*", pattern.sub(lambda match: f"<{words[match[0]]}>", text))

    return {urn: comparable(each) for each in held.records if (urn := urns.get((each.type, each.id))) is not None}


def differences(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """The URNs that only one of two end states has, or that were made from something else."""
    return sorted(urn for urn in {*one, *other} if one.get(urn) != other.get(urn))
