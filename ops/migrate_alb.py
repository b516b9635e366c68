"""`python -m ops migrate` where the stack's own balancer divides the requests: the stack file, then `pulumi up`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ops.alb_balancer import healthy_targets, look
from ops.alb_change import MIGRATION, Edit, edits, nobody_left, paths_that_stay, write
from ops.alb_report import as_json, problems, table
from ops.confirmation import confirm
from ops.haproxy_change import Change
from ops.interruption import left_to_the_child
from ops.migration_output import TargetGroups
from ops.pulumi_command import PulumiCommand
from ops.refusal import Refusal
from ops.stack_file import StackFile, replace


@dataclass(frozen=True)
class BalancerWork:
    """One call of the command.

    Attributes:
        stack: its name
        file: its settings
        pulumi: how it is brought up
        groups: the target groups of each service that is meant
        elbv2: AWS's client of the balancer
        cloudwatch: AWS's client of its metrics
        console: where all is shown
    """

    stack: str
    file: StackFile
    pulumi: PulumiCommand
    groups: Mapping[str, TargetGroups]
    elbv2: Any
    cloudwatch: Any
    console: Console

    def status(self, *, as_text: bool) -> int:
        """Show what stands.

        Raises:
            Refusal: AWS does not tell it.
        """
        seen = look(self.elbv2, self.cloudwatch, self.groups)
        wanted = {name: self._wanted(name) for name in seen}
        if as_text:
            self.console.print(table(seen, wanted))
            self._shout(list(problems(seen, wanted)))
        else:
            self.console.print_json(json.dumps(as_json(seen, wanted)))
        return 0

    def change(self, change: Change, *, yes: bool, force: bool) -> int:
        """Edit the stack file and bring the stack up; 1 when that failed, and the file is as it was.

        Raises:
            Refusal: before anything was changed: nobody would answer afterwards, or a person did not want it.
        """
        planned = edits(self.file, change, list(self.groups))
        if refused := list(nobody_left(planned, healthy_targets(self.elbv2, self.groups))):
            if not force:
                raise Refusal("\n  ".join([*refused, "Nothing was changed; --force goes on all the same."]))
            self._shout(refused)
        self._ask(planned)
        confirm(yes=yes)
        before = _text(self.file.path)
        if not write(self.file, planned):
            self.console.print(f"{self.file.path.name} says so already.")
        written = _text(self.file.path)
        try:
            with left_to_the_child():
                failed = self.pulumi.up(self.stack, yes=yes) != 0
        except BaseException:
            self._put_back(before, written)
            raise
        if failed:
            self._put_back(before, written)
        return 1 if failed else 0

    def _wanted(self, service: str) -> int | None:
        percent = self.file.get(MIGRATION, "services", service, "newPercent")
        return percent if isinstance(percent, int) else None

    def _ask(self, planned: Sequence[Edit]) -> None:
        shown = Table(title=f"{self.file.path.name}, then pulumi up", title_justify="left")
        for name in ("service", "new side", "old side", "stickySeconds"):
            shown.add_column(name)
        for edit in planned:
            sticky = "stays" if edit.stickiness_removed is None else f"{edit.stickiness_removed} is taken out"
            shown.add_row(
                edit.service,
                f"{edit.before} % -> {edit.after} %",
                f"{100 - edit.before} % -> {100 - edit.after} %",
                sticky,
            )
        self.console.print(shown)
        self._shout(list(paths_that_stay(self.file, planned)))

    def _put_back(self, before: str, written: str) -> None:
        """The file as it was, to the letter; unless somebody else has changed it meanwhile."""
        path = self.file.path
        try:
            if _text(path) != written:
                told = f"{path.name} was changed by somebody else meanwhile; look at it yourself"
            else:
                replace(path, before)
                told = f"{path.name} is as it was"
        except OSError as error:
            told = f"{path.name} could not be put back ({error.strerror})"
        self._shout(
            [
                f"The stack was not brought up; {told}.",
                "What Pulumi did before it ended stands: `status` tells what the balancer has, `pulumi up` makes it "
                "as the file says.",
            ]
        )

    def _shout(self, lines: Sequence[str]) -> None:
        for line in lines:
            self.console.print(f"[bold red]! {escape(line)}[/]", soft_wrap=True)


def _text(path: Path) -> str:
    """The file to the letter: its line ends are not translated."""
    with path.open(newline="") as file:
        return file.read()
