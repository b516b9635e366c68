"""Drives one stack in a sandbox of its own, and says exactly what the engine did.

    stack = SandboxStack(tmp_path, project=Path("tests/engine/programs/small"))
    outcome = stack.up(set={"small:range": "10.1.0.0/16"})
    assert outcome.exit_code == 0
    assert [step.op for step in outcome.changes] == ["update"]

Nothing here asserts; a failed command is an `Outcome` like any other.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from sandbox.fork_client import SOCKET_VARIABLE
from sandbox.forking import forked_module
from sandbox.inventory import Inventory
from sandbox.inventory_report import as_json
from sandbox.state import State
from sandbox.urn import name_of, type_of

CHECKOUT = Path(__file__).resolve().parents[2]
BOOTSTRAP = CHECKOUT / "bootstrap"
PROGRAMS = Path(__file__).resolve().parent / "programs"

# Seconds; a command that takes longer has hung.
_LIMIT = 600

# Around each step the engine writes the whole state anew: half of the CPU time of an `up`. A command that nobody kills
# leaves the same state when it is written at the end only. https://github.com/pulumi/pulumi/issues/10668
_STATE_ONCE = {"PULUMI_SKIP_CHECKPOINTS": "true"}


@dataclass(frozen=True)
class Step:
    """One thing the engine did, or in a preview would do.

    Attributes:
        op: `create`, `update`, `delete`, `same`, `create-replacement`, `delete-replaced`, `replace`, ...
        urn: the resource
        changed: names of the properties that differ, sorted; empty where that has no meaning
    """

    op: str
    urn: str
    changed: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        """The resource's type, without its parents'."""
        return type_of(self.urn)

    @property
    def name(self) -> str:
        """The resource's logical name."""
        return name_of(self.urn)

    def __str__(self) -> str:
        changed = f" ({', '.join(self.changed)})" if self.changed else ""
        return f"{self.op} {self.type} {self.name}{changed}"


@dataclass(frozen=True)
class Outcome:
    """What one command did.

    Attributes:
        exit_code: of the whole command
        steps: everything the engine did, in the order in which it began, the stack itself and providers included
        failed: the steps that did not succeed
        errors: what was shown as an error, one text each
        warnings: what was shown as a warning
        output: standard output and error together, as a person sees them
        seconds: how long it took
    """

    exit_code: int
    steps: tuple[Step, ...]
    failed: tuple[Step, ...]
    errors: tuple[str, ...]
    warnings: tuple[str, ...]
    output: str
    seconds: float

    @property
    def changes(self) -> tuple[Step, ...]:
        """The steps that change something, without the stack, components and providers of the engine."""
        return tuple(
            step
            for step in self.steps
            if step.op not in {"same", "read", "refresh"} and not step.type.startswith("pulumi:")
        )

    @property
    def lines(self) -> list[str]:
        """What a person sees, line by line, without indentation."""
        return [line.strip() for line in self.output.splitlines()]

    def of_type(self, type_token: str) -> tuple[Step, ...]:
        """The steps about resources of one type, such as `aws:ec2/vpc:Vpc`."""
        return tuple(step for step in self.steps if step.type == type_token)


class SandboxStack:
    """One stack of one project, in the pretended account of `state`.

    Args:
        state: a directory for this account alone; stacks that share it share the account
        project: the directory with `Pulumi.yaml`
        stack: its name
    """

    def __init__(self, state: Path, project: Path = CHECKOUT, stack: str = "dev") -> None:
        self.state = state
        self.project = project
        self.stack = stack
        self._commands = 0

    def up(self, **options: Any) -> Outcome:
        """`pulumi up`, without a preview before it; see `run` for the options."""
        return self.run("up", "--yes", "--skip-preview", **options)

    def preview(self, **options: Any) -> Outcome:
        """`pulumi preview`."""
        return self.run("preview", **options)

    def refresh(self, **options: Any) -> Outcome:
        """`pulumi refresh`, without a preview before it."""
        return self.run("refresh", "--yes", "--skip-preview", **options)

    def destroy(self, **options: Any) -> Outcome:
        """`pulumi destroy`, without a preview before it."""
        return self.run("destroy", "--yes", "--skip-preview", **options)

    def run(  # the first words are the command's own
        self,
        *words: str,
        set: Mapping[str, Any] | None = None,  # noqa: A002  # the word that `python -m sandbox` uses
        faults: Sequence[str] = (),
        time_scale: float = 0.0,
        arguments: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Run a command that the engine carries out; it writes its state at the end.

        Args:
            words: the command
            set: configuration for this one command, by path
            faults: what to let fail, in the syntax of `sandbox.faults`
            time_scale: see `sandbox.latency`
            arguments: further words for `pulumi`
            variables: of the environment, beside this process's own
        """
        log = self._event_log()
        options = [word for fault in faults for word in ("--fault", fault)]
        options += ["--time-scale", str(time_scale)]
        for path, value in (set or {}).items():
            options += ["--set", f"{path}={json.dumps(value)}"]
        start = time.monotonic()
        given = {**_STATE_ONCE, **(variables or {})}
        done = self.command(*words, "--event-log", str(log), *arguments, options=options, variables=given)
        return read_outcome(log, done.returncode, done.stdout, time.monotonic() - start)

    def _event_log(self) -> Path:
        self._commands += 1
        directory = self.state.parent / f"{self.state.name}-events"
        directory.mkdir(exist_ok=True)
        return directory / f"{self._commands}.json"

    def command(
        self, *words: str, options: Sequence[str] = (), variables: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run any `pulumi` command; standard output and error come together in `stdout`."""
        return subprocess.run(
            self.words(*words, options=options),
            cwd=CHECKOUT,
            env={**self.environment(), **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_LIMIT,
            check=False,
        )

    def start(self, *words: str, options: Sequence[str] = ()) -> subprocess.Popen[str]:
        """Start a command in a process group of its own, to stop it half-way; output goes to a file.

        As for people, the engine writes its state around every step, and each process is started by itself.
        """
        own = {name: value for name, value in self.environment().items() if name != SOCKET_VARIABLE}
        with self._background_log.open("w") as output:
            return subprocess.Popen(
                self._words([sys.executable, "-m", "sandbox"], words, options),
                cwd=CHECKOUT,
                env=own,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )

    @property
    def _background_log(self) -> Path:
        return self.state.parent / f"{self.state.name}-background.log"

    def shown_in_background(self) -> str:
        """What the command from `start` has written so far."""
        return self._background_log.read_text()

    def words(self, *words: str, options: Sequence[str] = ()) -> list[str]:
        """The whole command line of `pulumi` with `words` in this sandbox."""
        command = [sys.executable, "-m", "sandbox"]
        if SOCKET_VARIABLE in os.environ:
            command = forked_module("sandbox.__main__")
        return self._words(command, words, options)

    def _words(self, command: Sequence[str], words: Sequence[str], options: Sequence[str]) -> list[str]:
        own = ["--state", str(self.state), *options]
        return [*command, *own, "pulumi", "-C", str(self.project), *words, "--stack", self.stack]

    def environment(self) -> dict[str, str]:
        """The variables the command gets: this process's own, and Pulumi's event log switched on."""
        return {**os.environ, "PULUMI_DEBUG_COMMANDS": "true"}

    def outputs(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's exports."""
        words = ["stack", "output", "--json", *(["--show-secrets"] if show_secrets else [])]
        return self.json_of(*words)

    def export(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """Pulumi's state of the stack (`pulumi stack export`)."""
        return self.json_of("stack", "export", *(["--show-secrets"] if show_secrets else []))

    def resources(self) -> list[dict[str, Any]]:
        """The resources in Pulumi's state as it is on disk, the stack and providers included."""
        project = YAML(typ="safe").load(self.project / "Pulumi.yaml")["name"]
        checkpoint = json.loads(State(self.state).checkpoint(project, self.stack).read_text())
        return (checkpoint["checkpoint"].get("latest") or {}).get("resources") or []

    def json_of(self, *words: str, options: Sequence[str] = ()) -> dict[str, Any]:
        """Run a `pulumi` command that prints JSON, and nothing else on standard output."""
        done = subprocess.run(
            self.words(*words, options=options),
            cwd=CHECKOUT,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_LIMIT,
            check=True,
        )
        return json.loads(done.stdout)

    def inventory(self) -> list[dict[str, Any]]:
        """What exists in the pretended account, AWS's own doings (`owner`) included."""
        self.state.mkdir(parents=True, exist_ok=True)
        account = self.account()
        try:
            return json.loads(as_json(account))
        finally:
            account.close()

    def existing(self) -> set[tuple[str, str]]:
        """Type and id of all that exists in the pretended account."""
        return {(each["type"], each["id"]) for each in self.inventory()}

    def made_by_bootstrap(self) -> set[tuple[str, str]]:
        """Type and id of what was in the account before this stack, and stays when it goes."""
        resources = SandboxStack(self.state, BOOTSTRAP, self.stack).resources()
        return {(each["type"], each["id"]) for each in resources if each["type"].startswith("aws:")}

    def account(self) -> Inventory:
        """The pretended account itself, to change behind Pulumi's back; close it before the next command."""
        return Inventory(self.state / "account.sqlite")

    def copy_to(self, state: Path) -> SandboxStack:
        """The same stack in a copy of its account, which then goes its own way."""
        shutil.copytree(self.state, state)
        return SandboxStack(state, self.project, self.stack)


def read_outcome(log: Path, exit_code: int, output: str, seconds: float) -> Outcome:
    """Read what the engine's event log says about a command that has ended.

    https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/events.go
    """
    steps: list[Step] = []
    failed: list[Step] = []
    shown: dict[str, list[str]] = {"error": [], "warning": []}
    lines = log.read_text().splitlines() if log.exists() else []
    for line in lines:
        event = json.loads(line)
        if "resourcePreEvent" in event:
            steps.append(_step(event["resourcePreEvent"]["metadata"]))
        elif "resOpFailedEvent" in event:
            failed.append(_step(event["resOpFailedEvent"]["metadata"]))
        elif "diagnosticEvent" in event:
            severity = event["diagnosticEvent"]["severity"]
            if severity in shown:
                shown[severity].append(event["diagnosticEvent"]["message"].strip())
    return Outcome(
        exit_code,
        tuple(steps),
        tuple(failed),
        tuple(shown["error"]),
        tuple(shown["warning"]),
        output,
        seconds,
    )


def _step(metadata: dict[str, Any]) -> Step:
    names = {*(metadata.get("diffs") or ()), *(metadata.get("detailedDiff") or ())}
    return Step(metadata["op"], metadata["urn"], tuple(sorted(names)))


def upped(
    cache: Path,
    project: Path,
    stack: str,
    set: Mapping[str, Any] | None = None,  # noqa: A002  # as in `SandboxStack.run`
) -> SandboxStack:
    """A stack that is up, to copy from; made once for all tests and workers that share `cache`.

    Slipway's own stacks need what `bootstrap/` makes once per environment, so that comes up first.

    Raises:
        AssertionError: the first `up` failed; the text is all it said.
    """

    def make(made: SandboxStack) -> None:
        if project == CHECKOUT:
            bootstrapped(made)
        succeeded(made.up(set=set))

    return _made_once(cache, SandboxStack(_directory(cache, "up", project, stack, set), project, stack), make)


def empty(cache: Path, project: Path, stack: str) -> SandboxStack:
    """A stack that exists, with its salt and secrets, and has nothing in it yet; made once like `upped`.

    Slipway's own stacks have the bootstrap of their environment in the account.
    """

    def make(made: SandboxStack) -> None:
        if project == CHECKOUT:
            bootstrapped(made)
        # The only command that makes a stack and does not run the program.
        succeeded(made.refresh())

    return _made_once(cache, SandboxStack(_directory(cache, "empty", project, stack), project, stack), make)


def _directory(cache: Path, *key: Any) -> Path:
    return cache / hashlib.sha256(json.dumps(key, sort_keys=True, default=str).encode()).hexdigest()[:12]


def _made_once(cache: Path, made: SandboxStack, make: Callable[[SandboxStack], None]) -> SandboxStack:
    done = cache / f"{made.state.name}.done"
    with (cache / f"{made.state.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(made.state, ignore_errors=True)
            make(made)
            done.touch()
    return made


def succeeded(outcome: Outcome) -> Outcome:
    """The outcome, of a command that came to its end.

    Raises:
        AssertionError: it failed; the text is all it said.
    """
    assert outcome.exit_code == 0, outcome.output
    return outcome


def refused(stack: SandboxStack, change: dict[str, Any]) -> list[str]:
    """What is said, line by line, of settings that are refused before anything changes.

    Raises:
        AssertionError: they were not refused, or something changed.
    """
    before = stack.existing()
    outcome = stack.up(set=change)
    assert outcome.exit_code != 0
    assert "Traceback" not in outcome.output
    assert outcome.changes == ()
    assert stack.existing() == before
    return outcome.lines


def bootstrapped(stack: SandboxStack) -> SandboxStack:
    """Bring up `bootstrap/` for the environment of `stack`, in its account; gives back bootstrap's stack.

    Raises:
        AssertionError: it failed; the text is all it said.
    """
    bootstrap = SandboxStack(stack.state, BOOTSTRAP, stack.stack)
    outcome = bootstrap.up()
    assert outcome.exit_code == 0, outcome.output
    return bootstrap
