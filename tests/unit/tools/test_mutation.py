"""Which changes of the program are tried, and how their ends are counted."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.stack_values import ROOT
from tools import mutation

pytestmark = pytest.mark.unit

SOURCE = """
def x_limit__mutmut_orig(a):
    if a > 1:
        raise ValueError(f"{a} is too large; expected at most 1")

def x_limit__mutmut_1(a):
    if a >= 1:
        raise ValueError(f"{a} is too large; expected at most 1")

def x_limit__mutmut_2(a):
    if a > 1:
        raise ValueError(f"{a}XX is too large; expected at most 1XX")

def x_kind__mutmut_orig():
    return Policy(kind="AlwaysAllow")

def x_kind__mutmut_1():
    return Policy(kind="XXAlwaysAllowXX")

def x__parser__mutmut_orig():
    add("--seed")

def x__parser__mutmut_1():
    add("--SEED")
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(mutation, "_MUTANTS", tmp_path)
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy/rules.py").write_text(SOURCE)
    mutation._functions.cache_clear()
    return "policy/rules.py"


@pytest.mark.parametrize(
    ("mutant", "is_drawn"),
    [
        ("x_limit__mutmut_1", True),
        ("x_limit__mutmut_2", False),
        ("x_kind__mutmut_1", True),
        ("x__parser__mutmut_1", False),
    ],
)
def test_a_change_of_wording_is_not_tried(file: str, mutant: str, *, is_drawn: bool) -> None:
    assert mutation.is_drawn(file, f"policy.rules.{mutant}") is is_drawn


def test_a_seed_draws_as_many_of_each_area_and_always_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutation, "is_drawn", lambda *_: True)
    mutants = {
        file: [f"{file} {n}" for n in range(40)] for file in ("capacity/week.py", "capacity/check.py", "apps/pod.py")
    }
    names = mutation.drawn(mutants, 80, 1)
    assert len(names) == len(set(names)) == 30
    assert names == mutation.drawn(mutants, 80, 1) != mutation.drawn(mutants, 80, 2)


def test_what_fails_and_what_never_ends_is_killed() -> None:
    ended = {"capacity/check.py": {"a": 1, "b": 0, "c": 36, "d": 33}, "policy/rules.py": {"e": 3}}
    assert [" ".join(line.split()) for line in mutation.table(ended)] == [
        "capacity/check.py 2 of 4",
        "policy/rules.py 1 of 1",
        "capacity 2 of 4 50%",
        "policy rules 1 of 1 100%",
        "all 3 of 5 60%",
    ]


def test_the_files_that_are_changed_are_those_of_the_areas() -> None:
    patterns: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutmut"]["only_mutate"]
    files = {path for pattern in patterns for path in ROOT.glob(pattern)}
    of_areas = {path for those in mutation.AREAS.values() for pattern in those for path in ROOT.glob(pattern)}
    assert of_areas <= files
    assert {mutation.area_of(file.relative_to(ROOT).as_posix()) for file in files} == set(mutation.AREAS)
