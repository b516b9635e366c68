"""Fails each create, update and delete of prod once, one at a time, each in a copy of an account of its own.

python -m bench.fault_sweep --seconds 240      goes on for four minutes with what has not been tried yet
python -m bench.fault_sweep --table            what was tried so far, as Markdown
python -m bench.fault_sweep --results new.jsonl    all of it once more

After each fault the account holds what the state says, and the same command again comes to the same end as without it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from bench.account_check import KEPT_WITH_THE_DATA, differences, discrepancies, end_state, holdings
from bench.fault_targets import Target, deletions, needs, types_deleted_with_another
from bench.fault_waves import failed_in
from bench.typical_change import TYPICAL_CHANGE, UNPROTECTED
from sandbox.forking import forked_processes
from tests.engine.sandbox_stack import CHECKOUT, Outcome, SandboxStack, bootstrapped

OPERATIONS: Final = ("create", "update", "delete")
_WORK: Final = CHECKOUT / ".sandbox" / "fault-sweep"
_RESULTS: Final = CHECKOUT / "bench" / "fault_sweep.jsonl"


@dataclass(frozen=True)
class Case:
    """One call that is to fail, in an account prepared for it."""

    operation: str
    target: Target


@dataclass(frozen=True)
class Result:
    """What came of one case.

    Attributes:
        operation: that failed.
        type: of the resource.
        name: of the resource.
        wrong: what did not hold, one line each.
        seconds: of both commands.
        day: as an ISO 8601 date.
    """

    operation: str
    type: str
    name: str
    wrong: list[str]
    seconds: float
    day: str


class Prepared:
    """Accounts to copy from, made once in a directory and kept there: before `up`, after it, and after the change.

    Args:
        directory: where they are kept.

    Raises:
        RuntimeError: one of them does not come up without any fault.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.before = SandboxStack(directory / "before", CHECKOUT, "prod")
        self.up = SandboxStack(directory / "up", CHECKOUT, "prod")
        self.unprotected = SandboxStack(directory / "unprotected", CHECKOUT, "prod")
        self.changed = SandboxStack(directory / "changed", CHECKOUT, "prod")
        self.destroyed = SandboxStack(directory / "destroyed", CHECKOUT, "prod")
        if not (directory / "done").exists():
            self._make()

    def _make(self) -> None:
        shutil.rmtree(self._directory, ignore_errors=True)
        self._directory.mkdir(parents=True)
        bootstrapped(self.before)
        _required(self.before.copy_to(self.up.state).up())
        _required(self.up.copy_to(self.unprotected.state).up(set=UNPROTECTED))
        _required(self.up.copy_to(self.changed.state).up(set=TYPICAL_CHANGE))
        _required(self.unprotected.copy_to(self.destroyed.state).destroy())
        (self._directory / "done").touch()

    def start(self, operation: str) -> SandboxStack:
        """The account that a case begins with."""
        return {"create": self.before, "update": self.up, "delete": self.unprotected}[operation]

    def end(self, operation: str) -> SandboxStack:
        """The account that it has to come to."""
        return {"create": self.up, "update": self.changed, "delete": self.destroyed}[operation]

    def cases(self) -> list[Case]:
        """All cases there are, the operations in turn so that a run cut short has seen some of each."""
        targets = self._targets()
        firsts: list[Case] = []
        others: list[Case] = []
        for operation in OPERATIONS:
            seen: set[str] = set()
            for target in targets[operation]:
                (others if target.type in seen else firsts).append(Case(operation, target))
                seen.add(target.type)
        return [*_in_turn(firsts), *_in_turn(others)]

    def _targets(self) -> dict[str, list[Target]]:
        file = self._directory / "targets.json"
        if not file.exists():
            found = {
                "create": needs(self.up.resources()),
                "update": updated(self.up),
                "delete": deletions(self.unprotected.resources()),
            }
            pairs = {
                operation: [[each.type, each.name] for each in sorted(those)] for operation, those in found.items()
            }
            file.write_text(json.dumps(pairs))
        return {
            operation: [Target(*each) for each in pairs] for operation, pairs in json.loads(file.read_text()).items()
        }


def updated(stack: SandboxStack) -> frozenset[Target]:
    """What the typical change updates in place.

    Raises:
        RuntimeError: its preview failed.
    """
    preview = _required(stack.preview(set=TYPICAL_CHANGE))
    return frozenset(
        Target(step.type, step.name)
        for step in preview.changes
        if step.op == "update" and step.type.startswith(("aws:", "kubernetes:"))
    )


def _in_turn(cases: Sequence[Case]) -> Iterator[Case]:
    queues = [[each for each in cases if each.operation == operation] for operation in OPERATIONS]
    while any(queues):
        for queue in queues:
            if queue:
                yield queue.pop(0)


def _required(outcome: Outcome) -> Outcome:
    if outcome.exit_code != 0:
        raise RuntimeError(f"failed without any fault:\n{outcome.output}")
    return outcome


def run_case(case: Case, prepared: Prepared, directory: Path) -> Result:
    """Let one call fail, look at what is there, and run the same command again.

    Args:
        case: what fails.
        prepared: the accounts to begin with and to come to.
        directory: for the copy, which is removed in the end.
    """
    shutil.rmtree(directory, ignore_errors=True)
    stack = prepared.start(case.operation).copy_to(directory / "account")
    failed = _command(stack, case.operation, [case.target.fault(case.operation)])
    struck = failed_in(failed)
    wrong = (
        [] if struck == frozenset({case.target}) else [f"failed: {', '.join(map(str, sorted(struck))) or 'nothing'}"]
    )
    wrong += ["the command did not fail"] if failed.exit_code == 0 else []
    kept = KEPT_WITH_THE_DATA if case.operation == "delete" else frozenset[str]()
    meanwhile = kept
    if case.operation == "delete":
        # Forgotten beforehand, so that it may be in no state until it goes.
        meanwhile |= types_deleted_with_another(holdings(prepared.unprotected.state).resources)
    wrong += [f"after the fault: {each}" for each in discrepancies(holdings(stack.state), meanwhile)]
    again = _command(stack, case.operation, [])
    wrong += [] if again.exit_code == 0 else [f"again: {again.output}"]
    held = holdings(stack.state)
    wrong += [f"in the end: {each}" for each in discrepancies(held, kept)]
    expected = end_state(holdings(prepared.end(case.operation).state))
    wrong += [f"not the same end: {each}" for each in differences(end_state(held), expected)]
    shutil.rmtree(directory, ignore_errors=True)
    seconds, day = round(failed.seconds + again.seconds, 1), time.strftime("%Y-%m-%d")
    return Result(case.operation, case.target.type, case.target.name, wrong, seconds, day)


def _command(stack: SandboxStack, operation: str, faults: Sequence[str]) -> Outcome:
    if operation == "delete":
        return stack.destroy(faults=faults)
    changed: dict[str, Any] = TYPICAL_CHANGE if operation == "update" else {}
    return stack.up(faults=faults, set=changed)


def table(results: Sequence[Result], cases: Sequence[Case]) -> str:
    """What was tried and what held, by operation, as Markdown; then what did not hold."""
    lines = [
        "| operation | resources | tried | types | types tried | held | seconds |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for operation in OPERATIONS:
        there = [each for each in cases if each.operation == operation]
        done = [each for each in results if each.operation == operation]
        held = sum(not each.wrong for each in done)
        types, tried = {each.target.type for each in there}, {each.type for each in done}
        seconds = sum(each.seconds for each in done)
        lines.append(
            f"| {operation} | {len(there)} | {len(done)} | {len(types)} | {len(tried)} | {held} | {seconds:.0f} |"
        )
    days = Counter(each.day for each in results)
    lines += ["", "Tried " + ", ".join(f"{count} on {day}" for day, count in sorted(days.items())) + "."]
    for each in results:
        lines += [f"- {each.operation} {each.type} {each.name}: {line}" for line in each.wrong]
    return "\n".join(lines)


def told(result: Result) -> str:
    """One result in one line."""
    said = "held" if not result.wrong else "; ".join(result.wrong)[:300]
    return f"{result.operation} {result.type} {result.name} {result.seconds} s: {said}"


def read_results(file: Path) -> list[Result]:
    """The results so far; none where there is no file yet."""
    lines = file.read_text().splitlines() if file.exists() else []
    return [Result(**json.loads(line)) for line in lines]


def left(cases: Iterable[Case], results: Iterable[Result], only: str) -> list[Case]:
    """The cases not tried yet whose operation, type or name has `only` in it."""
    tried = {(each.operation, each.type, each.name) for each in results}
    return [
        each
        for each in cases
        if (each.operation, each.target.type, each.target.name) not in tried
        and only in f"{each.operation} {each.target}"
    ]


def main(words: Sequence[str]) -> int:
    """Go on with the sweep, or print its table; gives back 1 where something did not hold."""
    parser = argparse.ArgumentParser(prog="python -m bench.fault_sweep", description=__doc__)
    parser.add_argument("--limit", type=int, help="at most so many cases")
    parser.add_argument("--seconds", type=float, help="begin no further case after so many seconds")
    parser.add_argument("--only", default="", help="cases with this in `operation type name`, such as 'create aws:ec2'")
    parser.add_argument("--jobs", type=int, default=2, help="how many cases at once (2)")
    parser.add_argument("--table", action="store_true", help="print what was tried so far, and try nothing")
    parser.add_argument("--work", type=Path, default=_WORK, help="for the accounts (.sandbox/fault-sweep)")
    parser.add_argument("--results", type=Path, default=_RESULTS, help="what was tried (bench/fault_sweep.jsonl)")
    options = parser.parse_args(words)
    results = read_results(options.results)
    with forked_processes():
        prepared = Prepared(options.work / "accounts")
        cases = prepared.cases()
        if not options.table:
            todo = left(cases, results, options.only)[: options.limit]
            for number, result in enumerate(_attempts(todo, prepared, options), 1):
                results.append(result)
                with options.results.open("a") as written:
                    written.write(json.dumps(asdict(result)) + "\n")
                print(f"{number}/{len(todo)} {told(result)}", file=sys.stderr)
    print(table(results, cases))
    return 1 if any(each.wrong for each in results) else 0


def _attempts(todo: Sequence[Case], prepared: Prepared, options: argparse.Namespace) -> Iterator[Result]:
    start = time.monotonic()

    def attempt(case: Case) -> Result | None:
        if options.seconds is not None and time.monotonic() - start > options.seconds:
            return None
        return run_case(case, prepared, options.work / f"case-{threading.get_ident()}")

    with ThreadPoolExecutor(options.jobs) as workers:
        for result in workers.map(attempt, todo):
            if result is None:
                return
            yield result


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
