"""Runs the tests in tiers, with all that each needs, and reports what was built, what was tested and how long it took.

    python -m tools.run_tests            # `make test`: unit, program, and a short round of the engine
    python -m tools.run_tests all        # `make test-all`: every tier, whole
    python -m tools.run_tests edge -- -k promotion    # one tier, with further words for pytest

Only the standard library is used: the project's own environment is the first thing that this makes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sandbox.go_tools import GROUPS
from tools import prerequisites
from tools.prerequisites import AB, CHROMIUM, GIT, GO, HAPROXY, OPENSSL, POSTGRESQL, PS, Program

_ROOT: Final = Path(__file__).resolve().parent.parent
_PYTHON: Final = str(_ROOT / ".venv" / "bin" / "python")
# What a shell gives back for Ctrl-C.
_INTERRUPTED: Final = 130
# What pytest gives back where no test was selected. https://docs.pytest.org/en/stable/reference/exit-codes.html
_NO_TEST: Final = 5
# Most tests of these tiers wait for a server or a cluster; a third worker uses the two cores of the smallest machine.
_WAITING: Final = str(max(3, os.cpu_count() or 1))


@dataclass(frozen=True)
class Tier:
    """Tests that need the same.

    Attributes:
        name: as in `make test-<name>`
        paths: where they are
        programs: what a person installs for them
        go_tools: the groups of `sandbox.go_tools` that they need
        workers: how many run side by side; pytest-xdist's `auto` is one for each core
    """

    name: str
    paths: tuple[str, ...]
    programs: tuple[Program, ...] = (GIT,)
    go_tools: tuple[str, ...] = ()
    workers: str = "auto"


QUICK: Final = Tier("quick", ("tests/engine/test_short_round.py", "tests/unit", "tests/program"))
TIERS: Final = (
    Tier("unit", ("tests/unit",)),
    Tier("program", ("tests/program",)),
    Tier("engine", ("tests/engine",), (GIT, GO), ("images",), _WAITING),
    Tier("cluster", ("tests/cluster",), (GIT, GO, HAPROXY, AB, PS), ("cluster",), _WAITING),
    Tier(
        "edge",
        ("tests/edge",),
        (GIT, GO, HAPROXY, PS, OPENSSL, POSTGRESQL, CHROMIUM),
        ("images", "lint"),
        _WAITING,
    ),
)
_WHOLE: Final = {tier.name: tier for tier in TIERS}


@dataclass
class Report:
    """What was done, in order: a step, how it ended, and for how many seconds it ran."""

    lines: list[tuple[str, str, float]] = field(default_factory=list[tuple[str, str, float]])

    def run(self, title: str, words: Sequence[str]) -> int:
        """Run one step; gives back its exit code.

        Raises:
            KeyboardInterrupt: a person stopped it, and it has ended.
        """
        print(f"\n== {title}", flush=True)
        start = time.monotonic()
        code = _run(words)
        known = {0: "ok", _INTERRUPTED: "interrupted", _NO_TEST: "no test was selected"}
        self.lines.append((title, known.get(code, f"failed with exit code {code}"), time.monotonic() - start))
        if code == _INTERRUPTED:
            raise KeyboardInterrupt
        return code

    def show(self) -> None:
        """Print what was done."""
        print()
        lines = [*self.lines, ("total", "", sum(seconds for *_, seconds in self.lines))]
        first, second = (max(len(str(line[column])) for line in lines) for column in (0, 1))
        for title, how, seconds in lines:
            minutes, rest = divmod(round(seconds), 60)
            print(f"{title:{first}}  {how:{second}}  {minutes:3} min {rest:2} s", flush=True)


class _Terminated(KeyboardInterrupt):
    """Somebody ended this process alone; Ctrl-C goes to all processes of a terminal."""


def _terminate(_number: int, _frame: object) -> None:
    raise _Terminated


def _run(words: Sequence[str]) -> int:
    """Run a command to its end, also when a person presses Ctrl-C: it gets that signal too, and cleans up."""
    process = subprocess.Popen(words, cwd=_ROOT)
    interrupted = False
    while True:
        try:
            code = process.wait()
        except KeyboardInterrupt as signalled:
            if interrupted:
                process.kill()
            elif isinstance(signalled, _Terminated):
                process.send_signal(signal.SIGINT)
            interrupted = True
        else:
            return _INTERRUPTED if interrupted else code


def _prepared(report: Report, tiers: Sequence[Tier]) -> bool:
    """Have all that the tiers need; gives back whether that succeeded."""
    groups = list(dict.fromkeys(each for tier in tiers for each in tier.go_tools))
    programs = list(dict.fromkeys(each for tier in tiers for each in tier.programs))
    if all(tool.found(command) for each in groups for tool in GROUPS[each] for command in tool.commands):
        programs = [each for each in programs if each is not GO]
    lacking = prerequisites.missing(programs)
    if lacking and not prerequisites.can_install(lacking):
        print(f"test: {prerequisites.message(lacking)}", file=sys.stderr)
        return False
    packages = [each.debian for each in lacking]
    install = [sys.executable, "-m", "tools.prerequisites", *packages]
    steps = [
        *([(f"install {' '.join(packages)}", install)] if packages else []),
        ("set up Python and pulumi", [sys.executable, "-m", "sandbox.setup", "--for-tests"]),
        ("install iam-simulate", [_PYTHON, "-m", "tools.iam_decisions"]),
        *((f"build tools: {each}", [_PYTHON, "-m", "sandbox.go_tools", each]) for each in groups),
    ]
    return all(report.run(title, words) == 0 for title, words in steps)


def _tested(report: Report, tiers: Sequence[Tier], words: Sequence[str]) -> bool:
    pytest = [_PYTHON, "-m", "pytest", "-n"]
    # All of them: a failure in one tier says nothing of the next. Further words may select tests of some tiers only.
    codes = {
        report.run(f"test {tier.name}", [*pytest, tier.workers, "--dist", "worksteal", *tier.paths, *words])
        for tier in tiers
    }
    return 0 in codes and codes <= {0, _NO_TEST}


def _left_out(tiers: Sequence[Tier]) -> None:
    for tier in TIERS:
        if tier not in tiers and not (QUICK in tiers and tier.name in {"unit", "program"}):
            print(f"not run: {tier.name} tests; `make test-{tier.name}` runs them, `make test-all` runs all")


def main(words: Sequence[str]) -> int:
    """Run the tests that the words ask for; gives back the exit code."""
    names, further = list(words), []
    if "--" in names:
        place = names.index("--")
        names, further = names[:place], names[place + 1 :]
    unknown = [name for name in names if name not in {*_WHOLE, "all"}]
    if unknown:
        print(f"test: {' '.join(unknown)}: expected all, {', '.join(_WHOLE)}", file=sys.stderr)
        return 2
    tiers = TIERS if "all" in names else tuple(_WHOLE[name] for name in names) or (QUICK,)
    # A shell lets what it runs in the background ignore Ctrl-C, and tests would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _terminate)
    report = Report()
    try:
        code = 0 if _prepared(report, tiers) and _tested(report, tiers, further) else 1
    except KeyboardInterrupt:
        code = _INTERRUPTED
    if report.lines:
        report.show()
    if code != _INTERRUPTED:
        _left_out(tiers)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
