"""What the engine did when, from its event log, which is read while it is written.

The log's own times are whole seconds: https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/events.go
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.urn import name_of, type_of


@dataclass(frozen=True)
class Step:
    """One resource's step: for what has a provider about the time of its call.

    Attributes:
        type: such as `kubernetes:apps/v1:Deployment`
        name: the logical name
        begin: seconds since 1970
        end: likewise
    """

    type: str
    name: str
    begin: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.begin


class EventLog:
    """An event log that grows; each event's time is when it was first seen."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._lines: list[tuple[float, bytes]] = []

    def look(self) -> None:
        """Take down what has been written since the last look."""
        if not self._path.exists():
            return
        now = time.time()
        with self._path.open("rb") as log:
            log.seek(self._read)
            written = log.read()
        whole = written[: written.rfind(b"\n") + 1]  # the rest is still being written
        self._read += len(whole)
        self._lines += [(now, line) for line in whole.splitlines()]

    def steps(self) -> list[Step]:
        """The steps so far that have ended, in the order of their ends."""
        return steps_in((moment, json.loads(line)) for moment, line in self._lines)


def steps_in(events: Iterable[tuple[float, Mapping[str, Any]]]) -> list[Step]:
    """The steps that ended, from events with the times at which they were seen."""
    begun: dict[str, float] = {}
    steps: list[Step] = []
    for moment, event in events:
        if "resourcePreEvent" in event:
            begun[event["resourcePreEvent"]["metadata"]["urn"]] = moment
        elif "resOutputsEvent" in event:
            urn: str = event["resOutputsEvent"]["metadata"]["urn"]
            steps.append(Step(type_of(urn), name_of(urn), begun.get(urn, moment), moment))
    return steps


def by_type(steps: Sequence[Step]) -> list[tuple[str, int, float, float, float]]:
    """For each type of AWS and Kubernetes its number, its seconds in all, and when steps of it began and ended.

    The longest comes first. Components, which only wait for what is in them, are left out.
    """
    types = {each.type for each in steps if each.type.startswith(("aws:", "kubernetes:"))}
    groups = [(type_, [each for each in steps if each.type == type_]) for type_ in types]
    rows = [
        (type_, len(group), sum(each.seconds for each in group), min(x.begin for x in group), max(x.end for x in group))
        for type_, group in groups
    ]
    return sorted(rows, key=lambda row: -row[2])
