"""`python -m ops migrate` where a fleet of HAProxys divides the requests."""

import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape

from ops.confirmation import confirm
from ops.fleet import Fleet, Trouble, read
from ops.haproxy_change import ALL, Change, commands_for, differences, nobody_left
from ops.haproxy_report import Seen, answering, as_json, known_services, problems, silent, table
from ops.haproxy_runtime import SIDES
from ops.interruption import left_to_the_child
from ops.migration_output import chosen
from ops.patience import wait_until
from ops.pulumi_command import PulumiCommand
from ops.refusal import Refusal
from ops.stack_file import StackFile

MIGRATION = "slipway:migration"
# A side that was switched on is UNCHECKED until its next health check; `checkSeconds` of most stacks is far less.
CHECK_WAIT_SECONDS = 15.0


@dataclass(frozen=True)
class StackSide:
    """The stack that a fleet belongs to.

    Attributes:
        name: the stack's
        file: its settings, in which the weights stand for machines that start later
        pulumi: how it is brought up
        up: whether it is brought up after a change of the file
    """

    name: str
    file: StackFile
    pulumi: PulumiCommand
    up: bool


@dataclass(frozen=True)
class FleetWork:
    """One call of the command.

    Attributes:
        fleet: the HAProxys
        stack: whose they are; None for HAProxys on this machine
        services: those that a person named
        console: where all is shown
        repeat: the words of this call
    """

    fleet: Fleet
    stack: StackSide | None
    services: Sequence[str]
    console: Console
    repeat: Sequence[str]

    def status(self, *, as_text: bool) -> int:
        """Show what stands; 1 when an instance does not answer."""
        seen = read(self.fleet)
        services = self._chosen(seen) if answering(seen) else list(self.services)
        drift = list(self._drift(seen, services))
        if as_text:
            self._show(seen, services)
            self._shout(drift)
        else:
            told = as_json(seen, services)
            self.console.print_json(json.dumps({**told, "problems": [*told["problems"], *drift]}))
        return 1 if silent(seen) else 0

    def change(self, change: Change, *, yes: bool, force: bool) -> int:
        """Make a change on every instance and read it back; 1 when one of them has not got it.

        Raises:
            Refusal: before anything was changed: nobody would answer afterwards, or a person did not want it.
        """
        seen = read(self.fleet)
        if not answering(seen):
            raise Refusal("no instance answers: " + "; ".join(f"{name}: {why}" for name, why in silent(seen).items()))
        services = self._chosen(seen)
        self._require_services(seen, services)
        self._require_file(change, services)
        if refused := [
            f"{name}: {why}" for name, each in answering(seen).items() for why in nobody_left(each, change, services)
        ]:
            if not force:
                raise Refusal("\n  ".join([*refused, "Nothing was changed; --force goes on all the same."]))
            self._shout(refused)
        self._ask(seen, change, services)
        confirm(yes=yes)
        failed = self._tell(change, services)
        after = self._read_back(change, services)
        failed += [
            f"{name}: {why}" for name, each in answering(after).items() for why in differences(each, change, services)
        ]
        self._show(after, services)
        failed += [f"{name} does not answer: {why}" for name, why in silent(after).items() if name not in silent(seen)]
        if failed or silent(after):
            self._shout(["Not every instance has the change.", *dict.fromkeys(failed)])
            self.console.print(f"To repeat: {escape(shlex.join(self.repeat))}", soft_wrap=True)
            if self.stack is not None and change.new_percent is not None:
                self.console.print(f"{self.stack.file.path.name} is as it was.")
            return 1
        return self._keep(change, services, yes=yes)

    def _drift(self, seen: Seen, services: Sequence[str]) -> Iterator[str]:
        """Where the machines have other weights than those that start later will have."""
        for service in services:
            percent, weights = (self._setting("services", service, key) for key in ("newPercent", "weights"))
            said = {"new": percent, "old": ALL - percent} if isinstance(percent, int) else dict(weights or {})
            for name, servers in answering(seen).items():
                stands = {side: servers[service, side].weight for side in SIDES if (service, side) in servers}
                if said and stands and stands != said:
                    yield (
                        f"{service}: {name} has the weights {stands['new']} (new) and {stands['old']} (old), "
                        f"the stack file says {said.get('new')} and {said.get('old')}"
                    )

    def _chosen(self, seen: Seen) -> list[str]:
        return chosen(self.services, known_services(seen))

    @staticmethod
    def _require_services(seen: Seen, services: Sequence[str]) -> None:
        lacking = [
            f"{name} knows no service {service}"
            for name, servers in answering(seen).items()
            for service in services
            if (service, "new") not in servers
        ]
        if lacking:
            raise Refusal("; ".join(lacking) + "; it has another configuration than the others. Nothing was changed.")

    def _require_file(self, change: Change, services: Sequence[str]) -> None:
        """The stack file can only be changed where it already says the same as the stack that is up."""
        if self.stack is None or change.new_percent is None:
            return
        missing = [each for each in services if not isinstance(self._setting("services", each), dict)]
        if self._setting("kind") != "haproxy" or missing:
            what = f"services.{missing[0]}" if missing else "kind: haproxy"
            raise Refusal(
                f"{self.stack.file.path.name}: {MIGRATION} has no {what}, unlike the stack that is up; "
                f"bring it up first: pulumi up --stack {self.stack.name}"
            )

    def _setting(self, *path: str) -> Any:
        return None if self.stack is None else self.stack.file.get(MIGRATION, *path)

    def _ask(self, seen: Seen, change: Change, services: Sequence[str]) -> None:
        say = self.console.print
        say(f"On {escape(', '.join(answering(seen)))}:", soft_wrap=True)
        for service in services:
            say(f"  {service}: {change.words()}")
            if change.new_percent is not None and self._setting("services", service, "weights") is not None:
                self._shout([f"{service} has finer weights in the stack file; newPercent takes their place there."])
        if self.stack is not None and change.new_percent is not None:
            say(f"  {self.stack.file.path.name}: newPercent: {change.new_percent} for {', '.join(services)}")
        if missing := silent(seen):
            self._shout([f"{name} does not answer and will not have it: {why}" for name, why in missing.items()])

    def _tell(self, change: Change, services: Sequence[str]) -> list[str]:
        commands = commands_for(change, services)
        failed: list[str] = []
        for name, answers in self.fleet.ask(commands).items():
            self.console.print(f"[bold]{escape(name)}[/]")
            if isinstance(answers, Trouble):
                self.console.print(f"  [red]not done: {escape(answers.text)}[/]")
                failed.append(f"{name}: {answers.text}")
                continue
            for command, answer in zip(commands, answers, strict=True):
                done = "done" if answer == "" else f"[red]{escape(answer)}[/]"
                self.console.print(f"  {escape(command)}: {done}", soft_wrap=True)
                if answer:
                    failed.append(f"{name}: '{command}' was answered: {answer}")
        return failed

    def _read_back(self, change: Change, services: Sequence[str]) -> Seen:
        """What stands afterwards; of what was switched on, after its first health check, if that comes soon."""
        return wait_until(
            lambda: read(self.fleet),
            lambda seen: "ready" not in change.states.values() or not _unchecked(seen, services),
            CHECK_WAIT_SECONDS,
        )

    def _keep(self, change: Change, services: Sequence[str], *, yes: bool) -> int:
        """Write the weights where machines that start later find them."""
        if change.states:
            self.console.print(
                "MAINT and DRAIN are kept by a reload; a machine that starts later begins without them, "
                "with the stack file's weights."
            )
        if self.stack is None or change.new_percent is None:
            return 0
        file, name = self.stack.file, self.stack.name
        for service in services:
            file.remove(MIGRATION, "services", service, "weights")
            file.set(change.new_percent, MIGRATION, "services", service, "newPercent")
        try:
            written = file.write()
        except Refusal as refusal:
            self._shout([f"The machines have it, but {refusal}. Set newPercent: {change.new_percent} there yourself."])
            return 1
        self.console.print(f"{file.path.name} {'says so now' if written else 'said so already'}.")
        if self.stack.up:
            with left_to_the_child():
                failed = self.stack.pulumi.up(name, yes=yes) != 0
            if failed:
                self._shout(["The machines and the file have it, but the stack was not brought up."])
            return 1 if failed else 0
        self.console.print(f"For machines that start later, deliver it: pulumi up --stack {name}", soft_wrap=True)
        return 0

    def _show(self, seen: Seen, services: Sequence[str]) -> None:
        if answering(seen):
            self.console.print(table(seen, services))
        self._shout(list(problems(seen, services)))

    def _shout(self, lines: Sequence[str]) -> None:
        for line in lines:
            self.console.print(f"[bold red]! {escape(line)}[/]", soft_wrap=True)


def _unchecked(seen: Seen, services: Sequence[str]) -> bool:
    return any(
        server.state == "UNCHECKED"
        for servers in answering(seen).values()
        for (service, _), server in servers.items()
        if service in services
    )
