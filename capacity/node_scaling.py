"""What the scaling policies of a node group decide, minute by minute, as plain functions.

How Auto Scaling follows a target is documented in words; the figures of its alarms are those that it makes in every
account:

- It adds nodes once the CPU was above the target for 3 minutes, and removes some once it was below 70 % of the target
  for 15 (https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-target-tracking.html: out as fast as it can,
  in more gradually; the alarms `TargetTracking-…-AlarmHigh` and `-AlarmLow` of a policy show the figures).
- It adds and removes in proportion to the metric, and rounds so that there are rather too many nodes (the same page).
- Nodes that warm up do not count for the metric, but do count as capacity already asked for, and nothing is removed
  meanwhile. https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-default-instance-warmup.html

The CPU is taken to be known for every minute, which on EC2 takes detailed monitoring.
https://docs.aws.amazon.com/autoscaling/ec2/userguide/enable-as-instance-metrics.html
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from infra.node_settings import (
    CpuAlarmSettings,
    ScalingPolicySettings,
    SimpleScalingSettings,
    StepScalingSettings,
    TargetTrackingSettings,
)

_OUT_MINUTES: Final = 3
_IN_MINUTES: Final = 15
_IN_SHARE: Final = 0.7
_MINUTE: Final = 60


@dataclass(frozen=True)
class GroupReading:
    """What a policy sees of a group in one minute.

    Attributes:
        cpu_percent: mean of the nodes that are warm; `None` where there is none
        warm: how many those are
        desired: how many nodes are asked for
        warming: whether some are asked for that are not warm yet
    """

    cpu_percent: float | None
    warm: int
    desired: int
    warming: bool


@dataclass
class PolicyState:
    """One policy, told of every minute.

    Attributes:
        settings: what it is
    """

    settings: ScalingPolicySettings
    _above: int = 0
    _below: int = 0
    _recent: list[float] = field(default_factory=list[float])
    _rests_until: float = -math.inf

    def minute(self, now: float, reading: GroupReading) -> int:
        """How many nodes it wants after a minute that ended at `now`, in seconds; as many as desired for no change."""
        if reading.cpu_percent is None:
            self._above = self._below = 0
            self._recent.clear()
            return reading.desired
        if isinstance(self.settings, TargetTrackingSettings):
            return self._tracked(self.settings, reading, reading.cpu_percent)
        return self._alarmed(self.settings, now, reading, reading.cpu_percent)

    def _tracked(self, settings: TargetTrackingSettings, reading: GroupReading, cpu: float) -> int:
        self._above = self._above + 1 if cpu > settings.cpu_percent else 0
        self._below = self._below + 1 if cpu < settings.cpu_percent * _IN_SHARE else 0
        wanted = math.ceil(reading.warm * cpu / settings.cpu_percent)
        if self._above >= _OUT_MINUTES:
            return max(wanted, reading.desired)
        if self._below >= _IN_MINUTES and not reading.warming:
            return min(wanted, reading.desired)
        return reading.desired

    def _alarmed(
        self, settings: StepScalingSettings | SimpleScalingSettings, now: float, reading: GroupReading, cpu: float
    ) -> int:
        alarm = settings.alarm
        minutes = alarm.periods * alarm.period_seconds // _MINUTE
        self._recent = [*self._recent, cpu][-minutes:]
        if len(self._recent) < minutes or now < self._rests_until:
            return reading.desired
        length = alarm.period_seconds // _MINUTE
        means = [sum(self._recent[start : start + length]) / length for start in range(0, minutes, length)]
        if not all(_breaches(alarm, mean) for mean in means):
            return reading.desired
        if isinstance(settings, SimpleScalingSettings):
            self._rests_until = now + settings.cooldown_seconds
            return reading.desired + settings.nodes
        nodes = _step(settings, means[-1])
        # What is still warming up counts for what was asked for, and nothing is removed meanwhile.
        if nodes > 0:
            return max(reading.warm + nodes, reading.desired)
        return reading.desired if reading.warming else reading.desired + nodes


def _breaches(alarm: CpuAlarmSettings, cpu: float) -> bool:
    return cpu >= alarm.cpu_percent if alarm.comparison == "above" else cpu <= alarm.cpu_percent


def _step(settings: StepScalingSettings, cpu: float) -> int:
    beyond = abs(cpu - settings.alarm.cpu_percent)
    return [step.nodes for step in settings.steps if step.beyond <= beyond][-1]


def wanted_by(policies: Sequence[PolicyState], now: float, reading: GroupReading) -> int:
    """How many nodes several policies want together: the most, so that one may only remove where all agree.

    https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scale-based-on-demand.html#multiple-scaling-policy-resolution
    """
    return max((policy.minute(now, reading) for policy in policies), default=reading.desired)
