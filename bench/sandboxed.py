"""Runs `pulumi` in a sandbox of its own, and measures what the command and all its processes take."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent

_LIMIT = 1800.0  # seconds, after which a command counts as hung: a preview with 1,000 services takes minutes
_LOOK_EVERY = 0.05  # seconds between two looks at the processes


@dataclass(frozen=True)
class Cost:
    """What one command took, with all that it started: the engine, the program and the providers.

    Attributes:
        seconds: from start to end
        cpu_seconds: of all cores together
    """

    seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class Subject:
    """A program to preview.

    Attributes:
        name: in tables
        project: the directory with its `Pulumi.yaml`
        settings: configuration beside the stack file's, by path
    """

    name: str
    project: Path
    settings: Mapping[str, Any]


class Sandbox:
    """An emulated account in `state`, in which prod's hosted zone and deploy role are made."""

    stack = "prod"

    def __init__(self, state: Path) -> None:
        self.state = state
        if not state.exists():
            run(self.words(CHECKOUT / "bootstrap", "up", "--yes", "--skip-preview", "--suppress-outputs"))

    def copied(self, state: Path) -> Sandbox:
        """The same account and all that is up in it, which from here on goes its own way."""
        shutil.copytree(self.state, state)
        return Sandbox(state)

    def words(
        self, project: Path, *words: str, settings: Mapping[str, Any] | None = None, time_scale: float = 0.0
    ) -> list[str]:
        """The command line of `pulumi` with `words` about prod in this sandbox.

        Args:
            project: the directory with its `Pulumi.yaml`
            words: the command
            settings: configuration beside the stack file's, by path
            time_scale: how much of the time that AWS takes is waited for: 0 for none, 1 for all of it
        """
        given = [f"{path}={json.dumps(value)}" for path, value in (settings or {}).items()]
        options = [word for each in given for word in ("--set", each)]
        own = [sys.executable, "-m", "sandbox", "--state", str(self.state), "--time-scale", str(time_scale), *options]
        return [*own, "pulumi", "-C", str(project), *words, "--stack", self.stack]

    def export(self) -> dict[str, Any]:
        """Pulumi's state of prod."""
        with tempfile.NamedTemporaryFile(dir=self.state, suffix=".json") as file:
            run(self.words(CHECKOUT, "stack", "export", "--file", file.name))
            return json.loads(Path(file.name).read_text())

    def resources(self) -> list[dict[str, Any]]:
        """The resources in it."""
        return self.export()["deployment"]["resources"]

    def _preview_words(self, subject: Subject) -> list[str]:
        return self.words(subject.project, "preview", "--suppress-outputs", settings=subject.settings)

    def _unchanged_words(self, subject: Subject) -> list[str]:
        words = ("up", "--yes", "--skip-preview", "--expect-no-changes", "--suppress-outputs")
        return self.words(subject.project, *words, settings=subject.settings)

    def preview(self, subject: Subject) -> Cost:
        """Preview `subject` and measure it.

        Raises:
            RuntimeError: the preview failed; the text is all it said.
        """
        return self._cost(self._preview_words(subject))

    def unchanged(self, subject: Subject) -> Cost:
        """Bring up `subject`, which is up already, and measure it.

        Raises:
            RuntimeError: it failed, or changed something; the text is all it said.
        """
        return self._cost(self._unchanged_words(subject))

    def _cost(self, words: Sequence[str]) -> Cost:
        before = os.times()
        start = time.perf_counter()
        run(words)
        seconds = time.perf_counter() - start
        after = os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        return Cost(seconds, cpu)

    def calls(self, subject: Subject, *, up: bool = False) -> list[dict[str, Any]]:
        """Preview `subject`, or bring it up again, and give back all messages between the engine and its plugins."""
        with tempfile.TemporaryDirectory(prefix="slipway-bench-") as directory:
            log = Path(directory) / "grpc.json"
            run(self._unchanged_words(subject) if up else self._preview_words(subject), {"PULUMI_DEBUG_GRPC": str(log)})
            return [json.loads(line) for line in log.read_text().splitlines()]

    def peak_memory(self, subject: Subject) -> float | None:
        """Preview `subject` and give back the most memory that all its processes held at once, in MiB.

        Resident memory is summed, so what processes share counts for each of them. None where there is no `/proc`.
        """
        if not Path("/proc/self/stat").exists():
            return None
        peak = 0.0

        def look(process: subprocess.Popen[bytes]) -> None:
            nonlocal peak
            peak = max(peak, sum(_resident(pid) for pid in session(process.pid)))

        run(self._preview_words(subject), look=look)
        return peak / 2**20


def run(
    words: Sequence[str],
    variables: Mapping[str, str] | None = None,
    look: Callable[[subprocess.Popen[bytes]], None] | None = None,
    limit: float = _LIMIT,
) -> None:
    """Run a command to its end.

    Args:
        words: the command
        variables: of the environment, beside this process's own
        look: called every now and then meanwhile
        limit: seconds after which it counts as hung

    Raises:
        RuntimeError: it failed; the text is all it said.
        subprocess.TimeoutExpired: it hung, and was ended.
    """
    with tempfile.TemporaryFile() as output:
        # A session of its own, by which its processes can be told from all others.
        process = subprocess.Popen(  # noqa: S603 - words of this package
            words,
            cwd=CHECKOUT,
            env={**os.environ, **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            deadline = time.monotonic() + limit
            while look is not None and process.poll() is None and time.monotonic() < deadline:
                look(process)
                time.sleep(_LOOK_EVERY)
            process.wait(max(0.0, deadline - time.monotonic()))
        finally:
            if process.poll() is None:
                process.terminate()  # the sandbox lets `pulumi` end in order
                process.wait()
        output.seek(0)
        said = output.read().decode(errors="replace")
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(words)[:400]}\nfailed with exit code {process.returncode}:\n{said}")


@contextmanager
def sandbox() -> Generator[Sandbox, None, None]:
    """An emulated account that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="slipway-bench-") as directory:
        yield Sandbox(Path(directory) / "sandbox")


def session(leader: int) -> Iterator[int]:
    """The processes of a session, by id."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):  # it ended in between
            # After the command in parentheses: state, parent, group, session.
            if int((entry / "stat").read_text().rpartition(")")[2].split()[3]) == leader:
                yield int(entry.name)


def _resident(pid: int) -> int:
    """The resident memory of a process, in bytes."""
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0
