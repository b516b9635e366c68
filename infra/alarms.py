"""What an alarm is, as data. Which there are is decided in `infra/*_alarms.py`; `infra/observability.py` makes them.

Every metric, its dimensions and its statistics stand in `docs/cloudwatch-metrics.json` with the page that documents
them; the alarms of every stack are compared with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pulumi

Missing = Literal["missing", "ignore", "breaching", "notBreaching"]
"""What a period without data counts as.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""
Comparison = Literal["GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold"]

MINUTE, FIVE_MINUTES, QUARTER_HOUR, DAY = 60, 300, 900, 86_400
"""Lengths of periods, in seconds."""

RUNBOOKS = "docs/runbooks.md"
"""The page with a section for each kind of alarm."""


@dataclass(frozen=True)
class Metric:
    """One metric in one of its statistics.

    Attributes:
        namespace: such as `AWS/ApplicationELB`
        name: as AWS writes it
        dimensions: all of one documented set; a metric asked for with another set has no data
        statistic: `Sum`, `Average`, `Minimum`, `Maximum`, or a percentile such as `p95`
        period: in seconds
    """

    namespace: str
    name: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: str
    period: int


@dataclass(frozen=True)
class Alarm:
    """One alarm.

    Attributes:
        name: without the stack's, which comes before it
        runbook: the section of `docs/runbooks.md` that says what to do
        what: what is the matter when it is on; the first half of its description
        metrics: by the name under which expressions mention them
        expression: what is compared, where it is not the one metric itself
        helpers: expressions that the expression mentions
        comparison: with the threshold
        threshold: in the metric's unit
        periods: how many of the last periods are looked at
        breaching: how many of them have to be beyond the threshold
        missing: what a period without data counts as
    """

    name: str
    runbook: str
    what: str
    metrics: Mapping[str, Metric]
    comparison: Comparison
    threshold: float
    periods: int
    breaching: int
    missing: Missing
    expression: str | None = None
    helpers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def description(self) -> str:
        """What is the matter, and where it is written what to do."""
        return f"{self.what} What to do: {RUNBOOKS}#{self.runbook}"
