"""A load test: steps of more and more visitors, looked at every few seconds."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from ops.cluster_reading import Reading
from ops.load_tool import LoadTool, Served
from ops.refusal import Refusal

SLICE_SECONDS: Final = 5
"""How long the tool runs at a time: what is live is as old as this."""


class ClusterReader(Protocol):
    """What can be asked how the cluster is."""

    def read(self) -> Reading:
        """How it is now."""
        ...


@dataclass(frozen=True)
class Row:
    """One look.

    Attributes:
        seconds: since the beginning, at its end
        visitors: how many asked at once; 0 while nobody did
        served: what came of that
        reading: the cluster; `None` where there is none, or it did not answer
        trouble: why not
    """

    seconds: float
    visitors: int
    served: Served | None
    reading: Reading | None
    trouble: str | None


@dataclass(frozen=True)
class LoadPlan:
    """What a test does.

    Attributes:
        url: what is asked for
        host: another name for the header `Host`
        steps: how many visitors ask at once, step by step
        step_seconds: how long each step lasts
        after_seconds: how long it looks on when the last is over
    """

    url: str
    host: str | None
    steps: Sequence[int]
    step_seconds: int
    after_seconds: int

    def slices(self) -> Iterator[tuple[int, int]]:
        """Visitors and seconds, one look after the other."""
        for visitors, length in (*((each, self.step_seconds) for each in self.steps), (0, self.after_seconds)):
            for start in range(0, length, SLICE_SECONDS):
                yield visitors, min(SLICE_SECONDS, length - start)


def load(plan: LoadPlan, tool: LoadTool, cluster: ClusterReader | None, seen: Callable[[Row], None]) -> None:
    """Carry out a plan; when it is interrupted, nothing that it started goes on.

    Args:
        plan: what to do
        tool: what sends the requests
        cluster: what is looked at meanwhile
        seen: told of each look

    Raises:
        Refusal: the tool does not do its work.
    """
    begin = time.monotonic()
    for visitors, seconds in plan.slices():
        served = None
        if visitors:
            served = tool.finish(tool.start(plan.url, visitors, seconds, plan.host), seconds)
        else:
            time.sleep(seconds)
        reading, trouble = _reading(cluster)
        seen(Row(time.monotonic() - begin, visitors, served, reading, trouble))


def _reading(cluster: ClusterReader | None) -> tuple[Reading | None, str | None]:
    if cluster is None:
        return None, None
    try:
        return cluster.read(), None
    except Refusal as refusal:
        return None, str(refusal)
