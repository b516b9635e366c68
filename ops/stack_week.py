"""A week of a stack: its windows, what fits them, and what is wrong with that."""

from dataclasses import dataclass
from datetime import date

from capacity.assessment import Plan
from capacity.check import Findings, check_states
from capacity.states import distinct_states
from capacity.week import Week, time_zone_of, week_of
from capacity.week_report import stretches
from infra.settings import Settings
from ops.week_picture import week_picture


@dataclass(frozen=True)
class StackWeek:
    """A week, and what of the services fits the nodes in it."""

    settings: Settings
    week: Week
    plan: Plan
    findings: Findings

    @property
    def title(self) -> str:
        """Which stack, which week, by which clock."""
        return f"{self.settings.name}, week of {self.week.start:%Y-%m-%d} ({self.week.zone.key})"

    def picture(self) -> str:
        """Nodes, pods and headroom, as SVG."""
        return week_picture(self.title, self.week, stretches(self.week, self.plan), self.settings)


def stack_week(settings: Settings, day: date) -> StackWeek:
    """The week around a day."""
    groups = settings.node_groups
    plan = Plan(settings)
    week = week_of(day, time_zone_of(groups), groups)
    states = distinct_states(week.windows, groups, plan.idle_groups)
    return StackWeek(settings, week, plan, check_states(settings, plan, states))
