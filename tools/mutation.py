"""Changes the modules that decide, one small change at a time, and counts which changes the tests notice.

    python -m tools.mutation [--mutants 320] [--seed 1] [--report FILE]

mutmut (https://mutmut.readthedocs.io) makes the changed functions, the mutants, and finds out which tests call which
function. From each area below a seeded sample is drawn, the same for the same source, and the program tests and the
unit tests of these packages run against each mutant. Not drawn, because no test is to notice it: a change of a
message's wording, or of the help of a command. mutmut changes functions only: a module's tables, properties and
pydantic's validators stay as they are.
"""

from __future__ import annotations

import argparse
import ast
import fnmatch
import json
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

AREAS: Final[Mapping[str, tuple[str, ...]]] = {
    "settings rules": (
        "infra/*_rules.py",
        "infra/*_settings.py",
        "infra/setting_types.py",
        "infra/support_calendar.py",
        "infra/database_changes.py",
    ),
    "schedules": ("infra/schedules.py", "infra/scaling_policies.py", "capacity/week.py"),
    "declared sizes": ("infra/declared_sizes.py", "infra/node_alarms.py"),
    "rollout and shutdown": (
        "infra/nodes.py",
        "infra/host_route.py",
        "apps/service.py",
        "apps/pod.py",
        "apps/probes.py",
        "apps/placement.py",
        "apps/declaration.py",
    ),
    "capacity": ("capacity/*.py",),
    "promotion": ("ops/image_promotion.py", "ops/promote_command.py"),
    "policy rules": ("policy/rules*.py",),
    "IAM statements": (
        "bootstrap/*polic*.py",
        "bootstrap/statements.py",
        "bootstrap/trust.py",
        "infra/iam_documents.py",
        "infra/pod_identity.py",
    ),
}
"""The modules that decide, by what they decide; `[tool.mutmut]` in pyproject.toml names the same files."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_MUTANTS: Final = Path("mutants")
_STATISTICS: Final = _MUTANTS / "mutmut-stats.json"
# pytest's exit codes for a failure, and mutmut's own for a mutant that never ends.
_NOTICED: Final = {1, 3, -24, 24, 36, 152, 255}
_PROSE: Final = re.compile(r"[A-Za-z]+ [A-Za-z]+|^ [a-z]|[a-z;:,] $")
_ALL: Final = "all"
_HELP: Final = "x__parser__mutmut_"


def area_of(file: str) -> str | None:
    """The first area that a file belongs to."""
    return next((area for area, those in AREAS.items() if any(fnmatch.fnmatch(file, each) for each in those)), None)


def drawn(mutants: Mapping[str, Sequence[str]], count: int, seed: int) -> list[str]:
    """The names of at most `count` mutants, as many of each area as of any other where it has so many.

    Args:
        mutants: all names, by file
        count: how many at most
        seed: the same seed draws the same from the same source
    """
    names: list[str] = []
    for area in AREAS:
        known = [(file, name) for file, those in mutants.items() if area_of(file) == area for name in those]
        random.Random(f"{seed} {area}").shuffle(known)  # noqa: S311  # no secret
        names += _first(max(1, count // len(AREAS)), (name for file, name in known if is_drawn(file, name)))
    return names


def is_drawn(file: str, name: str) -> bool:
    """Whether a test is to notice this mutant: it changes more than wording."""
    if _HELP in name:
        return False
    functions = _functions(file)
    mutant = name.rpartition(".")[2]
    original = re.sub(r"__mutmut_\d+$", "__mutmut_orig", mutant)
    return _without_prose(functions[mutant]) != _without_prose(functions[original])


def _first(count: int, names: Iterator[str]) -> list[str]:
    return [name for _, name in zip(range(count), names, strict=False)]


@cache
def _functions(file: str) -> dict[str, _Function]:
    tree = ast.parse((_MUTANTS / file).read_text())
    return {each.name: each for each in ast.walk(tree) if isinstance(each, _Function)}


def _without_prose(function: _Function) -> str:
    texts = [each for each in ast.walk(function) if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    prose = {repr(each.value) for each in texts if _PROSE.search(str(each.value))}
    dumped = "\n".join(ast.dump(each) for each in [function.args, *function.body])
    for text in sorted(prose, key=len, reverse=True):
        dumped = dumped.replace(f"Constant(value={text})", "prose")
    return dumped


def results_of(file: str) -> dict[str, int | None]:
    """How each mutant of a file ended: pytest's exit code, or none."""
    return json.loads((_MUTANTS / f"{file}.meta").read_text())["exit_code_by_key"]


def ended_with(name: str) -> int | None:
    """How one mutant ended."""
    return results_of(f"{name.rpartition('.')[0].replace('.', '/')}.py")[name]


def files() -> list[str]:
    """The files that have mutants."""
    return sorted(each.relative_to(_MUTANTS).as_posix().removesuffix(".meta") for each in _MUTANTS.rglob("*.py.meta"))


def trimmed(statistics: dict[str, Any], seconds: float) -> dict[str, Any]:
    """mutmut's statistics with the quickest tests of each function only, as many as take so many seconds together.

    A mutant of what all tests call would else be tried for minutes, mostly by tests that are about something else.
    """
    took: dict[str, float] = statistics["duration_by_test"]
    kept: dict[str, list[str]] = {}
    for function, tests in statistics["tests_by_mangled_function_name"].items():
        quickest = sorted(tests, key=lambda test: (took.get(test, 0.0), test))
        sums = accumulate(took.get(test, 0.0) for test in quickest)
        kept[function] = [
            test
            for place, (test, total) in enumerate(zip(quickest, sums, strict=True))
            if place == 0 or total <= seconds
        ]
    return {**statistics, "tests_by_mangled_function_name": kept}


def generate() -> None:
    """Write all mutants, into a copy of the project."""
    from mutmut import __main__ as mutmut  # noqa: PLC0415  # reads its settings when it is imported

    shutil.rmtree(_MUTANTS, ignore_errors=True)
    _MUTANTS.mkdir()
    mutmut.copy_src_dir()  # pyright: ignore[reportPrivateImportUsage]
    mutmut.copy_also_copy_files()  # pyright: ignore[reportPrivateImportUsage]
    mutmut.create_mutants(2)


def table(ended: Mapping[str, Mapping[str, int | None]]) -> list[str]:
    """For each file how many mutants were killed; for each area and in all the same.

    Args:
        ended: exit codes by name, by file
    """
    lines: list[str] = []
    killed: Counter[str] = Counter()
    tried: Counter[str] = Counter(dict.fromkeys((*AREAS, _ALL), 0))
    for file, results in ended.items():
        dead = sum(code in _NOTICED for code in results.values())
        area = str(area_of(file))
        for each in (area, _ALL):
            killed[each] += dead
            tried[each] += len(results)
        lines.append(f"  {file:42} {dead:4} of {len(results):4}")
    return [
        *lines,
        *(
            f"{each:44} {killed[each]:4} of {tried[each]:4} {killed[each] / tried[each]:4.0%}"
            for each in tried
            if tried[each]
        ),
    ]


def main(words: Sequence[str]) -> int:
    """Run it; gives back the exit code."""
    parser = argparse.ArgumentParser(prog="make mutation", description=__doc__)
    parser.add_argument("--mutants", type=int, default=320, help="how many at most (320)")
    parser.add_argument("--seed", type=int, default=1, help="draws another sample (1)")
    parser.add_argument("--seconds", type=float, default=40.0, help="of tests for a mutant at first, the quickest (40)")
    parser.add_argument("--report", type=Path, help="a JSON file that gets how each mutant ended")
    given = parser.parse_args(words)
    generate()
    names = drawn({file: sorted(results_of(file)) for file in files()}, given.mutants, given.seed)
    run = [sys.executable, "-m", "mutmut", "run", "--max-children", "2"]
    # The first run makes the statistics, for all. What the quickest tests do not notice is tried once more with all.
    subprocess.run([*run, names[0]], check=True)
    statistics = json.loads(_STATISTICS.read_text())
    _STATISTICS.write_text(json.dumps(trimmed(statistics, given.seconds)))
    subprocess.run([*run, *names], check=True)
    _STATISTICS.write_text(json.dumps(statistics))
    unnoticed = [name for name in names if ended_with(name) == 0]
    if unnoticed:
        subprocess.run([*run, *unnoticed], check=True)
    tried = set(names)
    ended = {file: {name: code for name, code in results_of(file).items() if name in tried} for file in files()}
    ended = {file: results for file, results in ended.items() if results}
    if given.report is not None:
        given.report.write_text(json.dumps(ended, indent=1))
    survivors = [name for results in ended.values() for name, code in results.items() if code not in _NOTICED]
    for name in survivors:
        shown = subprocess.run(
            [sys.executable, "-m", "mutmut", "show", name], capture_output=True, text=True, check=False
        )
        changed = [line for line in shown.stdout.splitlines() if re.match(r"[-+](?![-+])", line)]
        print(name, *changed, sep="\n  ")
    print(*table(ended), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
