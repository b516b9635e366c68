"""`python -m sandbox autoscaling …`: the clock of the pretended account, and what changes the number of nodes.

Schedules and sizes are the account's: the nodes of a control plane that runs follow by themselves.
"""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta

from sandbox.aws.clock import REPORTED, ClockError, Fired, clock, fire, set_clock, upcoming, was_moved
from sandbox.aws.errors import AwsError
from sandbox.aws.scaling_activity import ScalingReport, react, set_desired_capacity
from sandbox.aws.scaling_groups import GROUP_TYPE, ScalingError, name_in_stack_file
from sandbox.inventory import Inventory
from sandbox.refusal import Refusal
from sandbox.state import State

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SHOWN = 20


def run_autoscaling(words: Sequence[str], state: State) -> int:
    """Run one command; gives back the exit code.

    Raises:
        Refusal: it cannot be done.
    """
    options = _parser().parse_args(words)
    if not state.account.exists():
        raise Refusal("nothing exists in the emulated account yet; make a stack first, with `make up`")
    with closing(Inventory(state.account)) as inventory:
        try:
            lines = options.run(options, inventory)
        except (ClockError, ScalingError, AwsError) as error:
            raise Refusal(str(error)) from error
    print("\n".join(lines))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox autoscaling", allow_abbrev=False)
    verbs = parser.add_subparsers(required=True, metavar="clock|desired|policy|fire")

    verb = verbs.add_parser("clock", help="move the clock forward, or show it and what comes due next")
    verb.add_argument("time", nargs="?", help="such as 2027-01-11T20:01-08:00, +8h, +2d")
    verb.set_defaults(run=_clock)

    verb = verbs.add_parser("desired", help="set how many nodes a group wants")
    verb.add_argument("group", help="its name in the stack file, or the Auto Scaling group's")
    verb.add_argument("nodes", type=int)
    verb.set_defaults(run=_desired)

    verb = verbs.add_parser("policy", help="let a scaling policy see a value of its metric")
    verb.add_argument("name", help="the policy's name")
    verb.add_argument("value", type=_number, help="such as 85, for 85 %% of CPU")
    verb.set_defaults(run=_policy)

    verb = verbs.add_parser("fire", help="let one scheduled action happen now")
    verb.add_argument("action", help="its name")
    verb.set_defaults(run=_fire)
    return parser


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text} is no finite number")
    return value


def moment_of(text: str, now: datetime) -> datetime:
    """The time that a person means: one of its own with an offset from UTC, or one counted from `now`, such as `+8h`.

    Raises:
        Refusal: it is neither.
    """
    ahead = re.fullmatch(r"\+(\d{1,4})([mhdw])", text)
    if ahead is not None:
        return now + timedelta(**{_UNITS[ahead[2]]: int(ahead[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.utcoffset() is None:
        raise Refusal(f"{text!r} is no time: say one with its offset, such as 2027-01-11T20:01-08:00, or +8h, +2d")
    return moment


def _clock(options: argparse.Namespace, inventory: Inventory) -> list[str]:
    if options.time is None:
        return [_standing(inventory), *_next(inventory)]
    fired = set_clock(inventory, moment_of(options.time, clock(inventory)))
    if not fired:
        return [_standing(inventory), "No scheduled action came due."]
    count = f"{len(fired)} scheduled actions" if len(fired) != REPORTED else f"At least {REPORTED} scheduled actions"
    earlier = [f"{count} came due; the last {_SHOWN}:"] if len(fired) > _SHOWN else []
    return [_standing(inventory), *earlier, *_happened(inventory, fired[-_SHOWN:])]


def _desired(options: argparse.Namespace, inventory: Inventory) -> list[str]:
    return _scaled(inventory, set_desired_capacity(inventory, options.group, options.nodes))


def _policy(options: argparse.Namespace, inventory: Inventory) -> list[str]:
    return _scaled(inventory, react(inventory, options.name, options.value))


def _fire(options: argparse.Namespace, inventory: Inventory) -> list[str]:
    return _happened(inventory, [fire(inventory, options.action)])


def _standing(inventory: Inventory) -> str:
    if not was_moved(inventory):
        return f"The clock shows the real time, {_utc(clock(inventory))} UTC."
    return f"The clock stands at {_utc(clock(inventory))} UTC."


def _next(inventory: Inventory) -> list[str]:
    names = _names(inventory)
    rows = [
        (_utc(each.moment), f"{each.moment:%a %H:%M %Z}", each.action, names[each.group], str(each.after))
        for each in upcoming(inventory)
    ]
    return _table(("NEXT (UTC)", "LOCAL", "ACTION", "GROUP", "NODES"), rows) if rows else ["No action is scheduled."]


def _happened(inventory: Inventory, fired: Sequence[Fired]) -> list[str]:
    names = _names(inventory)
    rows = [(_utc(each.moment), each.action, names[each.group], str(each.before), str(each.after)) for each in fired]
    return _table(("TIME (UTC)", "ACTION", "GROUP", "BEFORE", "AFTER"), rows)


def _scaled(inventory: Inventory, report: ScalingReport) -> list[str]:
    row = (_names(inventory)[report.group], str(report.before), str(report.after), report.reason)
    return _table(("GROUP", "BEFORE", "AFTER", "WHY"), [row])


def _names(inventory: Inventory) -> dict[str, str]:
    return {group.id: name_in_stack_file(inventory, group) for group in inventory.list(type=GROUP_TYPE)}


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in (titles, *rows)]
