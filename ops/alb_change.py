"""What a person asks of the stack's own balancer, as edits of the stack file.

A balancer has weights and nothing else: no server can be switched off, and none remembers what it had before.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ops.haproxy_change import ALL, Change
from ops.haproxy_runtime import Side
from ops.refusal import Refusal
from ops.stack_file import StackFile

MIGRATION = "slipway:migration"


@dataclass(frozen=True)
class Edit:
    """What changes in the stack file for one service.

    Attributes:
        service: its name
        before: the new side's part of 100 as the file has it
        after: as it will have it
        stickiness_removed: the seconds that are taken out; None where nothing is
    """

    service: str
    before: int
    after: int
    stickiness_removed: int | None

    @property
    def grows(self) -> Side | None:
        """The side that is sent more than before."""
        if self.after == self.before:
            return None
        return "new" if self.after > self.before else "old"

    @property
    def everything(self) -> Side | None:
        """The side that is sent everything afterwards."""
        if self.after == ALL:
            return "new"
        return "old" if self.after == 0 else None


def new_percent(change: Change) -> int:
    """What the new side gets of 100 requests afterwards.

    Raises:
        Refusal: nobody said how much, and the balancer does not know.
    """
    match change.verb, change.side:
        case "ready", side:
            if change.percent is None:
                raise Refusal(
                    "ready: a balancer keeps no share of before; say how much the side gets, such as "
                    f"ready {side} --percent 5"
                )
            return change.percent if side == "new" else ALL - change.percent
        case "switch", side:
            return ALL if side == "new" else 0
        case (("drain" | "maint"), side):
            return 0 if side == "new" else ALL
        case _:
            return change.percent if change.percent is not None else ALL


def edits(file: StackFile, change: Change, services: Sequence[str]) -> list[Edit]:
    """What changes for each service.

    `maint` and `switch` send nobody to the other side, so nobody's cookie may keep him there; `drain` lets him stay.

    Raises:
        Refusal: the file has another migration than the stack that is up.
    """
    after = new_percent(change)
    found: list[Edit] = []
    for service in services:
        before = file.get(MIGRATION, "services", service, "newPercent")
        if file.get(MIGRATION, "kind") != "alb" or not isinstance(before, int):
            raise Refusal(
                f"{file.path.name}: {MIGRATION}.services.{service} is not that of the stack that is up; "
                "bring it up first"
            )
        sticky = file.get(MIGRATION, "services", service, "stickySeconds")
        removed = sticky if change.verb in {"maint", "switch"} else None
        found.append(Edit(service, before, after, removed))
    return found


def nobody_left(planned: Sequence[Edit], healthy: Mapping[tuple[str, Side], int]) -> Iterator[str]:
    """Which side would be sent more, or everything, though none of its targets is healthy.

    A balancer sends a group its part all the same:
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
    """
    for edit in planned:
        sides: set[Side] = {side for side in (edit.everything, edit.grows) if side is not None}
        for side in sorted(sides):
            if healthy[edit.service, side] == 0:
                part = edit.after if side == "new" else ALL - edit.after
                yield f"{edit.service}: the {side} side would get {part} % and has no healthy target"


def write(file: StackFile, planned: Sequence[Edit]) -> bool:
    """Make the edits; gives back whether the file changed.

    Raises:
        Refusal: it cannot be written; it is as it was.
    """
    for edit in planned:
        file.set(edit.after, MIGRATION, "services", edit.service, "newPercent")
        if edit.stickiness_removed is not None:
            file.remove(MIGRATION, "services", edit.service, "stickySeconds")
    return file.write()


def paths_that_stay(file: StackFile, planned: Sequence[Edit]) -> Iterator[str]:
    """Which paths go to a side although it is sent nothing else: they do so whatever the percentage says."""
    for edit in planned:
        if edit.everything is None:
            continue
        left: Side = "old" if edit.everything == "new" else "new"
        if patterns := file.get(MIGRATION, "services", edit.service, "paths", left):
            yield f"{edit.service}: paths.{left} still sends {', '.join(patterns)} to the {left} side"
